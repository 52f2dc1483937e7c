"""The role with which a service of AWS keeps files of a data centre in a bucket."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard


def bucket_role(
    scope: Construct,
    *,
    service: str,
    bucket: s3.IBucket,
    of_bucket: Sequence[str],
    of_objects: Sequence[str],
    prefix: str,
) -> tuple[iam.Role, iam.Policy]:
    """A role, and the policy that lets it do this with a bucket and the objects below a prefix of it.

    Args:
        scope: What both belong to.
        service: That may take the role, for this account alone.
        bucket: The bucket.
        of_bucket: Actions on the bucket.
        of_objects: Actions on its objects.
        prefix: Of their keys, without slashes at its ends; empty for all.
    """
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal(service, conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}),
    )
    objects = bucket.arn_for_objects(f"{prefix}/*" if prefix else "*")
    allowed = iam.Policy(
        scope,
        "MayKeepFiles",
        statements=[
            iam.PolicyStatement(actions=list(of_bucket), resources=[bucket.bucket_arn]),
            iam.PolicyStatement(actions=list(of_objects), resources=[objects]),
        ],
    )
    allowed.attach_to_role(role)
    acknowledge(allowed, {wildcard(scope, objects): "The files have the names that they have on premises."})
    return role, allowed
