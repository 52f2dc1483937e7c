"""Aurora in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from aws_patterns.database.aurora_parts import ConnectionProxy, Provisioned, ReaderMetric, ReaderScaling, ServerlessV2
from aws_patterns.database.engines import Engine
from aws_patterns.database.global_database_options import GLOBAL_CAPACITY
from aws_patterns.database.relational_database_options import Backups, Maintenance, Monitoring
from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_ec2 as ec2

    from aws_patterns.database.aurora_database import AuroraDatabase

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]


def network(stack: cdk.Stack) -> ec2.IVpc:
    from aws_patterns.network.multi_az_vpc import MultiAzVpc

    return MultiAzVpc(stack, "Network", availability_zones=2).vpc


def aurora(**props: object) -> Callable[[cdk.Stack, cdk.RemovalPolicy], AuroraDatabase]:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> AuroraDatabase:
        from aws_patterns.database.aurora_database import AuroraDatabase

        return AuroraDatabase(stack, "Data", vpc=network(stack), removal_policy=removal_policy, **props)  # type: ignore[arg-type] # as the variant says

    return build


def aurora_with_all(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    """With a key, told operators, a proxy, scaling, and somebody for each grant."""
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=removal_policy)
    database = aurora(
        engine=Engine.MYSQL,
        capacity=Provisioned(instance_type="r8g.xlarge"),
        readers=2,
        reader_scaling=ReaderScaling(maximum=6),
        proxy=ConnectionProxy(iam_required=True),
        io_optimized=True,
        encryption_key=key,
        monitoring=Monitoring(insights_days=465, logs=["audit", "error", "slowquery"]),
        alarm_topic=sns.Topic(stack, "Operators", master_key=key, enforce_ssl=True),
    )(stack, removal_policy)
    role = iam.Role(stack, "Server", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    database.grant_connect(role, "app")
    database.grant_read_secret(role)
    return database


def global_primary(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.database.global_database import GlobalDatabasePrimary

    database = aurora(capacity=GLOBAL_CAPACITY)(stack, removal_policy)
    return GlobalDatabasePrimary(
        stack,
        "Global",
        name="orders",
        database=database,
        secondary_regions=["ap-southeast-2", "eu-central-1"],
        maximum_loss_seconds=60,
        replica_key_alias="data",
    )


def global_secondary(**props: object) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_patterns.database.global_database_secondary import GlobalDatabaseSecondary

        secondary = GlobalDatabaseSecondary(
            stack,
            "Orders",
            name="orders",
            primary_region="ap-southeast-2",
            vpc=network(stack),
            removal_policy=removal_policy,
            **props,  # type: ignore[arg-type] # as the variant says
        )
        from aws_cdk import aws_iam as iam

        secondary.grant_read_secret(iam.Role(stack, "Server", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com")))
        return secondary

    return build


VARIANTS: Mapping[str, Build] = {
    "as it stands": aurora(),
    "MySQL": aurora(engine=Engine.MYSQL),
    "MySQL without backtrack": aurora(engine=Engine.MYSQL, backtrack_hours=0, rotation_days=None),
    "one instance that pauses": aurora(
        capacity=ServerlessV2(minimum_acu=0, maximum_acu=1, pause_seconds=600),
        readers=0,
        single_point_of_failure=True,
        iam_authentication=False,
    ),
    "proxy, scaling by connections": aurora(
        reader_scaling=ReaderScaling(maximum=15, metric=ReaderMetric.CONNECTIONS, target=500),
        proxy=ConnectionProxy(),
        port=6432,
    ),
    "other hours": aurora(
        backups=Backups(retention_days=35, window="23:30-00:30"),
        maintenance=Maintenance(window="mon:03:00-mon:04:00", minor_version_upgrades=False),
        monitoring=Monitoring(enhanced_seconds=1, insights_days=31, log_retention_days=365),
        engine_version="15.17",
    ),
    "with all": aurora_with_all,
    "global database, primary": global_primary,
    "global database, secondary": global_secondary(write_forwarding=True),
    "global database, secondary, MySQL": global_secondary(
        engine=Engine.MYSQL, capacity=Provisioned(), instances=1, lag_seconds=60
    ),
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
