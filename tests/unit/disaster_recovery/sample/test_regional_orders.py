"""What the sample workload is in each Region and by each strategy, and what both Regions know of each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template
from constructs import Construct

from aws_patterns.disaster_recovery.choice.workload_profile import DataKind
from aws_patterns.disaster_recovery.plan import (
    BackedUpTable,
    GlobalTable,
    RegionRole,
    ScaledFunction,
    Strategy,
    TwoWayBucket,
)
from aws_patterns.disaster_recovery.regional_place import RegionalPlace
from aws_patterns.disaster_recovery.sample.regional_orders import RegionalOrders
from aws_patterns.disaster_recovery.sample.regional_orders_options import concurrency
from aws_patterns.disaster_recovery.workload import RegionalPart
from aws_patterns.recovery import Loss

ACCOUNT = "111122223333"
REGIONS = {RegionRole.PRIMARY: "eu-west-1", RegionRole.RECOVERY: "eu-central-1"}
BUCKETS = {region: f"orders-documents-{ACCOUNT}-{region}" for region in REGIONS.values()}


def built(
    role: RegionRole = RegionRole.PRIMARY,
    strategy: Strategy = Strategy.PILOT_LIGHT,
    *,
    fraction: float = 1,
    name: str = "orders",
    workload: RegionalOrders | None = None,
    restored_names: Callable[[str, str], str] | None = None,
    removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN,
    with_topic: bool = False,
) -> tuple[RegionalPart, Template]:
    """One Region's part, in the account whose number the names end in."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S", env=cdk.Environment(account=ACCOUNT, region=REGIONS[role]))
    place = RegionalPlace(
        name=name,
        role=role,
        strategy=strategy,
        region=REGIONS[role],
        other_region=REGIONS[role.other],
        capacity_fraction=fraction,
        removal_policy=removal_policy,
        restored_names=restored_names,
        alarm_topic=sns.Topic(stack, "Operators") if with_topic else None,
    )
    part = (workload or RegionalOrders()).build(stack, place)
    return part, Template.from_stack(stack)


def only(template: Template, kind: str, **properties: object) -> Mapping[str, Any]:
    (found,) = template.find_resources(kind, {"Properties": properties}).values()
    return dict(found["Properties"])


def statements(template: Template, role: str) -> dict[str, object]:
    """What a role may do, and what to, by each action."""
    return {
        action: statement["Resource"]
        for name, policy in template.find_resources("AWS::IAM::Policy").items()
        if role in name
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    }


class TestTable:
    def test_the_primary_regions_stack_makes_it_with_its_replica(self) -> None:
        part, template = built()
        table = only(template, "AWS::DynamoDB::GlobalTable")
        assert table["TableName"] == "orders-orders"
        assert [replica["Region"] for replica in table["Replicas"]] == ["eu-central-1", "eu-west-1"]
        assert part.data[0] == GlobalTable(name="orders-orders")
        assert len(part.tables_to_back_up) == 1

    def test_the_recovery_regions_stack_uses_the_replica_by_its_name(self) -> None:
        part, template = built(RegionRole.RECOVERY)
        template.resource_count_is("AWS::DynamoDB::GlobalTable", 0)
        assert only(template, "AWS::Lambda::Function", FunctionName="orders-api")["Environment"]["Variables"][
            "TABLE_NAME"
        ] == ("orders-orders")
        assert part.data[0] == GlobalTable(name="orders-orders")
        assert part.tables_to_back_up == []

    @pytest.mark.parametrize("role", RegionRole)
    def test_where_tables_are_restored_the_stack_works_with_the_one_that_was(self, role: RegionRole) -> None:
        asked: list[tuple[str, str]] = []

        def restored(id: str, default: str) -> str:
            asked.append((id, default))
            return "orders-restored"

        part, template = built(role, Strategy.BACKUP_AND_RESTORE, restored_names=restored)
        assert asked == [("Orders", "orders-orders")]
        function = only(template, "AWS::Lambda::Function", FunctionName="orders-api")
        assert function["Environment"]["Variables"]["TABLE_NAME"] == "orders-restored"
        allowed = statements(template, "ApiFunctionRole")
        assert json.dumps(allowed["dynamodb:PutItem"]).endswith(':table/orders-restored"]]}')
        assert part.data[0] == BackedUpTable(
            id="Orders", name="orders-orders", primary_vault="orders-primary", recovery_vault="orders-recovery"
        )

    @pytest.mark.parametrize("strategy", Strategy)
    def test_each_region_has_its_alarms(self, strategy: Strategy) -> None:
        """CloudWatch looks at its own Region alone."""
        _, template = built(RegionRole.RECOVERY, strategy, restored_names=lambda _id, default: default, with_topic=True)
        told = {
            name.partition("WorkloadData")[0]: alarm["Properties"]
            for name, alarm in template.find_resources("AWS::CloudWatch::Alarm").items()
            if "DataTable" in name
        }
        replicates = strategy is not Strategy.BACKUP_AND_RESTORE
        assert {json.dumps(alarm).count('"orders-orders"') > 0 for alarm in told.values()} == {True}
        metrics = {alarm.get("MetricName", "SystemErrors") for alarm in told.values()}
        wanted = {"ReadThrottleEvents", "WriteThrottleEvents", "SystemErrors"}
        assert metrics == wanted | ({"ReplicationLatency"} if replicates else set())
        assert all(alarm["AlarmActions"] for alarm in told.values())

    def test_it_has_no_replica_then_and_what_is_worked_with_is_backed_up(self) -> None:
        part, template = built(strategy=Strategy.BACKUP_AND_RESTORE, restored_names=lambda _id, _default: "restored")
        table = only(template, "AWS::DynamoDB::GlobalTable")
        assert [replica["Region"] for replica in table["Replicas"]] == ["eu-west-1"]
        assert [table.table_name for table in part.tables_to_back_up] == ["restored"]


