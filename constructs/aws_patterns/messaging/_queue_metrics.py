"""What a queue and its dead letters say about themselves, minute by minute."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

_HALF_WIDTH = 12
# In the place of no deletion at all: the backlog then takes longer than anybody waits, and nothing is divided by 0.
_ALMOST_NOTHING = 0.001


class QueueMetrics:
    """Metrics of one work queue, for alarms and graphs."""

    def __init__(self, queue: sqs.IQueue, dead_letter_queue: sqs.IQueue) -> None:
        self._queue = queue
        self._dead_letter_queue = dead_letter_queue

    def metric(self, name: str, statistic: str, *, seconds: int = 60, label: str | None = None) -> cloudwatch.Metric:
        """One metric of the queue."""
        return self._queue.metric(name, statistic=statistic, period=Duration.seconds(seconds), label=label)

    def dead_letters(self, name: str, statistic: str, *, label: str | None = None) -> cloudwatch.Metric:
        """One metric of the dead-letter queue."""
        return self._dead_letter_queue.metric(name, statistic=statistic, period=Duration.minutes(1), label=label)

    def drain_seconds(self, pace_seconds: int) -> cloudwatch.MathExpression:
        """How long what is waiting would take at the workers' pace; 0 where nothing waited all the time.

        What is being worked on does not count: one long job is no backlog.
        """
        return cloudwatch.MathExpression(
            expression=f"IF(waiting > 0, waiting * {pace_seconds} / "
            f"IF(FILL(deleted, 0) > 0, deleted, {_ALMOST_NOTHING}), 0)",
            label="Time to drain, s",
            using_metrics={
                "waiting": self.metric("ApproximateNumberOfMessagesVisible", "Minimum", seconds=pace_seconds),
                "deleted": self.metric("NumberOfMessagesDeleted", "Sum", seconds=pace_seconds),
            },
            period=Duration.seconds(pace_seconds),
        )

    def graphs(self, title: str, pace_seconds: int) -> Sequence[cloudwatch.IWidget]:
        """Two graphs: how much waits and for how long, and how it comes and goes."""
        return [
            cloudwatch.GraphWidget(
                title=f"{title}: messages",
                width=_HALF_WIDTH,
                left=[
                    self.metric("ApproximateNumberOfMessagesVisible", "Maximum", label="waiting"),
                    self.metric("ApproximateNumberOfMessagesNotVisible", "Maximum", label="being worked on"),
                    self.metric("ApproximateNumberOfMessagesDelayed", "Maximum", label="delayed"),
                    self.dead_letters("ApproximateNumberOfMessagesVisible", "Maximum", label="dead letters"),
                ],
                right=[
                    self.metric("ApproximateAgeOfOldestMessage", "Maximum", label="age of the oldest, s"),
                    self.drain_seconds(pace_seconds),
                ],
            ),
            cloudwatch.GraphWidget(
                title=f"{title}: traffic",
                width=_HALF_WIDTH,
                left=[
                    self.metric("NumberOfMessagesSent", "Sum", label="sent"),
                    self.metric("NumberOfMessagesReceived", "Sum", label="received"),
                    self.metric("NumberOfMessagesDeleted", "Sum", label="done"),
                ],
                right=[self.metric("NumberOfEmptyReceives", "Sum", label="empty receives")],
            ),
        ]
