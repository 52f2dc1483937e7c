"""A secondary Region of an Aurora Global Database: read there, and the one that takes over."""

from __future__ import annotations

from collections.abc import Mapping

import jsii
from aws_cdk import CfnResource, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems
from aws_patterns.database import _defaults as defaults
from aws_patterns.database._aurora_alarms import cluster_metric, watch_cluster
from aws_patterns.database._aurora_cluster import ClusterSettings, make_cluster
from aws_patterns.database._aurora_versions import chosen_version
from aws_patterns.database._database_network import check_network
from aws_patterns.database.aurora_database_options import connections_threshold, recovery_of
from aws_patterns.database.aurora_parts import AuroraThresholds, Provisioned, ServerlessV2
from aws_patterns.database.engines import Engine
from aws_patterns.database.global_database_options import (
    GLOBAL_CAPACITY,
    check_global_secondary,
    global_recovery_of,
    own_region_of,
    secret_name_of,
)
from aws_patterns.database.relational_database_options import Backups, Maintenance, Monitoring
from aws_patterns.recovery import RecoveryCharacteristics

_MILLISECONDS = 1_000


@jsii.implements(ec2.IConnectable)
class GlobalDatabaseSecondary(Construct):
    """The part of a global database that is in another Region: read there, and the one that takes over.

    In a stack of its own Region, after the stack with the ``GlobalDatabasePrimary``. Until it takes over it is read
    only, usually less than a second late.

    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> vpc = MultiAzVpc(stack, "Network").vpc
    >>> GlobalDatabaseSecondary(stack, "Orders", name="orders", primary_region="eu-west-1", vpc=vpc)

    Args:
        name: Of the global database.
        primary_region: Where its ``GlobalDatabasePrimary`` is.
        vpc: Its network here, with isolated subnets in two zones at least.
        engine: That of the primary one. Default PostgreSQL.
        engine_version: Likewise.
        capacity: ``ServerlessV2`` or ``Provisioned``; that of the primary one, or what takes over is smaller. Default
            8 to 32 ACUs.
        instances: How many, 1 to 16, one in each zone in turn. Default 2: one takes over, one stands by.
        write_forwarding: Whether applications may write here, and Aurora sends it to the primary Region. Default no.
        backups: From the moment on in which it takes over. Default 14 days.
        maintenance: Window; minor releases are for ``engine_version``, in every Region. Default Sunday 04:00 UTC.
        monitoring: Default each minute; statements for 7 days, logs for 30.
        port: That of the primary one. Default: the engine's own.
        parameters: Of the cluster: those of the primary one. Default: Aurora's, and TLS forced.
        iam_authentication: Whether roles may connect without a password. Default yes.
        encryption_key: Customer managed key in this Region. Default: the one that AWS manages for RDS here.
        subnets: Default: the isolated ones.
        thresholds: Of the alarms.
        lag_seconds: It is as late for five minutes: an alarm. More than 0, default 10.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of the cluster here. ``DESTROY`` turns its deletion protection off. Default ``RETAIN``.

    Attributes:
        cluster: The cluster here; its instances are all readers until it takes over.
        secret: The replica of the primary one's secret, by its name. Its ``host`` is the primary Region's.
        endpoint: The name that leads to the writer, once there is one here.
        reader_endpoint: The name that leads to the instances here.
        port: Where it listens.
        connections: Its security group's.
        security_group: The same.
        alarms: By id. Those of ``AuroraDatabase``, and ``GlobalLag``: changes are late here.
        recovery: What follows from each loss once it has taken over.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        primary_region: str,
        vpc: ec2.IVpc,
        engine: Engine = Engine.POSTGRESQL,
        engine_version: str | None = None,
        capacity: ServerlessV2 | Provisioned = GLOBAL_CAPACITY,
        instances: int = defaults.SECONDARY_INSTANCES,
        write_forwarding: bool = False,
        backups: Backups = Backups(),  # noqa: B008 - frozen
        maintenance: Maintenance = Maintenance(),  # noqa: B008 - frozen
        monitoring: Monitoring = Monitoring(),  # noqa: B008 - frozen
        port: int | None = None,
        parameters: Mapping[str, str] | None = None,
        iam_authentication: bool = True,
        encryption_key: kms.IKey | None = None,
        subnets: ec2.SubnetSelection | None = None,
        thresholds: AuroraThresholds = AuroraThresholds(),  # noqa: B008 - frozen
        lag_seconds: float = defaults.GLOBAL_LAG_SECONDS,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"GlobalDatabaseSecondary {self.node.path}") as problems:
            check_global_secondary(
                problems,
                name=name,
                primary_region=primary_region,
                own_region=own_region_of(Stack.of(self).region),
                engine=engine,
                engine_version=engine_version,
                capacity=capacity,
                instances=instances,
                backups=backups,
                maintenance=maintenance,
                monitoring=monitoring,
                port=port,
                parameters=parameters,
                thresholds=thresholds,
                lag_seconds=lag_seconds,
            )
            check_network(problems, vpc, subnets)
        settings = ClusterSettings(
            # Unique over all Regions, as Aurora wants them.
            identifier=f"{name}-{Stack.of(self).region}",
            engine=engine,
            version=chosen_version(engine, engine_version),
            capacity=capacity,
            instances=instances,
            vpc=vpc,
            subnets=subnets,
            port=port,
            parameters=parameters or {},
            iam_authentication=iam_authentication,
            backups=backups,
            maintenance=maintenance,
            monitoring=monitoring,
            backtrack_hours=0,
            io_optimized=False,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        parts = make_cluster(self, settings, credentials=None, database_name=None)
        self.cluster = parts.cluster
        self.security_group = parts.security_group
        resource = self.cluster.node.default_child
        assert isinstance(resource, CfnResource)  # noqa: S101 - for the type checker
        resource.add_property_override("GlobalClusterIdentifier", name)
        if write_forwarding:
            resource.add_property_override("EnableGlobalWriteForwarding", value=True)
        self.secret: secretsmanager.ISecret = secretsmanager.Secret.from_secret_name_v2(
            self, "Secret", secret_name_of(name)
        )
        self.endpoint: str = self.cluster.cluster_endpoint.hostname
        self.reader_endpoint: str = self.cluster.cluster_read_endpoint.hostname
        self.port: int = settings.listens_on
        alarms = Alarms(self, alarm_topic)
        watch_cluster(
            alarms,
            self.cluster,
            capacity=capacity,
            has_readers=True,
            thresholds=thresholds,
            connections=connections_threshold(engine, capacity, thresholds.connections),
        )
        alarms.add(
            "GlobalLag",
            cluster_metric(self.cluster, "AuroraGlobalDBRPOLag", "Maximum"),
            lag_seconds * _MILLISECONDS,
            f"What is changed in {primary_region} is late here; if that Region were lost now, so much of it would be "
            "gone. Is the writer too small, or the Region in trouble?",
        )
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id
        self.recovery: RecoveryCharacteristics = global_recovery_of(recovery_of(readers=instances - 1))

    @property
    def connections(self) -> ec2.Connections:
        """Who may connect: ``database.connections.allow_default_port_from(server)``."""
        return self.cluster.connections

    def grant_connect(self, grantee: iam.IGrantable, user: str) -> iam.Grant:
        """Let a role connect as this user of the database without a password."""
        return self.cluster.grant_connect(grantee, user)

    def grant_read_secret(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a role read user name and password."""
        return self.secret.grant_read(grantee)
