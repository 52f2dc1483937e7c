"""Lazy loading and write-through, such that neither a stampede nor a race leaves the wrong value behind.

Whoever is going to put something under a key leaves a lease there first, and puts it only where the lease still stands.
What somebody invalidates or writes meanwhile takes the lease away: a value that was read before is not put there after.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from cache_client.entries import Entry, Json
from cache_client.store import Clock, Store, TooLargeError, UnavailableError, key_of

Load = Callable[[], Json]
Report = Callable[[str], None]

_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How long things are good: ``Policy(ttl_seconds=60)``.

    Attributes:
        ttl_seconds: A value. The longest that a change elsewhere stays unseen. Default 300.
        missing_ttl_seconds: That there is none. Default 30.
        jitter: So large a part of both is left to chance, so that what was loaded together does not end together. 0 to
            1, default 0.1.
        lease_seconds: How long loading or saving takes at most; after that somebody else tries. Default 10.
        wait_seconds: How long to wait for somebody who loads, before asking the source as well. Default 5.
        early: How readily a value is loaded anew before it ends, by one of its readers: in multiples of the time that
            loading takes. 0 never does. Default 1.
    """

    ttl_seconds: float = 300
    missing_ttl_seconds: float = 30
    jitter: float = 0.1
    lease_seconds: float = 10
    wait_seconds: float = 5
    early: float = 1

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be more than 0 seconds, got {value:.15g}"
            for name, value in (
                ("ttl_seconds", self.ttl_seconds),
                ("missing_ttl_seconds", self.missing_ttl_seconds),
                ("lease_seconds", self.lease_seconds),
            )
            if not 0 < value < math.inf
        ]
        problems += [
            f"{name} must be {allowed}, got {value:.15g}"
            for name, value, allowed, fits in (
                ("jitter", self.jitter, "between 0 and 1", 0 <= self.jitter <= 1),
                ("wait_seconds", self.wait_seconds, "0 seconds or more", 0 <= self.wait_seconds < math.inf),
                ("early", self.early, "0 or more", 0 <= self.early < math.inf),
            )
            if not fits
        ]
        if problems:
            raise ValueError("\n".join(problems))


def _nobody(event: str) -> None:
    """Tells nobody."""


