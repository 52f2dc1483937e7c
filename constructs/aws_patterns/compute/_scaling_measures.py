"""What a fleet's policies measure, as the CDK has it."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.compute._scaling_metrics import GROUP_DIMENSION, OF_FLEET
from aws_patterns.compute.scaling_policies import CustomMetric, FleetMetric, Metric

# As often as instances with detailed monitoring report.
_PERIOD = Duration.minutes(1)


class Measures:
    """Metrics about one group and about what stands in front of it."""

    def __init__(self, group: autoscaling.AutoScalingGroup, target_group: elbv2.ApplicationTargetGroup | None) -> None:
        self.group_name: str = group.auto_scaling_group_name
        self._target_group = target_group

    def check(self, problems: Problems) -> None:
        """Add it when the target group is not behind a load balancer yet: nobody would count its requests."""
        if self._target_group is None:
            return
        try:
            _ = self._target_group.first_load_balancer_full_name
        except RuntimeError:
            problems.add(
                "target_group must be behind a listener before its fleet can be scaled, got one that is not: "
                "give it to a listener or a rule first"
            )

    def metric(self, metric: Metric) -> cloudwatch.IMetric:
        """The metric with its dimensions."""
        if metric == FleetMetric.REQUESTS_PER_TARGET and self._target_group is not None:
            return self._target_group.metrics.request_count_per_target(period=_PERIOD)
        if isinstance(metric, FleetMetric):
            metric = OF_FLEET[metric]
        if isinstance(metric, CustomMetric):
            of_group = {GROUP_DIMENSION: self.group_name} if metric.of_group else {}
            return cloudwatch.Metric(
                namespace=metric.namespace,
                metric_name=metric.metric_name,
                dimensions_map={**metric.dimensions, **of_group},
                statistic=metric.statistic,
                period=_PERIOD,
            )
        return metric

    def requests_label(self) -> str | None:
        """What Auto Scaling calls the load balancer and its target group."""
        if self._target_group is None:
            return None
        return f"{self._target_group.first_load_balancer_full_name}/{self._target_group.target_group_full_name}"

    def after_listener(self, policy: Construct) -> None:
        """Make the policy wait for the listener: AWS refuses it while nothing sends requests to the target group."""
        if self._target_group is not None:
            policy.node.add_dependency(self._target_group.load_balancer_attached)
