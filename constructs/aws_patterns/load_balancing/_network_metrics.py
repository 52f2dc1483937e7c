"""What a Network Load Balancer says about itself, minute by minute."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from aws_patterns.load_balancing._load_balancer_metrics import Metrics, math


class NetworkMetrics(Metrics):
    """Metrics of a Network Load Balancer."""

    def __init__(self, load_balancer: elbv2.NetworkLoadBalancer) -> None:
        super().__init__(load_balancer, namespace="AWS/NetworkELB")

    def target_resets(self, floor: int) -> cloudwatch.MathExpression:
        """Per cent of the new flows that a target ended by a reset; 0 where there are too few flows to say."""
        return math(
            f"IF(flows >= {floor}, 100 * FILL(resets, 0) / flows, 0)",
            "Targets' resets, % of new flows",
            flows=self.metric("NewFlowCount", "Sum"),
            resets=self.metric("TCP_Target_Reset_Count", "Sum"),
        )
