"""What a Network Load Balancer says about itself, minute by minute."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from aws_patterns.load_balancing._load_balancer_metrics import MINUTE, math


class NetworkMetrics:
    """Metrics of one load balancer, for alarms and graphs; the CDK's own know nothing of zones."""

    def __init__(self, load_balancer: elbv2.NetworkLoadBalancer) -> None:
        self._load_balancer = load_balancer

    def metric(
        self,
        name: str,
        statistic: str,
        *,
        target_group: elbv2.NetworkTargetGroup | None = None,
        zone: str | None = None,
        label: str | None = None,
    ) -> cloudwatch.Metric:
        """One metric, of the whole load balancer or of a part."""
        dimensions = {"LoadBalancer": self._load_balancer.load_balancer_full_name}
        if target_group is not None:
            dimensions["TargetGroup"] = target_group.target_group_full_name
        if zone is not None:
            dimensions["AvailabilityZone"] = zone
        return cloudwatch.Metric(
            namespace="AWS/NetworkELB",
            metric_name=name,
            dimensions_map=dimensions,
            statistic=statistic,
            period=MINUTE,
            label=label,
        )

    def target_resets(self, floor: int) -> cloudwatch.MathExpression:
        """Per cent of the new flows that a target ended by a reset; 0 where there are too few flows to say."""
        return math(
            f"IF(flows >= {floor}, 100 * FILL(resets, 0) / flows, 0)",
            "Targets' resets, % of new flows",
            flows=self.metric("NewFlowCount", "Sum"),
            resets=self.metric("TCP_Target_Reset_Count", "Sum"),
        )
