"""The dashboard of a web tier: traffic, latency, errors, hosts, capacity, and the state of its alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from aws_patterns.load_balancing._load_balancer_metrics import MINUTE, LoadBalancerMetrics

_WIDTH = 24
_NARROWEST = 6
_SIZES = {
    "GroupMinSize": "minimum",
    "GroupDesiredCapacity": "desired",
    "GroupMaxSize": "maximum",
    "GroupInServiceInstances": "in service",
}


def group_metric(
    group: autoscaling.IAutoScalingGroup, name: str, statistic: str, label: str | None = None
) -> cloudwatch.Metric:
    """One of the metrics that a group publishes when it is told to collect them."""
    return cloudwatch.Metric(
        namespace="AWS/AutoScaling",
        metric_name=name,
        dimensions_map={"AutoScalingGroupName": group.auto_scaling_group_name},
        statistic=statistic,
        period=MINUTE,
        label=label,
    )


def web_tier_dashboard(
    scope: Construct,
    *,
    metrics: LoadBalancerMetrics,
    target_groups: Mapping[str, elbv2.ApplicationTargetGroup],
    groups: Mapping[str, autoscaling.IAutoScalingGroup],
    availability_zones: Sequence[str],
    alarms: Sequence[cloudwatch.IAlarm],
) -> cloudwatch.Dashboard:
    """All signals of a tier on one page, the fleets beside each other."""
    width = max(_WIDTH // max(len(target_groups), 1), _NARROWEST)
    rows: list[list[cloudwatch.IWidget]] = [
        [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=_WIDTH, height=4)],
        [_traffic(metrics, target_groups), _errors(metrics, target_groups)],
        [_latency(metrics, name, group, width) for name, group in target_groups.items()],
        [_hosts(metrics, name, group, availability_zones, width) for name, group in target_groups.items()],
        [_capacity(name, group, width) for name, group in groups.items()],
    ]
    return cloudwatch.Dashboard(scope, "Dashboard", widgets=[row for row in rows if row])


def _traffic(
    metrics: LoadBalancerMetrics, target_groups: Mapping[str, elbv2.ApplicationTargetGroup]
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title="Traffic",
        width=_WIDTH // 2,
        left=[
            metrics.metric("RequestCount", "Sum", label="requests"),
            *(
                metrics.metric("RequestCount", "Sum", target_group=group, label=f"requests to {name}")
                for name, group in target_groups.items()
            ),
        ],
        right=[
            metrics.metric("ActiveConnectionCount", "Sum", label="connections"),
            metrics.metric("RejectedConnectionCount", "Sum", label="connections refused"),
        ],
    )


def _errors(
    metrics: LoadBalancerMetrics, target_groups: Mapping[str, elbv2.ApplicationTargetGroup]
) -> cloudwatch.GraphWidget:
    """Who failed: the load balancer, which had no answer to pass on, or a target, which answered so."""
    return cloudwatch.GraphWidget(
        title="Errors",
        width=_WIDTH // 2,
        left=[
            metrics.metric("HTTPCode_ELB_5XX_Count", "Sum", label="5xx by the load balancer"),
            *(
                metrics.metric("HTTPCode_Target_5XX_Count", "Sum", target_group=group, label=f"5xx by {name}")
                for name, group in target_groups.items()
            ),
        ],
        right=[
            metrics.metric("HTTPCode_ELB_4XX_Count", "Sum", label="4xx by the load balancer"),
            metrics.metric("ClientTLSNegotiationErrorCount", "Sum", label="failed TLS negotiations"),
        ],
    )


def _latency(
    metrics: LoadBalancerMetrics, name: str, group: elbv2.ApplicationTargetGroup, width: int
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=f"{name}: latency, s",
        width=width,
        left=[
            metrics.metric("TargetResponseTime", percentile, target_group=group, label=percentile)
            for percentile in ("p50", "p95", "p99")
        ],
    )


def _hosts(
    metrics: LoadBalancerMetrics,
    name: str,
    group: elbv2.ApplicationTargetGroup,
    zones: Sequence[str],
    width: int,
) -> cloudwatch.GraphWidget:
    def per_zone(metric: str, statistic: str, state: str) -> list[cloudwatch.IMetric]:
        return [
            metrics.metric(metric, statistic, target_group=group, zone=zone, label=f"{state}, zone {number}")
            for number, zone in enumerate(zones, start=1)
        ]

    return cloudwatch.GraphWidget(
        title=f"{name}: hosts per zone",
        width=width,
        left=per_zone("HealthyHostCount", "Minimum", "healthy"),
        right=per_zone("UnHealthyHostCount", "Maximum", "unhealthy"),
    )


def _capacity(name: str, group: autoscaling.IAutoScalingGroup, width: int) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=f"{name}: capacity",
        width=width,
        left=[group_metric(group, metric, "Average", label) for metric, label in _SIZES.items()],
    )
