"""Copying what was there before the rules, or failed: whom S3 is then, and who may start it."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard

_REPORTS = "replication-reports/"


def reports_arn(access_logs: s3.IBucket) -> str:
    """Where S3 reports what it gave up on."""
    return access_logs.arn_for_objects(_REPORTS.rstrip("/"))


def batch_role(scope: Construct, bucket: s3.IBucket, access_logs: s3.IBucket) -> iam.Role:
    """Whom S3 is while it copies what is in the bucket already.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-policies.html
    """
    role = iam.Role(scope, "BatchRole", assumed_by=iam.ServicePrincipal("batchoperations.s3.amazonaws.com"))
    objects, reports = bucket.arn_for_objects("*"), access_logs.arn_for_objects(f"{_REPORTS}*")
    for actions, resource in (
        (["s3:InitiateReplication"], objects),
        (["s3:GetReplicationConfiguration", "s3:PutInventoryConfiguration"], bucket.bucket_arn),
        (["s3:PutObject"], reports),
    ):
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
    acknowledge(
        role,
        {
            wildcard(scope, objects): "Of this bucket: whoever writes chooses the names of objects.",
            wildcard(scope, reports): "S3 chooses the names of its reports, below this prefix.",
        },
    )
    return role


def grant_replicate_existing(
    scope: Construct, grantee: iam.IGrantable, bucket: s3.IBucket, batch_role: iam.IRole
) -> iam.Grant:
    """Let an operator copy what is in the bucket already."""
    jobs = Stack.of(scope).format_arn(service="s3", resource="job", resource_name="*")
    started = iam.Grant.add_to_principal(grantee=grantee, actions=["s3:CreateJob"], resource_arns=["*"])
    followed = iam.Grant.add_to_principal(grantee=grantee, actions=["s3:DescribeJob"], resource_arns=[jobs])
    read = iam.Grant.add_to_principal(
        grantee=grantee,
        actions=["s3:GetReplicationConfiguration", "s3:GetBucketTagging"],
        resource_arns=[bucket.bucket_arn],
    )
    passed = batch_role.grant_pass_role(grantee.grant_principal)
    principal = grantee.grant_principal
    if isinstance(principal, Construct):
        reasons = {
            "AwsSolutions-IAM5[Resource::*]": "CreateJob knows no resources; what a job may do is its role's.",
            wildcard(scope, jobs): "S3 makes up the ids of jobs.",
        }
        acknowledge(principal, reasons)
    return started.combine(followed).combine(read).combine(passed)
