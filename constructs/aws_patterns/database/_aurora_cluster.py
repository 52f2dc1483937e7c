"""A cluster of Aurora and its instances, in one Region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from aws_cdk import CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns.database import _defaults as defaults
from aws_patterns.database._aurora_checks import chosen_logs
from aws_patterns.database._aurora_versions import cdk_name
from aws_patterns.database._database_identity import log_groups_of
from aws_patterns.database._database_monitoring import insights_mode, insights_retention, monitoring_role
from aws_patterns.database._database_network import chosen_subnets, database_subnets
from aws_patterns.database.aurora_parts import Provisioned, ServerlessV2
from aws_patterns.database.engines import TRAITS, Engine
from aws_patterns.database.instance_classes import without_prefix
from aws_patterns.database.relational_database_options import Backups, Maintenance, Monitoring

# The reader that takes over first is as large as the writer, always; the others by themselves.
_TAKES_OVER = 1
_COMES_LATER = 2
_GLOBAL = "global database"

# As the engine's own defaults should be (AuroraUserGuide/AuroraPostgreSQL.Security.html, AuroraMySQL.Security.html).
_TLS_PARAMETERS: Mapping[Engine, Mapping[str, str]] = {
    Engine.POSTGRESQL: {"rds.force_ssl": "1"},
    Engine.MYSQL: {"require_secure_transport": "ON"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterSettings:
    """What a cluster is made of, wherever it is."""

    identifier: str
    engine: Engine
    version: str
    capacity: ServerlessV2 | Provisioned
    instances: int
    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection | None
    port: int | None
    parameters: Mapping[str, str]
    iam_authentication: bool
    backups: Backups
    maintenance: Maintenance
    monitoring: Monitoring
    backtrack_hours: float
    io_optimized: bool
    encryption_key: kms.IKey | None
    removal_policy: RemovalPolicy

    @property
    def kept(self) -> RemovalPolicy:
        """Of what a snapshot can't be taken of."""
        return RemovalPolicy.RETAIN if self.removal_policy == RemovalPolicy.SNAPSHOT else self.removal_policy

    @property
    def listens_on(self) -> int:
        return self.port or TRAITS[self.engine].port


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterParts:
    """What was made."""

    cluster: rds.DatabaseCluster
    security_group: ec2.SecurityGroup
    subnet_group: rds.SubnetGroup
    parameter_group: rds.ParameterGroup


def make_cluster(
    scope: Construct, settings: ClusterSettings, *, credentials: rds.Credentials | None, database_name: str | None
) -> ClusterParts:
    """The cluster in ``scope``, one instance in each zone in turn.

    Without credentials it is one that has its users, and everything else, from a global database.
    """
    security_group = ec2.SecurityGroup(
        scope, "SecurityGroup", vpc=settings.vpc, description="A database: nobody by itself", allow_all_outbound=False
    )
    security_group.apply_removal_policy(settings.kept)
    subnet_group = database_subnets(scope, settings.vpc, settings.subnets, settings.kept)
    engine = _engine(settings)
    parameter_group = rds.ParameterGroup(
        scope,
        "Parameters",
        engine=engine,
        description="Connections over TLS only",
        parameters={**settings.parameters, **_TLS_PARAMETERS[settings.engine]},
        removal_policy=settings.kept,
    )
    writer, *readers = _instances(settings)
    exported = chosen_logs(settings.engine, settings.monitoring.logs)
    logs = log_groups_of(
        scope,
        "",
        kind="cluster",
        identifier=settings.identifier,
        exported=exported,
        retention_days=settings.monitoring.log_retention_days,
        removal_policy=settings.kept,
    )
    cluster = rds.DatabaseCluster(
        scope,
        "Cluster",
        cluster_identifier=settings.identifier,
        engine=engine,
        credentials=credentials,
        # The CDK names a user unless it is a replica; of what, the global database says.
        replication_source_identifier=None if credentials else _GLOBAL,
        default_database_name=database_name,
        writer=writer,
        readers=readers,
        **_capacity(settings),
        vpc=settings.vpc,
        subnet_group=subnet_group,
        vpc_subnets=settings.subnets or ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        security_groups=[security_group],
        port=settings.listens_on,
        parameter_group=parameter_group,
        iam_authentication=settings.iam_authentication,
        storage_encrypted=True,
        storage_encryption_key=settings.encryption_key,
        storage_type=rds.DBClusterStorageType.AURORA_IOPT1 if settings.io_optimized else None,
        backtrack_window=Duration.minutes(round(settings.backtrack_hours * 60)) if settings.backtrack_hours else None,
        backup=rds.BackupProps(
            retention=Duration.days(settings.backups.retention_days), preferred_window=settings.backups.window
        ),
        copy_tags_to_snapshot=True,
        delete_automated_backups=settings.removal_policy == RemovalPolicy.DESTROY,
        preferred_maintenance_window=settings.maintenance.window,
        monitoring_interval=Duration.seconds(settings.monitoring.enhanced_seconds),
        monitoring_role=monitoring_role(scope, settings.kept),
        # So that readers which Auto Scaling adds are measured as well.
        enable_cluster_level_enhanced_monitoring=True,
        enable_performance_insights=True,
        performance_insight_retention=insights_retention(settings.monitoring),
        performance_insight_encryption_key=settings.encryption_key,
        database_insights_mode=insights_mode(settings.monitoring),
        cloudwatch_logs_exports=list(exported),
        deletion_protection=settings.removal_policy == RemovalPolicy.RETAIN,
        removal_policy=settings.removal_policy,
    )
    if credentials is None:
        resource = cluster.node.default_child
        assert isinstance(resource, CfnResource)  # noqa: S101 - for the type checker
        resource.add_property_deletion_override("ReplicationSourceIdentifier")
        cluster.node.try_remove_child("Secret")
    cluster.node.add_dependency(*logs)
    acknowledge(cluster, _reasons(settings))
    return ClusterParts(
        cluster=cluster, security_group=security_group, subnet_group=subnet_group, parameter_group=parameter_group
    )


