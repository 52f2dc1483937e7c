"""How to get into a cache: what is read once, and used for a while."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

from cache_client.store import UnavailableError

Login = tuple[str | None, str]


class Kept:
    """A login that is read anew after a while, and when it was refused. Threads may share it."""

    def __init__(self, read: Callable[[], Login], seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._seconds = seconds
        self._now = now
        self._lock = threading.Lock()
        self._known: tuple[Login, float] | None = None

    def get(self) -> Login:
        """User and password."""
        with self._lock:
            if self._known is None or self._now() >= self._known[1]:
                try:
                    self._known = self._read(), self._now() + self._seconds
                except UnavailableError:
                    # One that was good before is good for as long as nobody refuses it.
                    if self._known is None:
                        raise
            return self._known[0]

    def forget(self) -> None:
        """It was refused."""
        with self._lock:
            self._known = None


def login_of(text: str) -> Login:
    """What a secret says: JSON with ``username`` and ``password``, or a password alone."""
    try:
        found = json.loads(text)
    except ValueError:
        return None, text
    if not isinstance(found, dict):
        return None, text
    user, password = found.get("username"), found.get("password")
    if not isinstance(password, str) or not isinstance(user, str | None):
        raise UnavailableError("the cache's secret has no password")
    return user, password
