from __future__ import annotations

from typing import Any

import pytest

from aws_patterns.database.dynamodb_capacity import OnDemand, Provisioned, Scaling
from stacks.settings.global_table import GlobalTableSettings

EAST, WEST, IRELAND = "us-east-1", "us-west-2", "eu-west-1"


def key(region: str) -> str:
    return f"arn:aws:kms:{region}:111122223333:key/mrk-1"


def test_as_it_comes_it_can_be_used_and_keeps_what_it_has() -> None:
    settings = GlobalTableSettings()
    assert settings.problems() == []
    assert settings.removal_policy == "retain"
    assert settings.table_capacity() == OnDemand()
    assert [replica.region for replica in settings.replicas(EAST)] == [WEST]


@pytest.mark.parametrize(("region", "home"), [(None, EAST), (EAST, EAST), (WEST, WEST), (IRELAND, EAST)])
def test_the_stack_is_in_the_apps_region_where_the_table_is(region: str | None, home: str) -> None:
    settings = GlobalTableSettings()
    assert settings.home(region) == home
    assert {home, *(replica.region for replica in settings.replicas(home))} == {EAST, WEST}


def test_one_region_alone_is_a_table_too() -> None:
    settings = GlobalTableSettings(regions=(IRELAND,))
    assert settings.problems() == []
    assert settings.replicas(IRELAND) == []


def test_each_replica_has_the_key_of_its_region() -> None:
    settings = GlobalTableSettings(encryption_key_arns=(key(WEST), key(EAST)))
    assert settings.problems() == []
    assert settings.key_of(EAST) == key(EAST)
    assert [replica.encryption_key_arn for replica in settings.replicas(EAST)] == [key(WEST)]


def test_capacity_is_as_it_was_asked_for() -> None:
    limited = GlobalTableSettings(maximum_read_units=10, maximum_write_units=5)
    assert limited.problems() == []
    assert limited.table_capacity() == OnDemand(maximum_read_units=10, maximum_write_units=5)
    provisioned = GlobalTableSettings(
        capacity="provisioned", minimum_read_units=2, maximum_read_units=10, maximum_write_units=5, target_percent=80
    )
    assert provisioned.problems() == []
    assert provisioned.table_capacity() == Provisioned(
        read=Scaling(minimum=2, maximum=10, target_percent=80), write=Scaling(minimum=1, maximum=5, target_percent=80)
    )


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"regions": ()}, "regions must name a Region at least, got none"),
        ({"regions": (EAST, WEST, EAST)}, "regions must name each Region once, got us-east-1 2 times"),
        ({"regions": ("Oregon", EAST)}, "regions must name Regions by codes such as eu-west-1, got 'Oregon'"),
        ({"regions": (EAST, "Oregon")}, "regions must name Regions by codes such as eu-west-1, got 'Oregon'"),
        ({"partition_key": ""}, "partition_key must be the name of a field, of 1 to 255 characters, got ''"),
        ({"sort_key": "id"}, "partition_key and sort_key must be different fields, got 'id' for both"),
        (
            {"time_to_live_attribute": "id"},
            "time_to_live_attribute must be a number, the seconds since 1970, got 'id', which is partition_key and S",
        ),
        (
            {"maximum_read_units": 0},
            "maximum_read_units must be between 1 and 10000000 units a second, got 0 units a second",
        ),
        (
            {"minimum_write_units": 5},
            "minimum_write_units has no effect with capacity=on-demand: leave it out, or choose capacity=provisioned",
        ),
        (
            {"capacity": "provisioned", "maximum_write_units": 5},
            "maximum_read_units is missing: provisioned capacity needs a limit to grow to",
        ),
        (
            {"capacity": "provisioned", "minimum_read_units": 9, "maximum_read_units": 8, "maximum_write_units": 5},
            "minimum_read_units must not be more than maximum_read_units (8 units a second), got 9 units a second",
        ),
        (
            {"capacity": "provisioned", "maximum_read_units": 8, "maximum_write_units": 5, "target_percent": 95},
            "target_percent must be between 20 and 90 percent, got 95 percent",
        ),
        ({"recovery_days": 36}, "recovery_days must be between 1 and 35 days, got 36 days"),
        (
            {"table_name": "my table"},
            "table_name must be 3 to 255 letters, digits, underscores, hyphens and dots, got 'my table'",
        ),
        (
            {"encryption_key_arns": (key(EAST),)},
            "encryption_key_arns lacks a key of us-west-2: name one of each Region, or none at all",
        ),
        (
            {"encryption_key_arns": (key(WEST),)},
            "encryption_key_arns lacks a key of us-east-1: name one of each Region, or none at all",
        ),
        (
            {"encryption_key_arns": (key(EAST), key(WEST), key(IRELAND))},
            "encryption_key_arns has a key of eu-west-1, where the table is not",
        ),
        (
            {"encryption_key_arns": (key(EAST), key(WEST), key(WEST))},
            "encryption_key_arns must name one key of each Region, got 2 of us-west-2",
        ),
        (
            {"encryption_key_arns": (key(EAST), key(WEST)), "aws_managed_key": True},
            "aws_managed_key has no effect with encryption_key_arns: leave one of them out",
        ),
        (
            {"deletion_protection": True, "removal_policy": "destroy"},
            "deletion_protection must not be on with removal_policy=destroy: the deletion of the stack would fail at "
            "the table. Leave one of them out",
        ),
        (
            {"alarm_topic_arn": "alarms"},
            "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got 'alarms'",
        ),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_used_is_named_once(values: dict[str, Any], complaint: str) -> None:
    assert GlobalTableSettings(**values).problems() == [complaint]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = GlobalTableSettings(
        regions=(EAST, "Oregon"),
        sort_key="id",
        recovery_days=0,
        encryption_key_arns=("key",),
        minimum_read_units=2,
        alarm_topic_arn="alarms",
    )
    assert [problem.split(" ")[0] for problem in wrong.problems()] == [
        "partition_key",
        "recovery_days",
        "regions",
        "encryption_key_arns",
        "minimum_read_units",
        "encryption_key_arns",
        "alarm_topic_arn",
    ]
