"""The stack deployed by the real ``cdk deploy``: two Regions that are both written to, and what is left of it."""

from __future__ import annotations

import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.local.programs import eventually

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from local_aws.embedded import EmbeddedAws

STACK = "GlobalTable"
HOME, AWAY, THIRD = "us-east-1", "us-west-2", "eu-west-1"
REGIONS = (HOME, AWAY, THIRD)
SETTINGS = {
    "stacks": STACK,
    "regions": ",".join(REGIONS),
    "partition_key": "cart",
    "time_to_live_attribute": "expires_at",
    "removal_policy": "destroy",
}
# As it ships, but for the name of the stack.
APP = """
import sys

sys.path[:0] = [LIBRARY, PROJECT]
import aws_cdk as cdk
from stacks.global_table import GlobalTableStack
from stacks.settings.global_table import GlobalTableSettings

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
GlobalTableStack(app, "Production", settings=GlobalTableSettings())
app.synth()
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is in several Regions."""

    aws: EmbeddedAws
    name: str

    def at(self, region: str) -> DynamoDBClient:
        return self.aws.clients_in(region)("dynamodb")

    def put(self, region: str, cart: str, content: str, **numbers: int) -> None:
        more = {name: {"N": str(number)} for name, number in numbers.items()}
        self.at(region).put_item(TableName=self.name, Item={"cart": {"S": cart}, "content": {"S": content}, **more})

    def delete(self, region: str, cart: str) -> None:
        self.at(region).delete_item(TableName=self.name, Key={"cart": {"S": cart}})

    def content(self, region: str, cart: str) -> str | None:
        item = self.at(region).get_item(TableName=self.name, Key={"cart": {"S": cart}}, ConsistentRead=True).get("Item")
        return item["content"]["S"] if item else None

    def contents(self, cart: str) -> dict[str, str | None]:
        return {region: self.content(region, cart) for region in REGIONS}

    def settles(self, cart: str, content: str | None) -> None:
        """Wait until the cart is the same everywhere."""
        expected = dict.fromkeys(REGIONS, content)
        eventually(lambda: self.contents(cart) == expected, f"{content} in every Region")

    def told(self, region: str, cart: str) -> list[Mapping[str, object]]:
        """What the Region's stream tells of one cart."""
        arn = self.at(region).describe_table(TableName=self.name)["Table"]["LatestStreamArn"]
        streams = self.aws.clients_in(region)("dynamodbstreams")
        records: list[Mapping[str, object]] = []
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator: str | None = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator and (page := streams.get_records(ShardIterator=iterator))["Records"]:
                records += [found for found in page["Records"] if found["dynamodb"]["Keys"]["cart"] == {"S": cart}]
                iterator = page.get("NextShardIterator")
        return records


@pytest.fixture(scope="module")
def deployed(session_aws: EmbeddedAws) -> Iterator[Table]:
    """The stack; destroyed afterwards with its table, in every Region."""
    found = Table(session_aws, session_aws.deploy(STACK, context=SETTINGS)["TableName"])
    yield found
    session_aws.destroy(STACK, context=SETTINGS)
    assert [region for region in REGIONS if found.name in found.at(region).list_tables()["TableNames"]] == []


@pytest.fixture
def table(deployed: Table) -> Iterator[Table]:
    """With every Region connected again afterwards."""
    yield deployed
    deployed.aws.reconnect()


