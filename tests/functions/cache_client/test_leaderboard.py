"""A ranking in a real server's sorted set is what sorting would make of it."""

from __future__ import annotations

import math
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cache_client.leaderboard import Leaderboard, Standing

if TYPE_CHECKING:
    from cache_client.valkey_store import ValkeyStore
    from local_aws.servers.redis_server import RedisServer

PLAYERS = st.sampled_from(["ann", "bob", "cleo", "dän", "e e", "\ud800"])
SCORES = st.integers(-5, 5).map(float) | st.floats(allow_nan=False, allow_infinity=False, width=32)


@pytest.fixture
def board(valkey: ValkeyStore) -> Leaderboard:
    return Leaderboard(valkey, uuid.uuid4().hex)


def expected(scores: dict[str, float]) -> list[Standing]:
    order = sorted(scores, key=lambda player: (scores[player], player.encode(errors="surrogatepass")), reverse=True)
    return [
        Standing(player, scores[player], 1 + sum(other > scores[player] for other in scores.values()))
        for player in order
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(PLAYERS, SCORES), max_size=20), st.integers(0, 3), st.integers(1, 4))
def test_it_is_what_sorting_would_make_of_it(
    valkey: ValkeyStore, results: list[tuple[str, float]], start: int, count: int
) -> None:
    board = Leaderboard(valkey, uuid.uuid4().hex)
    scores: dict[str, float] = {}
    for player, score in results:
        board.record(player, score)
        scores[player] = max(score, scores.get(player, -math.inf))
    ranking = expected(scores)
    assert board.top(100) == ranking
    assert board.top(count, start=start) == ranking[start : start + count]
    for place, standing in enumerate(ranking):
        assert board.standing(standing.player) == standing
        assert board.around(standing.player, 1) == ranking[max(place - 1, 0) : place + 2]


def test_points_add_up(board: Leaderboard) -> None:
    assert [board.add("ann", 2), board.add("ann", 3), board.add("bob", 4.5)] == [2, 5, 4.5]
    assert board.top(2) == [Standing("ann", 5, 1), Standing("bob", 4.5, 2)]


def test_a_worse_result_changes_nothing(board: Leaderboard) -> None:
    board.record("ann", 5)
    board.record("ann", 3)
    assert board.standing("ann") == Standing("ann", 5, 1)


def test_who_has_no_score_has_no_place(board: Leaderboard) -> None:
    board.record("ann", 5)
    board.remove("ann")
    assert board.standing("ann") is None
    assert board.around("ann", 3) == []
    assert board.top(3) == []


def test_a_season_that_nobody_plays_is_forgotten(valkey: ValkeyStore, redis: RedisServer) -> None:
    name = uuid.uuid4().hex
    Leaderboard(valkey, name, lifetime_seconds=100).add("ann", 1)
    Leaderboard(valkey, name, lifetime_seconds=100).record("ann", 1)
    with redis.connect() as client:
        assert 90 < client.ttl(f"leaderboard:{name}") <= 100


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_is_a_number(board: Leaderboard, score: float) -> None:
    for tell in (board.record, board.add):
        with pytest.raises(ValueError, match=f"^a score must be a number, got {score}$"):
            tell("ann", score)


def test_how_many_is_a_number_too(board: Leaderboard) -> None:
    with pytest.raises(ValueError, match=r"^count must be 1 or more and start 0 or more, got 0 and -1$"):
        board.top(0, start=-1)
    with pytest.raises(ValueError, match=r"^count must be 0 or more, got -1$"):
        board.around("ann", -1)
