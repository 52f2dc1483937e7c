"""Sessions: found again by any server, ended for good, and known to the cache by their hashes only."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache_client.sessions import Sessions
from cache_client.store import UnavailableError, key_of
from tests.functions.cache_client.caches import FakeStore, FakeTime

if TYPE_CHECKING:
    from cache_client.store import Store
    from cache_client.valkey_store import ValkeyStore
    from local_aws.servers.redis_server import RedisServer

IDLE, ABSOLUTE = 1_800, 43_200
UNKNOWN = "x" * 43


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def fake(time: FakeTime) -> FakeStore:
    return FakeStore(time)


@pytest.fixture
def sessions(fake: FakeStore, time: FakeTime) -> Sessions:
    return Sessions(fake, clock=time.clock())


def test_what_one_server_wrote_another_reads(store: Store) -> None:
    token = Sessions(store).create({"cart": {"7": 2}})
    another = Sessions(store)
    assert another.read(token) == {"cart": {"7": 2}}
    assert another.update(token, lambda data: {**data, "name": "Ä"}) == {"cart": {"7": 2}, "name": "Ä"}
    assert Sessions(store).read(token) == {"cart": {"7": 2}, "name": "Ä"}
    another.end(token)
    assert Sessions(store).read(token) is None


def test_of_updates_at_the_same_time_none_is_lost(store: Store) -> None:
    sessions = Sessions(store)
    token = sessions.create({"count": 0})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sessions.update(token, lambda data: {"count": data["count"] + 1}), range(24)))
    assert sessions.read(token) == {"count": 24}


def test_tokens_are_not_in_the_cache(valkey: ValkeyStore, redis: RedisServer) -> None:
    token = Sessions(valkey).create({"secret": "of a visitor"})
    with redis.connect() as client:
        keys = [key.decode() for key in client.scan_iter("session:*")]
        assert f"session:{hashlib.sha256(token.encode()).hexdigest()}" in keys
        assert not any(token in key for key in keys)


def test_a_token_can_not_be_guessed(sessions: Sessions) -> None:
    tokens = {sessions.create({}) for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}, "256 bits"


@given(st.text(max_size=60))
def test_what_is_no_token_is_nobody(token: str) -> None:
    fake = FakeStore(FakeTime())
    asked: list[int] = []
    fake.before = lambda: asked.append(1)
    sessions = Sessions(fake)
    assert sessions.read(token) is None
    assert sessions.update(token, lambda data: data) is None
    assert sessions.renew(token) is None
    sessions.end(token)
    assert asked == [] or len(token) == 43


def test_a_session_lives_as_long_as_it_is_visited(sessions: Sessions, time: FakeTime) -> None:
    token = sessions.create({"n": 1})
    for _ in range(10):
        time.seconds += IDLE - 1
        assert sessions.read(token) == {"n": 1}
    time.seconds += IDLE + 1
    assert sessions.read(token) is None


def test_and_not_for_ever(sessions: Sessions, time: FakeTime) -> None:
    token = sessions.create({})
    began = time.seconds
    while sessions.read(token) is not None:
        assert time.seconds - began < ABSOLUTE
        time.seconds += 1_000
    assert time.seconds - began >= ABSOLUTE


def test_a_visit_soon_after_another_is_no_write(sessions: Sessions, fake: FakeStore, time: FakeTime) -> None:
    token = sessions.create({})
    asked: list[int] = []
    fake.before = lambda: asked.append(1)
    time.seconds += 100
    sessions.read(token)
    assert len(asked) == 1
    time.seconds += 100
    sessions.read(token)
    assert len(asked) == 3


def test_a_session_that_ended_is_not_brought_back_by_what_was_under_way(sessions: Sessions) -> None:
    token = sessions.create({})

    def change(data: dict[str, object]) -> dict[str, object]:
        sessions.end(token)
        return {**data, "late": True}

    assert sessions.update(token, change) is None
    assert sessions.read(token) is None


def test_nor_by_a_visit(sessions: Sessions, fake: FakeStore, time: FakeTime) -> None:
    token = sessions.create({})
    time.seconds += IDLE / 2
    asked: list[int] = []

    def end_in_between() -> None:
        asked.append(1)
        if len(asked) == 2:
            fake.before = lambda: None
            sessions.end(token)

    fake.before = end_in_between
    assert sessions.read(token) is None


def test_an_update_that_takes_until_the_end_is_none(sessions: Sessions, time: FakeTime) -> None:
    token = sessions.create({"n": 1})

    def slow(data: dict[str, object]) -> dict[str, object]:
        time.seconds += ABSOLUTE
        return data

    assert sessions.update(token, slow) is None


def test_another_token_at_login_ends_the_one_before(sessions: Sessions, time: FakeTime) -> None:
    token = sessions.create({"cart": [1]})
    time.seconds += 60
    renewed = sessions.renew(token)
    assert renewed is not None
    assert renewed != token
    assert sessions.read(token) is None
    assert sessions.read(renewed) == {"cart": [1]}
    assert sessions.renew(UNKNOWN) is None


def test_what_somebody_else_wrote_there_is_nobody(sessions: Sessions, fake: FakeStore) -> None:
    token = sessions.create({})
    key = key_of("session", hashlib.sha256(token.encode()).hexdigest())
    for junk in (
        b"junk",
        b"[]",
        b"{}",
        b'{"data": 1, "born": 0, "visited": 0}',
        b'{"data": {}, "born": null, "visited": 0}',
    ):
        fake.put(key, junk, 60)
        assert sessions.read(token) is None


def test_without_the_cache_nobody_is_taken_for_a_stranger(sessions: Sessions, fake: FakeStore) -> None:
    token = sessions.create({})
    fake.down = True
    for ask in (sessions.read, sessions.renew, sessions.end):
        with pytest.raises(UnavailableError):
            ask(token)


@pytest.mark.parametrize(("idle", "absolute"), [(0, 10), (11, 10)])
def test_times_that_can_not_be(fake: FakeStore, idle: float, absolute: float) -> None:
    message = f"^idle_seconds must be more than 0 and at most absolute_seconds, got {idle} and {absolute}$"
    with pytest.raises(ValueError, match=message):
        Sessions(fake, idle_seconds=idle, absolute_seconds=absolute)
