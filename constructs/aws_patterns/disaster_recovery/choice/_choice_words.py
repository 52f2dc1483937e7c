"""What a choice comes to, in words and sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.recovery import Span, in_words

if TYPE_CHECKING:
    from aws_patterns.disaster_recovery.choice.recovery_chain import Link
    from aws_patterns.disaster_recovery.choice.strategy_choice import Assessment

TITLES: Mapping[Strategy, str] = {
    Strategy.BACKUP_AND_RESTORE: "Backup and restore",
    Strategy.PILOT_LIGHT: "Pilot light",
    Strategy.WARM_STANDBY: "Warm standby",
    Strategy.MULTI_SITE: "Multi-site",
}


def at_most(seconds: float) -> str:
    """``22 minutes (1,330 s)``."""
    return f"{in_words(Span(usual=seconds, worst=seconds))} ({seconds:,.10g} s)" if seconds else "nothing"


def money(dollars: float) -> str:
    """``$1,234``."""
    return f"${dollars:,.0f}"


def built_with(found: Assessment) -> str:
    """What the strategy was assessed with."""
    if found.backup_interval_seconds is not None:
        return f"a backup every {found.backup_interval_seconds / 3_600:g} h"
    return f"{found.capacity_fraction:.0%} of the capacity"


def arithmetic(found: Assessment) -> Iterator[str]:
    """Each link, its duration and its source; what is lost; what it costs."""
    yield f"{TITLES[found.strategy]}, with {built_with(found)}:"
    yield f"  Serves again after {at_most(found.time.span.worst)} at most; the objective is " + _objective(
        found.objective.recovery_time_seconds
    )
    yield f"    {_sum(found.time.links)}"
    yield from (f"    {line}" for line in _lines(found.time.links))
    yield f"  Loses {at_most(found.point.span.worst)} at most; the objective is " + _objective(
        found.objective.recovery_point_seconds
    )
    yield from (f"    {line}" for line in _lines(found.point.links))
    yield f"  Costs {money(found.monthly_cost)} a month beyond the primary Region (list prices, to compare):"
    yield from (f"    {money(cost.monthly):>7}  {cost.name}: {cost.how}" for cost in found.costs)


def missed(found: Assessment, *, others: Mapping[Strategy, Assessment], chosen_by_user: bool) -> Iterator[str]:
    """One problem for each half of the objective that is not met, with each link and what to change."""
    name = f"{found.strategy}" if chosen_by_user else f"{found.strategy}, which comes nearest,"
    hint = _what_meets(others, found.strategy if chosen_by_user else None)
    if not found.meets_time:
        yield (
            f"objective.recovery_time_seconds is {found.objective.recovery_time_seconds:.15g}, and {name} takes up to "
            f"{at_most(found.time.span.worst)}:{_indented(_lines(found.time.links, changes=True))}{hint}"
        )
    if not found.meets_point:
        yield (
            f"objective.recovery_point_seconds is {found.objective.recovery_point_seconds:.15g}, and {name} loses up "
            f"to {at_most(found.point.span.worst)}:{_indented(_lines(found.point.links, changes=True))}{hint}"
        )


def _what_meets(others: Mapping[Strategy, Assessment], but: Strategy | None) -> str:
    meeting = [one for one in others.values() if one.meets and one.strategy is not but]
    if not meeting:
        return "\n    No strategy meets both halves of the objective with this workload and design."
    cheapest = min(meeting, key=lambda one: one.monthly_cost)
    return (
        f"\n    The cheapest strategy that meets the objective is {cheapest.strategy} with {built_with(cheapest)}, for "
        f"{money(cheapest.monthly_cost)} a month."
    )


def _objective(seconds: float) -> str:
    return f"{at_most(seconds)}."


def _sum(links: Sequence[Link]) -> str:
    counted = [link for link in links if link.span.worst]
    sums = " + ".join(f"{link.span.worst:,.10g}" for link in counted)
    return f"{sums} = {sum(link.span.worst for link in counted):,.10g} s"


def _lines(links: Sequence[Link], *, changes: bool = False) -> Iterator[str]:
    for link in links:
        change = f" Change: {link.change}." if changes and link.change and link.span.worst else ""
        yield f"{link.span.worst:>7,.10g} s  {link.name}: {link.how}.{change} ({link.source})"


def _indented(lines: Iterator[str]) -> str:
    return "".join(f"\n    {line}" for line in lines)
