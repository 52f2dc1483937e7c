"""The instances of one database: the one that is written to, and those that are read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from constructs import Construct, IDependable

from aws_patterns._acknowledgments import acknowledge
from aws_patterns.database._database_identity import identifier_of, log_groups_of
from aws_patterns.database._database_monitoring import insights_mode, insights_retention, monitoring_role
from aws_patterns.database._engine_versions import VERSIONS
from aws_patterns.database.engines import TRAITS, Engine, major_of
from aws_patterns.database.instance_classes import without_prefix
from aws_patterns.database.relational_database_options import (
    Availability,
    BackupCopy,
    Backups,
    Maintenance,
    Monitoring,
    ReadReplicas,
    Storage,
    maximum_storage_gib,
)

_WELL_KNOWN_PORT = (
    "Nobody reaches the port but whom the security group names; another number would hide nothing from them."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CommonSettings:
    """What is the same for each instance of one database."""

    scope: Construct
    vpc: ec2.IVpc
    security_group: ec2.ISecurityGroup
    subnet_group: rds.ISubnetGroup
    parameter_group: rds.IParameterGroup
    engine: Engine
    instance_type: str
    storage: Storage
    maintenance: Maintenance
    monitoring: Monitoring
    port: int
    iam_authentication: bool
    encryption_key: kms.IKey | None
    read_replicas: ReadReplicas | None
    removal_policy: RemovalPolicy
    of_parts: RemovalPolicy

    @property
    def exported(self) -> list[str]:
        """The logs that go to CloudWatch."""
        chosen = self.monitoring.logs
        return list(TRAITS[self.engine].logs if chosen is None else chosen)

    @property
    def protected(self) -> bool:
        """Whether it stays when its stack goes."""
        return self.removal_policy in {RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE}

    @property
    def replica_type(self) -> str:
        """The instance type of read replicas."""
        return (self.read_replicas and self.read_replicas.instance_type) or self.instance_type


def instance_engine(engine: Engine, version: str) -> rds.IInstanceEngine:
    """As the CDK has it."""
    major = major_of(engine, version)
    match engine:
        case Engine.POSTGRESQL:
            return rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.of(version, major))
        case Engine.MYSQL:
            return rds.DatabaseInstanceEngine.mysql(version=rds.MysqlEngineVersion.of(version, major))
        case Engine.MARIADB:
            return rds.DatabaseInstanceEngine.maria_db(version=rds.MariaDbEngineVersion.of(version, major))


def make_database(
    common: CommonSettings,
    *,
    version: str,
    availability: Availability,
    backups: Backups | None,
    database_name: str,
    credentials: rds.Credentials,
) -> rds.DatabaseInstance:
    """The instance that is written to, with its standby."""
    identifier = identifier_of(common.scope)
    logs = _log_groups(common, "", identifier)
    database = rds.DatabaseInstance(
        common.scope,
        "Instance",
        instance_identifier=identifier,
        engine=instance_engine(common.engine, version),
        instance_type=ec2.InstanceType(without_prefix(common.instance_type)),
        multi_az=availability == Availability.MULTI_AZ,
        database_name=database_name,
        credentials=credentials,
        vpc=common.vpc,
        subnet_group=common.subnet_group,
        security_groups=[common.security_group],
        port=common.port,
        publicly_accessible=False,
        parameter_group=common.parameter_group,
        iam_authentication=common.iam_authentication,
        storage_type=rds.StorageType.GP3,
        allocated_storage=common.storage.gib,
        max_allocated_storage=_grows_to(common.storage),
        storage_encrypted=True,
        storage_encryption_key=common.encryption_key,
        backup_retention=Duration.days(backups.retention_days if backups else 0),
        preferred_backup_window=backups.window if backups else None,
        copy_tags_to_snapshot=True,
        delete_automated_backups=not common.protected,
        preferred_maintenance_window=common.maintenance.window,
        auto_minor_version_upgrade=common.maintenance.minor_version_upgrades,
        allow_major_version_upgrade=common.maintenance.major_version_upgrades,
        monitoring_interval=Duration.seconds(common.monitoring.enhanced_seconds),
        monitoring_role=monitoring_role(common.scope, common.of_parts),
        enable_performance_insights=True,
        performance_insight_retention=insights_retention(common.monitoring),
        performance_insight_encryption_key=common.encryption_key,
        database_insights_mode=insights_mode(common.monitoring),
        cloudwatch_logs_exports=common.exported,
        deletion_protection=common.protected,
        removal_policy=common.removal_policy,
    )
    database.node.add_dependency(*logs)
    resource = _resource(database)
    if backups and backups.copy:
        _copy_backups(resource, backups.copy)
    if version in VERSIONS[common.engine]:
        # Lists of minor releases, which don't know that RDS takes a major one and chooses.
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["E3691", "W3691"]}})
        acknowledge(
            resource, {"CloudFormation-Validate::E9006": "A major release, of which RDS chooses the minor one."}
        )
    reasons = _reasons(common, availability)
    if backups is None:
        reasons["AwsSolutions-RDS13"] = "backups=None was asked for: nothing is kept of it."
    acknowledge(database, reasons)
    return database


def make_replicas(common: CommonSettings, source: rds.DatabaseInstance) -> list[rds.DatabaseInstanceReadReplica]:
    """Those that are read only."""
    replicas = common.read_replicas
    if replicas is None:
        return []
    return [_make_replica(common, source, replicas, number) for number in range(1, replicas.count + 1)]


def _make_replica(
    common: CommonSettings, source: rds.DatabaseInstance, replicas: ReadReplicas, number: int
) -> rds.DatabaseInstanceReadReplica:
    identifier = identifier_of(common.scope, f"-r{number}")
    logs = _log_groups(common, f"Replica{number}", identifier)
    replica = rds.DatabaseInstanceReadReplica(
        common.scope,
        f"Replica{number}",
        source_database_instance=source,
        instance_identifier=identifier,
        instance_type=ec2.InstanceType(without_prefix(common.replica_type)),
        multi_az=replicas.availability == Availability.MULTI_AZ,
        vpc=common.vpc,
        subnet_group=common.subnet_group,
        security_groups=[common.security_group],
        port=common.port,
        publicly_accessible=False,
        parameter_group=common.parameter_group,
        iam_authentication=common.iam_authentication,
        storage_type=rds.StorageType.GP3,
        max_allocated_storage=_grows_to(common.storage),
        copy_tags_to_snapshot=True,
        preferred_maintenance_window=common.maintenance.window,
        auto_minor_version_upgrade=common.maintenance.minor_version_upgrades,
        monitoring_interval=Duration.seconds(common.monitoring.enhanced_seconds),
        monitoring_role=monitoring_role(common.scope, common.of_parts),
        enable_performance_insights=True,
        performance_insight_retention=insights_retention(common.monitoring),
        performance_insight_encryption_key=common.encryption_key,
        database_insights_mode=insights_mode(common.monitoring),
        cloudwatch_logs_exports=common.exported,
        deletion_protection=common.protected,
        removal_policy=common.of_parts,
    )
    replica.node.add_dependency(*logs)
    reasons = _reasons(common, replicas.availability)
    reasons |= {
        "AwsSolutions-RDS2": "Encrypted like the database that it is a copy of; RDS takes no choice here.",
        "AwsSolutions-RDS11": _WELL_KNOWN_PORT,
        "AwsSolutions-RDS13": "What it has is backed up where it has it from.",
    }
    acknowledge(replica, reasons)
    return replica


def _log_groups(common: CommonSettings, id: str, identifier: str) -> Sequence[IDependable]:
    return log_groups_of(
        common.scope,
        id,
        kind="instance",
        identifier=identifier,
        exported=common.exported,
        retention_days=common.monitoring.log_retention_days,
        removal_policy=common.of_parts,
    )


def _grows_to(storage: Storage) -> int | None:
    maximum = maximum_storage_gib(storage)
    return None if maximum == storage.gib else maximum


def _resource(database: rds.DatabaseInstance) -> CfnResource:
    resource = database.node.default_child
    assert isinstance(resource, CfnResource), "an instance is a resource"  # noqa: S101 - for the type checker
    return resource


def _copy_backups(resource: CfnResource, copy: BackupCopy) -> None:
    resource.add_property_override("AutomaticBackupReplicationRegion", copy.region)
    resource.add_property_override("AutomaticBackupReplicationRetentionPeriod", copy.retention_days)
    if copy.encryption_key_arn is not None:
        resource.add_property_override("AutomaticBackupReplicationKmsKeyId", copy.encryption_key_arn)


def _reasons(common: CommonSettings, availability: Availability) -> dict[str, str]:
    reasons = {}
    if common.port == TRAITS[common.engine].port:
        reasons["AwsSolutions-RDS11"] = _WELL_KNOWN_PORT
    if not common.protected:
        reasons["AwsSolutions-RDS10"] = "A removal policy was asked for under which the database goes with its stack."
    if availability != Availability.MULTI_AZ:
        reasons["AwsSolutions-RDS3"] = f"{availability} was asked for: without a standby."
    return reasons
