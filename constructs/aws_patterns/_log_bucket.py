"""The bucket that logs are kept in for a while: private, encrypted, TLS only, emptied by age."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
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


def record_access(bucket: s3.Bucket, access_logs: s3.Bucket, *, prefix: str = "") -> None:
    """Have S3 write down who asks for what of a bucket, below a prefix of one for logs.

    The CDK's own way is an access control list, unless an app has its flag for a policy.
    """
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - for the type checker
    resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
        destination_bucket_name=access_logs.bucket_name, log_file_prefix=prefix or None
    )
    access_logs.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
            actions=["s3:PutObject"],
            resources=[access_logs.arn_for_objects(f"{prefix}*")],
            conditions={
                "ArnLike": {"aws:SourceArn": bucket.bucket_arn},
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            },
        )
    )
