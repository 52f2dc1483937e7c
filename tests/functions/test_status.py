"""A page can follow its reminder, and nobody can read from the status what it says or to whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functions.conftest import FakeAws, Page

BOTH = {"waitSeconds": 60, "message": "Cuddle!", "email": "ann@example.org", "phone": "+447700900123"}
EMAIL = {"waitSeconds": 60, "message": "Cuddle!", "email": "ann@example.org"}


@pytest.mark.parametrize(
    ("status", "age", "cause", "state", "channels"),
    [
        ("RUNNING", 0, None, "waiting", {"email": "waiting", "sms": "waiting"}),
        ("RUNNING", 58, None, "waiting", {"email": "waiting", "sms": "waiting"}),
        ("RUNNING", 61, None, "sending", {"email": "waiting", "sms": "waiting"}),
        ("PENDING_REDRIVE", 61, None, "sending", {"email": "waiting", "sms": "waiting"}),
        ("SUCCEEDED", 62, None, "sent", {"email": "sent", "sms": "sent"}),
        ("FAILED", 62, '{"email":"sent","sms":"failed"}', "failed", {"email": "sent", "sms": "failed"}),
        ("FAILED", 62, '{"email":"failed","sms":"failed"}', "failed", {"email": "failed", "sms": "failed"}),
        ("FAILED", 62, "Internal error", "failed", {"email": "failed", "sms": "failed"}),
        ("FAILED", 62, '["sent"]', "failed", {"email": "failed", "sms": "failed"}),
        ("FAILED", 62, None, "failed", {"email": "failed", "sms": "failed"}),
        ("TIMED_OUT", 62, None, "failed", {"email": "failed", "sms": "failed"}),
        ("ABORTED", 30, "stopped by hand", "failed", {"email": "failed", "sms": "failed"}),
    ],
)
def test_the_status_follows_the_execution(
    *, aws: FakeAws, page: Page, status: str, age: int, cause: str | None, state: str, channels: dict[str, str]
) -> None:
    name = str(page.post(BOTH)[1]["ExecutionId"])
    (execution,) = aws.started
    execution.status, execution.cause = status, cause
    aws.age(age)
    answered, body = page.get(name)
    assert answered == 200
    assert (body["Status"], body["ExecutionId"], body["State"], body["Channels"]) == (
        "Success",
        name,
        state,
        channels,
    )


def test_only_the_channels_asked_for_are_told(page: Page) -> None:
    assert page.get(str(page.post(EMAIL)[1]["ExecutionId"]))[1]["Channels"] == {"email": "waiting"}


def test_the_status_promises_the_same_time_as_the_first_answer(page: Page) -> None:
    _, accepted = page.post(EMAIL)
    assert page.get(str(accepted["ExecutionId"]))[1]["SendAt"] == accepted["SendAt"]


def test_the_status_reveals_neither_message_nor_address(aws: FakeAws, page: Page) -> None:
    name = str(page.post(BOTH)[1]["ExecutionId"])
    aws.started[0].status = "FAILED"
    aws.started[0].cause = "no mail for ann@example.org"
    answer = json.dumps(page.get(name)[1])
    assert not [secret for secret in ("Cuddle!", "ann@", "example.org", "447700900123") if secret in answer]


def test_an_unknown_reminder_is_not_found(page: Page) -> None:
    status, body = page.get("0" * 64)
    assert (status, body["Status"]) == (404, "Error")
    assert body["Reason"]


@pytest.mark.parametrize("name", ["", "x", "0" * 63, "0" * 65, "A" * 64, "0" * 63 + "\n", "../../" + "0" * 58])
def test_what_cannot_be_an_id_is_not_found_without_asking_aws(aws: FakeAws, page: Page, name: str) -> None:
    assert page.get(name)[0] == 404
    assert aws.calls == []


def test_a_status_that_cannot_be_looked_up_asks_to_try_again(aws: FakeAws, page: Page) -> None:
    aws.fail("DescribeExecution", "ThrottlingException", times=2)
    assert page.get("0" * 64)[0] == 503


def test_an_execution_that_somebody_started_by_hand_breaks_nothing(aws: FakeAws, page: Page) -> None:
    name = str(page.post(EMAIL)[1]["ExecutionId"])
    aws.started[0].input = '"cuddle"'
    assert page.get(name)[1]["Channels"] == {}
    aws.started[0].input = '{"waitSeconds": "x", "preference": "pigeon"}'
    assert page.get(name)[1]["State"] == "sending"
