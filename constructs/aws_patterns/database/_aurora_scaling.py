"""More readers of an Aurora cluster while they are busy."""

from __future__ import annotations

from aws_cdk import Aws, Duration
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from constructs import Construct

from aws_patterns.database.aurora_parts import ReaderMetric, ReaderScaling

_METRICS = {
    ReaderMetric.CPU: scaling.PredefinedMetric.RDS_READER_AVERAGE_CPU_UTILIZATION,
    ReaderMetric.CONNECTIONS: scaling.PredefinedMetric.RDS_READER_AVERAGE_DATABASE_CONNECTIONS,
}
# It is made by Application Auto Scaling itself
# (autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html).
_ROLE = "aws-service-role/rds.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_RDSCluster"


def scale_readers(
    scope: Construct, cluster: rds.DatabaseCluster, *, readers: int, rule: ReaderScaling
) -> scaling.ScalableTarget:
    """Keep the readers' average at the target, with as many of them as that takes."""
    role_arn = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/{_ROLE}"
    target = scaling.ScalableTarget(
        scope,
        "Readers",
        service_namespace=scaling.ServiceNamespace.RDS,
        resource_id=f"cluster:{cluster.cluster_identifier}",
        scalable_dimension="rds:cluster:ReadReplicaCount",
        min_capacity=readers,
        max_capacity=rule.maximum,
        role=iam.Role.from_role_arn(scope, "ReadersRole", role_arn, mutable=False),
    )
    # Refused while there is no instance.
    target.node.add_dependency(cluster)
    target.scale_to_track_metric(
        "Target",
        target_value=rule.target,
        predefined_metric=_METRICS[ReaderMetric(rule.metric)],
        scale_in_cooldown=Duration.seconds(rule.scale_in_cooldown_seconds),
        scale_out_cooldown=Duration.seconds(rule.scale_out_cooldown_seconds),
    )
    return target
