"""The bucket that logs are kept in for a while: private, encrypted, TLS only, emptied by age."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge


def log_bucket(scope: Construct, id: str, *, retention_days: int, removal_policy: RemovalPolicy) -> s3.Bucket:
    """A bucket for logs. ``RemovalPolicy.DESTROY`` also empties it.

    Encrypted with S3's own keys: the services that deliver logs can't use others (load balancers), or need none.
    """
    bucket = s3.Bucket(
        scope,
        id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(retention_days))],
        removal_policy=removal_policy,
        auto_delete_objects=removal_policy == RemovalPolicy.DESTROY or None,
    )
    acknowledge(bucket, {"AwsSolutions-S1": "It is a log itself: written by AWS, read by operators."})
    return bucket
