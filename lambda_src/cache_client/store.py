"""What everything here asks of a cache: five operations on one key each, which any engine and cluster has."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

_LONGEST_KEY = 200
_PLAIN = re.compile(r"[!-~]+")


class UnavailableError(ConnectionError):
    """The cache does not answer, or lets nobody in. It may later."""


class TooLargeError(ValueError):
    """The cache takes no value as large as this."""


class Store(Protocol):
    """Keys and values. Each method may raise ``UnavailableError``, and what writes ``TooLargeError``."""

    def get(self, key: str) -> bytes | None:
        """What is there; ``None`` where nothing is, or where its time is over."""

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep it for so long, whatever was there."""

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep it unless something is there; whether it was kept."""

    def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """Keep the new value where exactly the old one is; whether it was kept. Nobody comes in between."""

    def delete(self, key: str) -> None:
        """Forget what is there."""


class SortedSets(Protocol):
    """Members with scores, which Valkey and Redis OSS have and Memcached has not. May raise ``UnavailableError``."""

    def raise_score(self, key: str, member: str, score: float) -> None:
        """Set it where it is higher than before."""

    def add_score(self, key: str, member: str, points: float) -> float:
        """Add to it, from 0; the new one."""

    def highest(self, key: str, start: int, count: int) -> list[tuple[str, float]]:
        """So many from the ``start``-th on, counted from 0 at the highest; of equal ones the later name first."""

    def score(self, key: str, member: str) -> float | None:
        """``None`` where there is no such member."""

    def position(self, key: str, member: str) -> int | None:
        """As in ``highest``."""

    def above(self, key: str, score: float) -> int:
        """How many have a higher score."""

    def remove(self, key: str, member: str) -> None:
        """Forget a member."""

    def expire(self, key: str, seconds: float) -> None:
        """Forget all of it then."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How time goes by."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


def key_of(*parts: str) -> str:
    """A key that every engine takes, the same for the same parts, and another for others.

    What is long, or holds spaces or letters beyond ASCII, goes in as its hash.
    """
    # Marked inside of a part, so that ("a:b", "c") and ("a", "b:c") differ.
    text = ":".join(part.replace("\\", "\\\\").replace(":", "\\:") for part in parts)
    if len(text) <= _LONGEST_KEY and _PLAIN.fullmatch(text):
        return text
    # Surrogates too: not every text is Unicode.
    return f"#{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()}"
