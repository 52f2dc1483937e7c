"""Which strategy meets an objective, by which sum, and what is said where none does."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery.choice.example_profile import EXAMPLE
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.choice.strategy_choice import (
    Assessment,
    assess,
    check_design,
    choose_strategy,
    compare_strategies,
)
from aws_patterns.disaster_recovery.choice.workload_profile import (
    ComputeKind,
    ComputeProfile,
    DataKind,
    DataProfile,
    WorkloadProfile,
)
from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.recovery import DAY, HOUR, MINUTE

LOOSE = RecoveryObjective(recovery_time_seconds=30 * DAY, recovery_point_seconds=30 * DAY)
TABLE = DataProfile(name="Orders", kind=DataKind.TABLE, gib=20, monthly_cost=60)
BUCKET = DataProfile(name="Documents", kind=DataKind.BUCKET, gib=100)
AURORA = DataProfile(name="Ledger", kind=DataKind.AURORA, gib=100, monthly_cost=900)
DATABASE = DataProfile(name="Archive", kind=DataKind.DATABASE, gib=100)
FUNCTION = ComputeProfile(name="API", kind=ComputeKind.FUNCTION)
FLEET = ComputeProfile(name="Web", kind=ComputeKind.FLEET, start_seconds=400, monthly_cost=200)
SMALL = WorkloadProfile(data=[TABLE], compute=[FUNCTION])


def objective(time: float = 30 * DAY, point: float = 30 * DAY) -> RecoveryObjective:
    return RecoveryObjective(recovery_time_seconds=time, recovery_point_seconds=point)


def worst(found: Assessment) -> dict[str, float]:
    return {link.name: link.span.worst for link in found.time.links}


# --- The sums --------------------------------------------------------------------------------------------------------


def test_a_pilot_light_is_noticed_decided_about_scaled_and_moved() -> None:
    profile = WorkloadProfile(data=[TABLE, BUCKET], compute=[FUNCTION, FLEET])
    found = assess(LOOSE, profile, Strategy.PILOT_LIGHT)
    assert worst(found) == {
        "Detection": 60 * (3 + 1),
        "Decision": 15 * MINUTE,
        "Fencing": 2 * 60,
        "Promotion": 0,
        "Scaling": 400,
        "Health": 60,
        "Traffic": 30 * (3 + 1),
        "DNS": 60,
    }
    assert found.time.span.worst == 240 + 900 + 120 + 0 + 400 + 60 + 120 + 60
    assert found.time.span.usual == 180 + 900 + 10 + 0 + 200 + 10 + 90 + 30


def test_backup_and_restore_restores_and_builds_besides() -> None:
    profile = WorkloadProfile(data=[TABLE, BUCKET], compute=[FUNCTION], build_seconds=1_000)
    found = assess(LOOSE, profile, Strategy.BACKUP_AND_RESTORE)
    names = list(worst(found))
    assert names[3:6] == ["Restore", "Infrastructure", "Scaling"]
    assert (worst(found)["Restore"], worst(found)["Infrastructure"]) == (HOUR, 1_000)
    # The bucket's objects are copied as they are written, the table's items are not.
    assert {link.name: link.span.worst for link in found.point.links} == {
        "Orders": 24 * HOUR + HOUR + HOUR,
        "Documents": 15 * MINUTE,
    }


def test_a_warm_standby_that_is_enough_does_not_wait_for_the_rest() -> None:
    profile = WorkloadProfile(data=[TABLE], compute=[FLEET], enough_fraction=0.25)
    assert worst(assess(LOOSE, profile, Strategy.WARM_STANDBY))["Scaling"] == 0
    needs_all = replace(profile, enough_fraction=1.0)
    assert worst(assess(LOOSE, needs_all, Strategy.WARM_STANDBY))["Scaling"] == 400


def test_a_warm_standby_is_as_large_as_the_objective_needs() -> None:
    profile = WorkloadProfile(data=[TABLE], compute=[FLEET], enough_fraction=0.5)
    soon = assess(LOOSE, profile, Strategy.WARM_STANDBY).time.span.worst - 1
    assert assess(LOOSE, profile, Strategy.WARM_STANDBY).capacity_fraction == 0.25
    assert assess(objective(soon), profile, Strategy.WARM_STANDBY).capacity_fraction == 0.5
    chosen = assess(objective(soon), profile, Strategy.WARM_STANDBY, RecoveryDesign(capacity_fraction=0.3))
    assert (chosen.capacity_fraction, chosen.meets) == (0.3, False)


def test_the_size_of_a_standby_is_no_matter_for_other_strategies() -> None:
    found = compare_strategies(LOOSE, EXAMPLE, RecoveryDesign(capacity_fraction=0.3))
    assert [one.capacity_fraction for one in found.values()] == [0, 0, 0.3, 1]


def test_multi_site_needs_nobody_where_route_53_moves_users() -> None:
    found = assess(LOOSE, SMALL, Strategy.MULTI_SITE, RecoveryDesign(check_interval_seconds=10))
    assert worst(found) == {"Detection": 10 * (3 + 1), "Scaling": 0, "DNS": 60}


@pytest.mark.parametrize("part", [AURORA, DATABASE])
def test_multi_site_waits_for_a_writer_where_there_is_only_one(part: DataProfile) -> None:
    found = assess(LOOSE, WorkloadProfile(data=[TABLE, part], compute=[FUNCTION]), Strategy.MULTI_SITE)
    assert list(worst(found)) == ["Detection", "Decision", "Fencing", "Promotion", "Scaling", "Health"]
    assert worst(found)["Promotion"] == {AURORA: 10 * MINUTE, DATABASE: 15 * MINUTE}[part]


@pytest.mark.parametrize("strategy", list(Strategy))
def test_without_a_domain_the_switch_moves_users_at_once(strategy: Strategy) -> None:
    found = worst(assess(LOOSE, SMALL, strategy, RecoveryDesign(dns=False)))
    assert (found["Decision"], found["Traffic"]) == (15 * MINUTE, 2)
    assert "DNS" not in found


def test_data_is_promoted_side_by_side() -> None:
    profile = WorkloadProfile(data=[TABLE, AURORA, DATABASE], compute=[FUNCTION])
    (promotion,) = [
        link for link in assess(LOOSE, profile, Strategy.PILOT_LIGHT).time.links if link.name == "Promotion"
    ]
    assert promotion.span.worst == 15 * MINUTE
    assert promotion.how.startswith("Archive: a read replica is promoted")


def test_what_is_lost_is_the_worst_of_all_data() -> None:
    profile = WorkloadProfile(data=[TABLE, AURORA, DATABASE], compute=[FUNCTION])
    found = assess(LOOSE, profile, Strategy.PILOT_LIGHT)
    assert [link.span.worst for link in found.point.links] == [60, 10, 300]
    assert found.point.span.worst == 300


def test_a_workload_without_data_loses_none() -> None:
    profile = WorkloadProfile(data=[], compute=[FUNCTION])
    for found in compare_strategies(LOOSE, profile).values():
        assert found.point.span.worst == 0
    assert worst(assess(LOOSE, profile, Strategy.BACKUP_AND_RESTORE))["Restore"] == 0


def test_backups_are_as_frequent_as_the_objective_needs() -> None:
    def every(point: float) -> float | None:
        return assess(objective(point=point), SMALL, Strategy.BACKUP_AND_RESTORE).backup_interval_seconds

    # Begun within an hour, and copied in another one.
    assert [every(hours * HOUR) for hours in (30, 26, 25.9, 8, 3)] == [
        24 * HOUR,
        24 * HOUR,
        12 * HOUR,
        6 * HOUR,
        HOUR,
    ]
    assert every(HOUR) == HOUR
    chosen = assess(LOOSE, SMALL, Strategy.BACKUP_AND_RESTORE, RecoveryDesign(backup_interval_seconds=2 * HOUR))
    assert chosen.backup_interval_seconds == 2 * HOUR


# --- What it costs ---------------------------------------------------------------------------------------------------


def costs(found: Assessment) -> dict[str, float]:
    return {cost.name: cost.monthly for cost in found.costs}


def test_each_strategy_costs_what_it_keeps() -> None:
    profile = WorkloadProfile(data=[TABLE, BUCKET, DATABASE], compute=[FUNCTION, FLEET])
    found = compare_strategies(LOOSE, profile)
    live = {"Orders": 60, "Documents": pytest.approx(2.3), "Archive": 11.5, "API": 0}
    assert costs(found[Strategy.PILOT_LIGHT]) == {**live, "Web": 0}
    assert costs(found[Strategy.WARM_STANDBY]) == {**live, "Web": 50}
    assert costs(found[Strategy.MULTI_SITE]) == {**live, "Web": 200}
    assert costs(found[Strategy.BACKUP_AND_RESTORE]) == {
        # Seven full backups in both Regions.
        "Orders": pytest.approx(7 * 20 * 0.10 * 2),
        "Documents": pytest.approx(2.3),
        # One, and what has changed in a week.
        "Archive": pytest.approx(1.35 * 100 * 0.095 * 2),
        "API": 0,
        "Web": 0,
    }


def test_more_backups_cost_more() -> None:
    daily, hourly = (
        assess(LOOSE, SMALL, Strategy.BACKUP_AND_RESTORE, RecoveryDesign(backup_interval_seconds=hours * HOUR))
        for hours in (24, 1)
    )
    assert hourly.monthly_cost == pytest.approx(24 * daily.monthly_cost)


def test_a_cost_that_is_not_told_is_said_to_be_left_out() -> None:
    profile = WorkloadProfile(data=[], compute=[replace(FLEET, monthly_cost=0)])
    (cost,) = assess(LOOSE, profile, Strategy.MULTI_SITE).costs
    assert (cost.monthly, cost.how) == (0, "its monthly_cost is not told, so that it is left out")


# --- The choice ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "point", "chosen"),
    [
        (8 * HOUR, 30 * HOUR, Strategy.BACKUP_AND_RESTORE),
        (HOUR, 30 * HOUR, Strategy.PILOT_LIGHT),
        (8 * HOUR, 15 * MINUTE, Strategy.PILOT_LIGHT),
        (25 * MINUTE, 15 * MINUTE, Strategy.WARM_STANDBY),
        (20 * MINUTE, 15 * MINUTE, Strategy.MULTI_SITE),
    ],
)
def test_the_cheapest_that_meets_the_objective_is_chosen(time: float, point: float, chosen: Strategy) -> None:
    choice = choose_strategy(objective(time, point), EXAMPLE)
    assert choice.strategy is chosen
    assert choice.chosen.meets
    cheaper = [one for one in choice.assessments.values() if one.monthly_cost < choice.chosen.monthly_cost]
    assert not any(one.meets for one in cheaper)


def test_of_equally_cheap_ones_the_simplest_is_chosen() -> None:
    """Functions cost nothing while nobody calls them, so that three strategies cost the same."""
    choice = choose_strategy(objective(HOUR, MINUTE), SMALL)
    assert choice.strategy is Strategy.PILOT_LIGHT
    assert choice.assessments[Strategy.MULTI_SITE].monthly_cost == choice.chosen.monthly_cost


def test_a_boundary_is_met() -> None:
    span = assess(LOOSE, SMALL, Strategy.PILOT_LIGHT)
    time, point = span.time.span.worst, span.point.span.worst
    assert assess(objective(time, point), SMALL, Strategy.PILOT_LIGHT).meets
    assert not assess(objective(time - 1, point), SMALL, Strategy.PILOT_LIGHT).meets_time
    assert not assess(objective(time, point - 1), SMALL, Strategy.PILOT_LIGHT).meets_point


def test_a_choice_shows_its_arithmetic() -> None:
    found = str(choose_strategy(objective(HOUR, MINUTE), SMALL, RecoveryDesign(dns=False, decision_seconds=300)))
    assert found.splitlines() == [
        "Pilot light, with 0% of the capacity:",
        "  Serves again after 13 minutes (752 s) at most; the objective is 1 hour (3,600 s).",
        "    240 + 300 + 120 + 30 + 60 + 2 = 752 s",
        "        240 s  Detection: the watch asks every 60 s and tells people after 3 failures, 60 s x 3, and up to "
        "one interval before the first. "
        "(https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/detection.html)",
        "        300 s  Decision: people look, decide and start the runbook (an estimate: a drill shows it). "
        "(https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/detection.html)",
        "        120 s  Fencing: the runbook asks the lost Region twice to keep still, and gives up after 60 s, "
        "60 s x 2. (https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/"
        "rel_planning_for_recovery_auto_recovery.html)",
        "          0 s  Promotion: Orders: a replica of a global table is written to all along. "
        "(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html)",
        "         30 s  Scaling: API: Lambda starts a thousand environments every ten seconds. "
        "(https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html)",
        "         60 s  Health: the runbook asks the recovery Region until it has answered well several times. (https://"
        "docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_auto_recovery.html)",
        "          2 s  Traffic: the switch sends the next request to the recovery Region. (https://docs.aws.amazon.com/"
        "wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_disaster_recovery.html)",
        "  Loses 1 minute (60 s) at most; the objective is 1 minute (60 s).",
        "         60 s  Orders: a global table is within a second as a rule, without a promise; the alarm on "
        "replication allows a minute. (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html)",
        "  Costs $60 a month beyond the primary Region (list prices, to compare):",
        "        $60  Orders: a copy costs what the original does",
        "         $0  API: paid for by the request, wherever it is answered",
    ]


# --- What can't be met -----------------------------------------------------------------------------------------------

DESIGN = RecoveryDesign(check_failures=1)


def test_where_none_meets_the_objective_the_nearest_is_shown_link_by_link() -> None:
    with pytest.raises(ValueError, match="A recovery") as raised:
        choose_strategy(objective(60, 30), SMALL, DESIGN)
    assert str(raised.value) == (
        "A recovery that meets the objective can't be built:\n"
        "  - objective.recovery_time_seconds is 60, and multi-site, which comes nearest, takes up to "
        "2 minutes (120 s):\n"
        "         60 s  Detection: Route 53 asks every 30 s and believes the first answer, 30 s x 1, and up to one "
        "interval before the first. Change: design.check_interval_seconds=10, or fewer design.check_failures. "
        "(https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html)"
        "\n"
        "          0 s  Scaling: all of it runs already. (https://docs.aws.amazon.com/wellarchitected/latest/"
        "reliability-pillar/rel_planning_for_recovery_disaster_recovery.html)\n"
        "         60 s  DNS: resolvers keep an answer for 60 s; some keep it for longer, against the rules. "
        "(https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-alias-common.html)\n"
        "    No strategy meets both halves of the objective with this workload and design.\n"
        "  - objective.recovery_point_seconds is 30, and multi-site, which comes nearest, loses up to "
        "1 minute (60 s):\n"
        "         60 s  Orders: a global table is within a second as a rule, without a promise; the alarm on "
        "replication allows a minute. Change: nothing brings this closer: allow a minute. "
        "(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html)\n"
        "    No strategy meets both halves of the objective with this workload and design."
    )


def found_by_check(strategy: Strategy, asked: RecoveryObjective, profile: WorkloadProfile = SMALL) -> list[str]:
    problems = Problems("Something")
    check_design(problems, objective=asked, profile=profile, strategy=strategy)
    return problems.found


def test_a_design_that_meets_its_objective_is_let_through() -> None:
    for strategy in Strategy:
        assert found_by_check(strategy, LOOSE) == []


def test_a_design_that_misses_it_is_told_by_what_and_which_strategy_would_not() -> None:
    (problem,) = found_by_check(Strategy.PILOT_LIGHT, objective(600, 60))
    lines = problem.splitlines()
    assert lines[0] == "objective.recovery_time_seconds is 600, and pilot-light takes up to 26 minutes (1,530 s):"
    assert [line.split(":")[0].split("s  ")[1] for line in lines[1:-1]] == [
        *("Detection", "Decision", "Fencing", "Promotion", "Scaling", "Health", "Traffic", "DNS"),
    ]
    assert lines[-1] == (
        "    The cheapest strategy that meets the objective is multi-site with 100% of the capacity, for $60 a month."
    )


def test_every_link_that_takes_time_says_where_from_and_what_makes_it_shorter() -> None:
    everything = WorkloadProfile(data=[TABLE, BUCKET, AURORA, DATABASE], compute=[FLEET])
    for design in (RecoveryDesign(), RecoveryDesign(dns=False)):
        for found in compare_strategies(LOOSE, everything, design).values():
            for link in (*found.time.links, *found.point.links):
                assert link.source.startswith("https://docs.aws.amazon.com/")
                # What is only a minute, and can't be less.
                fixed = link.name in {"Fencing", "Health", "DNS"} or link.span.worst <= 2
                assert fixed or link.change, link.name


def test_a_backup_that_is_too_old_is_told_of() -> None:
    (problem,) = found_by_check(Strategy.BACKUP_AND_RESTORE, objective(point=HOUR))
    assert problem.splitlines() == [
        "objective.recovery_point_seconds is 3600, and backup-and-restore loses up to 3 hours (10,800 s):",
        "     10,800 s  Orders: a backup every 1 h, begun within an hour of its time, and copied in up to an hour (an "
        "estimate). Change: replicate it (pilot light). "
        "(https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html)",
        "    The cheapest strategy that meets the objective is pilot-light with 0% of the capacity, for $60 a month.",
    ]


def test_an_objective_that_is_known_only_at_deployment_is_let_through() -> None:
    from aws_cdk import CfnParameter, Stack, Token

    parameter = CfnParameter(Stack(), "Time", type="Number")
    asked = RecoveryObjective(recovery_time_seconds=Token.as_number(parameter), recovery_point_seconds=1)
    assert found_by_check(Strategy.PILOT_LIGHT, asked) == []


# --- Properties ------------------------------------------------------------------------------------------------------

SECONDS = st.floats(min_value=1, max_value=60 * DAY, allow_nan=False)
DATA = st.lists(
    st.builds(
        DataProfile,
        name=st.uuids().map(str),
        kind=st.sampled_from(DataKind),
        gib=st.floats(min_value=0, max_value=100_000),
        monthly_cost=st.floats(min_value=0, max_value=100_000),
    ),
    max_size=4,
)
COMPUTE = st.lists(
    st.builds(
        ComputeProfile,
        name=st.uuids().map(str),
        kind=st.sampled_from(ComputeKind),
        start_seconds=st.none() | st.floats(min_value=0, max_value=7_200),
        monthly_cost=st.floats(min_value=0, max_value=100_000),
    ),
    min_size=1,
    max_size=3,
)
PROFILES = st.builds(
    WorkloadProfile,
    data=DATA,
    compute=COMPUTE,
    enough_fraction=st.floats(min_value=0.01, max_value=1),
    build_seconds=st.floats(min_value=0, max_value=7_200),
)
DESIGNS = st.builds(
    RecoveryDesign,
    dns=st.booleans(),
    check_interval_seconds=st.sampled_from((10, 30)),
    check_failures=st.integers(min_value=1, max_value=10),
    watch_failures=st.integers(min_value=1, max_value=10),
    decision_seconds=st.floats(min_value=0, max_value=86_400),
)
HARDER = st.floats(min_value=0.01, max_value=1)


def cost_of(asked: RecoveryObjective, profile: WorkloadProfile, design: RecoveryDesign) -> float:
    try:
        return choose_strategy(asked, profile, design).chosen.monthly_cost
    except ValueError:
        return math.inf


@given(time=SECONDS, point=SECONDS, less_time=HARDER, less_point=HARDER, profile=PROFILES, design=DESIGNS)
def test_a_looser_objective_never_costs_more(
    *, time: float, point: float, less_time: float, less_point: float, profile: WorkloadProfile, design: RecoveryDesign
) -> None:
    tight = objective(time * less_time, point * less_point)
    assert cost_of(objective(time, point), profile, design) <= cost_of(tight, profile, design)


@given(profile=PROFILES, design=DESIGNS, decision=st.floats(min_value=0, max_value=3_600))
def test_a_later_decision_never_makes_it_faster(
    profile: WorkloadProfile, design: RecoveryDesign, decision: float
) -> None:
    later = replace(design, decision_seconds=min(86_400, design.decision_seconds + decision))
    for strategy, found in compare_strategies(LOOSE, profile, design).items():
        assert found.time.span.worst <= assess(LOOSE, profile, strategy, later).time.span.worst


@given(time=SECONDS, point=SECONDS, profile=PROFILES, design=DESIGNS)
def test_what_is_chosen_meets_the_objective_and_the_sums_are_sums(
    time: float, point: float, profile: WorkloadProfile, design: RecoveryDesign
) -> None:
    for found in compare_strategies(objective(time, point), profile, design).values():
        assert found.time.span.worst == pytest.approx(sum(worst(found).values()))
        assert found.meets == (found.time.span.worst <= time and found.point.span.worst <= point)
        assert all(0 <= link.span.usual <= link.span.worst for link in found.time.links)
    if any(found.meets for found in compare_strategies(objective(time, point), profile, design).values()):
        assert choose_strategy(objective(time, point), profile, design).chosen.meets


@given(profile=PROFILES, design=DESIGNS)
def test_from_strategy_to_strategy_users_wait_less(profile: WorkloadProfile, design: RecoveryDesign) -> None:
    found = [one.time.span.worst for one in compare_strategies(LOOSE, profile, design).values()]
    # Route 53 notices by its own checks, which may be slower than the watch and a decision at once.
    assert found[:3] == sorted(found[:3], reverse=True)
