"""What is wrong with a pool of workers, and what follows from what was said about it. Needs no CDK."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging import _worker_flavour_rules as flavours
from aws_patterns.messaging.worker_pool_options import (
    FargateWorkers,
    FunctionWorkers,
    InstanceWorkers,
    PoolLimits,
    WorkerPlan,
    Workers,
)

# What the pool tells its workers itself.
OWN_VARIABLES = (
    *("QUEUE_URL", "CONCURRENCY", "JOB_TIMEOUT_SECONDS", "GRACE_SECONDS"),
    *("HOST", "SCALE_IN_PROTECTION", "TERMINATION_HOOK", "AWS_DEFAULT_REGION"),
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_CONCURRENT = 256
_EXACT = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What was said about one pool."""

    workers: Workers
    latency: float
    processing: float
    peak: float | None
    minimum: int | None
    maximum: int | None
    limits: PoolLimits
    late_from_zero: bool
    environment: Mapping[str, str]
    function_timeout: int | None
    queue_visibility: int | None
    queue_given: bool
    fifo: bool
    network_given: bool
    zones: int | None

    @property
    def concurrency(self) -> int:
        """Messages that a worker has in hand at a time."""
        return 1 if isinstance(self.workers, FunctionWorkers) else self.workers.concurrency

    @property
    def warm_up(self) -> int:
        """Until a started worker works."""
        return 0 if isinstance(self.workers, FunctionWorkers) else self.workers.warm_up_seconds

    @property
    def noticed(self) -> bool:
        """Whether workers may have to end within two minutes."""
        if isinstance(self.workers, InstanceWorkers):
            return self.workers.mixed_fleet is not None and self.workers.mixed_fleet.spot_percentage > 0
        return isinstance(self.workers, FargateWorkers)


def check(problems: Problems, wishes: Wishes) -> WorkerPlan | None:
    """Add to ``problems`` whatever is wrong, and say what follows where that can be said."""
    before = len(problems.found)
    _check_known(problems, wishes)
    if len(problems.found) == before:
        _check_times(problems, wishes)
    _check_environment(problems, wishes)
    flavours.check(problems, wishes)
    if len(problems.found) > before:
        return None
    plan = _plan(wishes)
    _check_numbers(problems, wishes, plan)
    _check_limits(problems, wishes, plan)
    _check_queue(problems, wishes, plan)
    flavours.check_with_numbers(problems, wishes, plan)
    return plan if len(problems.found) == before else None


def _check_known(problems: Problems, wishes: Wishes) -> None:
    for name, value in (
        ("acceptable_latency_seconds", wishes.latency),
        ("processing_seconds", wishes.processing),
        ("peak_messages_per_second", wishes.peak),
        ("minimum_workers", wishes.minimum),
        ("maximum_workers", wishes.maximum),
        ("workers.concurrency", wishes.concurrency),
        ("workers.warm_up_seconds", wishes.warm_up),
        *((f"limits.{name}", getattr(wishes.limits, name)) for name in PoolLimits.__slots__),
    ):
        if value is None:
            continue
        if is_token(value):
            problems.add(f"{name} must be known at synthesis, where everything else is computed from it")
        elif not math.isfinite(value):
            problems.add(f"{name} must be a number, got {value}")


def _check_times(problems: Problems, wishes: Wishes) -> None:
    longest, instead = flavours.longest_job(wishes.workers)
    if not wishes.processing > 0:
        problems.add(f"processing_seconds must be more than 0 seconds, got {wishes.processing:.15g} seconds")
    elif wishes.processing > longest:
        problems.add(
            f"processing_seconds must be at most {longest} seconds, got {wishes.processing:.15g} seconds: {instead}"
        )
    if not wishes.latency > 0:
        problems.add(f"acceptable_latency_seconds must be more than 0 seconds, got {wishes.latency:.15g} seconds")
    elif wishes.latency < wishes.processing:
        problems.add(
            f"acceptable_latency_seconds must be at least processing_seconds ({wishes.processing:.15g} seconds), got "
            f"{wishes.latency:.15g} seconds: no number of workers is faster than one is with a message. Accept more, "
            "or split the work into smaller messages"
        )
    elif wishes.latency > defaults.LONGEST_RETENTION_SECONDS:
        problems.add(
            f"acceptable_latency_seconds must be at most {defaults.LONGEST_RETENTION_SECONDS} seconds, got "
            f"{wishes.latency:.15g} seconds: SQS keeps no message for longer"
        )
    if wishes.peak is not None and not wishes.peak > 0:
        problems.add(f"peak_messages_per_second must be more than 0, got {wishes.peak:.15g}")
    problems.between("workers.concurrency", wishes.concurrency, 1, _MOST_CONCURRENT)


