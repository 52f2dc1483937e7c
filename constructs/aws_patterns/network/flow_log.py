"""Records of all traffic of a network, kept for a while."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns._log_bucket import log_bucket
from aws_patterns.network.multi_az_vpc_options import RETENTION_NAMES, FlowLogDestination, FlowLogs


class NetworkFlowLog(Construct):
    """A flow log of a whole network, accepted and rejected traffic, in a log group or a bucket of its own.

    >>> vpc = ec2.Vpc(stack, "Vpc")
    >>> to_s3 = FlowLogs(destination=FlowLogDestination.S3)
    >>> NetworkFlowLog(stack, "FlowLog", vpc=vpc, settings=to_s3, removal_policy=RemovalPolicy.RETAIN)

    Args:
        vpc: The network.
        settings: Where to and for how long.
        removal_policy: Of what was recorded; ``DESTROY`` also empties the bucket.

    Attributes:
        flow_log: The flow log itself.
        log_group: Holds the records; ``None`` when a bucket does.
        bucket: Holds the records; ``None`` when a log group does.

    Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html
    """

    def __init__(
        self, scope: Construct, id: str, *, vpc: ec2.IVpc, settings: FlowLogs, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, id)
        self.log_group: logs.LogGroup | None = None
        self.bucket: s3.Bucket | None = None
        if settings.destination == FlowLogDestination.S3:
            self.bucket = log_bucket(
                self, "Records", retention_days=settings.retention_days, removal_policy=removal_policy
            )
            destination = ec2.FlowLogDestination.to_s3(self.bucket)
        else:
            self.log_group = logs.LogGroup(
                self,
                "Records",
                retention=logs.RetentionDays[RETENTION_NAMES[settings.retention_days]],
                removal_policy=removal_policy,
            )
            destination = ec2.FlowLogDestination.to_cloud_watch_logs(self.log_group)
        self.flow_log = ec2.FlowLog(
            self,
            "Resource",
            resource_type=ec2.FlowLogResourceType.from_vpc(vpc),
            traffic_type=ec2.FlowLogTrafficType.ALL,
            destination=destination,
        )
        if self.bucket is not None and self.bucket.policy is not None:
            # Two authors of one bucket policy at the same time: AWS adds to it what a flow log needs and lacks.
            self.flow_log.node.add_dependency(self.bucket.policy)
