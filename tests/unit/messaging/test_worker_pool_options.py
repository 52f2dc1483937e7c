"""What follows from latency and processing time, and what can't be."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_patterns._validation import Problems
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.messaging.worker_pool_options import (
    FargateWorkers,
    FunctionWorkers,
    InstanceWorkers,
    PoolLimits,
    WorkerPlan,
    check_worker_pool,
    plan_worker_pool,
    slow_reaction_advice,
)

SPOT = InstanceWorkers(
    instances=Instances(instance_types=["m7g.large", "m6g.large"]),
    mixed_fleet=MixedFleet(on_demand_base=0, spot_percentage=100),
)


def tasks(**props: Any) -> FargateWorkers:
    return FargateWorkers(image=None, **props)  # type: ignore[arg-type]  # never looked at here


def function(**props: Any) -> FunctionWorkers:
    return FunctionWorkers(function=None, **props)  # type: ignore[arg-type]  # never looked at here


def plan(**options: Any) -> WorkerPlan:
    return plan_worker_pool(
        **{"workers": InstanceWorkers(), "acceptable_latency_seconds": 60, "processing_seconds": 2, **options}
    )


def problems(**options: Any) -> list[str]:
    found = Problems("x")
    given_plan = check_worker_pool(
        found, **{"workers": InstanceWorkers(), "acceptable_latency_seconds": 60, "processing_seconds": 2, **options}
    )
    assert (given_plan is None) == bool(found.found)
    return found.found


def test_a_worker_may_have_as_many_messages_as_it_is_done_with_in_time() -> None:
    assert plan(acceptable_latency_seconds=10, processing_seconds=0.1).backlog_per_worker == pytest.approx(100)
    assert plan(workers=InstanceWorkers(concurrency=4)).backlog_per_worker == 120


@pytest.mark.parametrize(
    ("processing", "visibility", "heartbeat"),
    [(0.1, 30, 10), (20, 40, 13), (600, 1_200, 400), (42_000, 43_200, 14_400)],
)
def test_a_message_is_hidden_for_longer_than_it_takes_and_kept_by_a_heartbeat(
    processing: float, visibility: int, heartbeat: int
) -> None:
    made = plan(acceptable_latency_seconds=100_000, processing_seconds=processing)
    assert (made.visibility_timeout_seconds, made.heartbeat_seconds) == (visibility, heartbeat)


def test_the_peak_gives_the_maximum_and_a_quarter_more() -> None:
    made = plan(peak_messages_per_second=50)
    assert (made.needed_at_peak, made.maximum) == (100, 125)
    assert plan(peak_messages_per_second=50, workers=InstanceWorkers(concurrency=8)).needed_at_peak == 13
    assert plan(peak_messages_per_second=50, maximum_workers=100).maximum == 100
    assert plan().maximum == 10
    assert plan(minimum_workers=12).maximum == 12


def test_a_tight_latency_needs_more_than_is_kept_busy() -> None:
    assert plan(acceptable_latency_seconds=2, peak_messages_per_second=50).maximum == 200


@pytest.mark.parametrize(
    ("workers", "latency", "minimum"),
    [(InstanceWorkers(), 1_141, 1), (InstanceWorkers(), 1_142, 0), (tasks(), 1_081, 1), (tasks(), 1_082, 0)],
)
def test_a_pool_sleeps_only_where_it_wakes_in_time(
    workers: InstanceWorkers | FargateWorkers, latency: int, minimum: int
) -> None:
    assert plan(workers=workers, acceptable_latency_seconds=latency).minimum == minimum
    assert plan(workers=workers, acceptable_latency_seconds=60, late_from_zero=True).minimum == 0


@pytest.mark.parametrize(
    ("workers", "processing", "grace"),
    [
        (InstanceWorkers(), 2, 90),
        (InstanceWorkers(), 30, 300),
        (InstanceWorkers(), 1_000, 3_600),
        (SPOT, 30, 110),
        (tasks(), 30, 110),
    ],
)
def test_whoever_is_told_to_stop_gets_the_time_that_the_host_allows(
    workers: InstanceWorkers | FargateWorkers, processing: float, grace: int
) -> None:
    made = plan(workers=workers, acceptable_latency_seconds=100_000, processing_seconds=processing)
    assert made.grace_seconds == grace


def test_a_job_that_takes_ten_times_as_long_as_usual_is_ended() -> None:
    assert plan().job_timeout_seconds == 60
    assert plan(acceptable_latency_seconds=1_000, processing_seconds=30.5).job_timeout_seconds == 305
    assert plan(acceptable_latency_seconds=10_000, processing_seconds=9_000).job_timeout_seconds == 42_000


def test_every_number_that_follows_can_be_said_instead() -> None:
    made = plan(
        limits=PoolLimits(
            backlog_per_worker=5, visibility_timeout_seconds=45, job_timeout_seconds=20, grace_seconds=30
        ),
        minimum_workers=2,
        maximum_workers=7,
    )
    assert (made.backlog_per_worker, made.visibility_timeout_seconds, made.heartbeat_seconds) == (5, 45, 15)
    assert (made.job_timeout_seconds, made.grace_seconds, made.minimum, made.maximum) == (20, 30, 2, 7)


def test_lambda_gets_six_times_the_functions_timeout() -> None:
    made = plan(workers=function(timeout_seconds=30, batching_window_seconds=5))
    assert (made.visibility_timeout_seconds, made.heartbeat_seconds) == (185, None)


@pytest.mark.parametrize(
    ("latency", "timeout", "batch"), [(60, 30, 10), (60, 7, 3), (10, 30, 2), (3, 30, 1), (2_000, 900, 10)]
)
def test_a_batch_is_done_in_half_the_latency(latency: int, timeout: int, batch: int) -> None:
    made = plan(workers=function(timeout_seconds=timeout), acceptable_latency_seconds=latency)
    assert made.batch_size == batch


def test_a_jump_to_the_peak_that_is_answered_too_late_is_said() -> None:
    assert slow_reaction_advice(plan(peak_messages_per_second=5)) == (
        "A jump to the peak has its workers after 360 seconds, later than acceptable_latency_seconds (60 seconds) "
        "allows: keep 10 (minimum_workers=10) if the load jumps, or acknowledge this if it grows slowly"
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"peak_messages_per_second": 5, "minimum_workers": 10},
        {"peak_messages_per_second": 5, "acceptable_latency_seconds": 400},
        {"peak_messages_per_second": 5, "workers": function(timeout_seconds=30)},
    ],
)
def test_nothing_is_said_where_it_is_in_time_or_unknown(options: dict[str, Any]) -> None:
    assert slow_reaction_advice(plan(**options)) is None


IMPOSSIBLE: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"acceptable_latency_seconds": 60, "processing_seconds": 120},
        [
            "acceptable_latency_seconds must be at least processing_seconds (120 seconds), got 60 seconds: no number "
            "of workers is faster than one is with a message. Accept more, or split the work into smaller messages"
        ],
    ),
    (
        {"acceptable_latency_seconds": -1, "processing_seconds": 0, "peak_messages_per_second": 0},
        [
            "processing_seconds must be more than 0 seconds, got 0 seconds",
            "acceptable_latency_seconds must be more than 0 seconds, got -1 seconds",
            "peak_messages_per_second must be more than 0, got 0",
        ],
    ),
    (
        {"acceptable_latency_seconds": 2_000_000, "processing_seconds": 50_000},
        [
            "processing_seconds must be at most 42000 seconds, got 50000 seconds: SQS hides a message for 12 hours at "
            "most, and then hands it to another worker. Split the work, or let the message start a job that nobody "
            "waits for",
            "acceptable_latency_seconds must be at most 1209600 seconds, got 2000000 seconds: SQS keeps no message for "
            "longer",
        ],
    ),
    (
        {"acceptable_latency_seconds": math.inf, "processing_seconds": math.nan},
        [
            "acceptable_latency_seconds must be a number, got inf",
            "processing_seconds must be a number, got nan",
        ],
    ),
    ({"workers": InstanceWorkers(concurrency=0)}, ["workers.concurrency must be between 1 and 256, got 0"]),
    ({"minimum_workers": -1}, ["minimum_workers must be 0 or more, got -1"]),
    ({"minimum_workers": 5, "maximum_workers": 4}, ["maximum_workers must be between 5 and 10000, got 4"]),
    (
        {"peak_messages_per_second": 6_000},
        ["maximum_workers must be between 1 and 10000, got 15000, as peak_messages_per_second needs it"],
    ),
    (
        {"peak_messages_per_second": 50, "maximum_workers": 10},
        [
            "maximum_workers must be at least 100, got 10: 50 messages a second of 2 seconds each keep as many busy. "
            "Raise it, or let a worker do more at a time"
        ],
    ),
    (
        {"maximum_workers": 1_000, "workers": InstanceWorkers(concurrency=200)},
        [
            "maximum_workers x messages that one has in hand must be at most 120000, got 200000: SQS hands out no more "
            "at a time"
        ],
    ),
    (
        {"minimum_workers": 0},
        [
            "minimum_workers must be at least 1, got 0: a message that finds no worker may wait 1140 seconds for one, "
            "and acceptable_latency_seconds is 60. Keep one, or accept that with late_from_zero=True"
        ],
    ),
    (
        {"minimum_workers": 2, "late_from_zero": True},
        ["late_from_zero=True is about a pool of no workers, got minimum_workers=2: leave out one"],
    ),
    (
        {
            "limits": PoolLimits(
                backlog_per_worker=31, visibility_timeout_seconds=2, job_timeout_seconds=1, grace_seconds=20
            )
        },
        [
            "limits.backlog_per_worker must be more than 0 and at most 30 (acceptable_latency_seconds / "
            "processing_seconds x workers.concurrency), got 31: a worker is not done with more in time",
            "limits.job_timeout_seconds must be between 2 and 42000 seconds, got 1 seconds",
            "limits.grace_seconds must be between 25 and 3600 seconds, got 20 seconds",
            "limits.visibility_timeout_seconds must be between 3 and 43200 seconds, got 2 seconds: another worker "
            "would get a message that is still being worked on, more than processing_seconds (2 seconds) keep it",
        ],
    ),
    (
        {"limits": PoolLimits(job_timeout_seconds=2.5)},  # type: ignore[arg-type]  # what a settings file may hold
        ["limits.job_timeout_seconds must be a whole number, got 2.5"],
    ),
    (
        {"workers": tasks(), "limits": PoolLimits(grace_seconds=120)},
        ["limits.grace_seconds must be between 25 and 110 seconds, got 120 seconds"],
    ),
    (
        {"environment": {"QUEUE_URL": "x", "a-b": "x", "GOOD": "x", "LINES": "a\nb"}},
        [
            "environment must leave QUEUE_URL to the pool, which sets it itself",
            "environment must have names of letters, digits and underscores, got 'a-b'",
            "environment must have values of one line, got LINES='a\\nb'",
        ],
    ),
    (
        {"queue_given": True, "queue_visibility_seconds": 2},
        [
            "queue's visibility timeout must be between 3 and 43200 seconds, got 2 seconds: another worker would get a "
            "message that is still being worked on, more than processing_seconds (2 seconds) keep it"
        ],
    ),
    (
        {"queue_given": True, "limits": PoolLimits(visibility_timeout_seconds=60)},
        ["limits.visibility_timeout_seconds is of the queue that a pool makes, and queue was given: set it there"],
    ),
    (
        {"workers": InstanceWorkers(instances=Instances(instance_types=["big"]), warm_up_seconds=-1)},
        [
            "workers.instances.instance_types must be written like t4g.small, got 'big'",
            "workers.warm_up_seconds must be between 0 and 3600 s, got -1 s",
        ],
    ),
    (
        {"zones": 1},
        [
            "subnets must be in several zones, got 1: a fleet in one zone goes down with it. Choose others, or accept "
            "that with down_with_its_zone=True"
        ],
    ),
    (
        {
            "workers": tasks(
                cpu=300,
                architecture="mips",
                spot_percentage=101,
                warm_up_seconds=4_000,
                scratch_gib=10,
                command="run it",
                health_command="ask it",
            )
        },
        [
            "workers.cpu must be one of 256, 512, 1024, 2048, 4096, 8192, 16384, got 300",
            "workers.architecture must be one of arm64, x86_64, got 'mips'",
            "workers.spot_percentage must be between 0 and 100 %, got 101 %",
            "workers.warm_up_seconds must be between 0 and 3600 s, got 4000 s",
            "workers.scratch_gib must be between 21 and 200 GiB, got 10 GiB",
            "workers.command must be a list of words, got 'run it': write ['run', 'it']",
            "workers.health_command must be a list of words, got 'ask it': write ['ask', 'it']",
        ],
    ),
    (
        {"workers": tasks(memory_mib=1_536)},
        ["workers.memory_mib must be one of 512, 1024, 2048 with cpu=256, got 1536"],
    ),
    (
        {"workers": tasks(on_demand_base=1)},
        ["workers.on_demand_base is what is never Spot, got spot_percentage=0: leave it out, or say how much is Spot"],
    ),
    (
        {"workers": tasks(on_demand_base=11, spot_percentage=50)},
        ["workers.on_demand_base must be between 0 and 10, got 11"],
    ),
    (
        {"workers": function(timeout_seconds=30), "acceptable_latency_seconds": 2_000, "processing_seconds": 1_000},
        [
            "processing_seconds must be at most 900 seconds, got 1000 seconds: Lambda ends a function after 900. Use "
            "FargateWorkers or InstanceWorkers"
        ],
    ),
    (
        {
            "workers": function(),
            "minimum_workers": 1,
            "late_from_zero": True,
            "environment": {"JOB": "a:b"},
            "network_given": True,
            "limits": PoolLimits(backlog_per_worker=5, job_timeout_seconds=60, grace_seconds=60),
        },
        [
            "minimum_workers must be left out with FunctionWorkers: a function starts with the first message",
            "late_from_zero must be left out with FunctionWorkers: a function starts with the first message",
            "environment must be left out with FunctionWorkers: give it to the function itself",
            "vpc and subnets must be left out with FunctionWorkers: a function has its network from where it is made",
            "limits.backlog_per_worker must be left out with FunctionWorkers: Lambda scales a function by itself",
            "limits.job_timeout_seconds must be left out with FunctionWorkers: the function's timeout is its own",
            "limits.grace_seconds must be left out with FunctionWorkers: Lambda lets a call end by itself",
            "workers.timeout_seconds is missing: the timeout of a function that is made elsewhere is not known here",
        ],
    ),
    (
        {"workers": function(timeout_seconds=10), "function_timeout_seconds": 30},
        ["workers.timeout_seconds must be left out, got 10: the function's own timeout is 30"],
    ),
    (
        {"workers": function(timeout_seconds=1_000, batch_size=11, batching_window_seconds=301)},
        [
            "workers.timeout_seconds must be between 1 and 900 seconds, got 1000 seconds",
            "workers.batching_window_seconds must be between 0 and 300 seconds, got 301 seconds",
        ],
    ),
    (
        {"workers": function(timeout_seconds=30, batch_size=11)},
        ["workers.batch_size must be between 1 and 10, got 11"],
    ),
    (
        {"workers": function(timeout_seconds=30, batch_size=11, batching_window_seconds=5), "fifo": True},
        [
            "workers.batching_window_seconds must be 0 with a FIFO queue, got 5 seconds",
            "workers.batch_size must be between 1 and 10, got 11",
        ],
    ),
    (
        {"workers": function(timeout_seconds=15, batch_size=10, batching_window_seconds=50)},
        [
            "workers.function's timeout must be at least 20 seconds (batch_size x processing_seconds), got 15 seconds: "
            "raise it, or take fewer messages at a time",
            "acceptable_latency_seconds must be at least 70 seconds (batch_size x processing_seconds + "
            "batching_window_seconds), got 60 seconds: take fewer messages at a time, or wait less for them",
        ],
    ),
    (
        {"workers": function(timeout_seconds=30), "maximum_workers": 1},
        [
            "maximum_workers must be between 2 and 1000 with FunctionWorkers, got 1: Lambda calls a function for one "
            "queue so many times at once"
        ],
    ),
    (
        {"workers": function(timeout_seconds=30), "peak_messages_per_second": 1_000},
        [
            "maximum_workers must be between 2 and 1000 with FunctionWorkers, got 2500, as peak_messages_per_second "
            "needs it: Lambda calls a function for one queue so many times at once"
        ],
    ),
    (
        {"workers": function(timeout_seconds=30), "queue_given": True, "queue_visibility_seconds": 29},
        [
            "queue's visibility timeout must be between 30 and 43200 seconds, got 29 seconds: Lambda reads from no "
            "queue that hides messages for less than the function's timeout. 6 times as long is better"
        ],
    ),
]


@pytest.mark.parametrize(("options", "found"), IMPOSSIBLE, ids=lambda value: str(value)[:60])
def test_what_can_not_be_is_refused_with_the_way_out(options: dict[str, Any], found: list[str]) -> None:
    assert problems(**options) == found


def test_a_plan_says_all_that_is_wrong_at_once() -> None:
    message = (
        "A plan for workers can't be built:\n"
        "  - peak_messages_per_second must be more than 0, got 0\n"
        "  - workers.concurrency must be between 1 and 256, got 0"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        plan(workers=InstanceWorkers(concurrency=0), peak_messages_per_second=0)


def test_a_token_is_refused_where_everything_is_computed_from_it() -> None:
    import aws_cdk as cdk

    assert problems(acceptable_latency_seconds=cdk.Token.as_number(cdk.Fn.ref("Latency"))) == [
        "acceptable_latency_seconds must be known at synthesis, where everything else is computed from it"
    ]


@given(
    processing=st.floats(0.001, 42_000),
    times=st.floats(1, 1_000),
    concurrency=st.integers(1, 256),
    peak=st.none() | st.floats(0.001, 100),
)
def test_whatever_is_accepted_is_consistent(
    processing: float, times: float, concurrency: int, peak: float | None
) -> None:
    found = Problems("x")
    made = check_worker_pool(
        found,
        workers=InstanceWorkers(concurrency=concurrency),
        acceptable_latency_seconds=min(processing * times, 1_209_600),
        processing_seconds=processing,
        peak_messages_per_second=peak,
    )
    if made is None:
        assert found.found
        return
    assert made.backlog_per_worker >= 1
    assert processing < made.visibility_timeout_seconds <= 43_200
    assert made.processing_seconds <= made.job_timeout_seconds <= 42_000
    assert 0 <= made.minimum <= made.maximum
    assert made.needed_at_peak is None or made.needed_at_peak <= made.maximum
    # As the worker program wants it: nine tenths outlast one long poll.
    assert made.grace_seconds * 0.9 > 20
