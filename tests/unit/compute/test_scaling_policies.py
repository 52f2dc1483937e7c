"""Scaling policies that can't work, alone or beside each other, are refused with the reason and the fix."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.compute._scaling_advice import scaling_advice
from aws_patterns.compute._scaling_effects import capacity_after
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.scaling_policies import (
    AdjustmentType,
    CpuTarget,
    CustomMetric,
    CustomMetricTarget,
    FleetMetric,
    MaxCapacityBehavior,
    MemoryTarget,
    NetworkInTarget,
    NetworkOutTarget,
    PredictiveMode,
    PredictiveScaling,
    RequestsPerTarget,
    ScalingPolicy,
    ScheduledScaling,
    SimpleScaling,
    Statistic,
    Step,
    StepScaling,
    check_scaling,
)

CAPACITY = Capacity(minimum=3, maximum=9)
QUEUE = CustomMetric(namespace="Shop", metric_name="OrdersWaiting")
WEEKDAYS = "0 8 * * 1-5"


def problems(*policies: ScalingPolicy, capacity: Capacity = CAPACITY, has_load_balancer: bool = True) -> list[str]:
    found = Problems("Thing")
    check_scaling(found, policies, capacity=capacity, has_load_balancer=has_load_balancer)
    return found.found


def steps(*given: Step, **options: Any) -> StepScaling:
    return StepScaling(**{"name": "Out", "metric": FleetMetric.CPU, "steps": given, **options})


def simple(**options: Any) -> SimpleScaling:
    return SimpleScaling(**{"name": "Busy", "metric": FleetMetric.CPU, "at_least": 70, "change": 1, **options})


def scheduled(name: str = "Morning", **options: Any) -> ScheduledScaling:
    given: dict[str, Any] = {"name": name, **options}
    if not {"minimum", "maximum", "desired"} & set(options):
        given |= {"minimum": 3, "maximum": 9}
    if not {"start", "recurrence"} & set(options):
        given |= {"recurrence": WEEKDAYS}
    return ScheduledScaling(**given)


def acting(**options: Any) -> PredictiveScaling:
    return PredictiveScaling(**{"target": 50, "mode": PredictiveMode.FORECAST_AND_SCALE, **options})


OUT = steps(Step(lower=80, change=3), Step(lower=60, upper=80, change=1))
BACK = steps(Step(upper=20, change=-1), name="In")


@pytest.mark.parametrize(
    "policies",
    [
        [],
        [CpuTarget(percent=1)],
        [CpuTarget(percent=99)],
        [
            CpuTarget(percent=50),
            RequestsPerTarget(requests_per_minute=1000),
            NetworkInTarget(bytes_per_minute=1e7),
            NetworkOutTarget(bytes_per_minute=1e7),
            MemoryTarget(percent=80),
            CustomMetricTarget(name="Orders", metric=QUEUE, target=0.5),
        ],
        [OUT, BACK],
        [steps(Step(upper=10, change=-3), Step(lower=10, upper=20, change=-1))],
        [OUT, NetworkInTarget(bytes_per_minute=1e7)],
        [
            steps(
                Step(lower=60, change=50),
                adjustment_type=AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
                min_adjustment_magnitude=2,
            ),
            BACK,
        ],
        [steps(Step(lower=60, change=9), adjustment_type=AdjustmentType.EXACT_CAPACITY), BACK],
        [steps(*(Step(lower=n, upper=n + 1, change=1) for n in range(60, 79)), Step(lower=79, change=2)), BACK],
        [simple(), simple(name="Idle", at_least=None, at_most=30, change=-1)],
        [simple(metric=QUEUE, cooldown_seconds=0), CpuTarget(percent=50)],
        [acting(), CpuTarget(percent=50)],
        [acting(), PredictiveScaling(target=60, name="Other"), BACK],
        [PredictiveScaling(target=50)],
        [acting(max_capacity=MaxCapacityBehavior.INCREASE, max_capacity_buffer_percent=0), CpuTarget(percent=50)],
        [acting(metric=FleetMetric.REQUESTS_PER_TARGET, scheduling_buffer_seconds=3600), CpuTarget(percent=50)],
        [scheduled(), scheduled("Evening", recurrence="0 18 * * 1-5")],
        [scheduled(time_zone="Europe/Vienna"), scheduled("Elsewhere", time_zone="America/New_York")],
        [scheduled(recurrence="*/15 8-17/3 1,15 JAN-mar,DEC sun-Tue"), scheduled("B", recurrence="1 0 29 2 7")],
        [scheduled(recurrence="5/20 * * * *")],
        [scheduled(start="2027-12-24T08:00:00Z"), scheduled("After", start="2027-12-24T08:01Z")],
        [scheduled(recurrence=WEEKDAYS, start="2027-01-01T00:00:00Z", end="2027-12-31T00:00:00Z")],
        [scheduled(minimum=20, maximum=40), scheduled("Evening", recurrence="0 18 * * *", minimum=3, maximum=9)],
        [
            scheduled("Stop", minimum=0, maximum=0, desired=0, recurrence="0 20 * * *"),
            scheduled("Start", minimum=3, maximum=9, recurrence="0 6 * * *"),
        ],
        [CpuTarget(percent=50, name=f"Cpu-{number}") for number in range(1)],
    ],
    ids=lambda policies: ",".join(policy.name for policy in policies)[:60],
)
def test_what_works_is_accepted(policies: list[ScalingPolicy]) -> None:
    assert problems(*policies) == []


def test_a_fleet_of_one_size_needs_no_policy() -> None:
    assert problems(capacity=Capacity(minimum=3, maximum=3)) == []


@pytest.mark.parametrize(
    "policies",
    [
        [PredictiveScaling(target=50)],
        [scheduled(minimum=3, maximum=6), CpuTarget(percent=50)],
    ],
)
def test_a_fleet_of_one_size_may_forecast_or_have_another_size_at_times(policies: list[ScalingPolicy]) -> None:
    assert problems(*policies, capacity=Capacity(minimum=3, maximum=3)) == []


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (CpuTarget(percent=0), "scaling_policies.Cpu.percent must be between 1 and 99 percent, got 0 percent"),
        (CpuTarget(percent=100), "scaling_policies.Cpu.percent must be between 1 and 99 percent, got 100 percent"),
        (
            CpuTarget(percent=float("nan")),
            "scaling_policies.Cpu.percent must be between 1 and 99 percent, got nan",
        ),
        (MemoryTarget(percent=-5), "scaling_policies.Memory.percent must be between 1 and 99 percent, got -5 percent"),
        (
            RequestsPerTarget(requests_per_minute=0),
            "scaling_policies.Requests.requests_per_minute must be above 0, got 0",
        ),
        (NetworkInTarget(bytes_per_minute=-1), "scaling_policies.NetworkIn.bytes_per_minute must be above 0, got -1"),
        (
            NetworkOutTarget(bytes_per_minute=float("inf")),
            "scaling_policies.NetworkOut.bytes_per_minute must be above 0, got inf",
        ),
        (
            CustomMetricTarget(name="Orders", metric=QUEUE, target=0),
            "scaling_policies.Orders.target must be above 0, got 0",
        ),
        (
            CustomMetricTarget(name="Orders", metric=CustomMetric(namespace="", metric_name="X"), target=1),
            "scaling_policies.Orders.metric.namespace must not be empty",
        ),
        (
            CustomMetricTarget(name="Orders", metric=CustomMetric(namespace="Shop", metric_name=""), target=1),
            "scaling_policies.Orders.metric.metric_name must not be empty",
        ),
        (
            simple(metric=CustomMetric(namespace="A", metric_name="B", statistic="p99")),  # type: ignore[arg-type]  # bad
            "scaling_policies.Busy.metric.statistic must be one of Average, Minimum, Maximum, Sum, SampleCount, "
            "got 'p99'",
        ),
        (
            CpuTarget(percent=50, name="Cpu target"),
            "scaling_policies must have names of up to 64 letters, digits and hyphens, a letter first, "
            "got 'Cpu target'",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_target_that_can_not_be_followed_is_refused(policy: ScalingPolicy, message: str) -> None:
    assert problems(policy) == [message]


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (steps(), "scaling_policies.Out.steps must hold a step, such as Step(lower=60, change=1)"),
        (
            steps(Step(lower=60, upper=80, change=1), Step(lower=70, change=3)),
            "scaling_policies.Out.steps must not overlap, got 60 to 80 and 70 to the top",
        ),
        (
            steps(Step(upper=20, change=-1), Step(upper=10, change=-2)),
            "scaling_policies.Out.steps must not overlap, got the bottom to 20 and the bottom to 10",
        ),
        (
            steps(Step(lower=60, upper=70, change=1), Step(lower=80, change=3)),
            "scaling_policies.Out.steps must follow each other without a gap, got none from 70 to 80",
        ),
        (
            steps(Step(lower=80, upper=60, change=1)),
            "scaling_policies.Out.steps must each reach from a lower to a higher value, got 80 to 60",
        ),
        (
            steps(Step(change=1)),
            "scaling_policies.Out.steps must be open to one side, got both: an alarm watches one; "
            "make a policy for growing and one for shrinking",
        ),
        (
            steps(Step(upper=20, change=-1), Step(lower=20, change=1)),
            "scaling_policies.Out.steps must be open to one side, got both: an alarm watches one; "
            "make a policy for growing and one for shrinking",
        ),
        (
            steps(Step(lower=60, upper=80, change=1)),
            "scaling_policies.Out.steps must be open to one side, got 60 to 80: beyond it nothing would happen; "
            "leave out the upper end of the highest step (more load) or the lower end of the lowest (less)",
        ),
        (
            steps(*(Step(lower=n, upper=n + 1, change=1) for n in range(60, 80)), Step(lower=80, change=2)),
            "scaling_policies.Out.steps may hold 20, AWS's limit for a policy, got 21",
        ),
        (
            steps(Step(lower=60, change=0)),
            "scaling_policies.Out.steps must change something, got 0: leave out what does nothing",
        ),
        (
            steps(Step(upper=20, change=-101), adjustment_type=AdjustmentType.PERCENT_CHANGE_IN_CAPACITY),
            "scaling_policies.Out.steps can't take away more than all, got -101 percent",
        ),
        (
            steps(Step(lower=60, change=-1), adjustment_type=AdjustmentType.EXACT_CAPACITY),
            "scaling_policies.Out.steps must be 0 or more with EXACT_CAPACITY, got -1",
        ),
        (
            steps(Step(lower=60, change=10), adjustment_type=AdjustmentType.EXACT_CAPACITY),
            "scaling_policies.Out asks for 10 instances, which the fleet's limits, 3 to 9, never allow: "
            "change the one or the others",
        ),
        (
            steps(Step(lower=60, change=1), adjustment_type="Some"),
            "scaling_policies.Out.adjustment_type must be one of ChangeInCapacity, PercentChangeInCapacity, "
            "ExactCapacity, got 'Some'",
        ),
        (
            steps(Step(lower=60, change=1), min_adjustment_magnitude=2),
            "scaling_policies.Out.min_adjustment_magnitude needs adjustment_type PERCENT_CHANGE_IN_CAPACITY, "
            "got ChangeInCapacity: other changes are in instances already",
        ),
        (
            steps(
                Step(lower=60, change=10),
                adjustment_type=AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
                min_adjustment_magnitude=0,
            ),
            "scaling_policies.Out.min_adjustment_magnitude must be 1 or more, got 0",
        ),
        (steps(Step(lower=60, change=1), periods=0), "scaling_policies.Out.periods must be between 1 and 1440, got 0"),
        (
            simple(at_least=None),
            "scaling_policies.Busy must have at_least (acts when the metric is high) or at_most (when it is low), "
            "got neither",
        ),
        (
            simple(at_most=10),
            "scaling_policies.Busy must have at_least (acts when the metric is high) or at_most (when it is low), "
            "got both",
        ),
        (
            steps(Step(lower=60, upper=float("inf"), change=1)),
            "scaling_policies.Out.steps must reach from number to number: leave an end out where there is none",
        ),
        (simple(at_least=float("nan")), "scaling_policies.Busy must act at a number, got nan"),
        (
            simple(change=0),
            "scaling_policies.Busy.change must change something, got 0: leave out what does nothing",
        ),
        (
            simple(cooldown_seconds=-1),
            "scaling_policies.Busy.cooldown_seconds must be between 0 and 86400 seconds, got -1 seconds",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_steps_that_can_not_be_taken_are_refused(policy: ScalingPolicy, message: str) -> None:
    assert problems(policy) == [message]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": 100}, "scaling_policies.Predictive.target must be between 1 and 99 percent, got 100 percent"),
        (
            {"target": 0, "metric": FleetMetric.NETWORK_IN},
            "scaling_policies.Predictive.target must be above 0, got 0",
        ),
        (
            {"metric": FleetMetric.MEMORY},
            "scaling_policies.Predictive.metric must be one of cpu, network-in, network-out, requests-per-target, "
            "got <FleetMetric.MEMORY: 'memory'>",
        ),
        (
            {"mode": "Guess"},
            "scaling_policies.Predictive.mode must be one of ForecastOnly, ForecastAndScale, got 'Guess'",
        ),
        (
            {"scheduling_buffer_seconds": 3601},
            "scaling_policies.Predictive.scheduling_buffer_seconds must be between 0 and 3600 seconds, "
            "got 3601 seconds",
        ),
        (
            {"max_capacity": MaxCapacityBehavior.INCREASE},
            "scaling_policies.Predictive.max_capacity_buffer_percent must be given with max_capacity INCREASE, "
            "from 0 to 100",
        ),
        (
            {"max_capacity": MaxCapacityBehavior.INCREASE, "max_capacity_buffer_percent": 101},
            "scaling_policies.Predictive.max_capacity_buffer_percent must be between 0 and 100 percent, "
            "got 101 percent",
        ),
        (
            {"max_capacity_buffer_percent": 10},
            "scaling_policies.Predictive.max_capacity_buffer_percent needs max_capacity INCREASE, "
            "got 10 with HonorMaxCapacity: a maximum that holds has no room above it",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_forecast_that_can_not_be_made_is_refused(options: dict[str, Any], message: str) -> None:
    assert problems(PredictiveScaling(**{"target": 50, **options})) == [message]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"minimum": None},
            "scaling_policies.Morning must set minimum, maximum or desired: as it is it changes nothing",
        ),
        ({"minimum": -1}, "scaling_policies.Morning.minimum must be 0 or more, got -1"),
        (
            {"minimum": 5, "maximum": 4},
            "scaling_policies.Morning.minimum must not be above its maximum, got 5 and 4",
        ),
        (
            {"minimum": 3, "maximum": 9, "desired": 10},
            "scaling_policies.Morning.desired must not be above its maximum, got 10 and 9",
        ),
        (
            {"minimum": 10},
            "scaling_policies.Morning asks for 10 and leaves the maximum as it is, 9 in the fleet's capacity: "
            "AWS would refuse it then; give it a maximum as well",
        ),
        (
            {"desired": 2},
            "scaling_policies.Morning asks for 2 and leaves the minimum as it is, 3 in the fleet's capacity: "
            "AWS would refuse it then; give it a minimum as well",
        ),
        (
            {"minimum": 0, "maximum": 0},
            "scaling_policies.Morning stops the fleet (maximum 0) and no other action starts it again: "
            "add one that sets minimum and maximum back",
        ),
        (
            {"recurrence": None},
            "scaling_policies.Morning must have a recurrence, or a start to happen once",
        ),
        (
            {"recurrence": "cron(0 8 * * ? *)"},
            "scaling_policies.Morning.recurrence must be a cron expression of five fields such as '0 8 * * 1-5', "
            "got 'cron(0 8 * * ? *)': it has 6 fields, not five (minute, hour, day, month, day of the week)",
        ),
        *(
            (
                {"recurrence": recurrence},
                "scaling_policies.Morning.recurrence must be a cron expression of five fields such as '0 8 * * 1-5', "
                f"got {recurrence!r}: {why}",
            )
            for recurrence, why in {
                "60 8 * * *": "'60' is no minute",
                "0 24 * * *": "'24' is no hour",
                "0 8 0 * *": "'0' is no day of the month",
                "0 8 * 13 *": "'13' is no month",
                "0 8 * * MUN": "'MUN' is no day of the week",
                "0 8 * * 5-1": "'5-1' is no day of the week",
                "*/0 8 * * *": "'*/0' is no minute",
                "0 8 ? * *": "'?' is no day of the month",
                "0 8 30 2 *": "there is no such date",
            }.items()
        ),
        (
            {"time_zone": "Europe/Wien"},
            "scaling_policies.Morning.time_zone must be an IANA name such as Europe/Vienna, got 'Europe/Wien': "
            "did you mean Europe/Vienna?",
        ),
        (
            {"time_zone": "???"},
            "scaling_policies.Morning.time_zone must be an IANA name such as Europe/Vienna, got '???': "
            "see the IANA time zone database",
        ),
        (
            {"start": "2027-12-24T08:00:00Z", "time_zone": "Europe/Vienna"},
            "scaling_policies.Morning.time_zone must come with a recurrence: a start is in UTC, got 'Europe/Vienna'",
        ),
        *(
            (
                {"start": start},
                f"scaling_policies.Morning.start must be a time in UTC such as 2027-12-24T08:00:00Z, got {start!r}",
            )
            for start in (
                "2027-12-24",
                "2027-12-24T08:00:00+01:00",
                "2027-02-29T08:00:00Z",
                "2027-13-01T08:00:00Z",
                "2027-12-24T24:00:00Z",
                "2027-12-24T08:60:00Z",
                "2027-12-24T08:00:60Z",
            )
        ),
        (
            {"start": "2027-12-24T08:00:00Z", "end": "2027-12-25T08:00:00Z"},
            "scaling_policies.Morning.end must come with a recurrence: what happens once has no end",
        ),
        (
            {"recurrence": WEEKDAYS, "start": "2027-12-24T08:00:00Z", "end": "2027-12-24T08:00:00Z"},
            "scaling_policies.Morning.end must be later than its start, "
            "got 2027-12-24T08:00:00Z and 2027-12-24T08:00:00Z",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_schedule_that_can_not_be_kept_is_refused(options: dict[str, Any], message: str) -> None:
    assert problems(scheduled(**options)) == [message]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"recurrence": WEEKDAYS}, {"recurrence": "0 6-9 * * 3"}),
        ({"recurrence": WEEKDAYS, "time_zone": "Etc/UTC"}, {"recurrence": WEEKDAYS, "time_zone": "UTC"}),
        # Either kind of day will do, so this one runs on every Monday and on every first.
        ({"recurrence": "0 8 1 * 1"}, {"recurrence": "0 8 * * 1"}),
        ({"recurrence": "0 8 29 2 *"}, {"recurrence": "0 8 * * 4"}),
        ({"start": "2027-12-24T08:00:00Z"}, {"start": "2027-12-24T08:00Z"}),
        # A Friday.
        ({"start": "2027-12-24T08:00:00Z"}, {"recurrence": WEEKDAYS}),
        ({"recurrence": WEEKDAYS}, {"start": "2027-12-24T08:00:00Z"}),
    ],
)
def test_two_actions_at_once_are_refused(one: dict[str, str], other: dict[str, str]) -> None:
    assert problems(scheduled("One", **one), scheduled("Other", **other)) == [
        "scaling_policies must not do two things at once, got One and Other: AWS refuses the second; "
        "move one by a minute"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"recurrence": "0 8 * * 1-5"}, {"recurrence": "0 8 * * 6,7"}),
        ({"recurrence": "0 8 31 * *"}, {"recurrence": "0 8 * 4,6,9,11 *"}),
        ({"recurrence": "0 8 1 1 *"}, {"recurrence": "0 8 1 2 *"}),
        # A Saturday.
        ({"start": "2027-12-25T08:00:00Z"}, {"recurrence": WEEKDAYS}),
        ({"start": "2027-12-24T07:00:00Z"}, {"recurrence": WEEKDAYS, "time_zone": "Europe/Vienna"}),
    ],
)
def test_two_actions_at_different_times_are_accepted(one: dict[str, str], other: dict[str, str]) -> None:
    first = scheduled("One", **one)
    second = scheduled("Other", **other)
    assert problems(first, second) == []


def test_an_action_that_relies_on_a_limit_which_another_has_changed_is_refused() -> None:
    night = scheduled("Night", recurrence="0 20 * * *", minimum=1, maximum=2)
    assert problems(scheduled(minimum=4), night) == [
        "scaling_policies.Morning asks for 4 and leaves the maximum as it is, 2 after Night: "
        "AWS would refuse it then; give it a maximum as well"
    ]


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        (
            [CpuTarget(percent=50), CpuTarget(percent=60, name="Other")],
            "scaling_policies must not follow two targets for CPUUtilization, got Cpu and Other: "
            "only the lower one would count; keep one of them",
        ),
        (
            [
                CpuTarget(percent=50),
                CustomMetricTarget(
                    name="Same",
                    metric=CustomMetric(namespace="AWS/EC2", metric_name="CPUUtilization", of_group=True),
                    target=50,
                ),
            ],
            "scaling_policies must not follow two targets for CPUUtilization, got Cpu and Same: "
            "only the lower one would count; keep one of them",
        ),
        (
            [CpuTarget(percent=50), OUT],
            "scaling_policies must not watch CPUUtilization in Out and follow a target for it in Cpu: "
            "they would undo each other's changes; keep one of them, or let one watch something else",
        ),
        (
            [MemoryTarget(percent=50), simple(metric=FleetMetric.MEMORY)],
            "scaling_policies must not watch mem_used_percent in Busy and follow a target for it in Memory: "
            "they would undo each other's changes; keep one of them, or let one watch something else",
        ),
        (
            [OUT, steps(Step(upper=70, change=-1), name="In")],
            "scaling_policies must not grow and shrink the fleet at the same CPUUtilization, got Out and In "
            "from 60 to 70: they would undo each other's changes; leave room between them",
        ),
        (
            [simple(), simple(name="Idle", at_least=None, at_most=70, change=-1)],
            "scaling_policies must not grow and shrink the fleet at the same CPUUtilization, got Busy and Idle "
            "at 70: they would undo each other's changes; leave room between them",
        ),
        (
            [simple(metric=QUEUE), simple(name="Idle", metric=QUEUE, at_least=80, change=-1)],
            "scaling_policies must not grow and shrink the fleet at the same OrdersWaiting, got Busy and Idle "
            "from 80 up: they would undo each other's changes; leave room between them",
        ),
        (
            [
                simple(metric=QUEUE, at_least=None, at_most=8),
                simple(name="Idle", metric=QUEUE, at_least=None, at_most=9, change=-1),
            ],
            "scaling_policies must not grow and shrink the fleet at the same OrdersWaiting, got Busy and Idle "
            "from 8 down: they would undo each other's changes; leave room between them",
        ),
        (
            [acting(), acting(name="Second", target=60), CpuTarget(percent=50)],
            "scaling_policies may hold one predictive policy that scales, AWS's rule, got Predictive, Second: "
            "let the others only forecast (mode FORECAST_ONLY)",
        ),
        *(
            (
                [acting(), *others],
                "scaling_policies.Predictive grows the fleet and never shrinks it, and no other policy does: "
                "add one such as CpuTarget(percent=50)",
            )
            for others in ([], [CpuTarget(percent=50, disable_scale_in=True)], [OUT], [scheduled()])
        ),
        (
            [CpuTarget(percent=50), RequestsPerTarget(requests_per_minute=100, name="Cpu")],
            "scaling_policies must have names that differ, got Cpu 2 times: give each its own (name=...)",
        ),
        (
            [simple(name=f"Busy{n}", metric=CustomMetric(namespace="A", metric_name=str(n))) for n in range(51)],
            "scaling_policies may hold 50 scaling policies, AWS's limit for a group, got 51",
        ),
        (
            [scheduled(f"At{n}", recurrence=f"{n % 60} {n // 60} * * *") for n in range(126)],
            "scaling_policies may hold 125 scheduled actions, AWS's limit for a group, got 126",
        ),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_policies_that_fight_each_other_are_refused(policies: list[ScalingPolicy], message: str) -> None:
    assert problems(*policies) == [message]


@pytest.mark.parametrize(
    "policy",
    [
        RequestsPerTarget(requests_per_minute=100, name="Web"),
        simple(name="Web", metric=FleetMetric.REQUESTS_PER_TARGET),
        steps(Step(lower=60, change=1), name="Web", metric=FleetMetric.REQUESTS_PER_TARGET),
        PredictiveScaling(target=50, name="Web", metric=FleetMetric.REQUESTS_PER_TARGET),
    ],
    ids=lambda policy: type(policy).__name__,
)
def test_requests_are_counted_by_a_load_balancer_only(policy: ScalingPolicy) -> None:
    assert problems(policy) == []
    assert problems(policy, has_load_balancer=False) == [
        "scaling_policies.Web needs an application load balancer in front, which counts the requests: "
        "without one scale by CpuTarget or NetworkInTarget"
    ]


def test_a_policy_that_could_never_act_is_refused() -> None:
    one_size = Capacity(minimum=3, maximum=3)
    assert problems(CpuTarget(percent=50), acting(), capacity=one_size) == [
        "scaling_policies can't act on a fleet whose minimum is its maximum, 3, got Cpu, Predictive: "
        "raise the maximum, or leave them out (scaling_policies=())"
    ]


def test_different_statistics_of_a_metric_are_different_metrics() -> None:
    longest = CustomMetric(namespace="Shop", metric_name="OrdersWaiting", statistic=Statistic.MAXIMUM)
    assert problems(simple(metric=longest), CustomMetricTarget(name="Orders", metric=QUEUE, target=5)) == []


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(
        CpuTarget(percent=0),
        steps(Step(lower=60, upper=70, change=0)),
        scheduled(recurrence="x", minimum=5, maximum=2),
        RequestsPerTarget(requests_per_minute=1),
        has_load_balancer=False,
    )
    assert [problem.partition(" ")[0] for problem in found] == [
        "scaling_policies.Cpu.percent",
        "scaling_policies.Out.steps",
        "scaling_policies.Out.steps",
        "scaling_policies.Morning.recurrence",
        "scaling_policies.Morning.minimum",
        "scaling_policies.Requests",
    ]


def test_without_a_time_zone_database_aws_judges_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aws_patterns.compute._scaling_schedule._zones", tuple[str, ...])
    assert problems(scheduled(time_zone="Europe/Wien")) == []


def test_policies_are_checked_without_the_cdk() -> None:
    code = """
