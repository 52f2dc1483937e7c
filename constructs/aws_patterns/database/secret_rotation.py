"""Rotation of a database's password, while the database and those who use it go on working."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._alarms import Alarms
from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems
from aws_patterns.database import _defaults as defaults

_PACKAGE = "database_password_rotation"


class SecretRotation(Construct):
    """A function in the network that gives the user in a database's secret a new password every month.

    For one user of PostgreSQL, MySQL or MariaDB, of an instance or of a cluster, whose secret has the fields that AWS
    writes into it: ``engine``, ``host``, ``port``, ``username`` and ``password``. Between the moment in which the
    database has the new password and that in which the secret tells it, a second or two pass: who connects then fails
    once, and reads the secret again. Not for a database that RDS manages the password of.

    A rotation that ends half-way is taken up where it ended: the function looks which of the passwords the database
    takes before it changes anything. Secrets Manager tries again by itself.

    >>> from aws_patterns.database.relational_database import RelationalDatabase
    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> vpc = MultiAzVpc(stack, "Network").vpc
    >>> data = RelationalDatabase(stack, "Database", vpc=vpc, rotation_days=None)
    >>> SecretRotation(stack, "Rotation", secret=data.secret, vpc=vpc, database=data)

    Args:
        secret: Attached to the database, so that it has the address.
        vpc: The network that the database is in.
        database: Let in by it: whose security group takes the function's connections, on its default port.
        days: Between two rotations, 1 to 1,000. Default 30.
        subnets: Where the function works: a way to Secrets Manager is needed, over a NAT gateway or an endpoint.
            Default: private subnets with a way out.
        removal_policy: Of the function's log. Default ``RETAIN``.
        alarm_topic: Told when a rotation fails. Default: nobody is told.

    Attributes:
        function: Rotates.
        security_group: The function's own.
        schedule: Calls it.
        alarms: By id. ``RotationErrors``: a step of a rotation failed.

    Raises:
        ValueError: ``days`` is out of range.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        secret: secretsmanager.ISecret,
        vpc: ec2.IVpc,
        database: ec2.IConnectable,
        days: int = defaults.ROTATION_DAYS,
        subnets: ec2.SubnetSelection | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"SecretRotation {self.node.path}") as problems:
            problems.between("days", days, 1, defaults.LONGEST_ROTATION_DAYS, " days")
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="The rotation of a password: to its database and to AWS",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "The API of Secrets Manager")
        self.security_group.connections.allow_to_default_port(database, "Rotation of the password")
        again = "Secrets Manager tries a rotation that failed again, and an alarm is raised."
        self.function = python_function(
            self,
            "Function",
            package=_PACKAGE,
            description="Gives a user of a database a new password",
            environment={},
            timeout_seconds=defaults.ROTATION_TIMEOUT_SECONDS,
            removal_policy=removal_policy,
            no_dead_letters=again,
            vpc=vpc,
            vpc_subnets=subnets or ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[self.security_group],
        )
        self.function.configure_async_invoke(max_event_age=Duration.minutes(1), retry_attempts=0)
        acknowledge(self.function, {"Serverless-LambdaAsyncFailureDestination": again})
        allowed = self._let_rotate(secret)
        # Not at once: what boots with the database reads its password then.
        self.schedule = secretsmanager.CfnRotationSchedule(
            self,
            "Schedule",
            secret_id=secret.secret_arn,
            rotation_lambda_arn=self.function.function_arn,
            rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(automatically_after_days=days),
            rotate_immediately_on_update=False,
        )
        # AWS tries whether the function can do it, at once: it must be let in by then.
        self.schedule.node.add_dependency(*allowed, self.security_group, *database.connections.security_groups)
        alarms = Alarms(self, alarm_topic)
        alarms.add(
            "RotationErrors",
            self.function.metric_errors(statistic="Sum", period=Duration.minutes(5)),
            1,
            "A rotation of the database's password failed. Secrets Manager tries again; see the function's log.",
        )
        self.alarms: dict[str, cloudwatch.Alarm] = alarms.by_id

    def _let_rotate(self, secret: secretsmanager.ISecret) -> list[Construct]:
        role = self.function.role
        assert role is not None, "a function made here has its own role"  # noqa: S101 - for the type checker
        policy = iam.Policy(
            self,
            "FunctionMayRotate",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=[
                        "secretsmanager:DescribeSecret",
                        "secretsmanager:GetSecretValue",
                        "secretsmanager:PutSecretValue",
                        "secretsmanager:UpdateSecretVersionStage",
                    ],
                    resources=[secret.secret_arn],
                )
            ],
        )
        if secret.encryption_key is not None:
            policy.add_statements(
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=[secret.encryption_key.key_arn],
                    conditions={
                        "StringEquals": {
                            "kms:ViaService": f"secretsmanager.{Stack.of(self).region}.amazonaws.com",
                        }
                    },
                )
            )
        self.function.add_permission(
            "SecretsManager",
            principal=iam.ServicePrincipal("secretsmanager.amazonaws.com"),
            source_account=Stack.of(self).account,
        )
        called = self.function.node.find_child("SecretsManager")
        return [policy, called]  # type: ignore[list-item] # children of a construct are constructs
