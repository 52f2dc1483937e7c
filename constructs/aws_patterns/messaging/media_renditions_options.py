"""What may be chosen about a pipeline of renditions, and within which limits. Needs no CDK."""

from __future__ import annotations

from aws_patterns._validation import Problems
from aws_patterns.compute.instances import Instances
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.fanout_options import Subscriber, check_fanout
from aws_patterns.messaging.media_job import MediaJob, check_media_job
from aws_patterns.messaging.worker_pool_options import (
    FargateWorkers,
    InstanceWorkers,
    PoolLimits,
    WorkerPlan,
    check_worker_pool,
)

SUBSCRIBER = "Renditions"

INSTANCE_TYPE = "t4g.medium"
CONCURRENCY = 2
"""Two processors and four gibibytes have room for two of the largest images at a time."""

ON_INSTANCES = InstanceWorkers(instances=Instances(instance_types=[INSTANCE_TYPE]), concurrency=CONCURRENCY)

ACCEPTABLE_LATENCY_SECONDS = 300
PROCESSING_SECONDS = 2


def subscriber_of(plan: WorkerPlan, *, max_receive_count: int = defaults.MAX_RECEIVE_COUNT) -> Subscriber:
    """The queue of a pool with that plan."""
    return Subscriber(
        visibility_timeout_seconds=plan.visibility_timeout_seconds,
        retention_seconds=plan.retention_seconds,
        max_receive_count=max_receive_count,
        processing_seconds=plan.processing_seconds,
        patience=plan.patience,
    )


def check_media_renditions(
    problems: Problems,
    *,
    workers: InstanceWorkers | FargateWorkers = ON_INSTANCES,
    job: MediaJob = MediaJob(),  # noqa: B008 - frozen
    acceptable_latency_seconds: float = ACCEPTABLE_LATENCY_SECONDS,
    processing_seconds: float = PROCESSING_SECONDS,
    peak_messages_per_second: float | None = None,
    minimum_workers: int = 0,
    maximum_workers: int | None = None,
    limits: PoolLimits = PoolLimits(),  # noqa: B008 - frozen
    max_receive_count: int = defaults.MAX_RECEIVE_COUNT,
) -> WorkerPlan | None:
    """Add to ``problems`` whatever is wrong with the options of one pipeline.

    Returns:
        What follows from them for its pool; ``None`` where they are too wrong for anything to follow.
    """
    if isinstance(workers, InstanceWorkers) and workers.instances.user_data is not None:
        problems.add("workers.instances.user_data must be left out: it installs the worker program")
    plan = check_worker_pool(
        problems,
        workers=workers,
        acceptable_latency_seconds=acceptable_latency_seconds,
        processing_seconds=processing_seconds,
        peak_messages_per_second=peak_messages_per_second,
        minimum_workers=minimum_workers,
        maximum_workers=maximum_workers,
        limits=limits,
        late_from_zero=minimum_workers == 0,
    )
    if plan is not None:
        of_queue = Problems("")
        check_fanout(of_queue, subscribers={SUBSCRIBER: subscriber_of(plan, max_receive_count=max_receive_count)})
        for problem in of_queue.found:
            problems.add(problem.removeprefix(f"subscribers[{SUBSCRIBER!r}]."))
    check_media_job(problems, job)
    return plan
