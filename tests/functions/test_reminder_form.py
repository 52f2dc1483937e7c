"""The rules for each field, at their edges."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functions.conftest import FakeAws, Page

EMAIL = {"waitSeconds": 60, "message": "Cuddle!", "email": "ann@example.org"}
SMS = {"waitSeconds": 60, "message": "Cuddle!", "phone": "+447700900123"}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(1, 1), ("1", 1), (" 60 ", 60), ("0060", 60), (60.0, 60), (31_449_600, 31_449_600), ("31449600", 31_449_600)],
)
def test_a_wait_in_whole_seconds_is_accepted(aws: FakeAws, page: Page, value: object, seconds: int) -> None:
    assert page.post({**EMAIL, "waitSeconds": value})[0] == 200
    assert json.loads(aws.started[0].input)["waitSeconds"] == seconds


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        ("0", '"0"'),
        (-1, "-1"),
        ("-1", '"-1"'),
        ("+1", '"+1"'),
        (31_449_601, "31449601"),
        (1.5, "1.5"),
        ("1.5", '"1.5"'),
        ("1e3", '"1e3"'),
        (True, "true"),
        ([60], "a list"),
        ({}, "an object"),
        ("\uff16\uff10", '"\\uff16\\uff10"'),
        ("9" * 5000, f'"{"9" * 36}...'),
    ],
)
def test_any_other_wait_is_refused_and_shown(aws: FakeAws, page: Page, value: object, shown: str) -> None:
    status, answer = page.post({**EMAIL, "waitSeconds": value})
    assert status == 400
    assert answer["Reason"] == (
        f"waitSeconds must be a whole number of seconds from 1 to 31449600 (364 days), got {shown}"
    )
    assert aws.calls == []


@pytest.mark.parametrize("digits", ["9" * 5000, "-" + "9" * 5000, "1" + "0" * 5000, "1e999", "1e30"])
def test_a_number_of_thousands_of_digits_is_only_out_of_range(page: Page, digits: str) -> None:
    status, answer = page.post_text(f'{{"waitSeconds": {digits}, "message": "m", "email": "ann@example.org"}}')
    assert status == 400
    assert str(answer["Reason"]).startswith("waitSeconds must be a whole number of seconds from 1 to 31449600")


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_wait_is_asked_for(page: Page, value: str | None) -> None:
    _, answer = page.post({**EMAIL, "waitSeconds": value})
    assert str(answer["Reason"]).startswith("waitSeconds is required")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  Cuddle!\r\nNow. \n", "Cuddle!\nNow."),
        ("m" * 459, "m" * 459),
        ("\U0001f408" * 459, "\U0001f408" * 459),
        ("\u732b \U0001f408\u200d\u2b1b", "\u732b \U0001f408\u200d\u2b1b"),
    ],
)
def test_a_mail_may_hold_any_text_of_459_characters(aws: FakeAws, page: Page, sent: str, kept: str) -> None:
    assert page.post({**EMAIL, "message": sent})[0] == 200
    assert json.loads(aws.started[0].input)["message"] == kept


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "message is required: 1 to 459 characters"),
        (None, "message is required: 1 to 459 characters"),
        (" \n ", "message is required: 1 to 459 characters"),
        ("m" * 460, "message must have at most 459 characters, has 460"),
        ("a\x00b", "message must not hold control characters or broken Unicode; line breaks are fine"),
        ("a\x1b[2Jb", "message must not hold control characters or broken Unicode; line breaks are fine"),
        ("a\ud83d", "message must not hold control characters or broken Unicode; line breaks are fine"),
        (7, "message must be text, got a number"),
        ({"a": 1}, "message must be text, got an object"),
        (["a"], "message must be text, got a list"),
        (False, "message must be text, got true or false"),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused(aws: FakeAws, page: Page, message: object, reason: str) -> None:
    status, answer = page.post({**EMAIL, "message": message})
    assert (status, answer["Reason"]) == (400, reason)
    assert aws.calls == []


@pytest.mark.parametrize(
    ("message", "fits"),
    [
        ("m" * 459, True),
        ("\u00e9" * 459, True),
        ("\u20ac" * 229, True),
        ("\u20ac" * 230, False),
        ("\u732b" * 201, True),
        ("\u732b" * 202, False),
        ("\U0001f408" * 100, True),
        ("\U0001f408" * 101, False),
        ("m" * 201 + "\u732b", False),
    ],
)
def test_a_text_message_takes_at_most_three_parts(page: Page, message: str, fits: bool) -> None:
    assert page.post({**SMS, "message": message})[0] == (200 if fits else 400)
    assert page.post({**EMAIL, "message": message})[0] == 200


@pytest.mark.parametrize(
    ("email", "kept"),
    [
        (" ann@example.org ", "ann@example.org"),
        ("Ann.O'Nym+cat@Example.ORG", "Ann.O'Nym+cat@example.org"),
        ("ann@b\u00fccher.example", "ann@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_kept_as_ses_takes_it(aws: FakeAws, page: Page, email: str, kept: str) -> None:
    assert page.post({**EMAIL, "email": email})[0] == 200
    assert json.loads(aws.started[0].input)["email"] == kept


@pytest.mark.parametrize(
    "email",
    [
        "ann",
        "ann@",
        "@example.org",
        "ann@localhost",
        "ann@example.org, bob@example.org",
        "Ann <ann@example.org>",
        "ann@example..org",
        "a b@example.org",
        "j\u00fcrgen@example.org",
        "ann@example.org\nBcc: bob@example.org",
        "ann@[127.0.0.1]",
        "a" * 65 + "@example.org",
        "ann@" + "a" * 7000,
        "\ud83d@example.org",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(aws: FakeAws, page: Page, email: str) -> None:
    status, answer = page.post({**EMAIL, "email": email})
    assert (status, answer["Reason"]) == (
        400,
        "email must be one address such as name@example.org, in ASCII before the @",
    )
    assert aws.calls == []


@pytest.mark.parametrize("phone", ["+1234567", " +447700900123 ", "+123456789012345"])
def test_a_number_in_e164_is_accepted(aws: FakeAws, page: Page, phone: str) -> None:
    assert page.post({**SMS, "phone": phone})[0] == 200
    assert json.loads(aws.started[0].input)["phone"] == phone.strip()


@pytest.mark.parametrize(
    "phone",
    ["447700900123", "+0447700900", "+123456", "+1234567890123456", "+44 7700 900123", "+44770090012a", "+\u0664" * 8],
)
def test_any_other_number_is_refused_without_repeating_it(aws: FakeAws, page: Page, phone: str) -> None:
    status, answer = page.post({**SMS, "phone": phone})
    assert (status, answer["Reason"]) == (
        400,
        "phone must be + and 7 to 15 digits, country code first, such as +447700900123",
    )
    assert aws.calls == []


@pytest.mark.parametrize(("field", "body"), [("email", EMAIL), ("phone", SMS)])
@pytest.mark.parametrize("value", [7, True, [], {"a": "b"}])
def test_an_address_of_the_wrong_type_is_refused(
    page: Page, field: str, body: dict[str, object], value: object
) -> None:
    status, answer = page.post({**body, field: value})
    assert status == 400
    assert str(answer["Reason"]).startswith(f"{field} must be text, got ")


@pytest.mark.parametrize(
    ("preference", "shown"), [("Email", '"Email"'), ("x" * 99, f'"{"x" * 36}...'), (1, "1"), (["email"], "a list")]
)
def test_an_unknown_preference_is_refused_and_shown(aws: FakeAws, page: Page, preference: object, shown: str) -> None:
    status, answer = page.post({**EMAIL, "preference": preference})
    assert status == 400
    assert answer["Reason"] == f'preference must be "email", "sms" or "both", or left out, got {shown}'
    assert aws.calls == []
