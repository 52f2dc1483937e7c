"""What a customer managed key must allow, so that services can send to what it encrypts."""

from __future__ import annotations

from aws_cdk import Annotations, Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


def new_key(scope: Construct, removal_policy: RemovalPolicy) -> kms.Key:
    """A key that is changed every year, for what the scope holds."""
    return kms.Key(scope, "Key", description=scope.node.path, enable_key_rotation=True, removal_policy=removal_policy)


def let_service_use_key(scope: Construct, key: kms.IKey, service: str, *more_actions: str) -> None:
    """Let a service encrypt with the key on behalf of this account; say so where the key's policy is not ours.

    By account and not by resource: the resource would wait for the key, and the key for the resource.
    """
    actions = ["kms:Decrypt", "kms:GenerateDataKey*", *more_actions]
    statement = iam.PolicyStatement(
        principals=[iam.ServicePrincipal(service)],
        actions=actions,
        resources=["*"],
        conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    )
    if not key.add_to_resource_policy(statement, allow_no_op=True).statement_added:
        Annotations.of(scope).add_warning_v2(
            f"aws-patterns:keyPolicy:{service}",
            f"The policy of {key.key_arn} is not part of this app: let {service} use "
            f"{', '.join(actions)} there, or nothing is delivered",
        )
