"""A vault is emptied when its stack goes, and at no other time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from backup_vault_emptying import handler
from backup_vault_emptying.gateway import Gateway
from backup_vault_emptying.logic import identify
from custom_resource.logic import InvalidRequestError, RefusedError

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient


def request(kind: str, vault: object = "orders", **more: object) -> dict[str, object]:
    return {"RequestType": kind, "ResourceProperties": {"ServiceToken": "arn", "Vault": vault}, **more}


class FakeVaults:
    """A vault whose recovery points go some time after they were asked to."""

    def __init__(self, *points: str, rounds: int = 1) -> None:
        self.left = list(points)
        self.deleted: list[str] = []
        self._rounds = rounds

    def points(self, vault: str) -> list[str]:
        assert vault == "orders"
        if len(self.deleted) >= len(self.left) * self._rounds:
            self.left = []
        return list(self.left)

    def delete(self, vault: str, point: str) -> None:
        assert vault == "orders"
        self.deleted.append(point)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nothing_is_deleted_while_the_vault_stays(kind: str) -> None:
    vaults = FakeVaults("a", "b")
    handler.empty(vaults, request(kind), lambda: 600)
    assert vaults.deleted == []


def test_all_is_deleted_and_waited_for() -> None:
    vaults = FakeVaults("a", "b", rounds=2)
    handler.empty(vaults, request("Delete"), lambda: 600)
    assert (vaults.deleted, vaults.left) == (["a", "b", "a", "b"], [])


def test_what_does_not_go_in_time_is_told() -> None:
    with pytest.raises(RefusedError) as caught:
        handler.empty(FakeVaults("a", rounds=9), request("Delete"), lambda: 10)
    assert str(caught.value) == (
        "orders still has 1 recovery points: is one being copied or restored? Delete the stack again when that has "
        "ended"
    )


def test_another_vaults_contents_are_another_resource() -> None:
    assert identify(request("Create")) == "contents-of-orders"
    assert identify(request("Delete", PhysicalResourceId="contents-of-old")) == "contents-of-old"
    assert identify(request("Create", vault=None)) == "no-vault"
    with pytest.raises(InvalidRequestError, match="the properties must be Vault, the name of one"):
        handler.empty(FakeVaults(), request("Delete", vault=""), lambda: 600)


@pytest.fixture
def backup() -> Iterator[tuple[BackupClient, Stubber]]:
    client = boto3.client("backup", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


class TestGateway:
    def test_a_vault_that_is_gone_is_empty(self, backup: tuple[BackupClient, Stubber]) -> None:
        client, stubber = backup
        stubber.add_client_error("list_recovery_points_by_backup_vault", "ResourceNotFoundException")
        assert Gateway(client).points("orders") == []

    def test_a_refusal_is_told(self, backup: tuple[BackupClient, Stubber]) -> None:
        client, stubber = backup
        stubber.add_client_error("list_recovery_points_by_backup_vault", "AccessDeniedException")
        with pytest.raises(RefusedError, match=r"orders: .*AccessDeniedException"):
            Gateway(client).points("orders")
        stubber.add_client_error("delete_recovery_point", "AccessDeniedException")
        with pytest.raises(RefusedError, match=r"a: .*AccessDeniedException"):
            Gateway(client).delete("orders", "a")

    @pytest.mark.parametrize("code", ["ResourceNotFoundException", "InvalidResourceStateException"])
    def test_what_is_going_is_let_go(self, backup: tuple[BackupClient, Stubber], code: str) -> None:
        client, stubber = backup
        stubber.add_client_error("delete_recovery_point", code)
        Gateway(client).delete("orders", "a")