def _engine(settings: ClusterSettings) -> rds.IClusterEngine:
    name = cdk_name(settings.version)
    if settings.engine is Engine.MYSQL:
        return rds.DatabaseClusterEngine.aurora_mysql(version=getattr(rds.AuroraMysqlEngineVersion, name))
    return rds.DatabaseClusterEngine.aurora_postgres(version=getattr(rds.AuroraPostgresEngineVersion, name))


def _instances(settings: ClusterSettings) -> Sequence[rds.IClusterInstance]:
    """Named by numbers: the first one is the writer only until the first failover."""
    zones = list(dict.fromkeys(chosen_subnets(settings.vpc, settings.subnets).availability_zones))
    return [_instance(settings, number, zones[number % len(zones)]) for number in range(settings.instances)]


def _instance(settings: ClusterSettings, number: int, zone: str) -> rds.IClusterInstance:
    id = f"Instance{number + 1}"
    common: _Common = {
        "availability_zone": zone,
        "auto_minor_version_upgrade": settings.maintenance.minor_version_upgrades,
        "preferred_maintenance_window": settings.maintenance.window,
        "publicly_accessible": False,
        "enable_performance_insights": True,
        "performance_insight_retention": insights_retention(settings.monitoring),
        "performance_insight_encryption_key": settings.encryption_key,
    }
    if isinstance(settings.capacity, ServerlessV2):
        return rds.ClusterInstance.serverless_v2(id, scale_with_writer=number <= _TAKES_OVER, **common)
    return rds.ClusterInstance.provisioned(
        id,
        instance_type=ec2.InstanceType(without_prefix(settings.capacity.instance_type)),
        promotion_tier=_TAKES_OVER if number <= _TAKES_OVER else _COMES_LATER,
        **common,
    )


class _Common(TypedDict):
    availability_zone: str
    auto_minor_version_upgrade: bool
    preferred_maintenance_window: str
    publicly_accessible: bool
    enable_performance_insights: bool
    performance_insight_retention: rds.PerformanceInsightRetention
    performance_insight_encryption_key: kms.IKey | None


class _Capacity(TypedDict, total=False):
    serverless_v2_min_capacity: float
    serverless_v2_max_capacity: float
    serverless_v2_auto_pause_duration: Duration | None


def _capacity(settings: ClusterSettings) -> _Capacity:
    capacity = settings.capacity
    if not isinstance(capacity, ServerlessV2):
        return {}
    pauses = capacity.minimum_acu == 0
    seconds = capacity.pause_seconds or defaults.SHORTEST_PAUSE_SECONDS
    return {
        "serverless_v2_min_capacity": capacity.minimum_acu,
        "serverless_v2_max_capacity": capacity.maximum_acu,
        "serverless_v2_auto_pause_duration": Duration.seconds(seconds) if pauses else None,
    }


def _reasons(settings: ClusterSettings) -> dict[str, str]:
    reasons = {}
    if settings.listens_on == TRAITS[settings.engine].port:
        reasons["AwsSolutions-RDS11"] = (
            "Nobody reaches the port but whom the security group names; another number would hide nothing from them."
        )
    if settings.removal_policy != RemovalPolicy.RETAIN:
        reasons["AwsSolutions-RDS10"] = "A removal policy was asked for under which the database goes with its stack."
    if not settings.iam_authentication:
        reasons["AwsSolutions-RDS6"] = "iam_authentication=False was asked for: everybody comes with a password."
    if settings.engine is Engine.MYSQL and not settings.backtrack_hours:
        reasons["AwsSolutions-RDS14"] = "Backtrack was given up, or is not there in a global database; backups are."
    return reasons
