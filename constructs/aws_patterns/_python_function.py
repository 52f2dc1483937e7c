"""The Lambda function that every pattern here uses: arm64, traced, structured logs, own narrow role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from aws_patterns import _defaults as defaults
from aws_patterns._acknowledgments import acknowledge
from aws_patterns._function_code import function_code

# What Lambda does with the role of a function in a network (lambda/latest/dg/configuration-vpc.html).
_NETWORK_INTERFACE_ACTIONS = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


def python_function(
    scope: Construct,
    id: str,
    *,
    package: str,
    description: str,
    environment: Mapping[str, str],
    timeout_seconds: int,
    removal_policy: RemovalPolicy,
    dead_letter_queue: sqs.IQueue | None = None,
    no_dead_letters: str = "Invoked by somebody who waits, sees every failure and handles it.",
    vpc: ec2.IVpc | None = None,
    vpc_subnets: ec2.SubnetSelection | None = None,
    security_groups: Sequence[ec2.ISecurityGroup] | None = None,
) -> lambda_.Function:
    """A function from ``lambda_src/<package>``, whose role may write to its own log group and to X-Ray only.

    Args:
        scope: What it belongs to.
        id: Its id there; the log group and the role have ids that begin with it.
        package: Of ``lambda_src``.
        description: For the console.
        environment: Its variables, besides those of Powertools.
        timeout_seconds: After which Lambda ends it.
        removal_policy: Of its log group.
        dead_letter_queue: Of events that it failed for; for what AWS invokes without waiting. Default: none.
        no_dead_letters: Why it needs none.
        vpc: The network that it works in; its role may then manage the network interfaces that this takes.
            Default: none.
        vpc_subnets: Where in that network. Default: where there is a way out.
        security_groups: Its own in that network. Default: one made by the CDK.
    """
    log_group = logs.LogGroup(
        scope,
        f"{id}Logs",
        retention=logs.RetentionDays[defaults.LOG_RETENTION],
        removal_policy=removal_policy,
    )
    role = iam.Role(scope, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    if vpc is not None:
        # Before there is a function: Lambda makes none that may not have its interfaces.
        role.add_to_policy(iam.PolicyStatement(actions=list(_NETWORK_INTERFACE_ACTIONS), resources=["*"]))
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
        dead_letter_queue=dead_letter_queue,
        vpc=vpc,
        vpc_subnets=vpc_subnets,
        security_groups=list(security_groups) if security_groups else None,
    )
    acknowledge(
        role,
        {"AwsSolutions-IAM5[Resource::*]": "X-Ray takes no resource, and network interfaces are not there before."},
    )
    if dead_letter_queue is None:
        acknowledge(function, {"Serverless-LambdaDLQ": no_dead_letters})
    return function
