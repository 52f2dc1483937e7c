"""A workload as small as one can be that has something of everything: an API, a function, a table, a bucket."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns.disaster_recovery.choice.workload_profile import (
    ComputeKind,
    ComputeProfile,
    DataKind,
    DataProfile,
    WorkloadProfile,
)
from aws_patterns.disaster_recovery.plan import BackedUpTable, Data, GlobalTable, RegionRole, ScaledFunction
from aws_patterns.disaster_recovery.regional_place import NeedKind, RegionalNeed, RegionalPlace
from aws_patterns.disaster_recovery.workload import HttpFront, RegionalPart
from aws_patterns.recovery import NONE, Loss, Recovery, Span

FULL = 8
NEED = RegionalNeed(kind=NeedKind.SECRET, what="A secret", how="By a replica.", source="https://docs.aws.amazon.com/")

FAST = Recovery(recovery_time=NONE, recovery_point=NONE, automatic=True, how="At once.", source=NEED.source)
SLOW = Recovery(
    recovery_time=Span(usual=1, worst=60), recovery_point=NONE, automatic=True, how="Slowly.", source=NEED.source
)
PROFILE = WorkloadProfile(
    data=[DataProfile(name="Items", kind=DataKind.TABLE)],
    compute=[ComputeProfile(name="Function", kind=ComputeKind.FUNCTION)],
)


@dataclass(frozen=True)
class SmallWorkload:
    """A table, a bucket, and a function behind an API."""

    profile: WorkloadProfile = PROFILE
    without_tables: bool = False
    without_front: bool = False
    with_key: bool = False

    def build(self, scope: Construct, place: RegionalPlace) -> RegionalPart:
        table_name, running = f"{place.name}-items", round(FULL * place.capacity_fraction)
        live = place.restored_name("Items", table_name)
        if place.role is RegionRole.PRIMARY:
            dynamodb.TableV2(
                scope,
                "Items",
                table_name=table_name,
                partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
                dynamo_stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
                replicas=None if place.restores_tables else [dynamodb.ReplicaTableProps(region=place.other_region)],
                removal_policy=place.removal_policy,
            )
        bucket = s3.Bucket(
            scope,
            "Documents",
            bucket_name=f"{place.name}-{Aws.ACCOUNT_ID}-{place.region}",
            removal_policy=place.removal_policy,
            auto_delete_objects=place.removal_policy is RemovalPolicy.DESTROY,
        )
        key = kms.Key(scope, "Key") if self.with_key else None
        used = dynamodb.TableV2.from_table_attributes(scope, "Live", table_name=live, encryption_key=key)
        function = lambda_.Function(
            scope,
            "Function",
            function_name=f"{place.name}-api",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handle",
            code=lambda_.Code.from_inline("def handle(event, context): return {'statusCode': 200}"),
            environment={"TABLE": live, "BUCKET": bucket.bucket_name},
            reserved_concurrent_executions=running,
        )
        used.grant_read_write_data(function)
        bucket.grant_read_write(function)
        api = apigateway.HttpApi(
            scope, "Api", default_integration=integrations.HttpLambdaIntegration("Function", function)
        )
        assert api.default_stage is not None
        backed_up = BackedUpTable(
            id="Items",
            name=table_name,
            primary_vault=place.primary_vault_name,
            recovery_vault=place.recovery_vault_name,
        )
        data: Data = backed_up if place.restores_tables else GlobalTable(name=table_name)
        return RegionalPart(
            endpoint_url=f"https://{api.api_id}.execute-api.{place.region}.{Aws.URL_SUFFIX}",
            health_path="/health",
            compute=[
                ScaledFunction(name=f"{place.name}-api", full=FULL, standby=round(FULL * place.capacity_fraction))
            ],
            data=[data],
            tables_to_back_up=[] if self.without_tables else [used],
            front=None if self.without_front else HttpFront(api=api, stage=api.default_stage),
            always=[bucket],
            needs=[NEED],
            recovery={"Function": dict.fromkeys(Loss, FAST), "Items": dict.fromkeys(Loss, SLOW)},
        )
