"""Caches to test with: one in this process, whose time stands still, and actors who take turns in every order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cache_client.store import Clock, UnavailableError


@dataclass
class FakeTime:
    """Goes by when somebody sleeps, and when a test says so."""

    seconds: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(now=lambda: self.seconds, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


class RealTime:
    """Goes by itself."""

    @property
    def seconds(self) -> float:
        return time.time()


class FakeStore:
    """A store in this process."""

    def __init__(self, time: FakeTime | RealTime) -> None:
        self._time = time
        self.kept: dict[str, tuple[bytes, float]] = {}
        self.down = False
        # Called before each operation.
        self.before: Callable[[], None] = lambda: None

    def get(self, key: str) -> bytes | None:
        self._begin()
        return self._find(key)

    def put(self, key: str, value: bytes, seconds: float) -> None:
        self._begin()
        self._keep(key, value, seconds)

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        self._begin()
        if self._find(key) is not None:
            return False
        self._keep(key, value, seconds)
        return True

    def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        self._begin()
        if self._find(key) != old:
            return False
        self._keep(key, new, seconds)
        return True

    def delete(self, key: str) -> None:
        self._begin()
        self.kept.pop(key, None)

    def seconds_left(self, key: str) -> float:
        return self.kept[key][1] - self._time.seconds

    def _begin(self) -> None:
        self.before()
        if self.down:
            raise UnavailableError("down")

    def _keep(self, key: str, value: bytes, seconds: float) -> None:
        assert seconds > 0
        self.kept[key] = value, self._time.seconds + seconds

    def _find(self, key: str) -> bytes | None:
        value, until = self.kept.get(key, (b"", 0.0))
        return value if self._time.seconds < until else None


class Turns:
    """Runs actors as threads of which one goes at a time, from one ``step`` to its next; ``choose`` says which."""

    def __init__(self, choose: Callable[[int], int]) -> None:
        self._choose = choose
        self._paused = threading.Semaphore(0)
        self._mine = threading.local()

    def step(self) -> None:
        """Let others come in between. Outside of an actor nobody else is there."""
        go: threading.Semaphore | None = getattr(self._mine, "go", None)
        if go is not None:
            self._paused.release()
            go.acquire()

    def run(self, actors: Sequence[Callable[[], object]]) -> None:
        failures: list[BaseException] = []
        alive: list[tuple[threading.Thread, threading.Semaphore]] = []
        for actor in actors:
            go = threading.Semaphore(0)
            thread = threading.Thread(target=self._act, args=(actor, go, failures), daemon=True)
            thread.start()
            alive.append((thread, go))
        ended: set[int] = set()
        while len(ended) < len(alive):
            able = [number for number in range(len(alive)) if number not in ended]
            number = able[self._choose(len(able))]
            thread, go = alive[number]
            go.release()
            assert self._paused.acquire(timeout=10), "an actor hangs"
            if not thread.is_alive() or getattr(go, "ended", False):
                ended.add(number)
        if failures:
            raise failures[0]

    def _act(self, actor: Callable[[], object], go: threading.Semaphore, failures: list[BaseException]) -> None:
        self._mine.go = go
        go.acquire()
        try:
            actor()
        except BaseException as failure:
            failures.append(failure)
        finally:
            go.ended = True  # type: ignore[attr-defined] # ours
            self._paused.release()
