"""What a pattern promises for the day on which something is lost, as data. Needs no CDK.

Every construct that keeps data has an attribute ``recovery``; documentation shows it, and disaster recovery adds it up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Loss(StrEnum):
    """What is lost, in the words of AWS, from the smallest to the largest."""

    INSTANCE = "instance"
    AVAILABILITY_ZONE = "Availability Zone"
    REGION = "Region"


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """How long something takes, or how much is lost: ``Span(usual=60, worst=120)``.

    Attributes:
        usual: In seconds.
        worst: In seconds, in the cases that the source speaks of; a Region's own promise may be missing, then it is an
            estimate and ``Recovery.how`` says so.

    Raises:
        ValueError: Not 0 <= usual <= worst.
    """

    usual: float
    worst: float

    def __post_init__(self) -> None:
        if not 0 <= self.usual <= self.worst < math.inf:
            raise ValueError(f"usual and worst must be 0 <= usual <= worst seconds, got {self.usual} and {self.worst}")


NONE = Span(usual=0, worst=0)
"""Nothing is lost, or nobody notices."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovery:
    """What follows from one loss.

    Attributes:
        recovery_time: From the loss until the pattern serves again (AWS: recovery time objective). ``None``: it does
            not come back by what this pattern holds.
        recovery_point: How much of the last changes is gone (AWS: recovery point objective). ``None``: all.
        automatic: Whether it happens without a person.
        how: One sentence: by what it comes back, or why it does not.
        source: The AWS page that says so.
    """

    recovery_time: Span | None
    recovery_point: Span | None
    automatic: bool
    how: str
    source: str


RecoveryCharacteristics = Mapping[Loss, Recovery]
"""One entry for each ``Loss``."""


def in_words(span: Span | None) -> str:
    """For people: ``1 to 2 minutes``, ``none``; ``None`` is ``not recovered``."""
    if span is None:
        return "not recovered"
    if span.worst == 0:
        return "none"
    if span.usual == span.worst:
        return _duration(span.worst)
    low, high = _duration(span.usual), _duration(span.worst)
    number, _, unit = high.partition(" ")
    same = low.partition(" ")[2].rstrip("s") == unit.rstrip("s")
    return f"{low.partition(' ')[0]} to {number} {unit}" if same else f"{'none' if not span.usual else low} to {high}"


def _duration(seconds: float) -> str:
    for unit, size in (("day", DAY), ("hour", HOUR), ("minute", MINUTE)):
        if seconds >= size:
            number = f"{seconds / size:.2g}"
            return f"{number} {unit}{'' if number == '1' else 's'}"
    return f"{seconds:.2g} second{'' if seconds == 1 else 's'}"
