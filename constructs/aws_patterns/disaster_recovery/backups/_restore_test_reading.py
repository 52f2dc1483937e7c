"""What the function may read that compares: what tests restore, and the originals."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns.disaster_recovery import _defaults as defaults

_READ_TABLE = ["dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:Scan"]
_PREFIX = f"{defaults.RESTORE_TEST_PREFIX}*"


def _regions(table: str, source_region: str | None) -> Sequence[str | None]:
    """Where a table may be; one that was restored, in either Region."""
    return (source_region, None) if source_region and table.endswith("*") else (source_region,)


def let_compare(
    scope: Construct,
    function: lambda_.IFunction,
    *,
    tables: Sequence[str],
    buckets: Sequence[str],
    source_region: str | None,
    source_keys: Sequence[str],
) -> iam.Policy:
    """A policy of its own, which more can be added to."""
    stack = Stack.of(scope)
    role = function.role
    assert isinstance(role, iam.Role)  # noqa: S101 - for the type checker
    policy = iam.Policy(scope, "MayCompare", roles=[role])
    reasons: dict[str, str] = {}
    if tables:
        restored = stack.format_arn(service="dynamodb", resource="table", resource_name=_PREFIX)
        originals = [
            stack.format_arn(service="dynamodb", region=region, resource="table", resource_name=name)
            for name in tables
            for region in _regions(name, source_region)
        ]
        reasons |= {wildcard(scope, arn): "Tables that were restored have names that begin so." for arn in originals}
        policy.add_statements(iam.PolicyStatement(actions=_READ_TABLE, resources=[restored, *originals]))
        reasons[wildcard(scope, restored)] = "AWS Backup ends the names of what it restores for tests as it likes."
    if buckets:
        arns = [f"arn:{Aws.PARTITION}:s3:::{name}" for name in (_PREFIX, *buckets)]
        objects = [f"{arn}/*" for arn in arns]
        policy.add_statements(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=arns),
            iam.PolicyStatement(actions=["s3:GetObject"], resources=objects),
        )
        reasons[wildcard(scope, arns[0])] = "AWS Backup ends the names of what it restores for tests as it likes."
        reasons.update({wildcard(scope, arn): "Every object: whoever writes chooses their names." for arn in objects})
    if source_keys:
        services = [f"{service}.{source_region or Aws.REGION}.{Aws.URL_SUFFIX}" for service in ("dynamodb", "s3")]
        policy.add_statements(
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=list(source_keys),
                conditions={"StringEquals": {"kms:ViaService": services}},
            )
        )
    acknowledge(policy, reasons)
    return policy