def test_the_replicas_are_what_the_template_says(table: Table) -> None:
    for region in REGIONS:
        found = table.at(region).describe_table(TableName=table.name)["Table"]
        assert {replica["RegionName"] for replica in found["Replicas"]} == {*REGIONS} - {region}
        assert found["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        assert found["DeletionProtectionEnabled"] is False, "it goes with its stack"
        backups = table.at(region).describe_continuous_backups(TableName=table.name)["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


@pytest.mark.parametrize("region", REGIONS)
def test_what_one_region_writes_changes_and_deletes_is_so_in_the_others(table: Table, region: str) -> None:
    cart = f"from-{region}"
    table.put(region, cart, "shoes")
    table.settles(cart, "shoes")
    table.put(region, cart, "shoes and socks")
    table.settles(cart, "shoes and socks")
    table.delete(region, cart)
    table.settles(cart, None)


def test_a_change_is_not_in_the_other_region_at_once(table: Table) -> None:
    """Who reads there what was written here must bear to see the old item, even if the read is consistent."""
    table.aws.isolate(AWAY)
    table.put(HOME, "late", "shoes")
    assert table.content(HOME, "late") == "shoes"
    assert table.content(AWAY, "late") is None
    table.aws.reconnect()
    table.settles("late", "shoes")


@pytest.mark.parametrize("last", [HOME, AWAY])
def test_of_two_writers_that_do_not_see_each_other_the_last_one_wins_everywhere(table: Table, last: str) -> None:
    first = AWAY if last == HOME else HOME
    cart = f"last-{last}"
    table.aws.isolate(AWAY)
    table.put(first, cart, "of the first")
    table.put(last, cart, "of the last")
    assert table.content(first, cart) == "of the first"
    assert table.content(last, cart) == "of the last"
    table.aws.reconnect()
    table.settles(cart, "of the last")


def test_a_deletion_is_a_write_like_any_other(table: Table) -> None:
    for cart in ("deleted-last", "deleted-first"):
        table.put(HOME, cart, "shoes")
        table.settles(cart, "shoes")
    table.aws.isolate(AWAY)
    table.put(AWAY, "deleted-last", "socks")
    table.delete(HOME, "deleted-last")
    table.delete(AWAY, "deleted-first")
    table.put(HOME, "deleted-first", "socks")
    table.aws.reconnect()
    table.settles("deleted-last", None)
    table.settles("deleted-first", "socks")


def test_a_condition_sees_its_own_region_only(table: Table) -> None:
    """Two people take the last one, and both are told that they have it."""
    table.aws.isolate(AWAY)
    for region in (HOME, AWAY):
        table.at(region).put_item(
            TableName=table.name,
            Item={"cart": {"S": "taken"}, "content": {"S": region}},
            ConditionExpression="attribute_not_exists(cart)",
        )
    table.aws.reconnect()
    table.settles("taken", AWAY)


def test_a_region_that_is_cut_off_goes_on_and_has_everything_afterwards(table: Table) -> None:
    table.aws.isolate(AWAY)
    for number in range(20):
        table.put((HOME, AWAY)[number % 2], f"cut-{number}", str(number))
    eventually(lambda: table.content(THIRD, "cut-18") == "18", "change between the Regions that are left")
    assert table.content(THIRD, "cut-19") is None
    table.aws.reconnect()
    for number in range(20):
        table.settles(f"cut-{number}", str(number))


def test_every_regions_stream_tells_of_every_change_once(table: Table) -> None:
    table.put(HOME, "told", "shoes")
    table.settles("told", "shoes")
    table.put(AWAY, "told", "socks")
    table.settles("told", "socks")
    table.delete(HOME, "told")
    table.settles("told", None)
    for region in REGIONS:
        assert [record["eventName"] for record in table.told(region, "told")] == ["INSERT", "MODIFY", "REMOVE"]


def test_an_item_whose_time_has_come_goes_everywhere(table: Table) -> None:
    now = int(time.time())
    table.put(HOME, "expired", "shoes", expires_at=now - 1)
    table.put(AWAY, "living", "shoes", expires_at=now + 3600)
    table.put(AWAY, "timeless", "shoes")
    for region in REGIONS:
        setting = table.at(region).describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
        assert setting == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    table.settles("living", "shoes")
    table.settles("timeless", "shoes")
    table.settles("expired", None)
    by_dynamodb = Counter(
        record.get("userIdentity", {}).get("PrincipalId")  # type: ignore[attr-defined] # a mapping, where there is one
        for region in REGIONS
        for record in table.told(region, "expired")
        if record["eventName"] == "REMOVE"
    )
    assert by_dynamodb["dynamodb.amazonaws.com"] == 1, "one Region deletes, the others hear of it"


def test_how_long_a_change_takes_is_measured_where_it_was_made(table: Table) -> None:
    table.put(HOME, "measured", "shoes")
    table.settles("measured", "shoes")
    alarms = table.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    watched = {
        dimension["Value"]
        for alarm in alarms
        for dimension in alarm.get("Dimensions", ())
        if alarm.get("MetricName") == "ReplicationLatency" and dimension["Name"] == "ReceivingRegion"
    }
    assert watched >= {AWAY, THIRD}
    now = datetime.now(UTC)
    for region in (AWAY, THIRD):
        found = table.aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/DynamoDB",
            MetricName="ReplicationLatency",
            Dimensions=[{"Name": "TableName", "Value": table.name}, {"Name": "ReceivingRegion", "Value": region}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Average"],
        )["Datapoints"]
        assert found
        assert all(point["Average"] > 0 for point in found)


def test_destroying_a_production_stack_keeps_the_data_in_every_region(
    session_aws: EmbeddedAws, project: Path, tmp_path: Path
) -> None:
    text = APP.replace("LIBRARY", repr(str(project / "constructs"))).replace("PROJECT", repr(str(project)))
    (tmp_path / "app.py").write_text(text)
    app = shlex.join([sys.executable, "app.py"])
    outputs = session_aws.deploy("Production", app=app, folder=tmp_path)
    name = outputs["TableName"]
    clients = [session_aws.clients_in(region)("dynamodb") for region in outputs["TableRegions"].split(",")]
    clients[0].put_item(TableName=name, Item={"id": {"S": "precious"}})
    session_aws.destroy("Production", app=app, folder=tmp_path)
    stacks = session_aws.client("cloudformation").list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert "Production" in {stack["StackName"] for stack in stacks}
    assert len(clients) == 2
    for client in clients:
        eventually(lambda client=client: client.scan(TableName=name)["Count"] == 1, "item")  # type: ignore[misc] # mypy can't infer it
        with pytest.raises(ClientError, match="protected against deletion"):
            client.delete_table(TableName=name)
    for client in clients:
        client.update_table(TableName=name, DeletionProtectionEnabled=False)
        client.delete_table(TableName=name)
