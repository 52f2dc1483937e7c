"""What is special about workers on instances, in tasks and in a function. Needs no CDK."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instance_fleet_options import check_fleet
from aws_patterns.compute.instances import Architecture
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.worker_pool_options import FargateWorkers, FunctionWorkers, InstanceWorkers

if TYPE_CHECKING:
    from aws_patterns.messaging._worker_rules import Wishes
    from aws_patterns.messaging.worker_pool_options import WorkerPlan, Workers

_LONGEST_WARM_UP_SECONDS = 3_600
_SCRATCH_GIB = (21, 200)


def longest_job(workers: Workers) -> tuple[int, str]:
    """How long a message may take, and what to do with one that takes longer."""
    if isinstance(workers, FunctionWorkers):
        longest = defaults.LONGEST_FUNCTION_SECONDS
        return longest, f"Lambda ends a function after {longest}. Use FargateWorkers or InstanceWorkers"
    hours = defaults.LONGEST_VISIBILITY_TIMEOUT_SECONDS // 3_600
    return (
        defaults.LONGEST_JOB_SECONDS,
        f"SQS hides a message for {hours} hours at most, and then hands it to another worker. Split the work, or let "
        "the message start a job that nobody waits for",
    )


def check(problems: Problems, wishes: Wishes) -> None:
    """Add what is wrong with the workers themselves, whatever their number."""
    match wishes.workers:
        case FunctionWorkers():
            _check_function(problems, wishes, wishes.workers)
        case FargateWorkers():
            _check_tasks(problems, wishes.workers)
        case InstanceWorkers():
            pass


def check_with_numbers(problems: Problems, wishes: Wishes, plan: WorkerPlan) -> None:
    """Add what is wrong with the workers and their number."""
    match wishes.workers:
        case InstanceWorkers():
            _check_instances(problems, wishes.workers, plan, wishes.zones)
        case FargateWorkers():
            problems.between("workers.on_demand_base", wishes.workers.on_demand_base, 0, plan.maximum)
        case FunctionWorkers():
            _check_calls(problems, wishes, wishes.workers, plan)


def function_timeout(wishes: Wishes) -> int:
    """The function's timeout, after which Lambda ends it."""
    assert isinstance(wishes.workers, FunctionWorkers)  # noqa: S101 - for the type checker
    return wishes.function_timeout or wishes.workers.timeout_seconds or defaults.FUNCTION_SECONDS


def batch_size(wishes: Wishes) -> int:
    """Messages of one call."""
    if not isinstance(wishes.workers, FunctionWorkers):
        return 1
    if wishes.workers.batch_size is not None:
        return wishes.workers.batch_size
    fits = min(wishes.latency / 2, function_timeout(wishes)) / wishes.processing
    return min(max(int(fits), 1), defaults.LARGEST_BATCH)


def default_visibility(wishes: Wishes, batch: int) -> int:
    """For how long a queue of the pool's own hides a message."""
    if isinstance(wishes.workers, FunctionWorkers):
        factor = defaults.FUNCTION_VISIBILITY_FACTOR
        return factor * function_timeout(wishes) + wishes.workers.batching_window_seconds
    usual = math.ceil(defaults.VISIBILITY_FACTOR * wishes.processing * batch)
    return min(max(usual, defaults.VISIBILITY_TIMEOUT_SECONDS), defaults.LONGEST_VISIBILITY_TIMEOUT_SECONDS)


def least_visibility(wishes: Wishes, plan: WorkerPlan) -> tuple[int, str]:
    """For how long a queue has to hide a message at least, and why."""
    if isinstance(wishes.workers, FunctionWorkers):
        return plan.job_timeout_seconds, (
            "Lambda reads from no queue that hides messages for less than the function's timeout. "
            f"{defaults.FUNCTION_VISIBILITY_FACTOR} times as long is better"
        )
    return math.floor(wishes.processing) + 1, (
        "another worker would get a message that is still being worked on, more than processing_seconds "
        f"({wishes.processing:.15g} seconds) keep it"
    )


def default_maximum(wishes: Wishes, minimum: int, needed: int | None) -> int:
    """Of workers, where nobody said it."""
    # In steady state a pool has the share of the latency that the work itself takes more than what is kept busy.
    headroom = max(defaults.PEAK_HEADROOM, 1 + wishes.processing / wishes.latency)
    usual = defaults.MAXIMUM_WORKERS if needed is None else math.ceil(needed * headroom)
    least = defaults.FEWEST_FUNCTION_WORKERS if isinstance(wishes.workers, FunctionWorkers) else 1
    return max(usual, minimum, least)


def _check_instances(problems: Problems, workers: InstanceWorkers, plan: WorkerPlan, zones: int | None) -> None:
    inner = Problems("")
    # The queue keeps what a lost zone leaves undone: a pool needs no worker in each of them.
    capacity = Capacity(minimum=max(plan.minimum, 0), maximum=max(plan.maximum, 1), fewer_than_zones=True)
    if capacity.minimum > capacity.maximum:
        return
    check_fleet(
        inner,
        zones=2 if zones is None else zones,
        capacity=capacity,
        instances=workers.instances,
        mixed_fleet=workers.mixed_fleet,
        warm_up_seconds=workers.warm_up_seconds,
        update=workers.update,
        health_url=workers.health_url,
        trust_new_instances=workers.trust_new_instances,
        down_with_its_zone=workers.down_with_its_zone,
    )
    for problem in inner.found:
        problems.add(problem if problem.startswith("subnets ") else f"workers.{problem}")


