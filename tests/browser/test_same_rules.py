"""The page refuses what the service refuses, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from http_api.logic import RefusedError
from pet_cuddle_otron_api.form import read_request
from pet_cuddle_otron_api.logic import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Page

VALID = {
    "waitSeconds": 60,
    "message": "Cuddle me",
    "preference": "both",
    "email": "me@example.org",
    "phone": "+447700900123",
}
POLICY = Policy(channels=frozenset({"email", "sms"}))


def service_refuses(**changes: object) -> bool:
    try:
        read_request(json.dumps(VALID | changes).encode(), None, POLICY)
    except RefusedError:
        return True
    return False


def page_refuses(page: Page, rule: str, texts: Iterable[str], *arguments: object) -> dict[str, bool]:
    texts = list(texts)
    refused = page.evaluate(
        """async ([rule, texts, rest]) => {
            const rules = await import("./rules.js");
            return texts.map((text) => rules[rule](text, ...rest) !== "");
        }""",
        [rule, texts, list(arguments)],
    )
    return dict(zip(texts, refused, strict=True))


def test_for_every_sign_that_a_text_message_may_hold(page: Page) -> None:
    signs = [chr(code) for code in (*range(0x20, 0x600), *range(0x2000, 0x2100), 0x1F408)]
    # So many that it depends on the alphabet of the sign whether they fit.
    for count in (100, 101, 201, 202, 229, 230, 459, 460):
        texts = [f"<{sign * (count - 2)}>" for sign in signs]
        expected = {text: service_refuses(message=text) for text in texts}
        assert page_refuses(page, "messageProblem", texts, True) == expected
        expected = {text: service_refuses(message=text, preference="email") for text in texts}
        assert page_refuses(page, "messageProblem", texts, False) == expected


def test_for_waits(page: Page) -> None:
    texts = ["", " ", "0", "00", "1", "007", " 7 ", "-1", "+1", "1.0", "1e3", "0x10", "31449600", "31449601", "9" * 400]
    expected = {text: service_refuses(waitSeconds=text) for text in texts}
    assert page_refuses(page, "waitProblem", texts, 1) == expected


def test_for_phone_numbers(page: Page) -> None:
    texts = ["", "+1234567", "+123456", "+0123456789", "+123456789012345", "+1234567890123456", "447700900123", "+44x"]
    expected = {text: service_refuses(phone=text) for text in texts}
    assert page_refuses(page, "phoneProblem", texts) == expected


def test_for_email_addresses_the_page_is_never_the_stricter_one(page: Page) -> None:
    texts = [
        "me@example.org",
        "first.last+tag@sub.example.co.uk",
        "o'brien@example.org",
        "me@bücher.example.org",
        "mé@example.org",
        "me@example",
        "me@localhost",
        "me@example.org, you@example.org",
        "Me <me@example.org>",
        "me",
        "@",
        "me@@example.org",
        f"{'x' * 64}@example.org",
        f"me@{'x' * 63}.{'y' * 63}.{'z' * 63}.{'w' * 60}.example.org",
    ]
    refused = page_refuses(page, "emailProblem", texts)
    assert {text for text in texts if refused[text] and not service_refuses(email=text)} == set()
    assert refused["me@example"] is refused["mé@example.org"] is True