class TestDocuments:
    def test_both_regions_know_both_buckets(self) -> None:
        for role in RegionRole:
            for strategy in Strategy:
                part, template = built(role, strategy)
                found = part.data[1]
                assert isinstance(found, TwoWayBucket)
                names_of = cdk.Stack(cdk.App(), "Any").resolve
                assert names_of([found.primary, found.recovery]) == [at_account(name) for name in BUCKETS.values()]
                names = [
                    bucket["Properties"]["BucketName"]
                    for bucket in template.find_resources("AWS::S3::Bucket").values()
                    if "BucketName" in bucket["Properties"]
                ]
                assert names == [at_account(BUCKETS[REGIONS[role]])]

    def test_what_is_written_and_deleted_on_one_side_is_so_on_the_other(self) -> None:
        _, template = built()
        template.resource_count_is("Custom::ReplicationBack", 1)
        (rule,) = next(
            bucket["Properties"]["ReplicationConfiguration"]["Rules"]
            for bucket in template.find_resources("AWS::S3::Bucket").values()
            if "ReplicationConfiguration" in bucket["Properties"]
        )
        assert rule["DeleteMarkerReplication"] == {"Status": "Enabled"}
        assert rule["Destination"]["ReplicationTime"]["Status"] == "Enabled"

    def test_each_region_has_a_key_of_its_own(self) -> None:
        for role in RegionRole:
            built(role)[1].resource_count_is("AWS::KMS::Key", 1)
        _, template = built(RegionRole.RECOVERY)
        template.has_resource_properties("AWS::KMS::Alias", {"AliasName": "alias/orders-documents"})

    def test_they_are_there_before_a_region_is_needed(self) -> None:
        part, template = built(RegionRole.RECOVERY, Strategy.BACKUP_AND_RESTORE)
        (kept,) = part.always
        inside = {
            cdk.Stack.of(kept).get_logical_id(resource)
            for resource in kept.node.find_all()
            if isinstance(resource, cdk.CfnResource)
        }
        assert set(template.find_resources("AWS::S3::Bucket")) <= inside
        assert set(template.find_resources("AWS::KMS::Key")) <= inside


def at_account(name: str) -> object:
    """A name with the number of the account in it, as a template has it."""
    before, _, after = name.partition(ACCOUNT)
    return {"Fn::Join": ["", [before, {"Ref": "AWS::AccountId"}, after]]}


class TestFunction:
    @pytest.mark.parametrize("role", RegionRole)
    def test_it_has_the_same_name_in_both_regions_and_answers_with_its_role(self, role: RegionRole) -> None:
        part, template = built(role)
        function = only(template, "AWS::Lambda::Function", FunctionName="orders-api")
        assert function["Environment"]["Variables"]["ROLE"] == str(role)
        (scaled,) = part.compute
        assert isinstance(scaled, ScaledFunction)
        assert scaled.name == "orders-api"

    @pytest.mark.parametrize(("fraction", "here"), [(0, 0), (0.01, 1), (0.25, 10), (0.5, 20), (1, 40)])
    def test_its_capacity_is_a_part_of_what_serves_everybody(self, fraction: float, here: int) -> None:
        part, template = built(RegionRole.RECOVERY, fraction=fraction, workload=RegionalOrders(full_concurrency=40))
        function = only(template, "AWS::Lambda::Function", FunctionName="orders-api")
        assert function["ReservedConcurrentExecutions"] == here
        assert part.compute == [ScaledFunction(name="orders-api", full=40, standby=here)]

    def test_it_may_use_this_table_and_these_documents_alone(self) -> None:
        _, template = built()
        found = statements(template, "ApiFunctionRole")
        assert {action for action in found if not action.startswith(("logs:", "xray:"))} == {
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Scan",
            "s3:GetObject",
            "s3:PutObject",
            "s3:ListBucket",
            "kms:Decrypt",
            "kms:GenerateDataKey",
        }
        assert json.dumps(found["dynamodb:Scan"]).endswith(':dynamodb:eu-west-1:111122223333:table/orders-orders"]]}')
        assert json.dumps(found["s3:PutObject"]).endswith('"/orders/*"]]}')