def _check_tasks(problems: Problems, workers: FargateWorkers) -> None:
    sizes = defaults.FARGATE_SIZES
    if workers.cpu not in sizes:
        problems.add(f"workers.cpu must be one of {', '.join(map(str, sizes))}, got {workers.cpu}")
    elif workers.memory_mib not in sizes[workers.cpu]:
        fitting = ", ".join(map(str, sizes[workers.cpu]))
        problems.add(f"workers.memory_mib must be one of {fitting} with cpu={workers.cpu}, got {workers.memory_mib}")
    problems.one_of("workers.architecture", workers.architecture, tuple(Architecture))
    problems.between("workers.spot_percentage", workers.spot_percentage, 0, 100, " %")
    problems.between("workers.warm_up_seconds", workers.warm_up_seconds, 0, _LONGEST_WARM_UP_SECONDS, " s")
    if workers.on_demand_base and workers.spot_percentage == 0:
        problems.add(
            "workers.on_demand_base is what is never Spot, got spot_percentage=0: leave it out, or say how much is Spot"
        )
    if workers.scratch_gib is not None:
        problems.between("workers.scratch_gib", workers.scratch_gib, *_SCRATCH_GIB, " GiB")
    for name, command in (("command", workers.command), ("health_command", workers.health_command)):
        if isinstance(command, str):
            problems.add(f"workers.{name} must be a list of words, got {command!r}: write {command.split()}")


def _check_function(problems: Problems, wishes: Wishes, workers: FunctionWorkers) -> None:
    for name, given, instead in (
        ("minimum_workers", wishes.minimum, "a function starts with the first message"),
        ("late_from_zero", wishes.late_from_zero, "a function starts with the first message"),
        ("environment", wishes.environment, "give it to the function itself"),
        ("vpc and subnets", wishes.network_given, "a function has its network from where it is made"),
        ("limits.backlog_per_worker", wishes.limits.backlog_per_worker, "Lambda scales a function by itself"),
        ("limits.job_timeout_seconds", wishes.limits.job_timeout_seconds, "the function's timeout is its own"),
        ("limits.grace_seconds", wishes.limits.grace_seconds, "Lambda lets a call end by itself"),
    ):
        if given:
            problems.add(f"{name} must be left out with FunctionWorkers: {instead}")
    known, said = wishes.function_timeout, workers.timeout_seconds
    if known is None and said is None:
        problems.add(
            "workers.timeout_seconds is missing: the timeout of a function that is made elsewhere is not known here"
        )
    elif known is not None and said is not None and known != said:
        problems.add(f"workers.timeout_seconds must be left out, got {said}: the function's own timeout is {known}")
    elif said is not None:
        problems.between("workers.timeout_seconds", said, 1, defaults.LONGEST_FUNCTION_SECONDS, " seconds")
    window = workers.batching_window_seconds
    problems.between("workers.batching_window_seconds", window, 0, defaults.LONGEST_BATCHING_WINDOW_SECONDS, " seconds")
    if wishes.fifo and window and not is_token(window):
        problems.add(f"workers.batching_window_seconds must be 0 with a FIFO queue, got {window} seconds")
    if workers.batch_size is not None:
        # More than one receive call brings takes a window to fill.
        windowed = window and not wishes.fifo
        most = defaults.LARGEST_WINDOWED_BATCH if windowed else defaults.LARGEST_BATCH
        problems.between("workers.batch_size", workers.batch_size, 1, most)


def _check_calls(problems: Problems, wishes: Wishes, workers: FunctionWorkers, plan: WorkerPlan) -> None:
    low, high = defaults.FEWEST_FUNCTION_WORKERS, defaults.MOST_FUNCTION_WORKERS
    if not low <= plan.maximum <= high:
        problems.add(
            f"maximum_workers must be between {low} and {high} with FunctionWorkers, got {plan.maximum}"
            + ("" if wishes.maximum is not None else ", as peak_messages_per_second needs it")
            + ": Lambda calls a function for one queue so many times at once"
        )
    takes = plan.batch_size * wishes.processing
    if takes > plan.job_timeout_seconds:
        problems.add(
            f"workers.function's timeout must be at least {takes:.15g} seconds (batch_size x processing_seconds), got "
            f"{plan.job_timeout_seconds} seconds: raise it, or take fewer messages at a time"
        )
    whole = takes + workers.batching_window_seconds
    if whole > wishes.latency:
        problems.add(
            f"acceptable_latency_seconds must be at least {whole:.15g} seconds (batch_size x processing_seconds + "
            f"batching_window_seconds), got {wishes.latency:.15g} seconds: take fewer messages at a time, or wait less "
            "for them"
        )
