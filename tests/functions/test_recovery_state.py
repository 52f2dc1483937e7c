"""What is written into the state is read from it, and of two runs that want the same thing one gets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from recovery_state.gateway import LockLostError, StateError, StateTable
from recovery_state.logic import (
    SERVING,
    InvalidStateError,
    Lock,
    Role,
    Serving,
    endpoint_item,
    from_attribute,
    from_item,
    read,
    run_item,
    to_attribute,
    to_item,
    written,
)
from tests.functions.state_in_memory import InMemory, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

SINCE = "2026-01-01T12:00:00.000Z"
MINE = Lock(execution="mine", mode="failover", since=SINCE)
OTHER = Lock(execution="other", mode="drill", since=SINCE)
MOVED = Serving(role=Role.RECOVERY, since=SINCE, execution="mine")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.fixture
def memory() -> InMemory:
    return InMemory()


@pytest.fixture
def table(memory: InMemory) -> StateTable:
    return memory.table()


class TestItems:
    @given(st.dictionaries(st.text(min_size=1).filter(lambda name: name != "item"), JSON))
    def test_what_is_written_is_read(self, values: Mapping[str, object]) -> None:
        assert from_item(to_item("run#1", values)) == values

    def test_a_number_keeps_its_kind(self) -> None:
        assert [type(from_attribute(to_attribute(number))) for number in (1, 1.0, 1e22)] == [int, float, float]

    def test_what_is_no_json_is_refused(self) -> None:
        with pytest.raises(TypeError, match="datetime can't be written into the state"):
            to_attribute(datetime(2026, 1, 1, tzinfo=UTC))

    def test_what_nobody_writes_is_refused(self) -> None:
        with pytest.raises(InvalidStateError, match="the state has no attributes of the type SS"):
            from_attribute({"SS": ["a"]})

    def test_a_tuple_is_a_list(self) -> None:
        assert to_attribute((1,)) == {"L": [{"N": "1"}]}

    def test_times_are_in_utc_with_milliseconds(self) -> None:
        noon = datetime(2026, 1, 1, 13, 0, 0, 999, tzinfo=timezone(timedelta(hours=1)))
        assert written(noon) == SINCE
        assert read(SINCE) == noon.replace(microsecond=0)

    def test_each_role_has_another(self) -> None:
        assert [role.other for role in Role] == [Role.RECOVERY, Role.PRIMARY]


class TestServing:
    def test_it_is_the_primary_before_anybody_has_moved_it(self, table: StateTable) -> None:
        assert table.serving() == Serving(role=Role.PRIMARY, since="", execution="")

    def test_a_run_that_holds_the_lock_moves_it(self, table: StateTable) -> None:
        table.take_lock(MINE)
        assert table.move_traffic(MOVED) == MOVED
        assert table.serving() == MOVED

    def test_it_may_say_so_twice(self, table: StateTable) -> None:
        table.take_lock(MINE)
        table.move_traffic(MOVED)
        again = Serving(role=Role.RECOVERY, since="later", execution="mine")
        assert table.move_traffic(again) == MOVED
        assert table.serving() == MOVED

    @pytest.mark.parametrize("held", [None, OTHER])
    def test_a_run_without_the_lock_moves_nothing(self, table: StateTable, held: Lock | None) -> None:
        if held:
            table.take_lock(held)
        with pytest.raises(LockLostError, match=r"^mine does not hold the lock: the traffic stays$"):
            table.move_traffic(MOVED)
        assert table.serving().role is Role.PRIMARY

    def test_a_lock_that_is_lost_at_the_last_moment_is_noticed(self, memory: InMemory, table: StateTable) -> None:
        table.take_lock(MINE)
        memory.before = lambda operation: memory.items.pop("run") if operation == "TransactWriteItems" else None
        with pytest.raises(LockLostError):
            table.move_traffic(MOVED)
        assert SERVING not in memory.items

    @pytest.mark.parametrize(
        ("failure", "code"),
        [
            (refusal("TransactionCanceledException", "x", CancellationReasons=[{"Code": "ThrottlingError"}]), None),
            (refusal("AccessDeniedException", "x"), "AccessDeniedException"),
            (EndpointConnectionError(endpoint_url="https://x"), "EndpointConnectionError"),
        ],
    )
    def test_trouble_is_no_lost_lock(
        self, memory: InMemory, table: StateTable, failure: Exception, code: str | None
    ) -> None:
        table.take_lock(MINE)
        memory.instead["TransactWriteItems"] = [failure]
        with pytest.raises(StateError) as raised:
            table.move_traffic(MOVED)
        assert raised.value.code == (code or "TransactionCanceledException")

    def test_nonsense_is_refused(self, table: StateTable) -> None:
        table.put(SERVING, {"role": "third"})
        with pytest.raises(InvalidStateError, match=r"^serving must name the role primary or recovery, got 'third'$"):
            table.serving()


class TestLock:
    def test_who_comes_first_has_it(self, table: StateTable) -> None:
        assert table.lock() is None
        assert table.take_lock(MINE) == MINE
        assert table.take_lock(OTHER) == MINE
        assert table.lock() == MINE

    def test_who_has_it_has_it_still(self, table: StateTable) -> None:
        table.take_lock(MINE)
        assert table.take_lock(Lock(execution="mine", mode="failover", since="later")) == MINE

    def test_only_who_has_it_releases_it(self, table: StateTable) -> None:
        table.take_lock(MINE)
        assert not table.release_lock("other")
        assert table.lock() == MINE
        assert table.release_lock("mine")
        assert not table.release_lock("mine")
        assert table.take_lock(OTHER) == OTHER

    def test_a_lock_that_is_released_in_between_is_taken(self, memory: InMemory, table: StateTable) -> None:
        table.take_lock(OTHER)
        memory.before = lambda operation: memory.items.pop("run", None) if operation == "GetItem" else None
        assert table.take_lock(MINE) == MINE

    def test_trouble_is_told(self, memory: InMemory, table: StateTable) -> None:
        memory.instead["PutItem"] = [refusal("ThrottlingException", "PutItem")]
        with pytest.raises(StateError, match=r"^PutItem of the recovery's state: ThrottlingException$"):
            table.take_lock(MINE)
        memory.instead["DeleteItem"] = [refusal("ResourceNotFoundException", "DeleteItem")]
        with pytest.raises(StateError) as raised:
            table.release_lock("mine")
        assert raised.value.is_missing


class TestEndpoints:
    def test_each_region_has_its_own(self, table: StateTable) -> None:
        assert table.endpoint(Role.PRIMARY) is None
        for role in Role:
            table.register(role, f"https://{role}.example.org")
        assert [table.endpoint(role) for role in Role] == [f"https://{role}.example.org" for role in Role]

    def test_another_registration_outlives_the_end_of_the_first(self, table: StateTable) -> None:
        table.register(Role.PRIMARY, "https://new.example.org")
        table.deregister(Role.PRIMARY, "https://old.example.org")
        assert table.endpoint(Role.PRIMARY) == "https://new.example.org"
        table.deregister(Role.PRIMARY, "https://new.example.org")
        assert table.endpoint(Role.PRIMARY) is None

    def test_an_address_that_is_none_is_none(self, table: StateTable) -> None:
        table.put(endpoint_item(Role.PRIMARY), {"url": 1})
        assert table.endpoint(Role.PRIMARY) is None


class TestRuns:
    def test_a_run_remembers(self, table: StateTable) -> None:
        assert table.run("mine") is None
        report = {"mode": "drill", "steps": [{"name": "Begin", "seconds": 1.5}], "reason": None}
        table.write_run("mine", report)
        assert table.run("mine") == report
        assert run_item("mine") == "run#mine"

    def test_several_items_are_read_at_once(self, table: StateTable) -> None:
        table.put("watch", {"healthy": True})
        table.put("heartbeat", {"at": SINCE})
        assert table.get_all("watch", "heartbeat", "serving") == {
            "watch": {"healthy": True},
            "heartbeat": {"at": SINCE},
        }
        table.remove("watch")
        table.remove("watch")
        assert table.get("watch") is None

    def test_what_was_not_read_is_no_absence(
        self, memory: InMemory, table: StateTable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer: dict[str, object] = {"Responses": {}, "UnprocessedKeys": {"t": {}}}
        monkeypatch.setattr(memory, "batch_get_item", lambda **_: answer)
        with pytest.raises(StateError, match="ProvisionedThroughputExceededException"):
            table.get_all("watch")


def test_a_table_is_in_the_region_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert StateTable("t")._client.meta.region_name == "eu-west-1"
    assert StateTable("t", region="ap-southeast-2")._client.meta.region_name == "ap-southeast-2"
