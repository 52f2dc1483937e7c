"""Where a Network Load Balancer keeps its access logs: records of TLS connections, the only ones that it makes."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns._log_bucket import log_bucket


def keep_access_logs(
    scope: Construct,
    id: str,
    *,
    load_balancer: elbv2.NetworkLoadBalancer,
    retention_days: int,
    removal_policy: RemovalPolicy,
) -> s3.Bucket:
    """A bucket into which AWS writes the load balancer's access logs.

    The CDK's own ``log_access_logs`` is for Application Load Balancers: it wants to know the Region, and admits an
    account that writes nothing here. See
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html
    """
    bucket = log_bucket(scope, id, retention_days=retention_days, removal_policy=removal_policy)
    stack = Stack.of(scope)
    writer = iam.ServicePrincipal("delivery.logs.amazonaws.com")
    its_own = {
        "StringEquals": {"aws:SourceAccount": stack.account},
        "ArnLike": {"aws:SourceArn": stack.format_arn(service="logs", resource="*")},
    }
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["s3:GetBucketAcl"], principals=[writer], resources=[bucket.bucket_arn], conditions=its_own
        )
    )
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["s3:PutObject"],
            principals=[writer],
            resources=[bucket.arn_for_objects(f"AWSLogs/{stack.account}/*")],
            conditions={
                **its_own,
                "StringEquals": {**its_own["StringEquals"], "s3:x-amz-acl": "bucket-owner-full-control"},
            },
        )
    )
    load_balancer.set_attribute("access_logs.s3.enabled", "true")
    load_balancer.set_attribute("access_logs.s3.bucket", bucket.bucket_name)
    resource = load_balancer.node.default_child
    if bucket.policy is not None and resource is not None:
        # AWS writes a file into the bucket to see whether it may.
        resource.node.add_dependency(bucket.policy)
    return bucket
