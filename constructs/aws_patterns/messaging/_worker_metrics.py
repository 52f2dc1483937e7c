"""What a pool of workers is scaled by and watched by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.worker_pool_options import WorkerPlan

PERIOD = Duration.seconds(defaults.METRIC_SECONDS)

_HALF_WIDTH = 12
# A queue that says nothing is empty; how many workers there are does not change because a reading is late.
_IN_HAND = "FILL(waiting, 0) + FILL(working, 0)"
_WORKERS = "FILL(workers, REPEAT)"


class WorkerMetrics:
    """Metrics of one pool.

    Backlog per worker counts what waits, what is in work, and what arrives within the acceptable latency at the present
    rate. Without what is in work, a pool would end its last worker in the middle of the last job. Without what
    arrives, it would be told to shrink whenever it keeps up, and swing for ever.

    Args:
        queue: Where the work is.
        workers: How many are in service, minute by minute.
        plan: Of the pool.

    Attributes:
        inputs: The metrics that the expressions are made of, by their names there.
        per_worker: The expression for the backlog of a worker; as if there were one where there is none.
    """

    def __init__(self, queue: sqs.IQueue, workers: cloudwatch.Metric, plan: WorkerPlan) -> None:
        self._plan = plan
        self.inputs: Mapping[str, cloudwatch.Metric] = {
            "waiting": _of_queue(queue, "ApproximateNumberOfMessagesVisible", "Average"),
            "working": _of_queue(queue, "ApproximateNumberOfMessagesNotVisible", "Average"),
            "sent": _of_queue(queue, "NumberOfMessagesSent", "Sum"),
            "workers": workers,
        }
        minutes = plan.acceptable_latency_seconds / defaults.METRIC_SECONDS
        self.per_worker = f"({_IN_HAND} + FILL(sent, 0) * {minutes:.9g}) / IF({_WORKERS} > 0, {_WORKERS}, 1)"

    def backlog_per_worker(self) -> cloudwatch.MathExpression:
        """What scaling keeps at its target."""
        return self._expression(self.per_worker, "Backlog per worker")

    def work_for_nobody(self) -> cloudwatch.MathExpression:
        """Messages while no worker is in service, otherwise 0."""
        return self._expression(f"IF(FILL(workers, 0) < 1, {_IN_HAND}, 0)", "Messages without a worker")

    def too_few_at_maximum(self) -> cloudwatch.MathExpression:
        """1 while there are as many workers as there may be and they are not enough, otherwise 0."""
        plan = self._plan
        return self._expression(
            f"({_WORKERS} >= {plan.maximum}) * ({self.per_worker} > {plan.backlog_per_worker:.9g})",
            "At maximum, and too few",
        )

    def calls_at_maximum(self) -> cloudwatch.MathExpression:
        """1 while Lambda makes as many calls as it may and messages wait for longer than is acceptable, otherwise 0."""
        each = self._plan.processing_seconds / self._plan.acceptable_latency_seconds
        return self._expression(
            f"(FILL(workers, 0) >= {self._plan.maximum}) * (FILL(waiting, 0) * {each:.9g} > {self._plan.maximum})",
            "At maximum, and too few",
        )

    def graphs(self, title: str) -> Sequence[cloudwatch.IWidget]:
        """Workers, and what each has before it."""
        backlog = cloudwatch.HorizontalAnnotation(value=self._plan.backlog_per_worker, label="target")
        most = cloudwatch.HorizontalAnnotation(value=self._plan.maximum, label="maximum")
        return [
            cloudwatch.GraphWidget(
                title=f"{title}: workers", width=_HALF_WIDTH, left=[self.inputs["workers"]], left_annotations=[most]
            ),
            cloudwatch.GraphWidget(
                title=f"{title}: backlog per worker",
                width=_HALF_WIDTH,
                left=[self.backlog_per_worker()],
                left_annotations=[backlog],
            ),
        ]

    def _expression(self, expression: str, label: str) -> cloudwatch.MathExpression:
        used = {name: metric for name, metric in self.inputs.items() if name in expression}
        return cloudwatch.MathExpression(expression=expression, label=label, using_metrics=used, period=PERIOD)


def _of_queue(queue: sqs.IQueue, name: str, statistic: str) -> cloudwatch.Metric:
    return queue.metric(name, statistic=statistic, period=PERIOD)
