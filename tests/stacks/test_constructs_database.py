"""The relational database in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from aws_patterns.database.engines import Engine
from aws_patterns.database.relational_database_options import (
    AlarmThresholds,
    Availability,
    BackupCopy,
    Backups,
    Maintenance,
    Monitoring,
    ReadReplicas,
    Storage,
)
from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]

KEY_ELSEWHERE = "arn:aws:kms:eu-central-1:111122223333:key/mrk-12345678"


def database(**props: object) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_patterns.database.relational_database import RelationalDatabase
        from aws_patterns.network.multi_az_vpc import MultiAzVpc

        vpc = MultiAzVpc(stack, "Network", removal_policy=removal_policy).vpc
        return RelationalDatabase(stack, "Database", vpc=vpc, removal_policy=removal_policy, **props)  # type: ignore[arg-type] # as the variant says

    return build


def database_with_all(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    """With a key, told operators, a server that is let in, and somebody for each grant."""
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from aws_patterns.database.relational_database import RelationalDatabase
    from aws_patterns.network.multi_az_vpc import MultiAzVpc

    vpc = MultiAzVpc(stack, "Network", removal_policy=removal_policy).vpc
    key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=removal_policy)
    made = RelationalDatabase(
        stack,
        "Database",
        vpc=vpc,
        encryption_key=key,
        port=6432,
        read_replicas=ReadReplicas(count=2, availability=Availability.MULTI_AZ, instance_type="r7g.xlarge"),
        backups=Backups(retention_days=35, copy=BackupCopy(region="eu-central-1", encryption_key_arn=KEY_ELSEWHERE)),
        maintenance=Maintenance(minor_version_upgrades=False, major_version_upgrades=True),
        monitoring=Monitoring(enhanced_seconds=1, insights_days=465, logs=["postgresql", "iam-db-auth-error"]),
        parameters={"log_min_duration_statement": "500"},
        alarm_topic=sns.Topic(stack, "Operators", master_key=key, enforce_ssl=True),
        removal_policy=removal_policy,
    )
    server = iam.Role(stack, "Server", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    made.grant_connect(server, "app")
    made.grant_read_secret(server)
    made.connections.allow_default_port_from(
        ec2.SecurityGroup(stack, "Servers", vpc=vpc, allow_all_outbound=False), "The servers"
    )
    return made


VARIANTS: Mapping[str, Build] = {
    "as it stands": database(),
    "MySQL with replicas": database(engine=Engine.MYSQL, read_replicas=ReadReplicas(count=1)),
    "MariaDB": database(engine=Engine.MARIADB, engine_version="10.11"),
    "at its weakest": database(
        availability=Availability.SINGLE_POINT_OF_FAILURE,
        instance_type="db.t4g.micro",
        storage=Storage(gib=20, maximum_gib=20),
        backups=None,
        iam_authentication=False,
        rotation_days=None,
        thresholds=AlarmThresholds(free_storage_gib=1, connections=50),
    ),
    "with all": database_with_all,
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
