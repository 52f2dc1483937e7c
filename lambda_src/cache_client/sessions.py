"""Sessions that any server of a fleet can go on with."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cache_client.store import Clock, Store, key_of

_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
# So much of the idle time goes by before a visit is written down: not each of them is a write.
_VISIT_PART = 0.1

Data = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Record:
    data: dict[str, Any]
    born: float
    visited: float

    @classmethod
    def read(cls, raw: bytes) -> _Record | None:
        try:
            found = json.loads(raw)
            if not isinstance(found["data"], dict):
                return None
            return cls(data=found["data"], born=float(found["born"]), visited=float(found["visited"]))
        except (ValueError, TypeError, KeyError):
            return None

    def written(self) -> bytes:
        told = {"data": self.data, "born": self.born, "visited": self.visited}
        return json.dumps(told, separators=(",", ":"), allow_nan=False).encode()


class Sessions:
    """What visitors have with them, by a token that each has in a cookie.

    The cache knows tokens by their hashes only: who reads it, its slow log or its backups can be nobody. A session that
    has ended stays so, whatever is still under way for it. Methods raise ``UnavailableError``: without its sessions an
    application does not know who asks.

    Args:
        store: The cache.
        idle_seconds: Without a visit, until a session ends. Default half an hour.
        absolute_seconds: Until it ends whatever is visited. Default 12 hours.
        clock: How time goes by.
    """

    def __init__(
        self,
        store: Store,
        *,
        idle_seconds: float = 1_800,
        absolute_seconds: float = 43_200,
        clock: Clock = Clock(),  # noqa: B008 - frozen
    ) -> None:
        if not 0 < idle_seconds <= absolute_seconds:
            raise ValueError(
                "idle_seconds must be more than 0 and at most absolute_seconds, got "
                f"{idle_seconds:.15g} and {absolute_seconds:.15g}"
            )
        self._store = store
        self._idle = idle_seconds
        self._absolute = absolute_seconds
        self._clock = clock

    def create(self, data: Data) -> str:
        """Begin one; its token."""
        now = self._clock.now()
        return self._keep(_Record(data=dict(data), born=now, visited=now))

    def read(self, token: str) -> dict[str, Any] | None:
        """What it holds, and note the visit; ``None`` where there is none, or none any more."""
        while (found := self._find(token)) is not None:
            key, raw, record = found
            now = self._clock.now()
            if now - record.visited < _VISIT_PART * self._idle or self._swap(key, raw, record, record.data, now):
                return record.data
        return None

    def update(self, token: str, change: Callable[[dict[str, Any]], Data]) -> dict[str, Any] | None:
        """Put what ``change`` makes of it in its place; that, or ``None`` where there is none any more.

        Of two updates at the same time neither is lost: ``change`` is asked again with what the other one left.
        """
        while (found := self._find(token)) is not None:
            key, raw, record = found
            changed = dict(change(dict(record.data)))
            if self._swap(key, raw, record, changed, self._clock.now()):
                return changed
        return None

    def renew(self, token: str) -> str | None:
        """Give it another token, and end the one before: at login, so that nobody else knows it already.

        ``None`` where there is none any more.
        """
        found = self._find(token)
        if found is None:
            return None
        key, _raw, record = found
        renewed = self._keep(record)
        self._store.delete(key)
        return renewed

    def end(self, token: str) -> None:
        """At logout. One that is not there has ended already."""
        if _TOKEN.fullmatch(token):
            self._store.delete(_key(token))

    def _keep(self, record: _Record) -> str:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._store.put(_key(token), record.written(), self._left(record, self._clock.now()))
        return token

    def _find(self, token: str) -> tuple[str, bytes, _Record] | None:
        # What is no token of ours is not looked for.
        if not _TOKEN.fullmatch(token):
            return None
        key = _key(token)
        raw = self._store.get(key)
        record = None if raw is None else _Record.read(raw)
        if raw is None or record is None or self._left(record, self._clock.now()) <= 0:
            return None
        return key, raw, record

    def _swap(self, key: str, raw: bytes, record: _Record, data: dict[str, Any], now: float) -> bool:
        new = _Record(data=data, born=record.born, visited=now)
        left = self._left(new, now)
        return left > 0 and self._store.swap(key, raw, new.written(), left)

    def _left(self, record: _Record, now: float) -> float:
        return min(record.visited + self._idle, record.born + self._absolute) - now


def _key(token: str) -> str:
    return key_of("session", hashlib.sha256(token.encode()).hexdigest())
