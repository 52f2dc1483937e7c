"""Messaging dashboard: where messages are, on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from aws_patterns._validation import Problems

_WIDTH = 24
_ALARMS_IN_A_ROW = 8
# AmazonCloudWatch/latest/monitoring/add_remove_alarm_dashboard.html
_ALARMS_IN_A_WIDGET = 100


class Shown(Protocol):
    """What can be there: a ``Fanout``, ``TopicArchive``, ``EventBackbone``, ``WorkQueue`` or ``WorkerPool``."""

    @property
    def alarms(self) -> Mapping[str, cloudwatch.Alarm]:
        """By id."""
        ...

    def graphs(self, title: str) -> Sequence[cloudwatch.IWidget]:
        """Widgets that fill whole rows."""
        ...


class MessagingDashboard(Construct):
    """The alarms of several parts in one widget, and below it the graphs of each.

    Use it for parts that belong together, such as a fan-out and its queues, or a queue and its workers. Not for
    ``QueueApi`` and ``BufferedWriter``, which have dashboards of their own.

    >>> from aws_patterns.messaging.fanout import Fanout
    >>> from aws_patterns.messaging.fanout_options import Subscriber
    >>> orders = Fanout(stack, "Orders", subscribers={"Billing": Subscriber(), "Shipping": Subscriber()})
    >>> MessagingDashboard(stack, "Dashboard", parts={"Orders": orders, **orders.queues})

    Args:
        parts: What is shown, by the title that it has there, in this order. At least one.

    Attributes:
        dashboard: With a name that CloudFormation chooses.

    Raises:
        ValueError: Nothing is to be shown, or more than 100 alarms.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html
    """

    def __init__(self, scope: Construct, id: str, *, parts: Mapping[str, Shown]) -> None:
        super().__init__(scope, id)
        alarms = [alarm for part in parts.values() for alarm in part.alarms.values()]
        with Problems(f"MessagingDashboard {self.node.path}") as problems:
            if not parts:
                problems.add("parts must name at least one fan-out, event backbone or work queue, got none")
            if len(alarms) > _ALARMS_IN_A_WIDGET:
                problems.add(
                    f"parts may have {_ALARMS_IN_A_WIDGET} alarms together, got {len(alarms)}: make several dashboards"
                )
        rows = -(-len(alarms) // _ALARMS_IN_A_ROW)
        status = cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_WIDTH, height=rows + 1)
        self.dashboard = cloudwatch.Dashboard(
            self, "Dashboard", widgets=[[status], *(list(part.graphs(title)) for title, part in parts.items())]
        )
