"""What a DynamoDB table promises to whoever keeps items in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Match, Template

from aws_patterns.database.dynamodb_capacity import OnDemand, Provisioned, Scaling
from aws_patterns.database.dynamodb_indexes import Attribute, AttributeType, Index, LocalIndex, Projection
from aws_patterns.database.dynamodb_table import DynamoDbTable
from aws_patterns.database.dynamodb_table_options import Replica, StorageClass, StreamView
from aws_patterns.recovery import Loss
from aws_patterns.recovery_objectives import Objective

HOME, AWAY = "us-east-1", "us-west-2"
KEY_AWAY = "arn:aws:kms:us-west-2:111122223333:key/mrk-1"
PROVISIONED = Provisioned(read=Scaling(minimum=5, maximum=50), write=Scaling(minimum=2, maximum=20, target_percent=80))

Properties = Mapping[str, Any]


def new_stack(region: str | None = HOME) -> cdk.Stack:
    app = cdk.App(builtin_cloud_formation_validation=False)
    return cdk.Stack(app, "S", env=cdk.Environment(region=region) if region else None)


def build(region: str | None = HOME, **props: Any) -> Template:
    stack = new_stack(region)
    DynamoDbTable(stack, "Carts", **props)
    return Template.from_stack(stack)


def table_in(template: Template) -> dict[str, Any]:
    (found,) = template.find_resources("AWS::DynamoDB::GlobalTable").values()
    return dict(found)


def properties(template: Template) -> Properties:
    return dict(table_in(template)["Properties"])


def replicas(template: Template) -> dict[str, Properties]:
    return {str(json.dumps(found["Region"]).strip('"')): found for found in properties(template)["Replicas"]}


def alarms(template: Template) -> dict[str, Properties]:
    found = [entry["Properties"] for entry in template.find_resources("AWS::CloudWatch::Alarm").values()]
    return {str(entry["AlarmDescription"]): entry for entry in found}


def scaled(minimum: int, maximum: int, target: int, kind: str) -> Properties:
    return {
        f"{kind}CapacityAutoScalingSettings": {
            "MinCapacity": minimum,
            "MaxCapacity": maximum,
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": target},
        }
    }


class TestTable:
    def test_the_minimal_table_is_ready_to_work_with(self) -> None:
        found = table_in(build(None))
        assert found["Properties"] == {
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "SSESpecification": {"SSEEnabled": False},
            "Replicas": [
                {
                    "Region": {"Ref": "AWS::Region"},
                    "DeletionProtectionEnabled": True,
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                    "TableClass": "STANDARD",
                }
            ],
        }
        assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("Retain", "Retain")

    def test_what_was_chosen_is_what_is_made(self) -> None:
        found = properties(
            build(
                table_name="carts",
                partition_key="customer",
                sort_key=Attribute(name="number", type=AttributeType.NUMBER),
                capacity=OnDemand(maximum_read_units=100, maximum_write_units=50),
                time_to_live_attribute="ends",
                stream=StreamView.KEYS_ONLY,
                recovery_days=7,
                storage_class=StorageClass.INFREQUENT_ACCESS,
                aws_managed_key=True,
            )
        )
        assert found["TableName"] == "carts"
        assert found["KeySchema"] == [
            {"AttributeName": "customer", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ]
        assert {"AttributeName": "number", "AttributeType": "N"} in found["AttributeDefinitions"]
        assert found["TimeToLiveSpecification"] == {"AttributeName": "ends", "Enabled": True}
        assert found["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}
        assert found["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
        assert found["WriteOnDemandThroughputSettings"] == {"MaxWriteRequestUnits": 50}
        (replica,) = found["Replicas"]
        assert replica["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": 100}
        assert replica["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] == 7
        assert replica["TableClass"] == "STANDARD_INFREQUENT_ACCESS"

    def test_recovery_can_be_given_up(self) -> None:
        (replica,) = properties(build(recovery_days=None))["Replicas"]
        assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}

    def test_a_table_that_goes_with_its_stack_is_not_protected(self) -> None:
        found = table_in(build(removal_policy=cdk.RemovalPolicy.DESTROY, replicas=[Replica(region=AWAY)]))
        assert found["DeletionPolicy"] == "Delete"
        assert {entry["DeletionProtectionEnabled"] for entry in found["Properties"]["Replicas"]} == {False}

    def test_protection_can_be_given_up_alone(self) -> None:
        found = table_in(build(deletion_protection=False))
        assert found["DeletionPolicy"] == "Retain"
        assert {entry["DeletionProtectionEnabled"] for entry in found["Properties"]["Replicas"]} == {False}

    def test_provisioned_capacity_follows_its_use(self) -> None:
        found = properties(build(capacity=PROVISIONED, indexes={"by-state": Index(partition_key="state")}))
        assert found["BillingMode"] == "PROVISIONED"
        assert found["WriteProvisionedThroughputSettings"] == scaled(2, 20, 80, "Write")
        (replica,) = found["Replicas"]
        assert replica["ReadProvisionedThroughputSettings"] == scaled(5, 50, 70, "Read")
        (index,) = found["GlobalSecondaryIndexes"]
        assert index["WriteProvisionedThroughputSettings"] == scaled(2, 20, 80, "Write")
        assert replica["GlobalSecondaryIndexes"][0]["ReadProvisionedThroughputSettings"] == scaled(5, 50, 70, "Read")

    def test_indexes_have_their_own_keys_fields_and_capacity(self) -> None:
        found = properties(
            build(
                sort_key="placed_at",
                indexes={
                    "by-state": Index(partition_key="state", sort_key="placed_at", projection=["total"]),
                    "by-day": Index(
                        partition_key=Attribute(name="day", type=AttributeType.NUMBER),
                        projection=Projection.KEYS_ONLY,
                        capacity=OnDemand(maximum_read_units=3, maximum_write_units=4),
                    ),
                },
                local_indexes={"by-total": LocalIndex(sort_key=Attribute(name="total", type=AttributeType.NUMBER))},
            )
        )
        by_state, by_day = found["GlobalSecondaryIndexes"]
        assert by_state["KeySchema"] == [
            {"AttributeName": "state", "KeyType": "HASH"},
            {"AttributeName": "placed_at", "KeyType": "RANGE"},
        ]
        assert by_state["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]}
        assert by_day["Projection"] == {"ProjectionType": "KEYS_ONLY"}
        assert by_day["WriteOnDemandThroughputSettings"] == {"MaxWriteRequestUnits": 4}
        (local,) = found["LocalSecondaryIndexes"]
        assert local["KeySchema"][1] == {"AttributeName": "total", "KeyType": "RANGE"}
        assert local["Projection"] == {"ProjectionType": "ALL"}
        assert {"AttributeName": "total", "AttributeType": "N"} in found["AttributeDefinitions"]

    def test_an_index_of_a_provisioned_table_may_have_its_own_capacity(self) -> None:
        own = Provisioned(read=Scaling(minimum=1, maximum=2), write=Scaling(minimum=3, maximum=4))
        found = properties(build(capacity=PROVISIONED, indexes={"own": Index(partition_key="x", capacity=own)}))
        (index,) = found["GlobalSecondaryIndexes"]
        assert index["WriteProvisionedThroughputSettings"] == scaled(3, 4, 70, "Write")
        (replica,) = found["Replicas"]
        assert replica["GlobalSecondaryIndexes"][0]["ReadProvisionedThroughputSettings"] == scaled(1, 2, 70, "Read")


class TestReplicas:
    def test_are_as_the_table_is_and_stream_everything(self) -> None:
        template = build(replicas=[Replica(region=AWAY), Replica(region="eu-west-1")], time_to_live_attribute="ends")
        found = replicas(template)
        assert set(found) == {HOME, AWAY, "eu-west-1"}
        assert len({json.dumps({**entry, "Region": ""}, sort_keys=True) for entry in found.values()}) == 1
        assert properties(template)["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}

    def test_may_be_kept_in_another_way(self) -> None:
        found = replicas(
            build(
                capacity=PROVISIONED,
                replicas=[
                    Replica(
                        region=AWAY,
                        deletion_protection=False,
                        recovery_days=1,
                        storage_class=StorageClass.INFREQUENT_ACCESS,
                        capacity=Scaling(minimum=1, maximum=500),
                    )
                ],
            )
        )
        assert found[AWAY] == {
            "Region": AWAY,
            "DeletionProtectionEnabled": False,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 1},
            "TableClass": "STANDARD_INFREQUENT_ACCESS",
            "ReadProvisionedThroughputSettings": scaled(1, 500, 70, "Read"),
        }
        assert found[HOME]["DeletionProtectionEnabled"] is True
        assert found[HOME]["ReadProvisionedThroughputSettings"] == scaled(5, 50, 70, "Read")

    def test_on_demand_may_have_a_limit_of_reads(self) -> None:
        found = replicas(build(replicas=[Replica(region=AWAY, capacity=10)]))
        assert found[AWAY]["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": 10}
        assert "ReadOnDemandThroughputSettings" not in found[HOME]

    def test_each_has_a_key_of_its_own_region(self) -> None:
        stack = new_stack()
        key = kms.Key(stack, "Key")
        DynamoDbTable(stack, "Carts", encryption_key=key, replicas=[Replica(region=AWAY, encryption_key_arn=KEY_AWAY)])
        template = Template.from_stack(stack)
        (key_id,) = template.find_resources("AWS::KMS::Key")
        found = replicas(template)
        assert found[HOME]["SSESpecification"] == {"KMSMasterKeyId": {"Fn::GetAtt": [key_id, "Arn"]}}
        assert found[AWAY]["SSESpecification"] == {"KMSMasterKeyId": KEY_AWAY}

    def test_outlive_the_stack_with_the_table(self) -> None:
        assert table_in(build(replicas=[Replica(region=AWAY)]))["DeletionPolicy"] == "Retain"


class TestRecovery:
    def test_one_region_alone_is_lost_with_it(self) -> None:
        recovery = DynamoDbTable(new_stack(), "Carts").recovery
        assert recovery[Loss.AVAILABILITY_ZONE].recovery_time is not None
        assert recovery[Loss.REGION].recovery_time is None

    def test_with_a_replica_it_is_not(self) -> None:
        recovery = DynamoDbTable(new_stack(), "Carts", replicas=[Replica(region=AWAY)]).recovery
        lost = recovery[Loss.REGION]
        assert lost.recovery_time is not None
        assert lost.recovery_point is not None
        assert lost.recovery_time.worst == 0 < lost.recovery_point.worst == 60
        assert AWAY in lost.how

    def test_an_objective_that_is_missed_is_told(self) -> None:
        with pytest.raises(ValueError, match=r"objectives\[Loss.REGION\].recovery_time_seconds is 60") as caught:
            build(objectives={Loss.REGION: Objective(recovery_time_seconds=60)})
        assert str(caught.value).endswith("Name replicas in other Regions, or accept more.")
        build(objectives={Loss.REGION: Objective(recovery_time_seconds=60)}, replicas=[Replica(region=AWAY)])


class TestAlarms:
    def test_tell_of_throttles_failures_and_slow_replication(self) -> None:
        stack = new_stack()
        topic = sns.Topic(stack, "Operators")
        table = DynamoDbTable(
            stack,
            "Carts",
            sort_key="n",
            indexes={"by-state": Index(partition_key="state")},
            local_indexes={"by-total": LocalIndex(sort_key="total")},
            replicas=[Replica(region=AWAY)],
            alarm_topic=topic,
        )
        assert set(table.alarms) == {
            "ReadThrottles",
            "WriteThrottles",
            "by-stateThrottles",
            "SystemErrors",
            f"ReplicationLatency-{AWAY}",
        }
        found = alarms(Template.from_stack(stack))
        assert len(found) == 5
        for entry in found.values():
            assert entry["AlarmActions"] == entry["OKActions"]
            assert entry["TreatMissingData"] == "notBreaching"

    def test_of_one_region_alone_watch_no_replication(self) -> None:
        assert not any("ReplicationLatency" in json.dumps(found) for found in alarms(build(None)).values())

    def test_of_replication_goes_off_after_five_slow_minutes(self) -> None:
        found = alarms(build(replicas=[Replica(region=AWAY)]))
        (slow,) = [entry for entry in found.values() if entry.get("MetricName") == "ReplicationLatency"]
        assert (slow["Statistic"], slow["Threshold"], slow["Period"], slow["EvaluationPeriods"]) == (
            "Average",
            60_000,
            60,
            5,
        )
        assert {"Name": "ReceivingRegion", "Value": AWAY} in slow["Dimensions"]

    def test_of_system_errors_add_up_no_more_metrics_than_cloudwatch_does(self) -> None:
        (errors,) = [entry for text, entry in alarms(build(None)).items() if "errors of its own" in text]
        stats = [entry["MetricStat"] for entry in errors["Metrics"] if "MetricStat" in entry]
        assert len(stats) == 10
        assert {entry["Metric"]["MetricName"] for entry in stats} == {"SystemErrors"}

    def test_of_an_index_counts_reads_and_writes(self) -> None:
        found = alarms(build(None, indexes={"by-state": Index(partition_key="state")}))
        (index,) = [entry for text, entry in found.items() if text.startswith("The index by-state")]
        stats = [entry["MetricStat"]["Metric"] for entry in index["Metrics"] if "MetricStat" in entry]
        assert {entry["MetricName"] for entry in stats} == {"ReadThrottleEvents", "WriteThrottleEvents"}
        for entry in stats:
            assert {"Name": "GlobalSecondaryIndexName", "Value": "by-state"} in entry["Dimensions"]


class TestPermissions:
    @staticmethod
    def statements(template: Template) -> list[Properties]:
        (policy,) = template.find_resources("AWS::IAM::Policy").values()
        return list(policy["Properties"]["PolicyDocument"]["Statement"])

    def granted(self, grant: str, *, region: str | None = None, key: bool = False, **props: Any) -> list[Properties]:
        stack = new_stack()
        more: dict[str, Any] = {"encryption_key": kms.Key(stack, "Key")} if key else {}
        arn = KEY_AWAY if key else None
        table = DynamoDbTable(
            stack,
            "Carts",
            indexes={"by-state": Index(partition_key="state")},
            replicas=[Replica(region=AWAY, encryption_key_arn=arn)],
            **more,
            **props,
        )
        where = {"region": region} if region else {}
        getattr(table, grant)(iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()), **where)
        return self.statements(Template.from_stack(stack))

    def test_who_reads_may_read_the_table_and_its_indexes_by_name(self) -> None:
        (statement,) = self.granted("grant_read_data")
        assert set(statement["Action"]) == {
            f"dynamodb:{action}" for action in ("GetItem", "BatchGetItem", "ConditionCheckItem", "Query", "Scan")
        }
        table, index = statement["Resource"]
        assert index["Fn::Join"][1] == [table, "/index/by-state"]

    def test_who_writes_may_not_read(self) -> None:
        (statement,) = self.granted("grant_write_data")
        assert set(statement["Action"]) == {
            f"dynamodb:{action}" for action in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
        }
        assert "Fn::GetAtt" in statement["Resource"], "the table alone"

    def test_who_does_both_may_both(self) -> None:
        assert len(self.granted("grant_read_write_data")) == 2

    def test_in_the_tables_own_region_it_is_the_table(self) -> None:
        assert self.granted("grant_read_data", region=HOME) == self.granted("grant_read_data")

    def test_in_a_region_without_a_replica_there_is_nothing_to_grant(self) -> None:
        with pytest.raises(ValueError, match="has no replica") as caught:
            self.granted("grant_read_data", region="eu-west-1")
        assert str(caught.value) == (
            "DynamoDbTable S/Carts has no replica in eu-west-1: name one of us-west-2, or add "
            "Replica(region='eu-west-1')"
        )

    def test_in_another_region_it_is_the_replica_there_and_only_that(self) -> None:
        found = self.granted("grant_read_write_data", region=AWAY)
        assert f":dynamodb:{AWAY}:" in json.dumps(found)
        assert "Arn" not in json.dumps(found)

    def test_a_customers_key_must_allow_it_too(self) -> None:
        (reading, _) = self.granted("grant_read_data", key=True)
        assert reading["Action"] == "kms:Decrypt"
        (writing, _) = self.granted("grant_write_data", key=True, region=AWAY)
        assert writing["Resource"] == KEY_AWAY
        assert "kms:GenerateDataKey*" in writing["Action"]

    def test_the_stream_is_read_by_those_who_poll_it(self) -> None:
        (statement,) = self.granted("grant_read_stream")
        assert statement["Action"] == ["dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"]
        assert statement["Resource"]["Fn::GetAtt"][1] == "StreamArn"

    def test_a_stream_that_is_not_there_can_not_be_granted(self) -> None:
        stack = new_stack()
        table = DynamoDbTable(stack, "Carts")
        with pytest.raises(ValueError, match="has no stream") as caught:
            table.grant_read_stream(iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()))
        assert str(caught.value) == "DynamoDbTable S/Carts has no stream: choose stream=StreamView.NEW_AND_OLD_IMAGES"


class TestComposition:
    def test_twice_in_one_stack_and_in_a_stage(self) -> None:
        app = cdk.App(builtin_cloud_formation_validation=False)
        stage = cdk.Stage(app, "Production", env=cdk.Environment(account="111122223333", region=HOME))
        stack = cdk.Stack(stage, "S")
        for name in ("Carts", "Orders"):
            DynamoDbTable(stack, name, replicas=[Replica(region=AWAY)])
        Template.from_stack(stack).resource_count_is("AWS::DynamoDB::GlobalTable", 2)

    def test_a_key_from_elsewhere(self) -> None:
        stack = new_stack(None)
        arn = "arn:aws:kms:us-east-1:111122223333:key/abc"
        key = kms.Key.from_key_arn(stack, "Key", arn)
        table = DynamoDbTable(stack, "Carts", encryption_key=key)
        table.grant_read_data(iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()))
        template = Template.from_stack(stack)
        found = properties(template)
        assert found["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
        (replica,) = found["Replicas"]
        assert replica["SSESpecification"] == {"KMSMasterKeyId": arn}
        assert replica["Region"] == {"Ref": "AWS::Region"}
        template.has_resource_properties(
            "AWS::IAM::Policy",
            {
                "PolicyDocument": {
                    "Statement": Match.array_with([{"Action": "kms:Decrypt", "Effect": "Allow", "Resource": arn}])
                }
            },
        )

    def test_a_name_that_is_known_at_deployment_is_let_through(self) -> None:
        stack = new_stack()
        name = cdk.CfnParameter(stack, "Name").value_as_string
        DynamoDbTable(stack, "Carts", table_name=name)
        assert properties(Template.from_stack(stack))["TableName"] == {"Ref": "Name"}

    def test_everything_that_is_wrong_is_said_at_once(self) -> None:
        with pytest.raises(ValueError, match="can't be built") as caught:
            build(None, partition_key="", recovery_days=36, replicas=[Replica(region=AWAY)])
        assert str(caught.value).splitlines() == [
            "DynamoDbTable S/Carts can't be built:",
            "  - partition_key must be the name of a field, of 1 to 255 characters, got ''",
            "  - recovery_days must be between 1 and 35 days, got 36 days",
            "  - replicas need a stack whose Region is known, got one for any Region: give the stack "
            "env=cdk.Environment(region=...)",
        ]
