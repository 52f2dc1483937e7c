"""Health checks hear who serves, everybody else is sent there, and trouble is never taken for an answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from hypothesis import given
from hypothesis import strategies as st

from recovery_state.logic import Role
from tests.functions.state_in_memory import TABLE, InMemory, refusal
from traffic_switch import handler
from traffic_switch.gateway import Gateway
from traffic_switch.handler import Reply, reply
from traffic_switch.logic import Asked, answer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

HERE, THERE = "https://primary.example.org", "https://recovery.example.org/v1"
UNKNOWN = {"error": "Nobody knows at the moment which Region serves: please try again"}


def event(path: str, method: str = "GET", query: str = "") -> dict[str, object]:
    """As an HTTP API sends it."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {},
        "requestContext": {"requestId": "1", "http": {"method": method, "path": path}},
    }


@pytest.fixture
def memory() -> InMemory:
    """Both Regions have registered; nobody has moved anything."""
    memory = InMemory()
    table = memory.table()
    table.register(Role.PRIMARY, HERE)
    table.register(Role.RECOVERY, THERE)
    return memory


def ask(memory: InMemory, path: str, method: str = "GET", query: str = "") -> Reply:
    return reply(Gateway(memory.table()), APIGatewayProxyEventV2(event(path, method, query)))


def move(memory: InMemory, role: str) -> None:
    memory.table().put("serving", {"role": role})


def test_the_primary_serves_until_somebody_has_moved_the_traffic(memory: InMemory) -> None:
    told = ask(memory, "/serving")
    assert told["statusCode"] == 200
    assert json.loads(told["body"]) == {"serving": "primary", "endpoint": HERE}
    assert told["headers"] == {"Content-Type": "application/json", "Cache-Control": "no-store"}
    move(memory, "recovery")
    assert json.loads(ask(memory, "/serving")["body"]) == {"serving": "recovery", "endpoint": THERE}


@pytest.mark.parametrize(("role", "status"), [("primary", 404), ("recovery", 200)])
def test_a_health_check_hears_whether_the_recovery_region_serves(memory: InMemory, role: str, status: int) -> None:
    move(memory, role)
    told = ask(memory, "/traffic/recovery")
    assert told["statusCode"] == status
    assert json.loads(told["body"]) == {"serving": role}


def test_a_health_check_needs_no_endpoints() -> None:
    assert ask(InMemory(), "/traffic/recovery")["statusCode"] == 404


@pytest.mark.parametrize("path", ["/serving", "/traffic/recovery", "/orders/1"])
@pytest.mark.parametrize("code", ["ThrottlingException", "ResourceNotFoundException"])
def test_a_state_that_can_not_be_read_is_neither_yes_nor_no(memory: InMemory, path: str, code: str) -> None:
    memory.instead["BatchGetItem"] = [refusal(code, "BatchGetItem")]
    told = ask(memory, path)
    assert (told["statusCode"], json.loads(told["body"])) == (503, UNKNOWN)
    assert "Location" not in told["headers"]


@pytest.mark.parametrize("path", ["/serving", "/traffic/recovery", "/orders/1"])
def test_nor_is_a_state_that_makes_no_sense(memory: InMemory, path: str) -> None:
    move(memory, "third")
    assert ask(memory, path)["statusCode"] == 503


def test_nor_is_a_mistake_of_our_own(memory: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "answer", lambda *_: 1 / 0)
    assert ask(memory, "/traffic/recovery")["statusCode"] == 503


@pytest.mark.parametrize(
    ("path", "query", "location"),
    [
        ("/", "", f"{HERE}/"),
        ("/orders/1", "", f"{HERE}/orders/1"),
        ("/orders", "after=1&q=a%20b", f"{HERE}/orders?after=1&q=a%20b"),
        ("/a b/ü/%", "", f"{HERE}/a%20b/%C3%BC/%25"),
        ("/serving/", "", f"{HERE}/serving/"),
        ("", "", f"{HERE}/"),
        ("/x\r\nSet-Cookie: a=b", "", f"{HERE}/x%0D%0ASet-Cookie:%20a=b"),
    ],
)
def test_all_other_requests_are_sent_to_the_region_that_serves(
    memory: InMemory, path: str, query: str, location: str
) -> None:
    told = ask(memory, path, query=query)
    assert (told["statusCode"], told["headers"]["Location"]) == (307, location)


@pytest.mark.parametrize("path", ["/serving", "/traffic/recovery"])
@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS"])
def test_other_methods_are_sent_on_as_well(memory: InMemory, path: str, method: str) -> None:
    move(memory, "recovery")
    told = ask(memory, path, method)
    assert (told["statusCode"], told["headers"]["Location"]) == (307, f"{THERE}{path}")


def test_nobody_is_sent_to_nowhere(memory: InMemory) -> None:
    memory.table().remove("endpoint#recovery")
    move(memory, "recovery")
    told = ask(memory, "/orders/1")
    expected = {"error": "The recovery Region serves and has registered no endpoint"}
    assert (told["statusCode"], json.loads(told["body"])) == (503, expected)
    assert json.loads(ask(memory, "/serving")["body"]) == {"serving": "recovery", "endpoint": None}


@given(st.text(), st.sampled_from(Role))
def test_whatever_is_asked_for_the_answer_leads_to_the_region_that_serves(path: str, role: Role) -> None:
    urls = {Role.PRIMARY: HERE, Role.RECOVERY: THERE}
    state: dict[str, Any] = {f"endpoint#{each}": {"url": url} for each, url in urls.items()}
    told = answer(Asked(method="PUT", path=path, query=""), {**state, "serving": {"role": role}})
    assert told.location is not None
    assert told.location.isascii()
    assert told.location.isprintable()
    assert urlsplit(told.location).netloc == urlsplit(urls[role]).netloc
    assert unquote(told.location).endswith(path)


def test_lambda_calls_it(memory: InMemory, monkeypatch: pytest.MonkeyPatch, context: LambdaContext) -> None:
    monkeypatch.setattr(handler, "_gateway", lambda: Gateway(memory.table()))
    assert handler.handle(event("/traffic/recovery"), context)["statusCode"] == 404


def test_it_reads_the_table_that_it_is_deployed_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    gateway = Gateway.from_environment({"STATE_TABLE": TABLE})
    assert gateway._state._table == TABLE
