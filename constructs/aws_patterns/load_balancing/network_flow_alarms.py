"""Alarms about what happens to the flows through a Network Load Balancer, whoever its targets are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._network_metrics import NetworkMetrics

_AT_ONCE = defaults.ROLLBACK_BAD_MINUTES


class NetworkFlowAlarms(Construct):
    """What clients of a Network Load Balancer notice: flows reset, refused, or sent to targets that are unhealthy.

    A part of ``NetworkLoadBalancedFleet`` and ``StaticIpFront``. They read the load balancer alone, so a fleet that
    is rolled back for them can be made after them.

    >>> from aws_cdk import aws_ec2 as ec2
    >>> vpc = ec2.Vpc(stack, "Vpc")
    >>> balancer = elbv2.NetworkLoadBalancer(stack, "Balancer", vpc=vpc)
    >>> NetworkFlowAlarms(stack, "Flows", load_balancer=balancer)

    Args:
        load_balancer: The load balancer.
        tls_to_targets: Whether it speaks TLS with its targets, which can fail too.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.

    Attributes:
        alarms: Every alarm, by its id.
        for_rollback: Those that a bad release sets off within minutes.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        load_balancer: elbv2.NetworkLoadBalancer,
        tls_to_targets: bool = False,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        metrics = NetworkMetrics(load_balancer)
        alarms = Alarms(self, alarm_topic)
        self.for_rollback: Sequence[cloudwatch.Alarm] = [
            alarms.add(
                "UnhealthyRouting",
                metrics.metric("UnhealthyRoutingFlowCount", "Sum"),
                1,
                "No target is healthy, and flows go to all of them in the hope that one serves. Did it begin with a "
                "deployment? Take that back. Otherwise look at the health check and what it depends on.",
                periods=_AT_ONCE,
            ),
            alarms.add(
                "TargetResets",
                metrics.target_resets(defaults.MINIMUM_FLOWS_PER_MINUTE),
                defaults.TARGET_RESET_PERCENT,
                "Targets end many flows by a reset: the service crashes, refuses connections or closes them early. "
                "Did it begin with a deployment? Take that back. Otherwise see the service's log.",
                periods=_AT_ONCE,
            ),
        ]
        if tls_to_targets:
            tls = alarms.add(
                "TargetTlsErrors",
                metrics.metric("TargetTLSNegotiationErrorCount", "Sum"),
                1,
                "The load balancer and targets find no common TLS. See the TLS versions of the service.",
                periods=_AT_ONCE,
            )
            self.for_rollback = [*self.for_rollback, tls]
        alarms.add(
            "PortAllocationErrors",
            metrics.metric("PortAllocationErrorCount", "Sum"),
            1,
            "The load balancer has no port left towards a target, of which it has 55,000, and drops flows. Add "
            "targets, or preserve the clients' addresses.",
            periods=_AT_ONCE,
        )
        alarms.add(
            "RejectedFlows",
            metrics.metric("RejectedFlowCount", "Sum"),
            1,
            "The load balancer can't keep more flows in mind and refuses new ones. Are there many that nobody ends? "
            "Lower the idle timeout. Otherwise add zones or share clients out among several.",
            periods=defaults.BAD_MINUTES,
            of_periods=defaults.OF_MINUTES,
        )
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id
