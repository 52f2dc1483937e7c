"""Multi-AZ relational database: PostgreSQL, MySQL or MariaDB that outlives its instance, its zone and its stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jsii
from aws_cdk import RemovalPolicy
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
from aws_patterns.database._database_alarms import watch_instance, watch_replica
from aws_patterns.database._database_instances import CommonSettings, instance_engine, make_database, make_replicas
from aws_patterns.database._database_network import check_network, database_subnets
from aws_patterns.database.engines import TRAITS, Engine
from aws_patterns.database.relational_database_options import (
    AlarmThresholds,
    Availability,
    Backups,
    Maintenance,
    Monitoring,
    ReadReplicas,
    Storage,
    check_relational_database,
    recovery_of,
)
from aws_patterns.database.secret_rotation import SecretRotation
from aws_patterns.recovery import Loss, RecoveryCharacteristics
from aws_patterns.recovery_objectives import Objective


@jsii.implements(ec2.IConnectable)
class RelationalDatabase(Construct):
    """PostgreSQL, MySQL or MariaDB in isolated subnets: a standby in another zone, backups, TLS, a rotated password.

    Use it for data with relations and transactions that one machine can write. Not for more than one machine can
    (see ``AuroraDatabase``), nor for keys and values (see ``DynamoDbTable``). The standby is for uptime and answers
    nobody; read replicas are for speed, and a little late.

    >>> from aws_patterns.database.relational_database_options import ReadReplicas, Storage
    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> vpc = MultiAzVpc(stack, "Network").vpc
    >>> RelationalDatabase(stack, "Database", vpc=vpc)
    >>> orders = RelationalDatabase(
    ...     stack,
    ...     "Orders",
    ...     vpc=vpc,
    ...     engine=Engine.MYSQL,
    ...     storage=Storage(gib=200),
    ...     read_replicas=ReadReplicas(count=2),
    ... )
    >>> server = iam.Role(stack, "Server", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    >>> orders.grant_read_secret(server)

    Let a server in with ``database.connections.allow_default_port_from(server)``. The database has a name that is known
    before it is there, made of this construct's path and the id that CloudFormation gives each stack: no update can
    replace it by an empty one, CloudFormation refuses that. What needs it, such as another first ``database_name``,
    is done in the database, or by a database of its own beside it.

    When the stack is deleted the database stays, with its subnet group, parameters, security group, secret and logs.
    Its network can't be deleted before it.

    Args:
        vpc: Its network, with isolated subnets in two zones at least.
        engine: ``POSTGRESQL``, ``MYSQL`` or ``MARIADB``. Default PostgreSQL.
        engine_version: A major release, of which RDS chooses the minor one, or a minor one that the CDK knows. Default
            17 for PostgreSQL, 8.4 for MySQL, 11.4 for MariaDB.
        availability: Whether there is a standby. Default ``MULTI_AZ``.
        instance_type: Default m7g.large: 2 processors, 8 GiB.
        storage: gp3, which grows by itself. Default 100 GiB, up to 1,000.
        backups: ``None`` keeps none. Default: 14 days, to any second.
        maintenance: Window and upgrades. Default Sunday 04:00 UTC, minor releases by themselves.
        monitoring: Measurements and logs. Default each minute; statements for 7 days, logs for 30.
        read_replicas: Default: none.
        objectives: What must hold after the loss of an instance, a zone, a Region: told where it does not. Default:
            nothing.
        database_name: The first database. Default ``app``.
        master_username: Its owner, whose password is in the secret. Default ``dbadmin``.
        port: 1,150 to 65,535. Default: the engine's own.
        parameters: Of the engine, besides those that force TLS. Default: RDS's.
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
        database: The instance; its standby has no endpoint of its own.
        replicas: The read replicas.
        secret: User name, password and address, as JSON: ``username``, ``password``, ``host``, ``port``, ``dbname``,
            ``engine``.
        endpoint: The name that leads to the database, before and after a failover.
        port: Where it listens.
        connections: Who may connect, to it and to its replicas.
        security_group: Of them all.
        subnet_group: Where it is.
        parameter_group: With TLS forced.
        rotation: With its ``function``; ``None`` without.
        alarms: By id. ``FreeStorage``, ``Cpu``, ``Connections``; ``Replica1Lag`` and the like, and the three for each
            replica as well; ``RotationErrors``.
        recovery: What follows from the loss of an instance, a zone, a Region.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_BestPractices.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        engine: Engine = Engine.POSTGRESQL,
        engine_version: str | None = None,
        availability: Availability = Availability.MULTI_AZ,
        instance_type: str = defaults.INSTANCE_TYPE,
        storage: Storage = Storage(),  # noqa: B008 - frozen
        backups: Backups | None = Backups(),  # noqa: B008 - frozen
        maintenance: Maintenance = Maintenance(),  # noqa: B008 - frozen
        monitoring: Monitoring = Monitoring(),  # noqa: B008 - frozen
        read_replicas: ReadReplicas | None = None,
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
        thresholds: AlarmThresholds = AlarmThresholds(),  # noqa: B008 - frozen
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"RelationalDatabase {self.node.path}") as problems:
            check_relational_database(
                problems,
                engine=engine,
                engine_version=engine_version,
                availability=availability,
                instance_type=instance_type,
                storage=storage,
                backups=backups,
                maintenance=maintenance,
                monitoring=monitoring,
                read_replicas=read_replicas,
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
        # A snapshot needs nothing of what the database needed.
        of_parts = RemovalPolicy.DESTROY if removal_policy == RemovalPolicy.SNAPSHOT else removal_policy
        traits = TRAITS[engine]
        version = engine_version or traits.version
        self.recovery: RecoveryCharacteristics = recovery_of(availability=availability, backups=backups)
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="A database: nobody by itself", allow_all_outbound=False
        )
        self.security_group.apply_removal_policy(of_parts)
        # By the number and not by what the database tells: no rule has to wait for it.
        self._connections = ec2.Connections(
            security_groups=[self.security_group], default_port=ec2.Port.tcp(port or traits.port)
        )
        self.subnet_group = database_subnets(self, vpc, subnets, of_parts)
        self.parameter_group = rds.ParameterGroup(
            self,
            "Parameters",
            engine=instance_engine(engine, version),
            description="Connections over TLS only",
            parameters={**(parameters or {}), **traits.tls_parameters},
            removal_policy=of_parts,
        )
        made_secret = rds.DatabaseSecret(
            self, "Secret", username=master_username, dbname=database_name, encryption_key=encryption_key
        )
        made_secret.apply_removal_policy(of_parts)
        settings = CommonSettings(
            scope=self,
            vpc=vpc,
            security_group=self.security_group,
            subnet_group=self.subnet_group,
            parameter_group=self.parameter_group,
            engine=engine,
            instance_type=instance_type,
            storage=storage,
            maintenance=maintenance,
            monitoring=monitoring,
            port=port or traits.port,
            iam_authentication=iam_authentication,
            encryption_key=encryption_key,
            read_replicas=read_replicas,
            removal_policy=removal_policy,
            of_parts=of_parts,
        )
        self.database = make_database(
            settings,
            version=version,
            availability=availability,
            backups=backups,
            database_name=database_name,
            credentials=rds.Credentials.from_secret(made_secret, master_username),
        )
        self.replicas: Sequence[rds.DatabaseInstanceReadReplica] = make_replicas(settings, self.database)
        attached = self.database.secret
        assert attached is not None, "a database made with a secret has it"  # noqa: S101 - for the type checker
        attached.apply_removal_policy(of_parts)
        self.secret: secretsmanager.ISecret = attached
        self.endpoint: str = self.database.db_instance_endpoint_address
        self.port: int = settings.port
        self.rotation = (
            SecretRotation(
                self,
                "Rotation",
                secret=self.secret,
                vpc=vpc,
                database=self,
                days=rotation_days,
                subnets=rotation_subnets,
                removal_policy=removal_policy,
                alarm_topic=alarm_topic,
            )
            if rotation_days is not None
            else None
        )
        if rotation_days is None:
            acknowledge(made_secret, {"AwsSolutions-SMG4": "rotation_days=None was asked for: the password stays."})
        alarms = Alarms(self, alarm_topic)
        watch_instance(alarms, "", self.database, settings, thresholds)
        for number, replica in enumerate(self.replicas, 1):
            watch_replica(alarms, f"Replica{number}", replica, settings, thresholds)
        self.alarms: Mapping[str, cloudwatch.Alarm] = {
            **alarms.by_id,
            **(self.rotation.alarms if self.rotation else {}),
        }

    @property
    def connections(self) -> ec2.Connections:
        """Who may connect: ``database.connections.allow_default_port_from(server)``."""
        return self._connections

    def grant_connect(self, grantee: iam.IGrantable, user: str) -> iam.Grant:
        """Let a role connect as this user of the database, and of its replicas, without a password.

        The user must be one that authenticates by IAM: in PostgreSQL one with the role ``rds_iam``.
        """
        granted = self.database.grant_connect(grantee, user)
        for replica in self.replicas:
            granted = granted.combine(replica.grant_connect(grantee, user))
        return granted

    def grant_read_secret(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a role read user name, password and address."""
        return self.secret.grant_read(grantee)
