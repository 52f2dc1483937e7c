"""Which strategy of disaster recovery meets an objective at the least cost, with the arithmetic. Needs no CDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.choice import _choice_words as words
from aws_patterns.disaster_recovery.choice._choice_chains import recovery_point, recovery_time
from aws_patterns.disaster_recovery.choice._choice_costs import Cost, costs
from aws_patterns.disaster_recovery.choice.recovery_chain import Exposure, RecoveryChain
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign, check_choice
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.choice.workload_profile import WorkloadProfile
from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.recovery import HOUR

_NOTHING_CHOSEN = RecoveryDesign()
_FRACTIONS: Mapping[Strategy, tuple[float, ...]] = {
    Strategy.BACKUP_AND_RESTORE: (0.0,),
    Strategy.PILOT_LIGHT: (0.0,),
    Strategy.WARM_STANDBY: defaults.STANDBY_FRACTIONS,
    Strategy.MULTI_SITE: (1.0,),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessment:
    """What one strategy comes to.

    Attributes:
        strategy: Which.
        objective: That it is held against.
        capacity_fraction: Of the full capacity, in the recovery Region before anything happens.
        backup_interval_seconds: From one backup to the next; ``None`` where data is copied as it is written.
        time: From the loss until users are served again.
        point: What is lost.
        costs: In a month, beyond the primary Region, in US dollars.
    """

    strategy: Strategy
    objective: RecoveryObjective
    capacity_fraction: float
    backup_interval_seconds: float | None
    time: RecoveryChain
    point: Exposure
    costs: tuple[Cost, ...]

    @property
    def monthly_cost(self) -> float:
        """Of everything, in US dollars."""
        return sum(cost.monthly for cost in self.costs)

    @property
    def meets_time(self) -> bool:
        """Whether users are served again in time, at worst."""
        return self.time.span.worst <= self.objective.recovery_time_seconds

    @property
    def meets_point(self) -> bool:
        """Whether no more is lost than may be, at worst."""
        return self.point.span.worst <= self.objective.recovery_point_seconds

    @property
    def meets(self) -> bool:
        """Whether it meets the objective, at worst."""
        return self.meets_time and self.meets_point

    @property
    def distance(self) -> float:
        """How far it is from the objective, at worst: 0 where it meets it, 1 where one half takes twice as long."""
        return max(0, self.time.span.worst / self.objective.recovery_time_seconds - 1) + max(
            0, self.point.span.worst / self.objective.recovery_point_seconds - 1
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class StrategyChoice:
    """The cheapest strategy that meets an objective, and what the others come to. As a text: the arithmetic.

    Attributes:
        objective: That is met.
        profile: Of the workload.
        chosen: The cheapest that meets it.
        assessments: Of all four strategies, each at its cheapest that meets the objective, or else at its nearest.
    """

    objective: RecoveryObjective
    profile: WorkloadProfile
    chosen: Assessment
    assessments: Mapping[Strategy, Assessment]

    @property
    def strategy(self) -> Strategy:
        """The cheapest that meets the objective."""
        return self.chosen.strategy

    def __str__(self) -> str:
        return "\n".join(words.arithmetic(self.chosen))


def choose_strategy(
    objective: RecoveryObjective, profile: WorkloadProfile, design: RecoveryDesign = _NOTHING_CHOSEN
) -> StrategyChoice:
    """The cheapest of the four strategies that meets an objective, at worst; of equally cheap ones the simplest.

    ``print(choose_strategy(RecoveryObjective(recovery_time_seconds=3600, recovery_point_seconds=900), profile))``

    Args:
        objective: What must hold after the loss of a Region.
        profile: What the workload is made of.
        design: How a loss is noticed, decided about and got round. Default: as ``RecoveryDesign`` says.

    Raises:
        ValueError: Something is impossible, with all that is; or no strategy meets the objective, with each link of the
            one that comes nearest.

    Source: https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_disaster_recovery.html
    """
    found = compare_strategies(objective, profile, design)
    meeting = [one for one in found.values() if one.meets]
    with Problems("A recovery that meets the objective") as problems:
        if not meeting:
            nearest = min(found.values(), key=lambda one: one.distance)
            problems.found.extend(words.missed(nearest, others=found, chosen_by_user=False))
    return StrategyChoice(objective=objective, profile=profile, chosen=_cheapest(meeting), assessments=found)


def compare_strategies(
    objective: RecoveryObjective, profile: WorkloadProfile, design: RecoveryDesign = _NOTHING_CHOSEN
) -> Mapping[Strategy, Assessment]:
    """What all four strategies come to, each at its cheapest that meets the objective, or else at its nearest.

    Raises:
        ValueError: Something is impossible, with all that is.
    """
    with Problems("A comparison of strategies") as problems:
        check_choice(problems, objective=objective, profile=profile, design=design)
    return {strategy: _best(objective, profile, strategy, design) for strategy in Strategy}


def assess(
    objective: RecoveryObjective,
    profile: WorkloadProfile,
    strategy: Strategy,
    design: RecoveryDesign = _NOTHING_CHOSEN,
) -> Assessment:
    """What one strategy comes to, at its cheapest that meets the objective, or else at its nearest."""
    return compare_strategies(objective, profile, design)[strategy]


@typed
def check_design(
    problems: Problems,
    *,
    objective: RecoveryObjective,
    profile: WorkloadProfile,
    strategy: Strategy,
    design: RecoveryDesign = _NOTHING_CHOSEN,
) -> None:
    """Add to ``problems`` that a strategy can't meet its objective: each link, how long, why, and what to change.

    What the arithmetic starts from is checked too. An objective that is known only at deployment is let through.
    """
    wrong = Problems("")
    check_choice(wrong, objective=objective, profile=profile, design=design)
    problems.found.extend(wrong.found)
    if wrong.found or is_token(objective.recovery_time_seconds) or is_token(objective.recovery_point_seconds):
        return
    found = compare_strategies(objective, profile, design)
    if not found[strategy].meets:
        problems.found.extend(words.missed(found[strategy], others=found, chosen_by_user=True))


def _best(
    objective: RecoveryObjective, profile: WorkloadProfile, strategy: Strategy, design: RecoveryDesign
) -> Assessment:
    found = list(_candidates(objective, profile, strategy, design))
    meeting = [one for one in found if one.meets]
    return _cheapest(meeting) if meeting else min(found, key=lambda one: one.distance)


def _cheapest(found: list[Assessment]) -> Assessment:
    return min(found, key=lambda one: one.monthly_cost)


def _candidates(
    objective: RecoveryObjective, profile: WorkloadProfile, strategy: Strategy, design: RecoveryDesign
) -> Iterator[Assessment]:
    """Each way to build a strategy, whatever the objective: a looser one can only allow more of them."""
    fractions = _FRACTIONS[strategy]
    if strategy is Strategy.WARM_STANDBY and design.capacity_fraction is not None:
        fractions = (design.capacity_fraction,)
    intervals: tuple[float | None, ...] = (None,)
    if strategy is Strategy.BACKUP_AND_RESTORE:
        # The longest first: of equally cheap ones it is the one with the least to do.
        chosen = design.backup_interval_seconds
        every = [float(hours * HOUR) for hours in reversed(defaults.BACKUP_HOURS)]
        intervals = tuple(every) if chosen is None else (chosen,)
    for fraction in fractions:
        for interval in intervals:
            yield Assessment(
                strategy=strategy,
                objective=objective,
                capacity_fraction=fraction,
                backup_interval_seconds=interval,
                time=recovery_time(profile, strategy, design, fraction=fraction),
                point=recovery_point(profile, strategy, backup_interval_seconds=interval),
                costs=costs(profile, strategy, design, fraction=fraction, backup_interval_seconds=interval),
            )
