"""How a stack of one Region learns a key's id of another: by the key's name, from a function that asks KMS there."""

from __future__ import annotations

from aws_cdk import ArnFormat, CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._python_function import python_function
from aws_patterns.security import _defaults as defaults


def primary_key_lookup(scope: Construct, *, alias: str, region: str, removal_policy: RemovalPolicy) -> str:
    """The ARN of the primary of the multi-Region key with this name in that Region, known at deployment."""
    function = python_function(
        scope,
        "PrimaryLookup",
        package="regional_key_lookup",
        description="Tells CloudFormation which key has a name in another Region",
        environment={},
        timeout_seconds=defaults.KEY_LOOKUP_TIMEOUT_SECONDS,
        removal_policy=removal_policy,
    )
    keys = Stack.of(scope).format_arn(
        service="kms", region=region, resource="key", resource_name="*", arn_format=ArnFormat.SLASH_RESOURCE_NAME
    )
    allowed = iam.Policy(
        scope,
        "MayLookUp",
        statements=[
            iam.PolicyStatement(
                actions=["kms:DescribeKey"],
                resources=[keys],
                conditions={"StringEquals": {"kms:RequestAlias": alias}},
            )
        ],
    )
    assert function.role is not None, "a function of ours has a role"  # noqa: S101 - for the type checker
    allowed.attach_to_role(function.role)
    acknowledge(allowed, {wildcard(scope, keys): "The key's id is what is asked for; the condition names its alias."})
    resource = CustomResource(
        scope,
        "Primary",
        resource_type="Custom::PrimaryKeyLookup",
        service_token=function.function_arn,
        service_timeout=Duration.seconds(defaults.KEY_LOOKUP_PATIENCE_SECONDS),
        properties={"Alias": alias, "Region": region},
    )
    resource.node.add_dependency(allowed)
    return resource.get_att_string("Arn")
