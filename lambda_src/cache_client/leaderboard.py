"""Who is first, and how far away everybody else is, while scores change all the time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cache_client.store import SortedSets, key_of


@dataclass(frozen=True, slots=True)
class Standing:
    """One player's.

    Attributes:
        player: Who.
        score: How many points.
        rank: 1 for the highest; players with the same score share one, and the next rank is left out.
    """

    player: str
    score: float
    rank: int


class Leaderboard:
    """A ranking in one sorted set; each question takes the cache logarithmic time. Needs Valkey or Redis OSS.

    It is as lasting as the cache: what must not be lost is kept elsewhere, and put here by ``record``, which may be
    done again.

    Args:
        sets: The cache.
        name: Of the ranking; a season of its own is a name of its own.
        lifetime_seconds: After the last change, until it is forgotten. Default: 30 days.
    """

    def __init__(self, sets: SortedSets, name: str, *, lifetime_seconds: float = 2_592_000) -> None:
        self._sets = sets
        self._key = key_of("leaderboard", name)
        self._lifetime = lifetime_seconds

    def record(self, player: str, score: float) -> None:
        """Keep a result, where it is the player's best. It may be told twice."""
        self._sets.raise_score(self._key, player, _number(score))
        self._sets.expire(self._key, self._lifetime)

    def add(self, player: str, points: float) -> float:
        """Add to the player's score; the new one. Told twice it counts twice."""
        score = self._sets.add_score(self._key, player, _number(points))
        self._sets.expire(self._key, self._lifetime)
        return score

    def top(self, count: int, *, start: int = 0) -> list[Standing]:
        """The first so many, after the first ``start``."""
        if count < 1 or start < 0:
            raise ValueError(f"count must be 1 or more and start 0 or more, got {count} and {start}")
        return self._ranked(self._sets.highest(self._key, start, count))

    def standing(self, player: str) -> Standing | None:
        """The player's; ``None`` without a score."""
        score = self._sets.score(self._key, player)
        return None if score is None else Standing(player, score, self._rank(score))

    def around(self, player: str, count: int) -> list[Standing]:
        """The player among so many before and behind; nobody where the player has no score."""
        if count < 0:
            raise ValueError(f"count must be 0 or more, got {count}")
        position = self._sets.position(self._key, player)
        if position is None:
            return []
        start = max(position - count, 0)
        return self._ranked(self._sets.highest(self._key, start, position + count + 1 - start))

    def remove(self, player: str) -> None:
        """Forget a player."""
        self._sets.remove(self._key, player)

    def _ranked(self, found: list[tuple[str, float]]) -> list[Standing]:
        ranks = {score: self._rank(score) for score in {score for _, score in found}}
        return [Standing(player, score, ranks[score]) for player, score in found]

    def _rank(self, score: float) -> int:
        return self._sets.above(self._key, score) + 1


def _number(score: float) -> float:
    if not math.isfinite(score):
        raise ValueError(f"a score must be a number, got {score}")
    return score
