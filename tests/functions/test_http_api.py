"""What functions behind HTTP APIs have in common: reading a body, refusing it, and answering for failures."""

from __future__ import annotations

import base64
import json
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from http_api import handler
from http_api.gateway import AwsError, asking
from http_api.logic import Problem, RefusedError, read_object, shown, text_of


class Lines:
    """What is logged, in the place of a logger."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, dict[str, object]]] = []

    def info(self, text: str, extra: dict[str, object]) -> None:
        self.found.append(("info", text, extra))

    def warning(self, text: str, extra: dict[str, object]) -> None:
        self.found.append(("warning", text, extra))

    def error(self, text: str, extra: dict[str, object]) -> None:
        self.found.append(("error", text, extra))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    lines = Lines()
    monkeypatch.setattr(handler, "_logger", lines)
    return lines


@pytest.mark.parametrize(
    ("body", "is_base64", "text"),
    [
        ("YQ==", False, "YQ=="),
        ("YQ==", True, "a"),
        ("YQ==", None, "YQ=="),
        (None, True, None),
        ("", True, ""),
        (base64.b64encode(b"\xff").decode(), True, "\ufffd"),
    ],
)
def test_a_body_is_text_however_it_comes(body: str | None, is_base64: bool | None, text: str | None) -> None:
    assert text_of(body, is_base64=is_base64) == text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "is missing: send a JSON object with a and b"),
        ("", "is missing: send a JSON object with a and b"),
        ("x" * 4_097, "must have at most 4096 characters, has 4097: send less"),
        ("{", "is not valid JSON"),
        ("[" * 4_000, "is not valid JSON"),
        ("[]", "must be a JSON object with a and b"),
    ],
)
def test_a_body_that_is_no_object_is_refused(body: str | None, reason: str) -> None:
    with pytest.raises(RefusedError) as raised:
        read_object(body, fields="a and b", where_it_is_large=": send less")
    assert raised.value.problems == (Problem(field="body", reason=reason),)


@given(st.text())
def test_whatever_is_sent_is_an_object_or_refused(body: str) -> None:
    with suppress(RefusedError):
        assert read_object(body, fields="a") == json.loads(body)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        ([1], "a list"),
        ({}, "an object"),
        (True, "true"),
        ("x" * 38, f'"{"x" * 38}"'),
        ("x" * 39, f'"{"x" * 36}...'),
    ],
)
def test_a_wrong_value_is_shown_as_far_as_it_takes_to_recognize_it(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "SlowDown", "Message": "private"}}, "PutObject"), "SlowDown"),
        (ReadTimeoutError(endpoint_url="https://private"), "ReadTimeoutError"),
    ],
)
def test_what_aws_refuses_is_told_by_its_code(error: Exception, code: str) -> None:
    with pytest.raises(AwsError) as raised, asking("PutObject"):
        raise error
    assert str(raised.value) == f"PutObject: {code}"
    assert raised.value.__cause__ is None


def test_a_mistake_of_our_own_is_no_refusal_of_aws() -> None:
    with pytest.raises(ZeroDivisionError), asking("PutObject"):
        raise ZeroDivisionError


def test_a_refused_request_is_answered_with_every_problem_and_logged_with_their_fields(lines: Lines) -> None:
    problems = [Problem(field="a", reason="is private"), Problem(field="b", reason="too")]
    assert handler.failure(RefusedError(problems), refusal="Not like this") == (
        400,
        {
            "error": "Not like this",
            "problems": [{"field": "a", "reason": "is private"}, {"field": "b", "reason": "too"}],
        },
    )
    assert lines.found == [("info", "request refused", {"fields": ["a", "b"]})]


def test_aws_that_fails_is_answered_with_later_and_logged(lines: Lines) -> None:
    answer = {"error": "The service is busy at the moment: please try again in a few seconds"}
    assert handler.failure(AwsError("PutObject", "SlowDown"), refusal="Not like this") == (503, answer)
    assert lines.found == [("warning", "AWS trouble", {"operation": "PutObject", "code": "SlowDown"})]


def test_anything_else_is_logged_by_where_it_happened_and_not_by_what_was_sent(lines: Lines) -> None:
    try:
        raise ValueError("private")
    except ValueError as error:
        status, answer = handler.failure(error, refusal="Not like this")
    assert (status, answer) == (500, {"error": "Something went wrong on our side"})
    ((level, text, extra),) = lines.found
    assert (level, text, extra["type"]) == ("error", "unexpected failure", "ValueError")
    assert __file__ in str(extra["where"])
    assert "private" not in str(extra)
