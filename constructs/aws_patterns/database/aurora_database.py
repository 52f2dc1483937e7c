"""Aurora cluster: PostgreSQL or MySQL on storage in three zones, with readers that take over and that scale."""

from __future__ import annotations

from collections.abc import Mapping

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems
from aws_patterns.database import _defaults as defaults
from aws_patterns.database import aurora_database_options as options
from aws_patterns.database._aurora_alarms import watch_cluster
from aws_patterns.database._aurora_cluster import ClusterSettings, make_cluster
from aws_patterns.database._aurora_proxy import make_proxy
from aws_patterns.database._aurora_scaling import scale_readers
from aws_patterns.database._aurora_versions import chosen_version
from aws_patterns.database._database_identity import identifier_of
from aws_patterns.database._database_network import check_network, chosen_subnets
from aws_patterns.database.aurora_parts import (
    AuroraThresholds,
    ConnectionProxy,
    Provisioned,
    ReaderScaling,
    ServerlessV2,
)
from aws_patterns.database.engines import Engine
from aws_patterns.database.relational_database_options import Backups, Maintenance, Monitoring
from aws_patterns.database.secret_rotation import SecretRotation
from aws_patterns.recovery import Loss, RecoveryCharacteristics
from aws_patterns.recovery_objectives import Objective


