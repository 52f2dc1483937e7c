"""The four strategies of disaster recovery, compared for an example: two tables and a picture."""

from __future__ import annotations

from dataclasses import dataclass

from aws_patterns.disaster_recovery.choice import _choice_bands as choice_bands
from aws_patterns.disaster_recovery.choice import _comparison as comparison
from aws_patterns.disaster_recovery.choice._timeline_of_strategies import TITLE, strategies_picture
from aws_patterns.disaster_recovery.choice.example_profile import EXAMPLE
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.choice.strategy_choice import choose_strategy
from docs.generate.tables import markdown_table

# What the page types: compare --recovery-time 25m --recovery-point 15m.
OBJECTIVE = RecoveryObjective(recovery_time_seconds=25 * 60, recovery_point_seconds=15 * 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategies:
    """The comparison.

    Attributes:
        title: Of the picture.
        svg: The picture.
        tables: What the arithmetic says, and what is said of the strategies as a rule, in Markdown.
    """

    title: str
    svg: str
    tables: str


def compared() -> Strategies:
    """Compare them."""
    choice = choose_strategy(OBJECTIVE, EXAMPLE)
    sources = f"([pillar]({choice_bands.PILLAR}), [white paper]({choice_bands.FIGURE}))"
    tables = [
        markdown_table(comparison.HEAD, comparison.rows(choice.assessments, choice.strategy)),
        f"As a rule, by others, who differ from each other {sources}:",
        markdown_table(comparison.BANDS_HEAD, comparison.bands()),
    ]
    return Strategies(title=TITLE, svg=strategies_picture(choice.assessments), tables="\n\n".join(tables))
