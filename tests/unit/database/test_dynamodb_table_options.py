"""What may be chosen about a DynamoDB table, and what is said about what may not."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.database.dynamodb_capacity import OnDemand, Provisioned, Scaling
from aws_patterns.database.dynamodb_indexes import Attribute, AttributeType, Index, LocalIndex, Projection
from aws_patterns.database.dynamodb_table_options import (
    Replica,
    StorageClass,
    StreamView,
    check_dynamodb_table,
    recovery_of,
)
from aws_patterns.recovery import Loss

HOME, AWAY = "us-east-1", "us-west-2"
PROVISIONED = Provisioned(read=Scaling(minimum=1, maximum=10), write=Scaling(minimum=1, maximum=10))
KEY = f"arn:aws:kms:{AWAY}:111122223333:key/mrk-1"


def problems_of(**options: Any) -> list[str]:
    problems = Problems("DynamoDbTable")
    check_dynamodb_table(problems, **{"region": HOME, **options})
    return problems.found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"region": None},
        {"partition_key": "x" * 255, "sort_key": "y"},
        {"indexes": {f"index-{n}": Index(partition_key="x") for n in range(20)}},
        {"sort_key": "n", "local_indexes": {f"index-{n}": LocalIndex(sort_key=f"s{n}") for n in range(5)}},
        {"indexes": {"x_y": Index(partition_key="x", projection=[f"f{n}" for n in range(100)])}},
        {"indexes": {"by-sort": Index(partition_key="n")}, "sort_key": "n"},
        {"capacity": OnDemand(maximum_read_units=1, maximum_write_units=40_000)},
        {"capacity": PROVISIONED, "indexes": {"own": Index(partition_key="x", capacity=PROVISIONED)}},
        {
            "capacity": Provisioned(
                read=Scaling(minimum=5, maximum=5, target_percent=20), write=Scaling(minimum=1, maximum=2)
            )
        },
        {"time_to_live_attribute": "n", "sort_key": Attribute(name="n", type=AttributeType.NUMBER)},
        {"stream": StreamView.KEYS_ONLY},
        {"stream": StreamView.NEW_AND_OLD_IMAGES, "replicas": [Replica(region=AWAY)]},
        {"recovery_days": None},
        {"recovery_days": 1},
        {"recovery_days": 35},
        {"table_name": "a.b"},
        {"kept": False},
        {"kept": False, "deletion_protection": False, "replicas": [Replica(region=AWAY, deletion_protection=False)]},
        {"customer_key": True, "replicas": [Replica(region=AWAY, encryption_key_arn=KEY)]},
        {"replicas": [Replica(region=AWAY, capacity=1)]},
        {"capacity": PROVISIONED, "replicas": [Replica(region=AWAY, capacity=Scaling(minimum=1, maximum=2))]},
    ],
    ids=str,
)
def test_all_that_dynamodb_allows_is_allowed(options: dict[str, Any]) -> None:
    assert problems_of(**options) == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"partition_key": 1}, "partition_key must be a text or Attribute, got 1"),
        ({"sort_key": ""}, "sort_key must be the name of a field, of 1 to 255 characters, got ''"),
        ({"sort_key": "id"}, "partition_key and sort_key must be different fields, got 'id' for both"),
        (
            {"indexes": {"twice": Index(partition_key="x", sort_key="x")}},
            "indexes['twice'].partition_key and indexes['twice'].sort_key must be different fields, got 'x' for both",
        ),
        (
            {"sort_key": "n", "local_indexes": {"twice": LocalIndex(sort_key="id")}},
            "local_indexes['twice'].sort_key and partition_key must be different fields, got 'id' for both",
        ),
        (
            {"indexes": {"typed": Index(partition_key=Attribute(name="id", type=AttributeType.NUMBER))}},
            "indexes['typed'].partition_key must be of one type with partition_key, the same field: 'id' is S there "
            "and N here",
        ),
        (
            {"indexes": {"ab": Index(partition_key="x")}},
            "indexes must be named with 3 to 255 letters, digits, underscores, hyphens and dots, got 'ab'",
        ),
        (
            {"indexes": {f"index-{n}": Index(partition_key="x") for n in range(21)}},
            "indexes must be 20 at most, got 21",
        ),
        (
            {"sort_key": "n", "local_indexes": {f"index-{n}": LocalIndex(sort_key=f"s{n}") for n in range(6)}},
            "local_indexes must be 5 at most, got 6",
        ),
        (
            {
                "sort_key": "n",
                "indexes": {"one": Index(partition_key="x")},
                "local_indexes": {"one": LocalIndex(sort_key="y")},
            },
            "indexes and local_indexes must have different names, got 'one' in both",
        ),
        (
            {"local_indexes": {"one": LocalIndex(sort_key="y")}},
            "local_indexes need a table with a sort_key, got none: an item alone in its partition has no order. Name a "
            "sort_key, or use indexes",
        ),
        (
            {"indexes": {"one": Index(partition_key="x", projection=[])}},
            "indexes['one'].projection must name a field at least, got none: for the keys alone say "
            "Projection.KEYS_ONLY",
        ),
        (
            {"indexes": {"one": Index(partition_key="x", projection=["a", "a"])}},
            "indexes['one'].projection must name each field once, got a twice",
        ),
        (
            {"indexes": {"one": Index(partition_key="x", projection=[f"f{n}" for n in range(101)])}},
            "the projections of all indexes must name 100 fields at most, got 101: say Projection.ALL where an index "
            "needs many",
        ),
        (
            {"indexes": {"one": Index(partition_key="x", projection="SOME")}},
            "indexes['one'].projection must be one of Projection.ALL, Projection.KEYS_ONLY or a list, got 'SOME'",
        ),
        (
            {"capacity": OnDemand(maximum_write_units=0)},
            "capacity.maximum_write_units must be between 1 and 10000000 units a second, got 0 units a second",
        ),
        (
            {"capacity": Provisioned(read=Scaling(minimum=5, maximum=4), write=Scaling(minimum=1, maximum=2))},
            "capacity.read.minimum must not be more than capacity.read.maximum (4 units a second), got 5 units a "
            "second",
        ),
        (
            {
                "capacity": Provisioned(
                    read=Scaling(minimum=1, maximum=4), write=Scaling(minimum=1, maximum=2, target_percent=91)
                )
            },
            "capacity.write.target_percent must be between 20 and 90 percent, got 91 percent",
        ),
        (
            {"indexes": {"own": Index(partition_key="x", capacity=PROVISIONED)}},
            "indexes['own'].capacity must be OnDemand as the capacity of the table is, got Provisioned: a table and "
            "its indexes are paid for in one way",
        ),
        (
            {"sort_key": "n", "time_to_live_attribute": "n"},
            "time_to_live_attribute must be a number, the seconds since 1970, got 'n', which is sort_key and S",
        ),
        (
            {"stream": StreamView.NEW_IMAGE, "replicas": [Replica(region=AWAY)]},
            "stream must be NEW_AND_OLD_IMAGES with replicas, which live on it, got NEW_IMAGE: leave it out, or leave "
            "out the replicas",
        ),
        (
            {"stream": "ALL"},
            "stream must be one of KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, got 'ALL'",
        ),
        ({"recovery_days": 0}, "recovery_days must be between 1 and 35 days, got 0 days"),
        ({"storage_class": "COLD"}, "storage_class must be one of STANDARD, STANDARD_INFREQUENT_ACCESS, got 'COLD'"),
        (
            {"table_name": "my table"},
            "table_name must be 3 to 255 letters, digits, underscores, hyphens and dots, got 'my table'",
        ),
        (
            {"customer_key": True, "aws_managed_key": True},
            "aws_managed_key has no effect with an encryption_key: leave one of them out",
        ),
        (
            {"kept": False, "deletion_protection": True},
            "deletion_protection must not be on with removal_policy DESTROY: the deletion of the stack would fail at "
            "the table. Leave one of them out",
        ),
        (
            {"replicas": [Replica(region=HOME)]},
            "replicas must be in other Regions than the table, got us-east-1, which is that of its stack",
        ),
        (
            {"replicas": [Replica(region=AWAY), Replica(region=AWAY)]},
            "replicas must have each Region once, got us-west-2 2 times",
        ),
        (
            {"replicas": [Replica(region="Oregon")]},
            "replicas must name Regions by codes such as eu-west-1, got 'Oregon'",
        ),
        (
            {"replicas": [Replica(region=AWAY)], "region": None},
            "replicas need a stack whose Region is known, got one for any Region: give the stack "
            "env=cdk.Environment(region=...)",
        ),
        ({"replicas": Replica(region=AWAY)}, "replicas must be a list, got Replica"),
        (
            {"replicas": [Replica(region=AWAY, recovery_days=40)]},
            "replicas[0].recovery_days must be between 1 and 35 days, got 40 days",
        ),
        (
            {"replicas": [Replica(region=AWAY, deletion_protection=True)], "kept": False},
            "replicas[0].deletion_protection must not be on with removal_policy DESTROY, which deletes it as well",
        ),
        (
            {"replicas": [Replica(region=AWAY)], "customer_key": True},
            "replicas[0].encryption_key_arn is missing: a table with an encryption_key needs a key in us-west-2 as "
            "well, for instance the replica of a multi-Region key",
        ),
        (
            {"replicas": [Replica(region=AWAY, encryption_key_arn=KEY)]},
            "replicas[0].encryption_key_arn has no effect on a table without an encryption_key: name one there too",
        ),
        (
            {"replicas": [Replica(region=AWAY, encryption_key_arn="alias/x")], "customer_key": True},
            "replicas[0].encryption_key_arn must look like arn:aws:kms:us-west-2:111122223333:key/..., got 'alias/x'",
        ),
        (
            {"replicas": [Replica(region="eu-west-1", encryption_key_arn=KEY)], "customer_key": True},
            "replicas[0].encryption_key_arn must be a key of eu-west-1, got one of us-west-2",
        ),
        (
            {"replicas": [Replica(region=AWAY, capacity=Scaling(minimum=1, maximum=2))]},
            "replicas[0].capacity must be the most read request units a second of a table on demand, a whole number, "
            "got Scaling",
        ),
        (
            {"replicas": [Replica(region=AWAY, capacity=5)], "capacity": PROVISIONED},
            "replicas[0].capacity must be Scaling(minimum=..., maximum=...) of a provisioned table, got 5",
        ),
        (
            {"replicas": [Replica(region=AWAY, capacity=0)]},
            "replicas[0].capacity must be between 1 and 10000000 units a second, got 0 units a second",
        ),
        (
            {"replicas": [Replica(region=AWAY, storage_class="COLD")]},  # type: ignore[arg-type] # as who has no type checker
            "replicas[0].storage_class must be one of STANDARD, STANDARD_INFREQUENT_ACCESS, got 'COLD'",
        ),
    ],
    ids=str,
)
def test_what_can_not_be_is_told_with_what_can(options: dict[str, Any], problem: str) -> None:
    assert problems_of(**options) == [problem]


def test_all_of_it_is_told_at_once() -> None:
    found = problems_of(
        partition_key="",
        indexes={"ab": Index(partition_key="x", projection=Projection.KEYS_ONLY, capacity=PROVISIONED)},
        recovery_days=0,
        storage_class=StorageClass.STANDARD,
        table_name="?",
        replicas=[Replica(region=HOME, recovery_days=0)],
    )
    assert [problem.split(" ")[0] for problem in found] == [
        "partition_key",
        "indexes",
        "indexes['ab'].capacity",
        "table_name",
        "recovery_days",
        "replicas",
        "replicas[0].recovery_days",
    ]


def test_every_loss_is_spoken_of_with_its_source() -> None:
    for regions in ([], [AWAY], [AWAY, "eu-west-1"]):
        found = recovery_of(regions)
        assert set(found) == set(Loss)
        assert all(entry.source.startswith("https://docs.aws.amazon.com/") for entry in found.values())
    assert f"{AWAY} and eu-west-1" in recovery_of([AWAY, "eu-west-1"])[Loss.REGION].how
