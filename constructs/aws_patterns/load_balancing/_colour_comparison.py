"""Alarms about one fleet doing worse than the other, on the same traffic at the same time."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._load_balancer_metrics import LoadBalancerMetrics, math
from aws_patterns.load_balancing.weighted_fleets_options import Colour

_WAY_OUT = {Colour.BLUE: "shift on to green, green_percent = 100", Colour.GREEN: "shift back, green_percent = 0"}


class ColourComparison(Construct):
    """Tells when one colour fails more or answers slower than the other, while both have traffic.

    A shared cause (a database, a zone) worsens both and rings neither: what is left is the version.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        load_balancer: elbv2.ApplicationLoadBalancer,
        target_groups: Mapping[Colour, elbv2.ApplicationTargetGroup],
        minimum_requests: int,
        alarm_topic: sns.ITopic | None,
    ) -> None:
        super().__init__(scope, id)
        metrics = LoadBalancerMetrics(load_balancer)
        alarms = Alarms(self, topic=alarm_topic)
        both = f"(its_requests >= {minimum_requests}) AND (others_requests >= {minimum_requests})"
        for colour, other in ((Colour.GREEN, Colour.BLUE), (Colour.BLUE, Colour.GREEN)):
            pair = {"its": target_groups[colour], "others": target_groups[other]}
            requests = _of_both(metrics, pair, "requests", "RequestCount", "Sum")
            alarms.add(
                f"{colour.title()}FailsMore",
                math(
                    f"IF({both}, 100 * FILL(its_errors, 0) / its_requests"
                    " - 100 * FILL(others_errors, 0) / others_requests, 0)",
                    f"5xx of {colour} beyond those of {other}, % of requests",
                    **requests,
                    **_of_both(metrics, pair, "errors", "HTTPCode_Target_5XX_Count", "Sum"),
                ),
                defaults.COLOUR_ERROR_PERCENT,
                f"Of its requests, {colour} fails {defaults.COLOUR_ERROR_PERCENT:g} % more than {other}: it is the "
                f"version, not the load. Now: {_WAY_OUT[colour]}.",
                periods=defaults.BAD_MINUTES,
                of_periods=defaults.OF_MINUTES,
            )
            alarms.add(
                f"{colour.title()}IsSlower",
                math(
                    f"IF({both} AND (its_latency >= {defaults.COLOUR_LATENCY_SECONDS}), "
                    "its_latency / others_latency, 0)",
                    f"p95 latency of {colour}, times that of {other}",
                    **requests,
                    **_of_both(metrics, pair, "latency", "TargetResponseTime", "p95"),
                ),
                defaults.COLOUR_LATENCY_FACTOR,
                f"At p95, {colour} takes {defaults.COLOUR_LATENCY_FACTOR:g} times as long as {other} or more. If its "
                f"hosts are not just fewer or new: {_WAY_OUT[colour]}.",
                periods=defaults.BAD_MINUTES,
                of_periods=defaults.OF_MINUTES,
            )
        self.alarms = alarms.by_id


def _of_both(
    metrics: LoadBalancerMetrics,
    pair: Mapping[str, elbv2.ApplicationTargetGroup],
    name: str,
    metric: str,
    statistic: str,
) -> dict[str, cloudwatch.IMetric]:
    """A metric of each, by the names that expressions have for them: ``its_errors``, ``others_errors``."""
    return {f"{whose}_{name}": metrics.metric(metric, statistic, target_group=group) for whose, group in pair.items()}
