"""What a topic does, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns

_HALF_WIDTH = 12

# sns/latest/dg/sns-monitoring-using-cloudwatch.html
_TRAFFIC = {
    "NumberOfMessagesPublished": "published",
    "NumberOfNotificationsDelivered": "delivered",
    "NumberOfNotificationsFilteredOut": "not wanted by a filter",
}
_TROUBLE = {
    "NumberOfNotificationsFailed": "not delivered",
    "NumberOfNotificationsRedrivenToDlq": "kept as undelivered",
    "NumberOfNotificationsFailedToRedriveToDlq": "lost",
    "NumberOfNotificationsFilteredOut-InvalidAttributes": "attributes not readable",
    "NumberOfNotificationsFilteredOut-InvalidMessageBody": "body not readable",
}


def topic_graphs(topic: sns.ITopic, title: str) -> Sequence[cloudwatch.IWidget]:
    """Two graphs: what was published and became of it, and what went wrong."""

    def graph(what: str, names: dict[str, str]) -> cloudwatch.GraphWidget:
        metrics = [topic.metric(name, statistic="Sum", label=label) for name, label in names.items()]
        return cloudwatch.GraphWidget(title=f"{title}: {what}", width=_HALF_WIDTH, left=metrics)

    return [graph("messages", _TRAFFIC), graph("trouble", _TROUBLE)]