import sys
from aws_patterns._validation import Problems
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.scaling_policies import CpuTarget, check_scaling

found = Problems("Thing")
check_scaling(found, [CpuTarget(percent=0)], capacity=Capacity(minimum=1, maximum=2), has_load_balancer=True)
print(len(found.found), "aws_cdk" in sys.modules)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, env=environment
    )
    assert done.stdout == "1 False\n"


def advice(*policies: ScalingPolicy, warm_up_seconds: int | None = 120, **limits: int) -> list[tuple[str, str]]:
    capacity = Capacity(minimum=limits.get("minimum", 3), maximum=limits.get("maximum", 9))
    given = scaling_advice(policies, capacity=capacity, warm_up_seconds=warm_up_seconds)
    return [(found.id.removeprefix("aws-patterns:"), found.text) for found in given]


class TestAdvice:
    @pytest.mark.parametrize(
        "policies",
        [
            [],
            [CpuTarget(percent=50)],
            [OUT, BACK],
            [acting(), CpuTarget(percent=50)],
            [OUT, scheduled(), scheduled("Evening", recurrence="1 9 * * *")],
            [scheduled(start="2027-12-24T08:00:00Z", minimum=5), CpuTarget(percent=50)],
        ],
        ids=lambda policies: ",".join(policy.name for policy in policies),
    )
    def test_is_kept_back_where_there_is_none_to_give(self, policies: list[ScalingPolicy]) -> None:
        assert problems(*policies) == []
        assert advice(*policies) == []

    def test_says_that_nothing_shrinks_the_fleet(self) -> None:
        assert advice(OUT, CpuTarget(percent=50, disable_scale_in=True)) == [
            (
                "scalingNeverShrinks",
                "Out, Cpu only add instances, and nothing takes them away again: the fleet stays as large as it ever "
                "was. Add a policy that shrinks it.",
            )
        ]

    def test_says_that_nothing_grows_the_fleet(self) -> None:
        assert advice(BACK) == [
            (
                "scalingNeverGrows",
                "In only take instances away, and nothing adds any again. Add a policy that grows the fleet.",
            )
        ]

    def test_says_that_a_size_alone_does_not_hold(self) -> None:
        assert advice(scheduled(desired=6), CpuTarget(percent=50)) == [
            (
                "scalingTakenBack",
                "Morning sets desired only: Cpu will take those instances away again as soon as they have nothing to "
                "do. Set minimum, which holds.",
            )
        ]

    def test_says_that_a_limit_holds_until_another_action_changes_it(self) -> None:
        assert advice(scheduled(minimum=6), CpuTarget(percent=50)) == [
            (
                "scalingNeverSetBack",
                "Morning sets the minimum to 6 and no other action sets it back: it holds from the first time on. "
                "Add the action that ends it.",
            )
        ]

    def test_says_that_a_simple_policy_acts_before_its_instances_help(self) -> None:
        policies = [simple(cooldown_seconds=60), simple(name="Idle", at_least=None, at_most=10, change=-1)]
        assert advice(*policies, warm_up_seconds=None) == []
        assert advice(*policies) == [
            (
                "scalingCooldown",
                "Busy acts again after 60 seconds, and an instance takes 120 to warm up: it would add more before the "
                "first ones help. A simple policy knows no warm-up: make its cooldown_seconds at least as long, or "
                "use StepScaling.",
            )
        ]

    def test_says_that_a_forecast_launches_too_late(self) -> None:
        looked_at = PredictiveScaling(target=50, name="Looked-at")
        assert advice(acting(), CpuTarget(percent=50), looked_at, warm_up_seconds=600) == [
            (
                "scalingBuffer",
                "Predictive launches instances 300 seconds ahead, and one takes 600 to warm up: they would come too "
                "late. Make scheduling_buffer_seconds at least as long.",
            )
        ]

    def test_says_that_a_fleet_would_go_back_and_forth(self) -> None:
        in_at_44 = steps(Step(upper=44, change=-1), name="In")
        assert advice(OUT, in_at_44) == []
        assert advice(OUT, in_at_44, minimum=2) == [
            (
                "scalingBackAndForth",
                "In at 44 makes 2 of 3 instances, which are then at 66, where Out adds some again: the fleet would "
                "go back and forth. Let In wait for less than 40.",
            )
        ]

    def test_of_back_and_forth_is_for_what_instances_share(self) -> None:
        assert (
            advice(
                simple(metric=QUEUE, at_least=50), simple(name="In", metric=QUEUE, at_least=None, at_most=49, change=-1)
            )
            == []
        )


