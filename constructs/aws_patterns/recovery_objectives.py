"""What somebody needs of a database on the day on which something is lost, held against what they chose. No CDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_patterns._validation import Problems
from aws_patterns.recovery import Loss, RecoveryCharacteristics, Span, in_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """What must hold after one loss: ``Objective(recovery_time_seconds=300, recovery_point_seconds=0)``.

    Attributes:
        recovery_time_seconds: It serves again so long after the loss, at the latest. Default: no matter when.
        recovery_point_seconds: So much of the last changes may be gone, at most. Default: no matter how much.
    """

    recovery_time_seconds: float | None = None
    recovery_point_seconds: float | None = None


def check_objectives(
    problems: Problems,
    objectives: Mapping[Loss, Objective],
    characteristics: RecoveryCharacteristics,
    *,
    fixes: Mapping[Loss, str],
) -> None:
    """Add to ``problems`` each objective that what was chosen does not reach, with what would reach it."""
    for loss, objective in objectives.items():
        problems.one_of("every key of objectives", loss, tuple(Loss))
        if loss not in characteristics:
            continue
        found = characteristics[loss]
        for name, asked, given in (
            ("recovery_time_seconds", objective.recovery_time_seconds, found.recovery_time),
            ("recovery_point_seconds", objective.recovery_point_seconds, found.recovery_point),
        ):
            if asked is not None and _misses(asked, given):
                reached = "does not recover from it" if given is None else f"has {in_words(given)}"
                problems.add(
                    f"objectives[Loss.{loss.name}].{name} is {asked:.15g}, and what was chosen {reached}. {found.how} "
                    f"{fixes[loss]}"
                )


def _misses(asked: float, given: Span | None) -> bool:
    return given is None or given.worst > asked
