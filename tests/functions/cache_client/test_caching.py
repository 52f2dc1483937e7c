"""Lazy loading and write-through: who asks the source, and what the cache is left with."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache_client.caching import Cached, Policy
from cache_client.entries import Entry
from cache_client.store import TooLargeError, UnavailableError, key_of
from tests.functions.cache_client.caches import FakeStore, FakeTime, Turns

if TYPE_CHECKING:
    from cache_client.store import Store

NOTHING_EARLY = Policy(ttl_seconds=300, missing_ttl_seconds=30, jitter=0, early=0)


class Source:
    """Where things come from. Slow: it takes a second of the fake time."""

    def __init__(self, time: FakeTime, value: object = "value") -> None:
        self._time = time
        self.value = value
        self.loads = 0
        self.meanwhile: Callable[[], None] = lambda: None
        self.failure: Exception | None = None

    def load(self) -> object:
        self.loads += 1
        self._time.seconds += 1
        value = self.value
        self.meanwhile()
        if self.failure:
            raise self.failure
        return value

    def save(self, value: object) -> Callable[[], None]:
        def save() -> None:
            if self.failure:
                raise self.failure
            self.value = value

        return save


class Bench:
    """A cache in front of a source."""

    def __init__(self, policy: Policy = NOTHING_EARLY, *, chance: float = 1.0) -> None:
        self.time = FakeTime()
        self.store = FakeStore(self.time)
        self.source = Source(self.time)
        self.told: Counter[str] = Counter()
        self.cached = Cached(
            self.store,
            "thing",
            policy=policy,
            report=lambda event: self.told.update([event]),
            clock=self.time.clock(),
            chance=lambda: chance,
        )

    def get(self) -> object:
        return self.cached.get("a", self.source.load)

    def put(self, value: object) -> None:
        self.cached.put("a", value, self.source.save(value))

    @property
    def key(self) -> str:
        return key_of("thing", "a")


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestLazyLoading:
    def test_the_source_is_asked_once(self, bench: Bench) -> None:
        assert [bench.get() for _ in range(3)] == ["value"] * 3
        assert bench.source.loads == 1
        assert bench.told == {"load": 1, "hit": 2}

    def test_again_after_its_time(self, bench: Bench) -> None:
        bench.get()
        bench.source.value = "later"
        bench.time.seconds += 299
        assert bench.get() == "value"
        bench.time.seconds += 2
        assert bench.get() == "later"

    def test_that_there_is_nothing_is_remembered_for_a_shorter_time(self, bench: Bench) -> None:
        bench.source.value = None
        assert [bench.get(), bench.get()] == [None, None]
        assert bench.source.loads == 1
        bench.time.seconds += 31
        bench.source.value = "now"
        assert bench.get() == "now"

    def test_kinds_and_names_are_apart(self, bench: Bench) -> None:
        other = Cached(bench.store, "other", clock=bench.time.clock())
        names = [(cached, name) for cached in (bench.cached, other) for name in ("a", "b", "a b", "ä")]
        for number, (cached, name) in enumerate(names):
            assert cached.get(name, [number].pop) == number

    def test_what_ends_together_was_not_loaded_together(self) -> None:
        policy = Policy(ttl_seconds=300, jitter=0.5)
        ends = set()
        for chance in (0.2, 0.6, 1.0):
            bench = Bench(policy, chance=chance)
            bench.get()
            ends.add(round(bench.store.seconds_left(bench.key)))
        assert ends == {270, 210, 150}

    def test_a_load_that_fails_is_told_and_the_next_one_need_not_wait(self, bench: Bench) -> None:
        bench.source.failure = LookupError("database")
        with pytest.raises(LookupError, match="database"):
            bench.get()
        bench.source.failure = None
        assert bench.get() == "value"
        assert bench.time.slept == []

    def test_what_somebody_else_wrote_there_is_loaded_over(self, bench: Bench) -> None:
        for junk in (b"junk", b"[]", b"{}", b"1", b"\xff", b'{"until": "x"}', b"[" * 100_000):
            bench.store.put(bench.key, junk, 60)
            assert bench.get() == "value"
            assert bench.get() == "value"

    def test_a_value_that_the_cache_does_not_take_is_loaded_each_time(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        swap = bench.store.swap

        def refuse(key: str, old: bytes, new: bytes, seconds: float) -> bool:
            if b"value" in new:
                raise TooLargeError("too large")
            return swap(key, old, new, seconds)

        monkeypatch.setattr(bench.store, "swap", refuse)
        assert [bench.get(), bench.get()] == ["value", "value"]
        assert bench.source.loads == 2
        assert bench.told["too large"] == 2
        assert bench.time.slept == [], "nobody waits for it"

    def test_without_the_cache_the_source_is_asked(self, bench: Bench) -> None:
        bench.store.down = True
        assert [bench.get(), bench.get()] == ["value", "value"]
        assert bench.told == {"unavailable": 2}

    def test_a_cache_that_goes_while_loading_costs_nothing(self, bench: Bench) -> None:
        bench.source.meanwhile = lambda: setattr(bench.store, "down", True)
        assert bench.get() == "value"
        assert bench.source.loads == 1


class TestStampede:
    def test_who_comes_second_waits(self, bench: Bench) -> None:
        asked: list[int] = []

        def another_is_quicker() -> None:
            asked.append(1)
            if len(asked) == 2:  # After reading that there is nothing, before taking the lease.
                lease = Entry().leased(bench.time.seconds + 1000).written()
                bench.store.kept[bench.key] = lease, bench.time.seconds + 1

        bench.store.before = another_is_quicker
        assert bench.get() == "value"
        assert bench.told == {"load": 1}
        assert sum(bench.time.slept) >= 1, "until the other one's lease was over"

    def test_nobody_waits_for_ever(self, bench: Bench) -> None:
        dead = Entry().leased(bench.time.seconds + 1000).written()
        bench.store.put(bench.key, dead, 1000)
        began = bench.time.seconds
        assert bench.get() == "value"
        assert bench.told == {"unshared": 1}
        assert sum(bench.time.slept) == pytest.approx(5)
        assert bench.time.seconds - began == pytest.approx(6)

    def test_who_died_while_loading_is_replaced(self, bench: Bench) -> None:
        bench.store.put(bench.key, Entry().leased(bench.time.seconds + 1).written(), 1000)
        assert bench.get() == "value"
        assert bench.told == {"load": 1}, "after the lease has ended, before the patience has"

    def test_of_a_crowd_one_loads(self, store: Store, key: str) -> None:
        loads = []

        def load() -> str:
            loads.append(threading.get_ident())
            time.sleep(0.3)
            return "value"

        cached = Cached(store, "thing")
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(lambda _: cached.get(key, load), range(32)))
        assert found == ["value"] * 32
        assert len(loads) == 1


class TestEarly:
    def test_one_reader_loads_before_the_end(self) -> None:
        bench = Bench(Policy(ttl_seconds=100, jitter=0, early=1), chance=0.5)
        bench.get()  # Took a second: it is due log(2) seconds before its end.
        bench.source.value = "new"
        bench.time.seconds += 99
        assert bench.get() == "value"
        bench.time.seconds += 0.5
        assert bench.get() == "new"
        assert bench.told == {"load": 1, "hit": 1, "early": 1}

    def test_the_others_read_on(self) -> None:
        bench = Bench(Policy(ttl_seconds=100, jitter=0, early=1), chance=0.5)
        bench.get()
        bench.time.seconds += 99.5
        seen: list[object] = []

        def meanwhile() -> None:
            bench.time.seconds -= 1  # The load has not taken its time yet.
            seen.append(bench.get())

        bench.source.value = "new"
        bench.source.meanwhile = meanwhile
        assert bench.get() == "new"
        assert seen == ["value"]
        assert bench.source.loads == 2

    def test_who_comes_second_reads_on(self) -> None:
        bench = Bench(Policy(ttl_seconds=100, jitter=0, early=1), chance=0.5)
        bench.get()
        bench.time.seconds += 99.5
        calls = []

        def another_is_quicker() -> None:
            calls.append(1)
            if len(calls) == 2:  # After reading, before taking the lease.
                bench.store.kept[bench.key] = b"another", bench.time.seconds + 1

        bench.store.before = another_is_quicker
        assert bench.get() == "value"
        assert bench.source.loads == 1

    def test_a_source_that_fails_is_left_alone_while_the_value_is_good(self) -> None:
        bench = Bench(Policy(ttl_seconds=100, jitter=0, early=1), chance=0.5)
        bench.get()
        bench.time.seconds += 98.5
        bench.source.failure = LookupError("database")
        bench.source.meanwhile = lambda: setattr(bench.time, "seconds", bench.time.seconds - 1)
        bench.time.seconds += 0.9
        assert [bench.get(), bench.get()] == ["value", "value"]
        assert bench.source.loads == 2
        assert bench.told == {"load": 1, "early": 1, "failed early": 1, "hit": 1}


class TestWriteThrough:
    def test_the_cache_has_it_at_once_for_its_time(self, bench: Bench) -> None:
        bench.put("new")
        assert bench.source.value == "new"
        assert bench.get() == "new"
        assert bench.source.loads == 0
        assert bench.store.seconds_left(bench.key) == pytest.approx(300)

    def test_what_was_not_saved_nobody_reads(self, bench: Bench) -> None:
        bench.get()
        bench.source.failure = LookupError("database")
        with pytest.raises(LookupError, match="database"):
            bench.put("new")
        bench.source.failure = None
        assert bench.get() == "value"
        assert bench.time.slept == []

    def test_what_was_read_before_is_not_put_after(self, bench: Bench) -> None:
        bench.source.meanwhile = lambda: bench.put("new")
        assert bench.get() == "value", "it was so when it was asked"
        bench.source.meanwhile = lambda: None
        assert bench.get() == "new"

    def test_nor_after_it_was_invalidated(self, bench: Bench) -> None:
        def change() -> None:
            bench.source.value = "new"
            bench.cached.invalidate("a")

        bench.source.meanwhile = change
        assert bench.get() == "value"
        bench.source.meanwhile = lambda: None
        assert bench.get() == "new"

    def test_a_cache_that_can_not_be_told_is_said_so(self, bench: Bench) -> None:
        bench.get()
        bench.store.down = True
        bench.put("new")
        assert bench.source.value == "new"
        assert bench.told["stale"] == 1
        with pytest.raises(UnavailableError):
            bench.cached.invalidate("a")
        bench.store.down = False
        assert bench.get() == "value", "for the rest of its time"
        bench.time.seconds += 300
        assert bench.get() == "new"

    def test_neither_the_cache_nor_the_source(self, bench: Bench) -> None:
        bench.store.down, bench.source.failure = True, LookupError("database")
        with pytest.raises(LookupError, match="database"):
            bench.put("new")

    def test_what_is_too_large_is_loaded_and_the_one_before_forgotten(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bench.get()

        def refuse(*_: object) -> bool:
            raise TooLargeError("too large")

        with monkeypatch.context() as patched:
            patched.setattr(bench.store, "swap", refuse)
            bench.put("new")
        assert bench.key not in bench.store.kept
        assert bench.get() == "new"

    def test_on_every_engine(self, store: Store, key: str) -> None:
        cached, saved = Cached(store, "thing"), []
        cached.put(key, {"size": [1, None, "ä"]}, lambda: saved.append(1))
        assert saved == [1]
        assert cached.get(key, lambda: pytest.fail("the cache has it")) == {"size": [1, None, "ä"]}
        cached.invalidate(key)
        assert cached.get(key, lambda: "loaded") == "loaded"


@settings(max_examples=300)
@given(data=st.data(), writers=st.integers(0, 3), readers=st.integers(1, 3), invalidates=st.integers(0, 1))
def test_in_whatever_order_they_come_the_cache_is_never_left_with_an_old_value(
    data: st.DataObject, writers: int, readers: int, invalidates: int
) -> None:
    bench = Bench()
    turns = Turns(lambda count: data.draw(st.integers(0, count - 1)))
    changing: set[int] = set()
    bench.store.before = turns.step
    sleep = bench.time.sleep

    def pause(seconds: float) -> None:
        sleep(seconds)
        turns.step()

    bench.time.sleep = pause  # type: ignore[method-assign] # others come in between
    bench.source.value = 0
    # Patient for a shorter time than a lease, of which some end while others are at work.
    policy = Policy(ttl_seconds=1000, jitter=0, early=0, lease_seconds=4, wait_seconds=3)
    bench.cached = Cached(bench.store, "thing", policy=policy, clock=bench.time.clock())

    def save(number: int) -> None:
        turns.step()
        bench.source.value = number
        turns.step()

    def load() -> object:
        turns.step()
        value = bench.source.value
        turns.step()
        return value

    def write(number: int) -> None:
        turns.step()
        changing.add(number)
        bench.cached.put("a", number, lambda: save(number))
        changing.discard(number)

    def change_elsewhere(number: int) -> None:
        turns.step()
        changing.add(number)
        save(number)
        bench.cached.invalidate("a")
        changing.discard(number)

    def read() -> None:
        turns.step()
        calm, before = not changing, bench.source.value
        found = bench.cached.get("a", load)
        if calm and not changing and bench.source.value == before:
            assert found == before, "nobody changed it while it was read"

    turns.run(
        [
            *(lambda number=number: write(number) for number in range(1, writers + 1)),
            *(lambda number=number: change_elsewhere(10 + number) for number in range(invalidates)),
            *[read] * readers,
        ]
    )
    kept = bench.store.kept.get(bench.key)
    entry = Entry() if kept is None else Entry.read(kept[0])
    if entry.is_good(bench.time.seconds):
        assert entry.value == bench.source.value


class TestPolicy:
    def test_every_problem_is_told_at_once(self) -> None:
        message = (
            "ttl_seconds must be more than 0 seconds, got 0\n"
            "lease_seconds must be more than 0 seconds, got inf\n"
            "jitter must be between 0 and 1, got 2\n"
            "wait_seconds must be 0 seconds or more, got -1\n"
            "early must be 0 or more, got nan"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            Policy(ttl_seconds=0, lease_seconds=float("inf"), jitter=2, wait_seconds=-1, early=float("nan"))