@jsii.implements(ec2.IConnectable)
class AuroraDatabase(Construct):
    """Aurora PostgreSQL or MySQL in isolated subnets: storage in three zones, a reader that takes over, TLS, backups.

    Use it for data with relations and transactions that must be back within a minute, whose readers come and go, or
    whose load does. Not for a small, steady load (``RelationalDatabase`` is cheaper) nor for MariaDB. The loss of a
    Region is a matter for ``GlobalDatabasePrimary``.

    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> vpc = MultiAzVpc(stack, "Network").vpc
    >>> AuroraDatabase(stack, "Database", vpc=vpc)
    >>> orders = AuroraDatabase(
    ...     stack,
    ...     "Orders",
    ...     vpc=vpc,
    ...     engine=Engine.MYSQL,
    ...     capacity=Provisioned(instance_type="r8g.xlarge"),
    ...     readers=2,
    ...     reader_scaling=ReaderScaling(maximum=6),
    ...     proxy=ConnectionProxy(),
    ... )
    >>> server = iam.Role(stack, "Server", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    >>> orders.grant_read_secret(server)

    Let a server in with ``database.connections.allow_default_port_from(server)``: to the proxy, where there is one.
    The secret's ``host`` is the cluster's; behind a proxy clients connect to ``endpoint`` instead.

    The cluster has a name that is known before it is there, made of this construct's path and the id that
    CloudFormation gives each stack: no update can replace it by an empty one. When the stack is deleted the database
    stays, with all it needs; its network can't be deleted before it. ``aws rds restore-db-cluster-to-point-in-time
    --restore-type copy-on-write`` clones it in minutes, to try something.

    Args:
        vpc: Its network, with isolated subnets in two zones at least.
        engine: ``POSTGRESQL`` or ``MYSQL``. Default PostgreSQL.
        engine_version: A release that the CDK knows and AWS still offers. Default 17.9, or 3.10.4 for MySQL.
        capacity: ``ServerlessV2`` or ``Provisioned``, for all instances. Default serverless, 2 to 16 ACUs.
        readers: How many there are always, 0 to 15; the first one takes over. Default 1.
        single_point_of_failure: Must be said with ``readers=0``: ten minutes without the database when its instance is
            lost, a person's work when its zone is. Default no.
        reader_scaling: More readers while they are busy. Default: none.
        proxy: RDS Proxy, for many short connections. Default: none.
        backtrack_hours: So far back the whole cluster can be turned, in minutes and in place, 0 to 72; MySQL only, and
            not in every Region: then 0. Default 24 for MySQL.
        io_optimized: Storage that is not paid by request. Default no.
        backups: 1 to 35 days, to any second. Default 14 days.
        maintenance: Window and upgrades. Default Sunday 04:00 UTC, minor releases by themselves.
        monitoring: Measurements and logs. Default each minute; statements for 7 days, logs for 30.
        objectives: What must hold after each loss: told where it does not. Default: nothing.
        database_name: The first database. Default ``app``.
        master_username: Its owner, whose password is in the secret. Default ``dbadmin``.
        port: Of the cluster, 1,150 to 65,535; a proxy has the engine's own. Default: the engine's own.
        parameters: Of the cluster, besides those that force TLS. Default: Aurora's.
        iam_authentication: Whether roles may connect without a password, as ``grant_connect`` lets them. Default yes.
        rotation_days: How often the password changes, 1 to 1,000; ``None``: never. Default 30.
        encryption_key: Customer managed key of storage, secret and insights. Default: keys that AWS manages.
        subnets: Default: the isolated ones.
        rotation_subnets: Where the function that rotates works. Default: private subnets with a way out.
        thresholds: Of the alarms.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of the database and what it needs. ``DESTROY`` and ``SNAPSHOT`` turn its deletion protection
            off. Default ``RETAIN``.

    Attributes:
        cluster: The cluster.
        secret: User name, password and address, as JSON: ``username``, ``password``, ``host``, ``port``, ``dbname``,
            ``engine``.
        generated_secret: The same, before the address is in it.
        settings, most_readers: What the cluster was made of, and how many readers there may be.
        endpoint: The name that leads to the writer, before and after a failover: the proxy's, where there is one.
        reader_endpoint: The name that leads to the readers, likewise; without any, to the writer.
        port: Where ``endpoint`` listens.
        connections: Of what clients connect to: the proxy, or the cluster.
        security_group: The cluster's.
        subnet_group: Where it is.
        parameter_group: With TLS forced.
        proxy, reader_scaling, rotation: ``None`` without.
        alarms: By id. ``Cpu``, ``Memory``, ``Connections``, ``Capacity`` (serverless) or ``LocalStorage``,
            ``ReplicaLag``, ``RotationErrors``.
        recovery: What follows from the loss of an instance, a zone, a Region.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        engine: Engine = Engine.POSTGRESQL,
        engine_version: str | None = None,
        capacity: ServerlessV2 | Provisioned = ServerlessV2(),  # noqa: B008 - frozen
        readers: int = defaults.AURORA_READERS,
        single_point_of_failure: bool = False,
        reader_scaling: ReaderScaling | None = None,
        proxy: ConnectionProxy | None = None,
        backtrack_hours: float | None = None,
        io_optimized: bool = False,
        backups: Backups = Backups(),  # noqa: B008 - frozen
        maintenance: Maintenance = Maintenance(),  # noqa: B008 - frozen
        monitoring: Monitoring = Monitoring(),  # noqa: B008 - frozen
        objectives: Mapping[Loss, Objective] | None = None,
        database_name: str = defaults.DATABASE_NAME,
        master_username: str = defaults.MASTER_USERNAME,
        port: int | None = None,
        parameters: Mapping[str, str] | None = None,
        iam_authentication: bool = True,
        rotation_days: int | None = defaults.ROTATION_DAYS,
        encryption_key: kms.IKey | None = None,
        subnets: ec2.SubnetSelection | None = None,
        rotation_subnets: ec2.SubnetSelection | None = None,
        thresholds: AuroraThresholds = AuroraThresholds(),  # noqa: B008 - frozen
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"AuroraDatabase {self.node.path}") as problems:
            options.check_aurora_database(
                problems,
                engine=engine,
                engine_version=engine_version,
                capacity=capacity,
                readers=readers,
                single_point_of_failure=single_point_of_failure,
                reader_scaling=reader_scaling,
                proxy=proxy,
                backtrack_hours=backtrack_hours,
                io_optimized=io_optimized,
                backups=backups,
                maintenance=maintenance,
                monitoring=monitoring,
                objectives=objectives,
                database_name=database_name,
                master_username=master_username,
                port=port,
                parameters=parameters,
                iam_authentication=iam_authentication,
                rotation_days=rotation_days,
                thresholds=thresholds,
            )
            check_network(problems, vpc, subnets)
        self.settings = ClusterSettings(
            identifier=identifier_of(self),
            engine=engine,
            version=chosen_version(engine, engine_version),
            capacity=capacity,
            instances=1 + readers,
            vpc=vpc,
            subnets=subnets,
            port=port,
            parameters=parameters or {},
            iam_authentication=iam_authentication,
            backups=backups,
            maintenance=maintenance,
            monitoring=monitoring,
            backtrack_hours=options.backtrack_of(engine, backtrack_hours),
            io_optimized=io_optimized,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        self.generated_secret = rds.DatabaseSecret(
            self, "Secret", username=master_username, dbname=database_name, encryption_key=encryption_key
        )
        self.generated_secret.apply_removal_policy(self.settings.kept)
        parts = make_cluster(
            self,
            self.settings,
            credentials=rds.Credentials.from_secret(self.generated_secret, master_username),
            database_name=database_name,
        )
        self.cluster = parts.cluster
        self.security_group = parts.security_group
        self.subnet_group = parts.subnet_group
        self.parameter_group = parts.parameter_group
        attached = self.cluster.secret
        assert attached is not None, "a cluster made with a secret has it"  # noqa: S101 - for the type checker
        # Without it the secret that stays would no longer say where the database is.
        attached.apply_removal_policy(self.settings.kept)
        self.secret: secretsmanager.ISecret = attached
        self.endpoint: str = self.cluster.cluster_endpoint.hostname
        self.reader_endpoint: str = self.cluster.cluster_read_endpoint.hostname
        self.port: int = self.settings.listens_on
        self._connections = self.cluster.connections
        self.proxy: rds.DatabaseProxy | None = None
        if proxy:
            front = make_proxy(
                self,
                self.cluster,
                settings=proxy,
                engine=engine,
                secret=self.secret,
                vpc=vpc,
                subnets=chosen_subnets(vpc, subnets).subnets,
            )
            self.proxy = front.proxy
            self.endpoint, self.port, self._connections = front.proxy.endpoint, front.port, front.connections
            if front.read_only_endpoint is not None:
                self.reader_endpoint = front.read_only_endpoint.endpoint
        self.most_readers: int = reader_scaling.maximum if reader_scaling else readers
        self.reader_scaling: scaling.ScalableTarget | None = (
            scale_readers(self, self.cluster, readers=readers, rule=reader_scaling) if reader_scaling else None
        )
        self.rotation = (
            SecretRotation(
                self,
                "Rotation",
                secret=self.secret,
                vpc=vpc,
                database=self.cluster,
                days=rotation_days,
                subnets=rotation_subnets,
                removal_policy=removal_policy,
                alarm_topic=alarm_topic,
            )
            if rotation_days is not None
            else None
        )
        if rotation_days is None:
            acknowledge(
                self.generated_secret, {"AwsSolutions-SMG4": "rotation_days=None was asked for: the password stays."}
            )
        alarms = Alarms(self, alarm_topic)
        watch_cluster(
            alarms,
            self.cluster,
            capacity=capacity,
            has_readers=readers > 0 or reader_scaling is not None,
            thresholds=thresholds,
            connections=options.connections_threshold(engine, capacity, thresholds.connections),
        )
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id | (self.rotation.alarms if self.rotation else {})
        self.recovery: RecoveryCharacteristics = options.recovery_of(readers=readers, proxy=proxy is not None)

    @property
    def connections(self) -> ec2.Connections:
        """Who may connect: ``database.connections.allow_default_port_from(server)``."""
        return self._connections

    def grant_connect(self, grantee: iam.IGrantable, user: str) -> iam.Grant:
        """Let a role connect as this user without a password, to the proxy where there is one.

        The user must be one that authenticates by IAM: in PostgreSQL one with the role ``rds_iam``. A proxy takes IAM
        with ``iam_required=True`` only, and connects as the secret's user.
        """
        if self.proxy is not None:
            return self.proxy.grant_connect(grantee, user)
        return self.cluster.grant_connect(grantee, user)

    def grant_read_secret(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a role read user name, password and address."""
        return self.secret.grant_read(grantee)
