"""What a choice starts from: everything that is wrong with it at once."""

from __future__ import annotations

import math
from typing import Any, cast

import pytest

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery.choice.example_profile import EXAMPLE
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign, check_choice
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.choice.strategy_choice import choose_strategy
from aws_patterns.disaster_recovery.choice.workload_profile import (
    ComputeKind,
    ComputeProfile,
    DataKind,
    DataProfile,
    WorkloadProfile,
)

OBJECTIVE = RecoveryObjective(recovery_time_seconds=3_600, recovery_point_seconds=900)
TABLE = DataProfile(name="Orders", kind=DataKind.TABLE)
API = ComputeProfile(name="API", kind=ComputeKind.FUNCTION)


def problems(
    objective: RecoveryObjective = OBJECTIVE,
    profile: WorkloadProfile = EXAMPLE,
    design: RecoveryDesign = RecoveryDesign(),  # noqa: B008 - frozen
) -> list[str]:
    found = Problems("A choice")
    check_choice(found, objective=objective, profile=profile, design=design)
    return found.found


def test_the_example_is_let_through() -> None:
    assert problems() == []


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan])
def test_an_objective_is_a_time(seconds: float) -> None:
    asked = RecoveryObjective(recovery_time_seconds=seconds, recovery_point_seconds=seconds)
    assert problems(asked) == [
        f"objective.recovery_time_seconds must be more than 0 seconds, got {seconds:.15g}",
        f"objective.recovery_point_seconds must be more than 0 seconds, got {seconds:.15g}",
    ]


def test_a_profile_has_names_sizes_and_something_that_serves() -> None:
    profile = WorkloadProfile(
        data=[
            DataProfile(name="Orders", kind=DataKind.TABLE, gib=-1, monthly_cost=math.inf),
            DataProfile(name="Orders", kind=cast(Any, "tape")),
        ],
        compute=[],
        enough_fraction=0,
        build_seconds=-1,
    )
    assert problems(profile=profile) == [
        "profile.compute must hold what serves users, got none: a ComputeProfile at least",
        "profile.data[0].gib must be 0 or more, got -1",
        "profile.data[0].monthly_cost must be 0 or more, got inf",
        "profile.data[1].kind must be one of table, bucket, aurora, database, got 'tape'",
        "profile.data must have a name for each, got 'Orders' more than once",
        "profile.enough_fraction must be more than 0 and at most 1, got 0: 0.25 is a quarter of the full capacity",
        "profile.build_seconds must be 0 or more, got -1",
    ]


def test_compute_is_of_a_known_kind_and_takes_time() -> None:
    profile = WorkloadProfile(
        data=[],
        compute=[
            ComputeProfile(name="API", kind=cast(Any, "mainframe"), monthly_cost=-1),
            ComputeProfile(name="API", kind=ComputeKind.FLEET, start_seconds=-1),
        ],
    )
    assert problems(profile=profile) == [
        "profile.compute[0].kind must be one of function, fleet, got 'mainframe'",
        "profile.compute[0].monthly_cost must be 0 or more, got -1",
        "profile.compute[1].start_seconds must be 0 or more, got -1",
        "profile.compute must have a name for each, got 'API' more than once",
    ]


def test_types_are_checked_throughout() -> None:
    profile = WorkloadProfile(
        data=[DataProfile(name="Orders", kind=DataKind.TABLE, gib=cast(Any, "10"))], compute=[API]
    )
    assert problems(profile=profile) == ["profile.data[0].gib must be a number, got '10'"]


def test_a_design_is_within_its_limits() -> None:
    design = RecoveryDesign(
        check_interval_seconds=20,
        check_failures=0,
        watch_failures=11,
        decision_seconds=90_000,
        backup_interval_seconds=5_000,
        backup_kept_days=0,
        capacity_fraction=1.5,
    )
    assert problems(design=design) == [
        "design.check_interval_seconds must be 10 or 30 seconds, got 20",
        "design.check_failures must be between 1 and 10, got 0",
        "design.watch_failures must be between 1 and 10, got 11",
        "design.decision_seconds must be between 0 and 86400 seconds, got 90000 seconds",
        "design.backup_kept_days must be between 1 and 36500 days, got 0 days",
        "design.capacity_fraction must be between 0 and 1, got 1.5",
        "design.backup_interval_seconds must be 1, 2, 3, 4, 6, 8, 12, 24 hours, in seconds (3600 to 86400), got 5000 "
        "seconds",
    ]


def test_a_choice_from_the_impossible_says_so_at_once() -> None:
    with pytest.raises(ValueError, match="comparison") as raised:
        choose_strategy(OBJECTIVE, WorkloadProfile(data=[TABLE], compute=[]), RecoveryDesign(check_failures=0))
    assert str(raised.value) == (
        "A comparison of strategies can't be built:\n"
        "  - profile.compute must hold what serves users, got none: a ComputeProfile at least\n"
        "  - design.check_failures must be between 1 and 10, got 0"
    )
