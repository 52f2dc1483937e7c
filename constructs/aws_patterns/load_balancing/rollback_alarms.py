"""Alarms that a deployment is rolled back for: about what a fleet answers, not about the fleet."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems, is_token
from aws_patterns.compute.health import FleetHealth, check_health
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._load_balancer_metrics import LoadBalancerMetrics
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds, check_thresholds
from aws_patterns.load_balancing.web_tier_options import TIER_HEALTH


class RollbackAlarms(Construct):
    """What `InstanceFleet(rollback_alarms=...)` takes: a release that answers badly is taken back while it goes out.

    They read the load balancer and the target group alone. A fleet that names them can be made after them, which an
    alarm about the fleet's own size would not allow. They tell nobody: CloudFormation reads them, and
    `WebTierMonitoring` is for people. Not for a fleet that no load balancer serves.

    >>> from aws_cdk import aws_ec2 as ec2, aws_elasticloadbalancingv2 as elbv2
    >>> vpc = ec2.Vpc(stack, "Vpc")
    >>> balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc)
    >>> group = elbv2.ApplicationTargetGroup(stack, "Group", vpc=vpc, port=80)
    >>> RollbackAlarms(stack, "Rollback", load_balancer=balancer, target_group=group).alarms

    Args:
        load_balancer: That serves the fleet.
        target_group: The fleet's.
        thresholds: Of errors, latency and requests. Default: those of `WebTierMonitoring`.
        health: The fleet's. Every host is unhealthy while it boots: a reason is what stays so for longer than its
            grace. Default: that of `WebTier`.

    Attributes:
        alarms: Targets' 5xx, unhealthy hosts, p95 and p99 latency.

    Raises:
        ValueError: Naming everything that can't be used.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        load_balancer: elbv2.ApplicationLoadBalancer,
        target_group: elbv2.ApplicationTargetGroup,
        thresholds: AlarmThresholds = AlarmThresholds(),  # noqa: B008 - frozen
        health: FleetHealth = TIER_HEALTH,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"RollbackAlarms {self.node.path}") as problems:
            check_thresholds(problems, thresholds)
            check_health(problems, health)
        metrics = LoadBalancerMetrics(load_balancer)
        floor = thresholds.minimum_requests
        soon = defaults.ROLLBACK_BAD_MINUTES
        watched: Sequence[tuple[str, cloudwatch.IMetric, float, int, str]] = (
            (
                "TargetErrors",
                metrics.target_errors(target_group, floor),
                thresholds.error_percent,
                soon,
                "The fleet answers too many requests with 5xx.",
            ),
            (
                "UnhealthyHosts",
                metrics.unhealthy_hosts(target_group),
                defaults.ROLLBACK_UNHEALTHY_PERCENT,
                _minutes_of_grace(health),
                "Hosts of the fleet fail their health check for longer than they may take to start.",
            ),
            (
                "LatencyP95",
                metrics.latency(target_group, "p95", floor),
                thresholds.p95_seconds,
                soon,
                "One request in twenty takes too long.",
            ),
            (
                "LatencyP99",
                metrics.latency(target_group, "p99", floor),
                thresholds.p99_seconds,
                soon,
                "One request in a hundred takes far too long.",
            ),
        )
        alarms = Alarms(self, topic=None)
        for name, metric, threshold, minutes, meaning in watched:
            alarms.add(
                name,
                metric,
                threshold,
                f"{meaning} A deployment that is under way is rolled back; otherwise see the tier's other alarms.",
                periods=minutes,
            )
        self.alarms: Sequence[cloudwatch.Alarm] = list(alarms.by_id.values())


def _minutes_of_grace(health: FleetHealth) -> int:
    """How long a new host may be unhealthy: what Auto Scaling gives it."""
    seconds = TIER_HEALTH.grace_seconds if is_token(health.grace_seconds) else health.grace_seconds
    return max(defaults.ROLLBACK_BAD_MINUTES, ceil(seconds / 60))
