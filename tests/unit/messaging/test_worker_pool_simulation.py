"""What the simulator says about pools, and that it says what arithmetic says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aws_patterns.messaging.worker_pool_options import FunctionWorkers, InstanceWorkers, WorkerPlan, plan_worker_pool
from aws_patterns.messaging.worker_pool_simulation import Load, Simulation, simulate, wake_size

HOUR = 3_600


def plan(**options: Any) -> WorkerPlan:
    return plan_worker_pool(
        **{
            "workers": InstanceWorkers(),
            "acceptable_latency_seconds": 600,
            "processing_seconds": 2,
            "peak_messages_per_second": 50,
            **options,
        }
    )


@pytest.fixture(scope="module")
def steady() -> Simulation:
    """Fifty messages a second, out of nowhere, for six hours."""
    return simulate(plan(), [Load(messages_per_second=50, seconds=6 * HOUR)])


def test_a_steady_load_settles_at_the_workers_that_it_keeps_busy(steady: Simulation) -> None:
    assert steady.plan.needed_at_peak == 100
    # And the share more that the work takes of the latency: 2 of 600 seconds.
    assert steady.settled_workers == (101, 101)


def test_once_settled_a_message_takes_no_longer_than_its_work(steady: Simulation) -> None:
    assert {steady.latency_seconds(second) for second in range(3 * HOUR, 5 * HOUR, 60)} <= {1, 2, 3}


def test_the_first_jump_is_answered_after_the_reaction_time(steady: Simulation) -> None:
    first = next(moment.second for moment in steady.moments if moment.in_service > 1)
    assert first == pytest.approx(steady.plan.reaction_seconds, abs=1)
    assert steady.longest_latency_seconds == pytest.approx(steady.plan.reaction_seconds, abs=5)


def test_nothing_is_lost_on_the_way(steady: Simulation) -> None:
    last = steady.moments[-1]
    assert last.sent == pytest.approx(50 * 6 * HOUR)
    in_work = min(last.in_service, 50 * 2)
    assert last.sent - last.done == pytest.approx(last.waiting + in_work, abs=51)


def test_the_simulation_says_it_in_a_sentence(steady: Simulation) -> None:
    assert str(steady) == (
        f"at 50 messages a second: settles at 101 workers, drains in {steady.drain_seconds} s, longest latency "
        f"{steady.longest_latency_seconds} s"
    )


def test_a_backlog_drains_and_the_pool_goes_back_to_its_minimum() -> None:
    done = simulate(plan(peak_messages_per_second=None), [Load(messages_per_second=0, seconds=3 * HOUR)], backlog=6_000)
    assert done.settled_workers == (1, 1)
    # Ten workers need 1200 s for it, and come after the reaction time.
    assert done.drain_seconds is not None
    assert 1_200 < done.drain_seconds < 1_200 + done.plan.reaction_seconds + 60
    assert done.moments[-1].done == pytest.approx(6_000, abs=1)


def test_a_sleeping_pool_wakes_with_what_the_backlog_needs_and_sleeps_again() -> None:
    asleep = plan(acceptable_latency_seconds=1_800, peak_messages_per_second=None)
    done = simulate(asleep, [Load(messages_per_second=0, seconds=2 * HOUR)], backlog=2_000)
    assert asleep.minimum == 0
    first = next(moment for moment in done.moments if moment.in_service)
    assert first.in_service == 4
    assert first.second <= asleep.wake_seconds
    assert done.moments[-1].in_service == 0
    assert done.longest_latency_seconds is not None
    assert done.longest_latency_seconds <= 1_800


def test_a_woken_pool_is_wanted_for_as_long_as_messages_arrive() -> None:
    night = Load(messages_per_second=0, seconds=HOUR)
    done = simulate(
        plan(acceptable_latency_seconds=1_800, peak_messages_per_second=None),
        [night, Load(messages_per_second=0.1, seconds=2 * HOUR)],
    )
    woken = next(moment.second for moment in done.moments if moment.in_service)
    assert {moment.desired for moment in done.moments[woken:]} == {1}


def test_looking_at_the_backlog_alone_leaves_messages_waiting_for_ever(steady: Simulation) -> None:
    alone = simulate(steady.plan, steady.loads, counts_arrivals=False)
    late = alone.latency_seconds(4 * HOUR)
    assert late is not None
    assert late > 100 * (steady.latency_seconds(4 * HOUR) or 0)
    assert alone.drain_seconds is None


def test_too_few_at_the_maximum_never_drain() -> None:
    few = plan(peak_messages_per_second=None, maximum_workers=5)
    done = simulate(few, [Load(messages_per_second=50, seconds=2 * HOUR)])
    assert done.settled_workers == (5, 5)
    assert (done.drain_seconds, done.longest_latency_seconds) == (None, None)
    assert str(done) == "at 50 messages a second: settles at 5 workers, does not drain, some wait for ever"


def test_busy_workers_are_not_ended_before_they_are_done() -> None:
    slow = plan(acceptable_latency_seconds=1_800, processing_seconds=1_000, peak_messages_per_second=0.02)
    done = simulate(slow, [Load(messages_per_second=0.02, seconds=HOUR), Load(messages_per_second=0, seconds=2 * HOUR)])
    for moment in done.moments[HOUR:]:
        in_work = moment.sent - moment.done - moment.waiting
        assert moment.in_service >= in_work - 1


def test_lambda_grows_at_once_and_is_gone_at_once() -> None:
    calls = plan_worker_pool(
        workers=FunctionWorkers(function=None, timeout_seconds=30, batch_size=1),  # type: ignore[arg-type]  # not looked at
        acceptable_latency_seconds=60,
        processing_seconds=2,
        peak_messages_per_second=50,
    )
    done = simulate(calls, [Load(messages_per_second=50, seconds=600), Load(messages_per_second=0, seconds=60)])
    assert max(moment.in_service for moment in done.moments) <= calls.maximum
    assert done.latency_seconds(500) in {1, 2}
    assert done.moments[-1].in_service <= 1


def test_a_pool_that_is_large_enough_lets_nothing_wait() -> None:
    ample = simulate(plan(minimum_workers=101), [Load(messages_per_second=50, seconds=HOUR)])
    assert (ample.drain_seconds, ample.settled_workers) == (0, (101, 101))
    assert ample.longest_latency_seconds in {1, 2, 3}


def test_worker_hours_are_what_was_paid_for() -> None:
    idle = simulate(plan(minimum_workers=3), [Load(messages_per_second=0, seconds=2 * HOUR)])
    assert idle.worker_hours == pytest.approx(6)


@pytest.mark.parametrize("backlog", [1, 29, 30, 59, 60, 119, 5_000])
def test_a_pool_wakes_with_enough_for_its_target(backlog: int) -> None:
    made = plan(acceptable_latency_seconds=60, maximum_workers=150)
    woken = wake_size(backlog, made)
    assert woken == 150 or woken * made.backlog_per_worker >= backlog
    assert woken <= 2 * (backlog / made.backlog_per_worker) + 1


@pytest.mark.parametrize(
    "loads", [[], [Load(messages_per_second=-1, seconds=1)], [Load(messages_per_second=1, seconds=0)]]
)
def test_a_load_that_is_none_is_refused(loads: list[Load]) -> None:
    with pytest.raises(ValueError, match=r"^loads must be at least one, each of 1 second or more and 0 messages a"):
        simulate(plan(), loads)


@given(
    rate=st.floats(0.01, 20),
    processing=st.floats(0.1, 60),
    times=st.floats(1, 200),
    concurrency=st.integers(1, 16),
)
@settings(max_examples=15, deadline=None)
def test_whatever_the_load_the_pool_settles_near_what_is_kept_busy(
    rate: float, processing: float, times: float, concurrency: int
) -> None:
    made = plan_worker_pool(
        workers=InstanceWorkers(concurrency=concurrency),
        acceptable_latency_seconds=processing * times,
        processing_seconds=processing,
        peak_messages_per_second=rate,
    )
    fewest, most = simulate(made, [Load(messages_per_second=rate, seconds=4 * HOUR)]).settled_workers
    assert made.needed_at_peak is not None
    assert fewest >= made.needed_at_peak * 0.9 - 1
    assert most <= made.maximum
