"""Changes the password of a cache's user, and lets the one before work until the next change."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._alarms import Alarms
from aws_patterns._python_function import python_function
from aws_patterns.database import _defaults as defaults
from aws_patterns.database._cache_users import CacheUsers

_PACKAGE = "cache_password_rotation"
_AGAIN = "Secrets Manager tries a rotation that failed again, and an alarm is raised."


def rotate(
    scope: Construct, users: CacheUsers, days: int, removal_policy: RemovalPolicy, alarms: Alarms
) -> lambda_.Function:
    """The function that does so, called every so many days.

    It changes the user through ElastiCache's API, so that it needs no place in the network.
    """
    secret = users.secret
    assert secret is not None, "called where there is a password"  # noqa: S101 - for the type checker
    function = python_function(
        scope,
        "Rotation",
        package=_PACKAGE,
        description="Gives the user of a cache a new password",
        environment={"USER_ID": users.user.ref},
        timeout_seconds=defaults.CACHE_ROTATION_TIMEOUT_SECONDS,
        removal_policy=RemovalPolicy.DESTROY if removal_policy == RemovalPolicy.DESTROY else RemovalPolicy.RETAIN,
        no_dead_letters=_AGAIN,
    )
    function.configure_async_invoke(max_event_age=Duration.minutes(1), retry_attempts=0)
    acknowledge(function, {"Serverless-LambdaAsyncFailureDestination": _AGAIN})
    allowed = _let_rotate(scope, function, secret, users.user.attr_arn)
    function.add_permission(
        "SecretsManager",
        principal=iam.ServicePrincipal("secretsmanager.amazonaws.com"),
        source_account=Aws.ACCOUNT_ID,
    )
    # Not at once: what starts with the cache reads its password then.
    schedule = secretsmanager.CfnRotationSchedule(
        scope,
        "RotationSchedule",
        secret_id=secret.secret_arn,
        rotation_lambda_arn=function.function_arn,
        rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(automatically_after_days=days),
        rotate_immediately_on_update=False,
    )
    schedule.node.add_dependency(allowed, function.node.find_child("SecretsManager"))
    alarms.add(
        "RotationErrors",
        function.metric_errors(statistic="Sum", period=Duration.minutes(5)),
        1,
        "The password of the cache could not be changed. Secrets Manager tries again; see the function's log.",
    )
    return function


def _let_rotate(scope: Construct, function: lambda_.Function, secret: secretsmanager.Secret, user: str) -> iam.Policy:
    role = function.role
    assert role is not None, "a function made here has its own role"  # noqa: S101 - for the type checker
    policy = iam.Policy(
        scope,
        "RotationMayChangePassword",
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
            ),
            iam.PolicyStatement(actions=["elasticache:DescribeUsers", "elasticache:ModifyUser"], resources=[user]),
        ],
    )
    if secret.encryption_key is not None:
        service = f"secretsmanager.{Stack.of(scope).region}.amazonaws.com"
        policy.add_statements(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[secret.encryption_key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": service}},
            )
        )
    return policy
