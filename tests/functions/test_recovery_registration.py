"""An endpoint is written where the other Region finds it, changed and deleted, and CloudFormation hears of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from custom_resource.logic import InvalidRequestError
from recovery_registration.gateway import Gateway
from recovery_registration.handler import handle, settle
from recovery_registration.logic import Registration
from recovery_state.logic import Role, endpoint_item, read
from tests.functions.cloudformation_mailbox import Mailbox, told
from tests.functions.state_in_memory import TABLE, InMemory, refusal

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from recovery_state.gateway import StateTable

URL = "https://abc.execute-api.us-east-1.amazonaws.com"
PROPERTIES = {"Table": TABLE, "Region": "eu-west-1", "Role": "primary", "Url": URL}
ID = f"eu-west-1/{TABLE}/primary"


class Connected(Gateway):
    """A gateway to one table, which notes where it is asked for."""

    def __init__(self, memory: InMemory) -> None:
        self.memory = memory
        self.asked: list[tuple[str, str]] = []

    def state(self, wanted: Registration) -> StateTable:
        self.asked.append((wanted.table, wanted.region))
        return self.memory.table()

    def endpoint(self) -> str | None:
        return self.memory.table().endpoint(Role.PRIMARY)


@pytest.fixture(autouse=True)
def asked(mailbox: Mailbox) -> None:
    mailbox.properties = PROPERTIES


@pytest.fixture
def gateway(waited: list[float]) -> Connected:
    return Connected(InMemory())


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_the_endpoint_is_written(gateway: Connected, mailbox: Mailbox, kind: str) -> None:
    settle(gateway, mailbox.request(kind))
    assert mailbox.answers == [told(ID)]
    assert gateway.endpoint() == URL
    assert gateway.asked == [(TABLE, "eu-west-1")]
    since = (gateway.memory.table().get(endpoint_item(Role.PRIMARY)) or {})["since"]
    assert abs((datetime.now(UTC) - read(str(since))).total_seconds()) < 60, "what was not there can't be lost"


def test_another_endpoint_is_a_change_of_the_same_resource(gateway: Connected, mailbox: Mailbox) -> None:
    """Else CloudFormation would delete the former one afterwards."""
    settle(gateway, mailbox.request("Create"))
    mailbox.properties = {**PROPERTIES, "Url": "https://new.example.org/"}
    settle(gateway, mailbox.request("Update", PhysicalResourceId=ID))
    assert mailbox.answers == [told(ID), told(ID)]
    assert gateway.endpoint() == "https://new.example.org"


def test_it_goes_with_its_stack(gateway: Connected, mailbox: Mailbox) -> None:
    settle(gateway, mailbox.request("Create"))
    for _ in range(2):
        settle(gateway, mailbox.request("Delete", PhysicalResourceId=ID))
    assert mailbox.answers == [told(ID)] * 3
    assert gateway.endpoint() is None


def test_what_somebody_else_has_written_since_stays(gateway: Connected, mailbox: Mailbox) -> None:
    gateway.memory.table().register(Role.PRIMARY, "https://new.example.org")
    settle(gateway, mailbox.request("Delete", PhysicalResourceId=ID))
    assert gateway.endpoint() == "https://new.example.org"


def test_a_table_that_is_gone_stops_no_deletion(gateway: Connected, mailbox: Mailbox) -> None:
    gateway.memory.instead["DeleteItem"] = [refusal("ResourceNotFoundException", "DeleteItem")]
    settle(gateway, mailbox.request("Delete", PhysicalResourceId=ID))
    assert mailbox.answers == [told(ID)]


def test_what_was_never_written_is_not_deleted(gateway: Connected, mailbox: Mailbox) -> None:
    mailbox.properties = {"Url": "ftp://"}
    settle(gateway, mailbox.request("Create"))
    settle(gateway, mailbox.request("Delete", PhysicalResourceId="no-registration"))
    reason = "the properties must be Table, Region, Role (primary or recovery) and Url, which begins with https://"
    assert mailbox.answers == [told("no-registration", reason=reason), told("no-registration")]
    assert gateway.asked == []


def test_a_missing_table_is_told_with_what_to_do(gateway: Connected, mailbox: Mailbox) -> None:
    gateway.memory.instead["PutItem"] = [refusal("ResourceNotFoundException", "PutItem")]
    settle(gateway, mailbox.request("Create"))
    reason = f"{TABLE} in eu-west-1: ResourceNotFoundException: deploy the recovery Region's stack first"
    assert mailbox.answers == [told(ID, reason=reason)]


def test_a_permission_that_is_not_known_yet_is_waited_for(
    gateway: Connected, mailbox: Mailbox, waited: list[float]
) -> None:
    gateway.memory.instead["PutItem"] = [refusal("AccessDeniedException", "PutItem")] * 4
    settle(gateway, mailbox.request("Create"))
    assert mailbox.answers == [told(ID)]
    assert waited == [1, 2, 4, 8]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
@pytest.mark.parametrize(("kind", "operation"), [("Create", "PutItem"), ("Delete", "DeleteItem")])
def test_other_trouble_is_told(gateway: Connected, mailbox: Mailbox, code: str, kind: str, operation: str) -> None:
    gateway.memory.instead[operation] = [refusal(code, operation)] * 5
    settle(gateway, mailbox.request(kind, PhysicalResourceId=ID))
    assert mailbox.answers == [told(ID, reason=f"{TABLE} in eu-west-1: {code}")]


@pytest.mark.parametrize("missing", PROPERTIES)
def test_nothing_may_be_missing(missing: str) -> None:
    given = {name: value for name, value in PROPERTIES.items() if name != missing}
    with pytest.raises(InvalidRequestError):
        Registration.of(given)
    with pytest.raises(InvalidRequestError):
        Registration.of(None)


def test_lambda_calls_it_and_the_log_holds_no_address(
    gateway: Connected,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    context: LambdaContext,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("recovery_registration.handler.Gateway", lambda: gateway)
    handle(mailbox.request("Create"), context)
    assert mailbox.answers == [told(ID)]
    assert "signature" not in "".join(capsys.readouterr())


def test_the_table_is_in_the_region_asked_for() -> None:
    state = Gateway().state(Registration.of(PROPERTIES))
    assert state._client.meta.region_name == "eu-west-1"