class Cached:
    """Things of one kind that come from somewhere slow, through a cache.

    The source is right, and the cache is quick: where the cache does not answer, the source is asked.

    Args:
        store: The cache.
        kind: Of things; keys of other kinds are others.
        policy: How long things are good.
        report: Told ``hit``, ``load``, ``early`` (a load before the end), ``failed early`` (one that
            failed: the value was still good), ``wait`` (a load by somebody else), ``unshared`` (a load that is not
            kept), ``too large`` (a value that the cache does not take), ``unavailable`` and ``stale`` (a change that
            the cache could not be told of); for metrics.
        clock: How time goes by.
        chance: Between 0 and 1, 0 excluded.
    """

    def __init__(
        self,
        store: Store,
        kind: str,
        *,
        policy: Policy = Policy(),
        report: Report = _nobody,
        clock: Clock = Clock(),  # noqa: B008 - frozen
        chance: Callable[[], float] = lambda: 1 - random.random(),  # noqa: S311 - no secret
    ) -> None:
        self._store = store
        self._kind = kind
        self._policy = policy
        self._report = report
        self._clock = clock
        self._chance = chance

    def get(self, name: str, load: Load) -> Json:
        """Lazy loading: what the cache has, or else what ``load`` brings, which the cache then has.

        Of those who ask at the same time one loads and the others wait for it. ``load`` may return None: that there is
        no such thing is remembered for a shorter time. What it raises is raised.
        """
        key = key_of(self._kind, name)
        try:
            return self._get(key, load)
        except UnavailableError:
            self._report("unavailable")
            return load()

    def put(self, name: str, value: Json, save: Callable[[], object]) -> None:
        """Write-through: ``save`` writes it to the source, and the cache has it at once, for its time.

        What ``save`` raises is raised, and nobody has seen the value. Of several who write the same at the same time
        the source says who is last, so the cache then has none of them.
        """
        key = key_of(self._kind, name)
        lease = Entry().leased(self._clock.now() + self._policy.lease_seconds).written()
        told = self._try(lambda: self._store.put(key, lease, self._policy.lease_seconds))
        try:
            save()
        except BaseException:
            if told:
                self._try(lambda: self._give_up(key, lease))
            raise
        if not self._try(lambda: self._settle(key, lease, value)):
            self._report("stale")

    def invalidate(self, name: str) -> None:
        """Forget it, after the source was changed some other way.

        Raises:
            UnavailableError: The cache could not be told, and has the earlier value for the rest of its time.
        """
        self._store.delete(key_of(self._kind, name))

    def _get(self, key: str, load: Load) -> Json:
        deadline: float | None = None
        pause = _PAUSE_SECONDS
        while True:
            raw = self._store.get(key)
            now = self._clock.now()
            entry = Entry() if raw is None else Entry.read(raw)
            if entry.is_good(now):
                if entry.is_leased(now) or not self._is_due(entry, now):
                    self._report("hit" if deadline is None else "wait")
                    return entry.value
                return self._load_early(key, raw or b"", entry, load)
            if not entry.is_leased(now):
                lease = Entry().leased(now + self._policy.lease_seconds).written()
                if self._take(key, raw, lease):
                    self._report("load")
                    return self._load(key, lease, load)
            if deadline is None:
                deadline = now + self._policy.wait_seconds
            if now >= deadline:
                self._report("unshared")
                return load()
            self._clock.sleep(min(pause, deadline - now))
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _is_due(self, entry: Entry, now: float) -> bool:
        """The nearer the end and the longer the loading, the likelier; so that about one reader does it in time.

        From "Optimal Probabilistic Cache Stampede Prevention", Vattani, Chierichetti, Lowenstein, VLDB 2015.
        """
        return now - entry.took * self._policy.early * math.log(self._chance()) >= entry.until

    def _take(self, key: str, raw: bytes | None, lease: bytes) -> bool:
        seconds = self._policy.lease_seconds
        return self._store.add(key, lease, seconds) if raw is None else self._store.swap(key, raw, lease, seconds)

    def _load_early(self, key: str, raw: bytes, entry: Entry, load: Load) -> Json:
        now = self._clock.now()
        leased = entry.leased(now + self._policy.lease_seconds).written()
        # Others keep reading the value that is still good.
        if not self._store.swap(key, raw, leased, max(entry.until - now, _PAUSE_SECONDS)):
            self._report("hit")
            return entry.value
        self._report("early")
        try:
            value = load()
        except Exception:
            # Whatever it is, there is a good value, and the lease lets the source rest for a while.
            self._report("failed early")
            return entry.value
        self._put_loaded(key, leased, value, began=now)
        return value

    def _load(self, key: str, lease: bytes, load: Load) -> Json:
        began = self._clock.now()
        try:
            value = load()
        except BaseException:
            self._try(lambda: self._give_up(key, lease))
            raise
        self._put_loaded(key, lease, value, began=began)
        return value

    def _put_loaded(self, key: str, lease: bytes, value: Json, *, began: float) -> None:
        entry, seconds = self._entry(value, took=self._clock.now() - began)
        # Where the lease is gone somebody has changed the thing since this reader read it: the next one reads anew.
        if not self._try(lambda: self._store.swap(key, lease, entry.written(), seconds)):
            self._try(lambda: self._give_up(key, lease))

    def _settle(self, key: str, lease: bytes, value: Json) -> None:
        entry, seconds = self._entry(value, took=0)
        try:
            settled = self._store.swap(key, lease, entry.written(), seconds)
        except TooLargeError:
            self._report("too large")
            settled = False
        if not settled:
            self._store.delete(key)

    def _give_up(self, key: str, lease: bytes) -> None:
        """Let somebody else try at once."""
        self._store.swap(key, lease, Entry().written(), self._policy.lease_seconds)

    def _entry(self, value: Json, *, took: float) -> tuple[Entry, float]:
        ttl = self._policy.missing_ttl_seconds if value is None else self._policy.ttl_seconds
        seconds = ttl * (1 - self._policy.jitter * self._chance())
        return Entry(until=self._clock.now() + seconds, value=value, took=max(took, 0), is_value=True), seconds

    def _try(self, ask: Callable[[], object]) -> bool:
        """Whether the cache did it; what it has got in the way of is more important than the cache."""
        try:
            ask()
        except UnavailableError:
            self._report("unavailable")
            return False
        except TooLargeError:
            self._report("too large")
            return False
        return True
