"""The Lambda function that every serverless pattern here uses: arm64, traced, structured logs, own narrow role."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._function_code import function_code
from aws_patterns.serverless import _defaults as defaults


def python_function(
    scope: Construct,
    id: str,
    *,
    package: str,
    description: str,
    environment: Mapping[str, str],
    timeout_seconds: int,
    removal_policy: RemovalPolicy,
) -> lambda_.Function:
    """A function from ``lambda_src/<package>``, whose role may write to its own log group and to X-Ray only."""
    log_group = logs.LogGroup(
        scope,
        f"{id}Logs",
        retention=logs.RetentionDays[defaults.LOG_RETENTION],
        removal_policy=removal_policy,
    )
    role = iam.Role(scope, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    function = lambda_.Function(
        scope,
        id,
        description=description,
        code=function_code(scope, package, python_version=defaults.PYTHON_VERSION),
        handler=f"{package}.handler.handle",
        runtime=lambda_.Runtime(f"python{defaults.PYTHON_VERSION}", lambda_.RuntimeFamily.PYTHON),
        architecture=lambda_.Architecture.ARM_64,
        memory_size=defaults.FUNCTION_MEMORY_MB,
        timeout=Duration.seconds(timeout_seconds),
        tracing=lambda_.Tracing.ACTIVE,
        role=role,
        log_group=log_group,
        logging_format=lambda_.LoggingFormat.JSON,
        environment={"POWERTOOLS_SERVICE_NAME": package, **environment},
    )
    acknowledge(
        role,
        {"AwsSolutions-IAM5[Resource::*]": "X-Ray takes no resource in a policy: its two actions are for '*' only."},
    )
    acknowledge(
        function,
        {"Serverless-LambdaDLQ": "Invoked synchronously, so that the caller sees every failure and handles it."},
    )
    return function
