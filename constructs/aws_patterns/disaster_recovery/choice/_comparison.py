"""The four strategies side by side, as rows of a table: for the terminal and for the documentation."""

from __future__ import annotations

from collections.abc import Mapping

from aws_patterns.disaster_recovery.choice import _choice_words as words
from aws_patterns.disaster_recovery.choice._choice_bands import BANDS
from aws_patterns.disaster_recovery.choice.strategy_choice import Assessment
from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.recovery import in_words

HEAD = ("Strategy", "With", "Serves again after", "Loses", "A month", "Objective")
BANDS_HEAD = ("As a rule", "In catalogues", "AWS, reliability pillar", "AWS, white paper")


def rows(found: Mapping[Strategy, Assessment], chosen: Strategy | None) -> list[tuple[str, ...]]:
    """One for each strategy: what the arithmetic says."""
    return [
        (
            words.TITLES[one.strategy],
            words.built_with(one),
            in_words(one.time.span),
            in_words(one.point.span),
            words.money(one.monthly_cost),
            _verdict(one, chosen),
        )
        for one in found.values()
    ]


def bands() -> list[tuple[str, ...]]:
    """One for each strategy: what is said of it as a rule, recovery time and recovery point."""
    return [
        (words.TITLES[strategy], _both(found.catalogue), _both(found.pillar), found.figure)
        for strategy, found in BANDS.items()
    ]


def _verdict(one: Assessment, chosen: Strategy | None) -> str:
    if one.meets:
        return "cheapest that meets it" if one.strategy is chosen else "meets it"
    missed = [name for name, met in (("time", one.meets_time), ("point", one.meets_point)) if not met]
    return f"misses {' and '.join(missed)}"


def _both(band: tuple[str, str]) -> str:
    time, point = band
    return f"{time}; loses {point}"