class TestApi:
    def test_it_answers_orders_and_health_and_is_throttled(self) -> None:
        part, template = built(workload=RegionalOrders(throttle_rate=5, throttle_burst=7))
        routes = {
            route["Properties"]["RouteKey"] for route in template.find_resources("AWS::ApiGatewayV2::Route").values()
        }
        assert routes == {"PUT /orders/{id}", "GET /orders/{id}", "GET /orders", "GET /health"}
        stage = only(template, "AWS::ApiGatewayV2::Stage")
        assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 5
        assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 7
        assert part.health_path == "/health"
        assert part.front is not None

    def test_its_address_ends_without_a_slash(self) -> None:
        part, _ = built()
        parts = cdk.Stack.of(part.always[0]).resolve(part.endpoint_url)["Fn::Join"][1]
        assert parts[0] == "https://"
        assert parts[-1] == {"Ref": "AWS::URLSuffix"}

    def test_what_is_switched_off_raises_no_alarm(self) -> None:
        _, template = built(with_topic=True)
        found = [
            alarm["Properties"]
            for alarm in template.find_resources("AWS::CloudWatch::Alarm").values()
            if "Metrics" in alarm["Properties"]
        ]
        (errors,) = (alarm for alarm in found if "5xx" in alarm["AlarmDescription"])
        expressions = [metric["Expression"] for metric in errors["Metrics"] if "Expression" in metric]
        assert expressions == ["IF(FILL(ran, 0) > 0, refused, 0)"]
        assert errors["AlarmActions"]


def test_ids_are_the_same_by_every_strategy() -> None:
    """What holds data stays what it is when a strategy changes."""
    for role in RegionRole:
        kept = [
            {
                name: resource["Properties"].get("TableName") or resource["Properties"].get("BucketName")
                for kind in ("AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket", "AWS::KMS::Key")
                for name, resource in built(role, strategy)[1].find_resources(kind).items()
            }
            for strategy in Strategy
        ]
        assert all(one == kept[0] for one in kept)


def test_everything_that_holds_data_outlives_its_stack() -> None:
    _, template = built()
    for kind in ("AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket", "AWS::KMS::Key"):
        found = template.find_resources(kind).values()
        assert {resource["DeletionPolicy"] for resource in found} == {"Retain"}


def test_what_follows_from_the_loss_of_a_region_is_told() -> None:
    part, _ = built()
    assert set(part.recovery) == {"Orders", "Documents"}
    assert part.recovery["Orders"][Loss.REGION].recovery_point is not None
    restored, _ = built(strategy=Strategy.BACKUP_AND_RESTORE)
    assert restored.recovery["Orders"][Loss.REGION].recovery_point is None
    assert restored.recovery["Documents"] == part.recovery["Documents"]


def test_the_profile_names_what_is_recovered() -> None:
    profile = RegionalOrders().profile
    assert [(data.name, data.kind) for data in profile.data] == [
        ("Orders", DataKind.TABLE),
        ("Documents", DataKind.BUCKET),
    ]
    assert [part.name for part in profile.compute] == ["API"]


def test_two_workloads_live_in_one_stack_and_in_a_stage() -> None:
    stage = cdk.Stage(cdk.App(builtin_cloud_formation_validation=False), "Production")
    stack = cdk.Stack(stage, "S", env=cdk.Environment(region="eu-west-1"))
    for name in ("orders", "letters"):
        place = RegionalPlace(
            name=name,
            role=RegionRole.PRIMARY,
            strategy=Strategy.MULTI_SITE,
            region="eu-west-1",
            other_region="eu-central-1",
            capacity_fraction=1,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        RegionalOrders().build(Construct(stack, name), place)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::ApiGatewayV2::Api", 2)
    template.resource_count_is("AWS::DynamoDB::GlobalTable", 2)


@pytest.mark.parametrize(("full", "fraction", "here"), [(20, 0, 0), (20, 1, 20), (3, 0.5, 2), (1, 0.01, 1)])
def test_part_of_an_execution_is_a_whole_one(full: int, fraction: float, here: int) -> None:
    assert concurrency(full, fraction) == here


class TestProblems:
    def test_every_option_that_cannot_be_used_is_named(self) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            RegionalOrders(full_concurrency=0, throttle_rate=0.5, throttle_burst=10_001)
        assert str(raised.value) == (
            "RegionalOrders can't be built:\n"
            "  - full_concurrency must be between 1 and 900 executions, got 0 executions\n"
            "  - throttle_rate must be between 1 and 10000 requests, got 0.5 requests\n"
            "  - throttle_burst must be between 1 and 10000 requests, got 10001 requests"
        )

    def test_a_name_leaves_room_in_those_of_the_buckets(self) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            built(name="o" * 26)
        assert str(raised.value) == (
            "RegionalOrders S can't be built:\n"
            "  - name must have at most 25 characters with RegionalOrders, got 26: the names of its buckets begin with "
            "it, and account and Region follow"
        )
        built(name="o" * 25)
