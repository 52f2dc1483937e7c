"""Whatever arrives, the API answers 200 or 400 in JSON with CORS, and starts something only for 200."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.functions.conftest import FakeAws, Json, Page

_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["60", "NO_EMAIL", "NO_PHONE", "ann@example.org", "+447700900123", "both", "email", "sms"])
)
_json = st.recursive(_scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
_forms = st.fixed_dictionaries(
    {},
    optional={
        "waitSeconds": st.integers(-1, 40_000_000) | st.integers(1, 60).map(str) | _json,
        "message": st.text(min_size=1) | _json,
        "email": st.emails() | _json,
        "phone": st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True) | _json,
        "preference": st.sampled_from(["email", "sms", "both"]) | _json,
    },
)
_bodies = st.one_of(
    _forms.map(json.dumps),
    _json.map(json.dumps),
    st.text(),
    st.text(st.characters()),
    st.none(),
)
_headers = st.none() | st.dictionaries(
    st.sampled_from(["Idempotency-Key", "idempotency-key", "Content-Type", "X-Other"]), st.text() | st.none()
)

_check = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def _holds(aws: FakeAws, page: Page, event: Json) -> int:
    aws.reset()
    status, body, headers = page.ask(event)
    assert status in {200, 400}
    assert body["Status"] == ("Success" if status == 200 else "Error")
    assert body.get("Reason") or status == 200
    assert headers["Content-Type"] == "application/json"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert len(aws.started) == aws.calls.count("StartExecution") == (1 if status == 200 else 0)
    return status


def _event(body: str | None, headers: object, is_base64: object) -> Json:
    return {
        "resource": "/petcuddleotron",
        "httpMethod": "POST",
        "headers": headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }


@_check
@given(body=_bodies, headers=_headers, is_base64=st.none() | st.booleans())
@example(body='{"waitSeconds": 1e400}', headers={}, is_base64=False)
@example(body='{"waitSeconds": ' + "[" * 990 + "]" * 990 + "}", headers={}, is_base64=False)
@example(body='{"message": "\\ud800"}', headers={}, is_base64=False)
def test_any_text_as_a_body(
    aws: FakeAws, page: Page, body: str | None, headers: dict[str, str | None] | None, is_base64: bool | None
) -> None:
    _holds(aws, page, _event(body, headers, is_base64))


@_check
@given(body=st.binary(max_size=10_000))
def test_any_bytes_as_a_body(aws: FakeAws, page: Page, body: bytes) -> None:
    _holds(aws, page, _event(base64.b64encode(body).decode(), {}, True))


@_check
@given(
    seconds=st.integers(1, 31_449_600),
    as_text=st.sampled_from([int, str, "{:>9} ".format]),
    message=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=459).filter(str.strip),
    email=st.sampled_from(["ann@example.org", "bob+cat@mail.example.net"]),
)
def test_any_reminder_within_the_rules_is_started_as_it_was_asked_for(
    *, aws: FakeAws, page: Page, seconds: int, as_text: Callable[[int], object], message: str, email: str
) -> None:
    body = json.dumps({"waitSeconds": as_text(seconds), "message": message, "email": email})
    assert _holds(aws, page, _event(body, {}, False)) == 200
    assert json.loads(aws.started[0].input) == {
        "waitSeconds": seconds,
        "message": message.strip(),
        "preference": "email",
        "email": email,
    }


@_check
@given(
    event=st.fixed_dictionaries(
        {},
        optional={
            "resource": st.none() | st.text() | st.sampled_from(["/petcuddleotron", "/petcuddleotron/{executionId}"]),
            "httpMethod": st.none() | st.sampled_from(["GET", "POST", "PUT", "OPTIONS"]),
            "headers": _headers,
            "pathParameters": st.none() | st.fixed_dictionaries({}, optional={"executionId": st.text() | st.none()}),
            "requestContext": st.none() | st.fixed_dictionaries({}, optional={"requestId": st.none() | st.text()}),
            "body": _bodies,
            "isBase64Encoded": st.none() | st.booleans(),
        },
    )
)
def test_any_shape_of_event_gets_a_json_answer_below_500(aws: FakeAws, page: Page, event: Json) -> None:
    aws.reset()
    status, body, headers = page.ask(event)
    assert status in {200, 400, 404, 405}
    assert body["Status"] == ("Success" if status == 200 else "Error")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert len(aws.started) == (1 if status == 200 else 0)