class TestEffect:
    @pytest.mark.parametrize(("value", "capacity"), [(59.9, 4), (60, 5), (79.9, 5), (80, 7), (1000, 7)])
    def test_of_steps_upwards_begins_at_their_lower_end(self, value: float, capacity: int) -> None:
        assert capacity_after(OUT, value=value, capacity=4) == capacity

    @pytest.mark.parametrize(("value", "capacity"), [(20.1, 4), (20, 3), (10.1, 3), (10, 1), (-5, 1)])
    def test_of_steps_downwards_begins_at_their_upper_end(self, value: float, capacity: int) -> None:
        down = steps(Step(lower=10, upper=20, change=-1), Step(upper=10, change=-3))
        assert capacity_after(down, value=value, capacity=4) == capacity

    @pytest.mark.parametrize(
        ("change", "least", "capacity", "after"),
        [(50, None, 4, 6), (10, None, 4, 5), (25, 3, 4, 7), (-50, None, 5, 3), (-10, None, 4, 3), (-100, None, 4, 0)],
    )
    def test_of_percent_is_rounded_towards_none_and_is_one_instance_at_least(
        self, change: int, least: int | None, capacity: int, after: int
    ) -> None:
        policy = simple(
            change=change,
            adjustment_type=AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
            min_adjustment_magnitude=least,
        )
        assert capacity_after(policy, value=70, capacity=capacity) == after

    def test_of_an_exact_capacity_is_that(self) -> None:
        policy = simple(change=6, adjustment_type=AdjustmentType.EXACT_CAPACITY)
        assert capacity_after(policy, value=90, capacity=2) == 6