def _check_environment(problems: Problems, wishes: Wishes) -> None:
    for name, value in wishes.environment.items():
        if name in OWN_VARIABLES:
            problems.add(f"environment must leave {name} to the pool, which sets it itself")
        elif not _VARIABLE.fullmatch(name):
            problems.add(f"environment must have names of letters, digits and underscores, got {name!r}")
        elif not is_token(value) and ("\n" in value or "\0" in value):
            problems.add(f"environment must have values of one line, got {name}={value!r}")


def _check_numbers(problems: Problems, wishes: Wishes, plan: WorkerPlan) -> None:
    smallest = 1 if wishes.minimum is None else max(wishes.minimum, 1)
    if wishes.minimum is not None and wishes.minimum < 0:
        problems.add(f"minimum_workers must be 0 or more, got {wishes.minimum}")
    if not smallest <= plan.maximum <= defaults.LARGEST_POOL:
        problems.add(
            f"maximum_workers must be between {smallest} and {defaults.LARGEST_POOL}, got {plan.maximum}"
            + ("" if wishes.maximum is not None else ", as peak_messages_per_second needs it")
        )
    needed = plan.needed_at_peak
    if needed is not None and wishes.maximum is not None and wishes.maximum < needed:
        problems.add(
            f"maximum_workers must be at least {needed}, got {wishes.maximum}: {wishes.peak:.15g} messages a second "
            f"of {wishes.processing:.15g} seconds each keep as many busy. Raise it, or let a worker do more at a time"
        )
    held = plan.maximum * plan.concurrency * plan.batch_size
    if held > defaults.IN_FLIGHT_MESSAGES:
        problems.add(
            f"maximum_workers x messages that one has in hand must be at most {defaults.IN_FLIGHT_MESSAGES}, got "
            f"{held}: SQS hands out no more at a time"
        )
    if isinstance(wishes.workers, FunctionWorkers):
        return
    if wishes.late_from_zero and wishes.minimum:
        problems.add(
            f"late_from_zero=True is about a pool of no workers, got minimum_workers={wishes.minimum}: leave out one"
        )
    late = plan.wake_seconds + wishes.processing > wishes.latency
    if wishes.minimum == 0 and late and not wishes.late_from_zero:
        problems.add(
            f"minimum_workers must be at least 1, got 0: a message that finds no worker may wait {plan.wake_seconds} "
            f"seconds for one, and acceptable_latency_seconds is {wishes.latency:.15g}. Keep one, or accept that with "
            "late_from_zero=True"
        )


def _check_limits(problems: Problems, wishes: Wishes, plan: WorkerPlan) -> None:
    limits = wishes.limits
    whole = (limits.visibility_timeout_seconds, limits.job_timeout_seconds, limits.grace_seconds)
    for name, value in zip(PoolLimits.__slots__[1:], whole, strict=True):
        if value is not None and value != int(value):
            problems.add(f"limits.{name} must be a whole number, got {value:.15g}")
    backlog, most = limits.backlog_per_worker, _backlog(wishes)
    if backlog is not None and not 0 < backlog <= most + _EXACT:
        problems.add(
            f"limits.backlog_per_worker must be more than 0 and at most {most:.6g} (acceptable_latency_seconds / "
            f"processing_seconds x workers.concurrency), got {backlog:.15g}: a worker is not done with more in time"
        )
    if isinstance(wishes.workers, FunctionWorkers):
        return
    longest_grace = _noticed_grace() if wishes.noticed else defaults.LONGEST_GRACE_SECONDS
    lowest_timeout = max(1, math.ceil(wishes.processing))
    problems.between(
        "limits.job_timeout_seconds", plan.job_timeout_seconds, lowest_timeout, defaults.LONGEST_JOB_SECONDS, " seconds"
    )
    problems.between(
        "limits.grace_seconds", plan.grace_seconds, defaults.SHORTEST_GRACE_SECONDS, longest_grace, " seconds"
    )


