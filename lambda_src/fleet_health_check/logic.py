"""Which instances are judged, and which of them are replaced. Pure: no AWS."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """One instance in service."""

    id: str
    address: str
    launched: datetime
    marked: bool = False
    """Auto Scaling knows already that it is unhealthy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The instances in service, and how long a new one is left alone."""

    instances: tuple[Instance, ...]
    grace: timedelta = timedelta()

    def judged(self, now: datetime) -> tuple[Instance, ...]:
        """Those that had the time to start."""
        return tuple(found for found in self.instances if now - found.launched >= self.grace)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one check found."""

    judged: int
    unhealthy: tuple[str, ...]
    to_mark: tuple[str, ...]
    held_back: bool
    """More failed than instances do by themselves: none is marked."""


def judge(judged: Collection[Instance], failing: Iterable[str], maximum_unhealthy_percent: int) -> Verdict:
    """Which instances to mark as unhealthy.

    Those marked before and still in service count as unhealthy: instances that fail one after the other, faster than
    they are replaced, are as suspicious as those that fail at once.
    """
    failed = set(failing)
    unhealthy = [found for found in judged if found.marked or found.id in failed]
    to_mark = tuple(found.id for found in unhealthy if not found.marked)
    too_many = len(unhealthy) * 100 > maximum_unhealthy_percent * len(judged)
    return Verdict(
        judged=len(judged),
        unhealthy=tuple(found.id for found in unhealthy),
        to_mark=() if too_many else to_mark,
        held_back=too_many and bool(to_mark),
    )
