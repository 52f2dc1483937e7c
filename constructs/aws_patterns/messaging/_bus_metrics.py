"""What the rules of a bus do, to be watched and looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events

_HALF_WIDTH = 12
_PERIOD_MINUTES = 5


def rule_metric(
    bus: events.IEventBus, rule: events.IRule, name: str, *, statistic: str = "Sum", label: str | None = None
) -> cloudwatch.Metric:
    """One metric of a rule; those of a bus of one's own have its name, too.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    """
    return cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name=name,
        dimensions_map={"EventBusName": bus.event_bus_name, "RuleName": rule.rule_name},
        statistic=statistic,
        period=Duration.minutes(_PERIOD_MINUTES),
        label=label,
    )


def bus_graphs(bus: events.IEventBus, rules: Mapping[str, events.Rule], title: str) -> Sequence[cloudwatch.IWidget]:
    """Four graphs with a line for each rule: events that fitted, calls of targets, how late, and what was kept."""

    def graph(what: str, name: str, statistic: str = "Sum") -> cloudwatch.GraphWidget:
        lines = [rule_metric(bus, made, name, statistic=statistic, label=rule) for rule, made in rules.items()]
        return cloudwatch.GraphWidget(title=f"{title}: {what}", width=_HALF_WIDTH, left=lines)

    return [
        graph("events that fitted", "MatchedEvents"),
        graph("events given to targets", "Invocations"),
        graph("time until a target had it (p99), ms", "IngestionToInvocationSuccessLatency", "p99"),
        graph("kept as undelivered", "InvocationsSentToDlq"),
    ]
