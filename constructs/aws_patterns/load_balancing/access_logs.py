"""Where an Application Load Balancer writes down its requests and connections."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns._log_bucket import log_bucket
from aws_patterns.load_balancing.application_front_options import AccessLogs

# AWS's way for every Region; the CDK's own `log_access_logs` names a Region's account instead, which it can't do where
# the Region is not known at synthesis.
_WRITER = "logdelivery.elasticloadbalancing.amazonaws.com"
_REQUESTS = "access"
_CONNECTIONS = "connections"


def keep_access_logs(
    scope: Construct,
    id: str,
    *,
    load_balancer: elbv2.ApplicationLoadBalancer,
    settings: AccessLogs,
    removal_policy: RemovalPolicy,
) -> s3.Bucket:
    """Let the load balancer log into a bucket of its own, in which load balancers of this account alone may write.

    Requests are under ``access/AWSLogs/``, connections under ``connections/AWSLogs/``. See
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    bucket = log_bucket(scope, id, retention_days=settings.retention_days, removal_policy=removal_policy)
    prefixes = [_REQUESTS, _CONNECTIONS] if settings.connections else [_REQUESTS]
    stack = Stack.of(scope)
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(_WRITER)],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects(f"{prefix}/AWSLogs/{stack.account}/*") for prefix in prefixes],
            conditions={
                "ArnLike": {
                    "aws:SourceArn": stack.format_arn(
                        service="elasticloadbalancing", resource="loadbalancer", resource_name="*"
                    )
                }
            },
        )
    )
    _switch_on(load_balancer, "access_logs", bucket, _REQUESTS)
    if settings.connections:
        _switch_on(load_balancer, "connection_logs", bucket, _CONNECTIONS)
    if bucket.policy is not None:
        # AWS writes a trial object as soon as the logs are switched on.
        load_balancer.node.add_dependency(bucket.policy)
    return bucket


def _switch_on(load_balancer: elbv2.ApplicationLoadBalancer, logs: str, bucket: s3.Bucket, prefix: str) -> None:
    load_balancer.set_attribute(f"{logs}.s3.enabled", "true")
    load_balancer.set_attribute(f"{logs}.s3.bucket", bucket.bucket_name)
    load_balancer.set_attribute(f"{logs}.s3.prefix", prefix)
