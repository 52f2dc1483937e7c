"""Two Regions, the state and the switch, deployed by the real ``cdk deploy``: traffic goes where the state says."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from recovery_state.gateway import LockLostError
from recovery_state.logic import Lock, Role, Serving
from tests.local.letters import AWAY, HOME, SINCE, Letters, LettersApp, deployed_letters, settle

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws


@pytest.fixture(scope="module")
def deployed(session_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Letters]:
    with deployed_letters(LettersApp(session_aws, tmp_path_factory.mktemp("letters"))) as letters:
        yield letters


@pytest.fixture
def letters(deployed: Letters) -> Iterator[Letters]:
    """With the traffic where it belongs afterwards, and no run under way."""
    yield deployed
    settle(deployed)


def test_both_regions_have_registered_where_they_answer(letters: Letters) -> None:
    assert {role: letters.state().endpoint(role) for role in Role} == letters.urls
    assert HOME in letters.urls[Role.PRIMARY]
    assert AWAY in letters.urls[Role.RECOVERY]


def test_traffic_goes_to_the_primary_and_after_a_move_to_the_recovery_region_and_back(letters: Letters) -> None:
    for role, region, status in (
        (Role.PRIMARY, HOME, 404),
        (Role.RECOVERY, AWAY, 200),
        (Role.PRIMARY, HOME, 404),
    ):
        if letters.state().serving().role is not role:
            letters.move(role)
        assert letters.ask("/serving").json() == {"serving": role, "endpoint": letters.urls[role]}
        assert letters.ask("/traffic/recovery").status == status
        seen = {"region": region, "path": "/a/b", "query": "c=d%20e", "method": "PUT"}
        assert letters.served("/a/b?c=d%20e", "PUT") == seen


def test_the_way_is_asked_for_again_each_time(letters: Letters) -> None:
    assert letters.ask("/a").headers["cache-control"] == "no-store"


def test_without_the_recovery_region_nobody_says_that_it_serves(letters: Letters) -> None:
    """What an inverted health check takes for: leave the traffic where it is."""
    letters.aws.lose(AWAY)
    assert letters.ask("/traffic/recovery").status == 503


def test_without_the_primary_region_the_traffic_is_moved_all_the_same(letters: Letters) -> None:
    letters.aws.lose(HOME)
    letters.move(Role.RECOVERY)
    assert letters.served("/a")["region"] == AWAY


def test_of_many_runs_at_once_one_has_the_lock(letters: Letters) -> None:
    def take(number: int) -> Lock:
        return letters.state().take_lock(Lock(execution=f"run-{number}", mode="drill", since=SINCE))

    with ThreadPoolExecutor(8) as pool:
        held = set(pool.map(take, range(16)))
    assert len(held) == 1
    (winner,) = held
    loser = next(name for name in ("run-0", "run-1") if name != winner.execution)
    assert not letters.state().release_lock(loser)
    with pytest.raises(LockLostError):
        letters.state().move_traffic(Serving(role=Role.RECOVERY, since=SINCE, execution=loser))
    assert letters.state().serving().role is Role.PRIMARY
    assert letters.state().lock() == winner


def test_what_a_run_writes_is_read_as_it_was_written(letters: Letters) -> None:
    report = {"mode": "drill", "forced": False, "steps": [{"name": "Begin", "ended": None, "seconds": 1.5}]}
    letters.state().write_run("one", report)
    assert letters.state().run("one") == report
    assert letters.state().get_all("run#one", "run#none") == {"run#one": report}
