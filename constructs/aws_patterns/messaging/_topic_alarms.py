"""What a topic says when messages may be lost."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns

from aws_patterns._alarms import Alarms

_PERIOD_MINUTES = 5


def watch_topic(alarms: Alarms, topic: sns.Topic) -> None:
    """Alarms ``Lost`` and ``Unreadable``."""
    alarms.add(
        "Lost",
        _sum(topic, "NumberOfNotificationsFailedToRedriveToDlq"),
        1,
        f"SNS could neither deliver messages of {topic.topic_name} nor keep them. They are lost: publish them again. "
        "Are the queues for undelivered messages there, and may SNS use their key?",
    )
    alarms.add(
        "Unreadable",
        cloudwatch.MathExpression(
            expression="FILL(attributes, 0) + FILL(bodies, 0)",
            label="Messages that filters can't read",
            using_metrics={
                "attributes": _sum(topic, "NumberOfNotificationsFilteredOut-InvalidAttributes"),
                "bodies": _sum(topic, "NumberOfNotificationsFilteredOut-InvalidMessageBody"),
            },
            period=Duration.minutes(_PERIOD_MINUTES),
        ),
        1,
        f"Messages published to {topic.topic_name} were not sent to those who filter, because their attributes or "
        "bodies are not what SNS can read. What does the publisher send?",
    )


def _sum(topic: sns.Topic, name: str) -> cloudwatch.Metric:
    return topic.metric(name, statistic="Sum", period=Duration.minutes(_PERIOD_MINUTES))
