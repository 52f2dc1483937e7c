"""Workers that are calls of a function."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._worker_metrics import PERIOD
from aws_patterns.messaging.worker_pool_options import FunctionWorkers, WorkerPlan


def timeout_of(function: lambda_.IFunction) -> int | None:
    """A function's timeout in seconds, where it is known here."""
    if not isinstance(function, lambda_.Function):
        return None
    timeout = function.timeout
    if timeout is None:
        return defaults.FUNCTION_SECONDS
    return None if timeout.is_unresolved() else int(timeout.to_seconds())


def check_function(problems: Problems, function: lambda_.IFunction) -> None:
    """Add to ``problems`` why a function can't be let read."""
    if function.role is None:
        problems.add(
            "workers.function must have a role, which is let read the queue: import it with "
            "lambda_.Function.from_function_attributes(..., role=...)"
        )


def make_mapping(
    scope: Construct, workers: FunctionWorkers, plan: WorkerPlan, queue: sqs.IQueue
) -> lambda_.EventSourceMapping:
    """Lambda's own poller, which calls the function with batches."""
    # Before the mapping: Lambda makes none for a function that may not read.
    queue.grant_consume_messages(workers.function)
    window = workers.batching_window_seconds
    mapping = lambda_.EventSourceMapping(
        scope,
        "Mapping",
        target=workers.function,
        event_source_arn=queue.queue_arn,
        batch_size=plan.batch_size,
        max_batching_window=Duration.seconds(window) if window else None,
        max_concurrency=plan.maximum,
        report_batch_item_failures=True,
    )
    acknowledge(
        mapping,
        {
            "Serverless-LambdaEventSourceMappingDestination": (
                "For streams: what a function fails for stays in the queue, whose dead letters keep it."
            )
        },
    )
    return mapping


def calls_under_way(function: lambda_.IFunction) -> cloudwatch.Metric:
    """How many calls of the function there are at a time, at most."""
    return function.metric("ConcurrentExecutions", statistic="Maximum", period=PERIOD, label="under way")
