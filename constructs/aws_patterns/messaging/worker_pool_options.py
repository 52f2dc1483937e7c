"""What may be chosen about a pool of workers, what follows from it, and its limits. Needs no CDK."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from aws_patterns._validation import Problems
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Architecture, Instances
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.work_queue_options import Patience

if TYPE_CHECKING:
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_lambda as lambda_

    from aws_patterns.compute.mixed_fleet import MixedFleet
    from aws_patterns.compute.rolling_update import RollingUpdate


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceWorkers:
    """Workers on EC2 instances: for jobs of hours, special hardware, large disks, or the cheapest Spot capacity.

    Attributes:
        instances: What an instance is made of. Its user data starts the worker program, with the variables that the
            pool has put into ``/etc/worker-pool.env``. Default t4g.small, and nothing that works.
        mixed_fleet: Several types, and Spot capacity. Default: one type, On-Demand.
        concurrency: Messages that an instance works on at a time. Default 1.
        warm_up_seconds: How long an instance takes until it works. Default 120 s.
        health_url: Of the worker program, as its own instance reaches it. Default: an instance is up when its user data
            has ended well.
        update: How a new version replaces the instances. Default ``InstanceRefresh()``.
        trust_new_instances: Lets instances send no signal: a deployment then succeeds whether they work or not.
        down_with_its_zone: Accepts subnets of a single zone.
    """

    instances: Instances = Instances()  # noqa: RUF009 - frozen
    mixed_fleet: MixedFleet | None = None
    concurrency: int = 1
    warm_up_seconds: int = defaults.INSTANCE_WARM_UP_SECONDS
    health_url: str | None = None
    update: InstanceRefresh | RollingUpdate = InstanceRefresh()  # noqa: RUF009 - frozen
    trust_new_instances: bool = False
    down_with_its_zone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FargateWorkers:
    """Workers in containers without instances to look after: for jobs of minutes, with whatever an image holds.

    Attributes:
        image: Of the worker program.
        cpu: In units, of which 1024 are a virtual CPU. Default 256.
        memory_mib: Default 512.
        architecture: Of the image. Default Arm.
        concurrency: Messages that a task works on at a time. Default 1.
        spot_percentage: Of the tasks, how many run on Spot capacity, with two minutes' notice. Default 0.
        on_demand_base: So many are never Spot. Default 0.
        warm_up_seconds: How long a task takes until it works. Default 60 s.
        cluster: With Container Insights, which count the tasks, and with Fargate's capacity providers.
            Default: one of its own.
        command: Instead of the image's own.
        health_command: What ECS runs in the container to learn whether it is well; the worker program's own is
            ``python -m queue_worker health``. Default: the image's, or none.
        scratch_gib: What a task may write to ``/tmp``, the only place where it can; 21 to 200. Default: Fargate's
            20 GiB, free of charge.
    """

    image: ecs.ContainerImage
    cpu: int = defaults.TASK_CPU
    memory_mib: int = defaults.TASK_MEMORY_MIB
    architecture: Architecture = Architecture.ARM64
    concurrency: int = 1
    spot_percentage: int = 0
    on_demand_base: int = 0
    warm_up_seconds: int = defaults.TASK_WARM_UP_SECONDS
    cluster: ecs.ICluster | None = None
    command: Sequence[str] = ()
    health_command: Sequence[str] = ()
    scratch_gib: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionWorkers:
    """A function, which Lambda calls with batches of messages: for short jobs, and a pool that costs nothing idle.

    Lambda itself scales it, from none and by up to 300 a minute; it tells the messages of a batch that failed from the
    others by the function's answer: ``batchItemFailures``, as Powertools' batch processor gives it, and
    ``queue_worker.function``.

    Attributes:
        function: Handles a batch in the time that its messages take one after the other.
        batch_size: Of one call. Default: as many as fit into half the acceptable latency and the function's timeout, 10
            at most.
        batching_window_seconds: How long Lambda waits for a batch to fill. Default 0.
        timeout_seconds: The function's, where it is not known, as of one that is imported.
    """

    function: lambda_.IFunction
    batch_size: int | None = None
    batching_window_seconds: int = 0
    timeout_seconds: int | None = None


Workers: TypeAlias = InstanceWorkers | FargateWorkers | FunctionWorkers


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolLimits:
    """Values that follow from latency and processing time, for those who know better.

    Attributes:
        backlog_per_worker: How many messages a worker may have before it, those in work included. Default: acceptable
            latency / processing time x concurrency.
        visibility_timeout_seconds: Of the queue that the pool makes. Default: twice the processing time, 30 s at least;
            with a function six times its timeout and the batching window.
        job_timeout_seconds: After which the worker program ends a job and has it tried again. Default: ten times the
            processing time, a minute at least.
        grace_seconds: From being told to stop to the end, in which work is finished or returned. Default: a job's
            timeout, between 90 s and an hour; on Fargate and Spot capacity what fits into two minutes' notice.
    """

    backlog_per_worker: float | None = None
    visibility_timeout_seconds: int | None = None
    job_timeout_seconds: int | None = None
    grace_seconds: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerPlan:
    """What a pool is built with: all that followed from what was said.

    Attributes:
        acceptable_latency_seconds: From when a message is sent until it is done.
        processing_seconds: Of that, in a worker's hands.
        concurrency: Messages that a worker has in hand at a time.
        backlog_per_worker: The target of scaling.
        minimum: Of workers.
        maximum: Of workers.
        needed_at_peak: Workers that the peak keeps busy; ``None`` where nobody said it.
        warm_up_seconds: Until a started worker works.
        reaction_seconds: Until more load has more workers.
        wake_seconds: Until a message that finds no worker has one, at the latest.
        visibility_timeout_seconds: Of the queue.
        heartbeat_seconds: When the worker program hides a message for longer; ``None`` with a function, which has none.
        job_timeout_seconds: After which a job is ended.
        grace_seconds: From being told to stop to the end.
        batch_size: With a function, messages of a call; else 1.
    """

    acceptable_latency_seconds: float
    processing_seconds: float
    concurrency: int
    backlog_per_worker: float
    minimum: int
    maximum: int
    needed_at_peak: int | None
    warm_up_seconds: int
    reaction_seconds: int
    wake_seconds: int
    visibility_timeout_seconds: int
    heartbeat_seconds: int | None
    job_timeout_seconds: int
    grace_seconds: int
    batch_size: int

    @property
    def retention_seconds(self) -> int:
        """How long a queue of the pool keeps a message that nobody deletes."""
        longest = 2 * math.ceil(self.acceptable_latency_seconds)
        return min(max(defaults.RETENTION_SECONDS, longest), defaults.LONGEST_RETENTION_SECONDS)

    @property
    def patience(self) -> Patience:
        """Until more load has more workers, messages may wait for longer than is acceptable."""
        oldest = math.ceil(self.acceptable_latency_seconds) + self.reaction_seconds
        return Patience(oldest_message_seconds=min(oldest, self.retention_seconds - 1))


def plan_worker_pool(
    *,
    workers: Workers,
    acceptable_latency_seconds: float,
    processing_seconds: float,
    peak_messages_per_second: float | None = None,
    minimum_workers: int | None = None,
    maximum_workers: int | None = None,
    limits: PoolLimits = PoolLimits(),
    late_from_zero: bool = False,
) -> WorkerPlan:
    """What would follow for a pool: to make its queue with, to simulate it, or to look at.

    Raises:
        ValueError: Naming every option that can't be used.
    """
    with Problems("A plan for workers") as problems:
        plan = check_worker_pool(
            problems,
            workers=workers,
            acceptable_latency_seconds=acceptable_latency_seconds,
            processing_seconds=processing_seconds,
            peak_messages_per_second=peak_messages_per_second,
            minimum_workers=minimum_workers,
            maximum_workers=maximum_workers,
            limits=limits,
            late_from_zero=late_from_zero,
        )
    assert plan is not None, "without problems there is a plan"  # noqa: S101 - for the type checker
    return plan


def check_worker_pool(
    problems: Problems,
    *,
    workers: Workers,
    acceptable_latency_seconds: float,
    processing_seconds: float,
    peak_messages_per_second: float | None = None,
    minimum_workers: int | None = None,
    maximum_workers: int | None = None,
    limits: PoolLimits = PoolLimits(),
    late_from_zero: bool = False,
    environment: Mapping[str, str] | None = None,
    function_timeout_seconds: int | None = None,
    queue_visibility_seconds: int | None = None,
    queue_given: bool = False,
    fifo: bool = False,
    network_given: bool = False,
    zones: int | None = None,
) -> WorkerPlan | None:
    """Add to ``problems`` whatever is wrong with the options of one pool.

    Returns:
        What follows from them; ``None`` where they are too wrong for anything to follow.
    """
    from aws_patterns.messaging import _worker_rules as rules  # noqa: PLC0415 - the rules import the values above

    return rules.check(
        problems,
        rules.Wishes(
            workers=workers,
            latency=acceptable_latency_seconds,
            processing=processing_seconds,
            peak=peak_messages_per_second,
            minimum=minimum_workers,
            maximum=maximum_workers,
            limits=limits,
            late_from_zero=late_from_zero,
            environment=environment or {},
            function_timeout=function_timeout_seconds,
            queue_visibility=queue_visibility_seconds,
            queue_given=queue_given,
            fifo=fifo,
            network_given=network_given,
            zones=zones,
        ),
    )


def slow_reaction_advice(plan: WorkerPlan) -> str | None:
    """What to change so that a jump to the peak is answered in time; ``None`` where that is so or unknown."""
    needed = plan.needed_at_peak
    if needed is None or plan.heartbeat_seconds is None or plan.minimum >= needed:
        return None
    if plan.reaction_seconds + plan.processing_seconds <= plan.acceptable_latency_seconds:
        return None
    return (
        f"A jump to the peak has its workers after {plan.reaction_seconds} seconds, later than "
        f"acceptable_latency_seconds ({plan.acceptable_latency_seconds:.15g} seconds) allows: keep {needed} "
        f"(minimum_workers={needed}) if the load jumps, or acknowledge this if it grows slowly"
    )
