"""How old the newest recovery points are. Pure: no AWS."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A recovery point: of what, and what it holds is as old as that."""

    resource: str
    taken: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Ages:
    """What was found.

    Attributes:
        seconds: By resource, how old its newest recovery point is.
        missing: Which have none.
    """

    seconds: Mapping[str, float]
    missing: Sequence[str]

    @property
    def worst(self) -> float | None:
        """How old the newest recovery point is of that which has the oldest; ``None`` where something has none."""
        return None if self.missing else max(self.seconds.values())


def watched(configured: str) -> list[str]:
    """The resources that the environment names, as a list in JSON."""
    return [str(arn) for arn in json.loads(configured)]


def ages(resources: Sequence[str], points: Iterable[Point], now: datetime) -> Ages:
    """How old the newest recovery point of each is."""
    newest: dict[str, datetime] = {}
    for point in points:
        if point.resource in resources:
            newest[point.resource] = max(point.taken, newest.get(point.resource, point.taken))
    return Ages(
        seconds={resource: (now - taken).total_seconds() for resource, taken in newest.items()},
        missing=[resource for resource in resources if resource not in newest],
    )
