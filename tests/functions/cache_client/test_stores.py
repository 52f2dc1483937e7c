"""Every engine does the five operations in the same way, and fails in the same way."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st

from cache_client.store import key_of

if TYPE_CHECKING:
    from cache_client.store import Store

BINARY = b"\x00\r\nEND\r\n\xff"


def until(happened: object, seconds: float = 10.0) -> None:
    """Poll for it."""
    assert callable(happened)
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def test_what_was_put_is_there(store: Store, key: str) -> None:
    assert store.get(key) is None
    store.put(key, BINARY, 60)
    assert store.get(key) == BINARY
    store.put(key, b"", 60)
    assert store.get(key) == b"", "nothing is a value"


def test_it_is_gone_after_its_time(store: Store, key: str) -> None:
    store.put(key, b"short", 0.5)
    store.put(f"{key}-long", b"long", 100)
    until(lambda: store.get(key) is None)
    assert store.get(f"{key}-long") == b"long"


def test_more_than_thirty_days_are_no_date_in_the_past(store: Store, key: str) -> None:
    store.put(key, b"long", 40 * 86_400)
    assert store.get(key) == b"long"


def test_what_is_there_is_not_added_again(store: Store, key: str) -> None:
    assert store.add(key, b"one", 60)
    assert not store.add(key, b"two", 60)
    assert store.get(key) == b"one"


def test_only_exactly_the_old_is_swapped(store: Store, key: str) -> None:
    assert not store.swap(key, b"", b"new", 60), "there is nothing"
    assert store.get(key) is None
    store.put(key, BINARY, 60)
    assert not store.swap(key, BINARY + b"x", b"new", 60)
    assert store.swap(key, BINARY, b"new", 60)
    assert store.get(key) == b"new"


def test_a_swap_gives_it_its_own_time(store: Store, key: str) -> None:
    store.put(key, b"old", 100)
    assert store.swap(key, b"old", b"new", 0.5)
    until(lambda: store.get(key) is None)


def test_what_is_deleted_is_gone(store: Store, key: str) -> None:
    store.put(key, b"value", 60)
    store.delete(key)
    store.delete(key)
    assert store.get(key) is None


def test_of_many_who_swap_at_the_same_time_one_does(store: Store, key: str) -> None:
    store.put(key, b"0", 60)

    def count(_: int) -> int:
        while True:
            found = store.get(key)
            assert found is not None
            if store.swap(key, found, str(int(found) + 1).encode(), 60):
                return int(found)

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(count, range(40)))
    assert sorted(seen) == list(range(40)), "nobody's was lost, and none counted twice"


def test_as_many_may_ask_at_the_same_time_as_there_are_threads(store: Store, key: str) -> None:
    store.put(key, b"value", 60)
    together = threading.Barrier(24)

    def ask(_: int) -> bytes | None:
        together.wait(20)
        return store.get(key)

    with ThreadPoolExecutor(24) as pool:
        assert list(pool.map(ask, range(24))) == [b"value"] * 24


@given(st.lists(st.text(max_size=300), min_size=1, max_size=3))
@example(["\ud800", "a b\r\n"])
@example(["x" * 500])
def test_a_key_is_one_that_every_engine_takes(parts: list[str]) -> None:
    key = key_of("kind", *parts)
    assert len(key) <= 250
    assert all("!" <= sign <= "~" for sign in key)
    assert key == key_of("kind", *parts)


@given(
    st.lists(st.text(":a\\", max_size=4), min_size=1, max_size=4),
    st.lists(st.text(":a\\", max_size=4), min_size=1, max_size=4),
)
@example(["a:b", "c"], ["a", "b:c"])
@example(["a:", "b"], ["a", ":b"])
def test_other_parts_are_another_key(one: list[str], other: list[str]) -> None:
    assert (key_of(*one) == key_of(*other)) == (one == other)
