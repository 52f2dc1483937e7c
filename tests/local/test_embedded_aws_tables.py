"""Tables of the embedded AWS: what templates say of them, replicas that come and go, and items whose time has come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.local.programs import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local_aws.embedded import EmbeddedAws
    from local_aws.template_stacks import CreateStack, Template

HOME, AWAY, THIRD = "us-east-1", "us-west-2", "eu-west-1"


@pytest.fixture
def aws(embedded_aws: EmbeddedAws) -> Iterator[EmbeddedAws]:
    yield embedded_aws
    embedded_aws.reconnect()


def template(regions: tuple[str, ...], *, protected: bool = False, expiry: bool = False) -> Template:
    """Without a name, as the CDK makes tables."""
    properties: dict[str, object] = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        "Replicas": [replica(region, protected=protected) for region in regions],
    }
    if expiry:
        properties["TimeToLiveSpecification"] = {"Enabled": True, "AttributeName": "ends"}
    resource = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}
    attributes = {name: {"Value": {"Fn::GetAtt": ["Table", name]}} for name in ("Arn", "StreamArn", "TableId")}
    return {"Resources": {"Table": resource}, "Outputs": attributes}


def replica(region: str, *, protected: bool) -> Mapping[str, object]:
    return {
        "Region": region,
        "DeletionProtectionEnabled": protected,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": region != HOME},
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "SSESpecification": {"KMSMasterKeyId": f"arn:aws:kms:{region}:000000000000:key/of-{region}"},
    }


def count(aws: EmbeddedAws, region: str, name: str) -> int | None:
    """How many items there are; ``None`` where there is no table."""
    client = aws.clients_in(region)("dynamodb")
    return client.scan(TableName=name)["Count"] if name in client.list_tables()["TableNames"] else None


def put(aws: EmbeddedAws, region: str, name: str, id: str, **numbers: float) -> None:
    more = {field: {"N": str(number)} for field, number in numbers.items()}
    aws.clients_in(region)("dynamodb").put_item(TableName=name, Item={"id": {"S": id}, **more})


def test_each_replica_is_kept_as_its_template_says(aws: EmbeddedAws, create_stack: CreateStack) -> None:
    stack = create_stack(aws, "kept", template((HOME, AWAY), protected=True, expiry=True))
    name = stack.physical_id("Table")
    for region in (HOME, AWAY):
        client = aws.clients_in(region)("dynamodb")
        table = client.describe_table(TableName=name)["Table"]
        assert table["DeletionProtectionEnabled"] is True
        assert table["SSEDescription"]["KMSMasterKeyArn"].endswith(f":{region}:000000000000:key/of-{region}")
        assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
        backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        status = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        assert status == ("DISABLED" if region == HOME else "ENABLED")
        assert client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["AttributeName"] == "ends"
        if region == HOME:
            assert stack.outputs() == {
                "Arn": table["TableArn"],
                "StreamArn": table["LatestStreamArn"],
                "TableId": table["TableId"],
            }
    assert stack.delete() == "DELETE_FAILED"
    assert any("is protected against deletion" in failure for failure in stack.failures())
    assert count(aws, HOME, name) == count(aws, AWAY, name) == 0
    for region in (HOME, AWAY):
        aws.clients_in(region)("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
    assert stack.delete() == "DELETE_COMPLETE"
    assert count(aws, HOME, name) is count(aws, AWAY, name) is None


def test_a_replica_that_is_added_has_the_items_and_one_that_is_removed_is_gone(
    aws: EmbeddedAws, create_stack: CreateStack
) -> None:
    stack = create_stack(aws, "grows", template((HOME,)))
    name = stack.physical_id("Table")
    put(aws, HOME, name, "first")
    assert stack.update(template((HOME, AWAY))) == "UPDATE_COMPLETE"
    assert stack.physical_id("Table") == name
    assert count(aws, AWAY, name) == count(aws, HOME, name) == 1
    assert stack.update(template((HOME, AWAY, THIRD))) == "UPDATE_COMPLETE"
    put(aws, THIRD, name, "second")
    eventually(lambda: count(aws, HOME, name) == count(aws, AWAY, name) == 2, "item from the third Region")
    assert stack.update(template((HOME, THIRD))) == "UPDATE_COMPLETE"
    assert count(aws, AWAY, name) is None
    put(aws, HOME, name, "third")
    eventually(lambda: count(aws, THIRD, name) == 3, "item in the Region that is left")


def test_what_is_under_way_to_a_replica_that_is_gone_is_dropped(aws: EmbeddedAws, create_stack: CreateStack) -> None:
    stack = create_stack(aws, "dropped", template((HOME, AWAY, THIRD)))
    name = stack.physical_id("Table")
    aws.isolate(AWAY)
    put(aws, HOME, name, "first")
    assert stack.update(template((HOME, THIRD))) == "UPDATE_COMPLETE"
    aws.reconnect()
    put(aws, HOME, name, "second")
    eventually(lambda: count(aws, THIRD, name) == 2, "items in the Region that is left")
    assert count(aws, AWAY, name) is None


@pytest.mark.parametrize("region", ["", "moon", "us_east_1"])
def test_what_is_no_region_can_not_be_isolated(aws: EmbeddedAws, region: str) -> None:
    with pytest.raises(ValueError, match="a Region to isolate needs the text region, such as us-west-2, got "):
        aws.isolate(region)


def test_items_of_a_plain_table_go_when_their_time_has_come(aws: EmbeddedAws, create_stack: CreateStack) -> None:
    resource = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ends"},
        },
    }
    name = create_stack(aws, "ends", {"Resources": {"Table": resource}}).physical_id("Table")
    now = time.time()
    put(aws, HOME, name, "gone", ends=now - 1)
    put(aws, HOME, name, "later", ends=now + 3600)
    put(aws, HOME, name, "older than DynamoDB looks at", ends=now - 6 * 365 * 86_400)
    put(aws, HOME, name, "never")
    eventually(lambda: count(aws, HOME, name) == 3, "end of the first")
    found = aws.client("dynamodb").scan(TableName=name)["Items"]
    assert {item["id"]["S"] for item in found} == {"later", "older than DynamoDB looks at", "never"}