def _check_queue(problems: Problems, wishes: Wishes, plan: WorkerPlan) -> None:
    if wishes.queue_given and wishes.limits.visibility_timeout_seconds is not None:
        problems.add(
            "limits.visibility_timeout_seconds is of the queue that a pool makes, and queue was given: set it there"
        )
        return
    least, why = flavours.least_visibility(wishes, plan)
    name = "queue's visibility timeout" if wishes.queue_given else "limits.visibility_timeout_seconds"
    known = not wishes.queue_given or wishes.queue_visibility is not None
    if known and not least <= plan.visibility_timeout_seconds <= defaults.LONGEST_VISIBILITY_TIMEOUT_SECONDS:
        problems.add(
            f"{name} must be between {least} and {defaults.LONGEST_VISIBILITY_TIMEOUT_SECONDS} seconds, got "
            f"{plan.visibility_timeout_seconds:.15g} seconds: {why}"
        )


def _plan(wishes: Wishes) -> WorkerPlan:
    limits = wishes.limits
    is_function = isinstance(wishes.workers, FunctionWorkers)
    wake = 0 if is_function else defaults.INACTIVE_QUEUE_SECONDS + 2 * defaults.METRIC_SECONDS + wishes.warm_up
    minutes = 1 if is_function else defaults.SCALE_OUT_MINUTES + 1
    may_sleep = is_function or wishes.late_from_zero or wishes.latency >= wake + wishes.processing
    minimum = wishes.minimum if wishes.minimum is not None else 0 if may_sleep else 1
    busy = None if wishes.peak is None else math.ceil(wishes.peak * wishes.processing / wishes.concurrency - _EXACT)
    needed = None if busy is None else max(busy, 1)
    batch = flavours.batch_size(wishes)
    visibility = (
        limits.visibility_timeout_seconds or wishes.queue_visibility or flavours.default_visibility(wishes, batch)
    )
    usual_timeout = math.ceil(defaults.JOB_TIMEOUT_FACTOR * wishes.processing)
    job_timeout = limits.job_timeout_seconds or min(
        max(usual_timeout, defaults.SHORTEST_JOB_TIMEOUT_SECONDS), defaults.LONGEST_JOB_SECONDS
    )
    usual_grace = min(max(job_timeout, defaults.GRACE_SECONDS), defaults.LONGEST_GRACE_SECONDS)
    return WorkerPlan(
        acceptable_latency_seconds=wishes.latency,
        processing_seconds=wishes.processing,
        concurrency=wishes.concurrency,
        backlog_per_worker=limits.backlog_per_worker or _backlog(wishes),
        minimum=minimum,
        maximum=wishes.maximum if wishes.maximum is not None else flavours.default_maximum(wishes, minimum, needed),
        needed_at_peak=needed,
        warm_up_seconds=wishes.warm_up,
        reaction_seconds=minutes * defaults.METRIC_SECONDS + wishes.warm_up,
        wake_seconds=wake,
        visibility_timeout_seconds=visibility,
        heartbeat_seconds=None if is_function else max(1, visibility // defaults.HEARTBEAT_PART),
        job_timeout_seconds=flavours.function_timeout(wishes) if is_function else job_timeout,
        grace_seconds=0
        if is_function
        else limits.grace_seconds or (_noticed_grace() if wishes.noticed else usual_grace),
        batch_size=batch,
    )


def _backlog(wishes: Wishes) -> float:
    return wishes.latency / wishes.processing * wishes.concurrency


def _noticed_grace() -> int:
    return defaults.NOTICE_SECONDS - defaults.NOTICE_MARGIN_SECONDS
