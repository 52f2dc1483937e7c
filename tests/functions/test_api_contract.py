"""What the pages that are already in use, and everyone else, can rely on."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functions.conftest import FakeAws, Json, Page

GOOD = {"waitSeconds": 60, "message": "Cuddle!", "email": "ann@example.org"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {"waitSeconds": "60", "message": "Cuddle!", "email": "ann@example.org"},
            {"waitSeconds": 60, "message": "Cuddle!", "preference": "email", "email": "ann@example.org"},
            id="the lab's page, email only, the wait a text",
        ),
        pytest.param(
            {"waitSeconds": "60", "message": "Cuddle!", "email": "ann@example.org", "phone": ""},
            {"waitSeconds": 60, "message": "Cuddle!", "preference": "email", "email": "ann@example.org"},
            id="a later page, the phone left empty",
        ),
        pytest.param(
            {"waitSeconds": "60", "message": "Cuddle!", "email": "NO_EMAIL", "phone": "+447700900123"},
            {"waitSeconds": 60, "message": "Cuddle!", "preference": "sms", "phone": "+447700900123"},
            id="a later page, the literal for no email",
        ),
        pytest.param(
            {"waitSeconds": "60", "message": "Cuddle!", "email": "ann@example.org", "phone": "NO_PHONE"},
            {"waitSeconds": 60, "message": "Cuddle!", "preference": "email", "email": "ann@example.org"},
            id="a later page, the literal for no phone",
        ),
        pytest.param(
            {"waitSeconds": "60", "message": "Cuddle!", "email": "ann@example.org", "phone": "+447700900123"},
            {
                "waitSeconds": 60,
                "message": "Cuddle!",
                "preference": "both",
                "email": "ann@example.org",
                "phone": "+447700900123",
            },
            id="a later page, both given",
        ),
        pytest.param(
            {
                "preference": "sms",
                "waitSeconds": "60",
                "message": "Cuddle!",
                "email": "not asked for",
                "phone": "+447700900123",
            },
            {"waitSeconds": 60, "message": "Cuddle!", "preference": "sms", "phone": "+447700900123"},
            id="an older page: the address that the preference leaves out is neither checked nor kept",
        ),
        pytest.param(
            {**GOOD, "preference": "", "colour": "tabby"},
            {"waitSeconds": 60, "message": "Cuddle!", "preference": "email", "email": "ann@example.org"},
            id="an empty preference, and a field nobody knows",
        ),
    ],
)
def test_pages_in_use_start_the_reminder_they_mean(aws: FakeAws, page: Page, body: Json, expected: Json) -> None:
    status, answer = page.post(body)
    assert (status, answer["Status"]) == (200, "Success")
    assert [json.loads(execution.input) for execution in aws.started] == [expected]


def test_the_answer_tells_what_was_started_and_when_it_will_be_sent(aws: FakeAws, page: Page) -> None:
    _, answer = page.post({**GOOD, "phone": "+447700900123"})
    ((name, execution),) = aws.executions.items()
    due = datetime.fromtimestamp(execution.started + 60, UTC)
    assert answer == {
        "Status": "Success",
        "ExecutionId": name,
        "SendAt": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Channels": ["email", "sms"],
    }
    assert re.fullmatch("[0-9a-f]{64}", name)


def test_two_different_reminders_are_two_executions(aws: FakeAws, page: Page) -> None:
    assert page.post(GOOD)[1]["ExecutionId"] != page.post({**GOOD, "waitSeconds": 61})[1]["ExecutionId"]
    assert len(aws.started) == 2


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        pytest.param({**GOOD, "waitSeconds": "soon"}, ["waitSeconds"], id="a wait that is no number"),
        pytest.param({"waitSeconds": 60, "message": "Cuddle!"}, ["email"], id="no address at all"),
        pytest.param({**GOOD, "email": " ", "phone": ""}, ["email"], id="blank addresses"),
        pytest.param({**GOOD, "email": "NO_EMAIL", "phone": "NO_PHONE"}, ["email"], id="the literals for none"),
        pytest.param({**GOOD, "preference": "both"}, ["phone"], id="both without a phone"),
        pytest.param(
            {"waitSeconds": 60, "message": "Cuddle!", "preference": "both", "phone": "+447700900123"},
            ["email"],
            id="both without an email",
        ),
        pytest.param(
            {"waitSeconds": 60, "message": "Cuddle!", "preference": "both"},
            ["email", "phone"],
            id="both without either",
        ),
        pytest.param({**GOOD, "preference": "pigeon"}, ["preference"], id="an unknown preference"),
    ],
)
def test_what_the_lab_accepted_and_lost_is_refused_before_the_wait(
    aws: FakeAws, page: Page, body: Json, fields: list[str]
) -> None:
    status, answer = page.post(body)
    assert (status, answer["Status"]) == (400, "Error")
    assert _fields(answer) == fields
    assert aws.calls == []


def test_every_problem_is_told_at_once(aws: FakeAws, page: Page) -> None:
    status, answer = page.post(
        {"waitSeconds": 0, "message": " ", "email": "nobody", "phone": "0800", "preference": "both"},
        Idempotency_Key="Katze \u00e4",
    )
    assert status == 400
    assert _fields(answer) == ["Idempotency-Key", "waitSeconds", "message", "email", "phone"]
    assert answer["Reason"] == (
        "Idempotency-Key must be 1 to 255 printable ASCII characters; "
        "waitSeconds must be a whole number of seconds from 1 to 31449600 (364 days), got 0; "
        "message is required: 1 to 459 characters; "
        "email must be one address such as name@example.org, in ASCII before the @; "
        "phone must be + and 7 to 15 digits, country code first, such as +447700900123"
    )
    assert aws.calls == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "body is missing: send a JSON object"),
        ("", "body is missing: send a JSON object"),
        ("{", "body is not valid JSON in UTF-8, or nested too deeply"),
        ('{"waitSeconds": NaN}', "body is not valid JSON in UTF-8, or nested too deeply"),
        ("\ud83d", "body is not valid JSON in UTF-8, or nested too deeply"),
        ("[" * 8000, "body is not valid JSON in UTF-8, or nested too deeply"),
        ("[]", "body must be a JSON object, got a list"),
        ("null", "body must be a JSON object, got null"),
        ("7", "body must be a JSON object, got a number"),
        (" " * 9000, "body must have at most 8192 bytes, has 9000"),
    ],
)
def test_a_body_that_is_no_request_is_refused_with_a_reason(
    aws: FakeAws, page: Page, body: str | None, reason: str
) -> None:
    assert page.post_text(body) == (
        400,
        {"Status": "Error", "Reason": reason, "Problems": [{"Field": "body", "Reason": reason[len("body ") :]}]},
    )
    assert aws.calls == []


def test_a_body_that_the_gateway_took_for_binary_is_read(aws: FakeAws, page: Page) -> None:
    body = json.dumps(GOOD).encode()
    assert page.post_text(base64.b64encode(body).decode(), is_base64=True)[0] == 200
    assert page.post_text("?", is_base64=True)[1]["Reason"] == "body is not valid base64"
    assert page.post_text(base64.b64encode(b"\xff").decode(), is_base64=True)[0] == 400
    assert len(aws.started) == 1


@pytest.mark.parametrize(
    ("resource", "method", "status", "allow"),
    [
        ("/petcuddleotron", "GET", 405, "POST"),
        ("/petcuddleotron", "DELETE", 405, "POST"),
        ("/petcuddleotron/{executionId}", "POST", 405, "GET"),
        ("/elsewhere", "POST", 404, None),
        (None, "POST", 404, None),
        ("/petcuddleotron", None, 405, "POST"),
    ],
)
def test_a_wrong_method_or_path_is_answered_in_json(
    *, aws: FakeAws, page: Page, resource: str | None, method: str | None, status: int, allow: str | None
) -> None:
    answered, body, headers = page.ask({"resource": resource, "httpMethod": method, "body": json.dumps(GOOD)})
    assert (answered, body["Status"], headers.get("Allow")) == (status, "Error", allow)
    assert body["Reason"]
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert aws.calls == []


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "StartExecution"])
@pytest.mark.parametrize(
    "code", ["ThrottlingException", "AccessDeniedException", "InternalServerError", "ExecutionLimitExceeded"]
)
def test_trouble_in_aws_asks_to_try_again_and_the_next_attempt_starts_one(
    aws: FakeAws, page: Page, operation: str, code: str
) -> None:
    aws.fail(operation, code, status=500 if code == "InternalServerError" else 400, times=2)
    status, answer = page.post(GOOD)
    assert status == 503
    assert "try again" in str(answer["Reason"])
    assert aws.started == []
    aws.instead.clear()
    aws.age(11)
    assert page.post(GOOD)[0] == 200
    assert len(aws.started) == 1


def test_a_repeated_start_that_cannot_be_looked_up_asks_to_try_again(aws: FakeAws, page: Page) -> None:
    page.post(GOOD)
    aws.always_refuses_repeated_names = True
    aws.fail("DescribeExecution", "ExecutionDoesNotExist")
    assert page.post(GOOD)[0] == 503


def test_a_fault_of_our_own_is_still_json_with_cors(aws: FakeAws, page: Page) -> None:
    aws.instead["StartExecution"] = [RuntimeError("ann@example.org")]
    event: Json = {"resource": "/petcuddleotron", "httpMethod": "POST", "body": json.dumps(GOOD)}
    status, body, headers = page.ask(event)
    assert (status, body["Status"], headers["Access-Control-Allow-Origin"]) == (500, "Error", "*")
    assert "ann" not in json.dumps(body)


@pytest.mark.parametrize(
    ("channels", "body", "problems"),
    [
        ("email", {**GOOD, "phone": "+447700900123"}, {"phone": 'must be left out: "sms" is switched off here'}),
        (
            "email",
            {**GOOD, "phone": "+447700900123", "preference": "both"},
            {"preference": 'must be "email" or left out: "sms" is switched off here'},
        ),
        ("sms", {"waitSeconds": 1, "message": "m"}, {"phone": "is required"}),
        ("email", {"waitSeconds": 1, "message": "m"}, {"email": "is required"}),
        ("sms,email", {"waitSeconds": 1, "message": "m"}, {"email": "is required, or phone"}),
    ],
)
def test_a_channel_that_is_switched_off_is_refused_not_dropped(
    aws: FakeAws, page_of: Callable[..., Page], channels: str, body: Json, problems: dict[str, str]
) -> None:
    status, answer = page_of(CHANNELS=channels).post(body)
    assert (status, answer["Problems"]) == (400, [{"Field": f, "Reason": r} for f, r in problems.items()])
    assert aws.calls == []


@pytest.mark.parametrize("channels", ["", "pigeon", "email,pigeon"])
def test_channels_that_do_not_exist_stop_the_deployment_not_the_reminder(
    page_of: Callable[..., Page], channels: str
) -> None:
    with pytest.raises(ValueError, match=f"^CHANNELS must name email, sms or both of them, got '{channels}'$"):
        page_of(CHANNELS=channels)


@pytest.mark.parametrize(
    ("email", "accepted"),
    [
        ("ann@example.org", True),
        ("ann@EXAMPLE.ORG", True),
        ("ann@mail.example.org", True),
        ("ann@example.net", True),
        ("ann@badexample.org", False),
        ("ann@example.org.evil.example", False),
    ],
)
def test_only_domains_on_the_allow_list_and_their_subdomains_get_mail(
    page_of: Callable[..., Page], email: str, accepted: bool
) -> None:
    status, answer = page_of(ALLOWED_EMAIL_DOMAINS="Example.org, example.net").post({**GOOD, "email": email})
    assert status == (200 if accepted else 400)
    if not accepted:
        assert answer["Reason"] == "email must be at example.org or example.net: mail goes nowhere else from here"


@pytest.mark.parametrize(
    ("phone", "accepted"), [("+447700900123", True), ("+33612345678", True), ("+12125550100", False)]
)
def test_only_numbers_on_the_allow_list_get_texts(page_of: Callable[..., Page], phone: str, accepted: bool) -> None:
    page = page_of(ALLOWED_PHONE_PREFIXES="+44,+33")
    status, answer = page.post({"waitSeconds": 1, "message": "m", "phone": phone})
    assert status == (200 if accepted else 400)
    if not accepted:
        assert answer["Reason"] == "phone must begin with +44 or +33: texts go nowhere else from here"


def _fields(answer: Json) -> list[str]:
    problems = answer["Problems"]
    assert isinstance(problems, list)
    assert all(problem["Reason"] for problem in problems)
    return [problem["Field"] for problem in problems]
