"""Sending: what reaches the service, once, and what the page makes of the answers."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_service import FakeService, Reply, booked, in_seconds, refused

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

SUBMIT = "#submit"
TICKET = "#ticket-title"


def fill(page: Page, *, amount: str = "5", message: str = "Cuddle me", how: str = "Email") -> None:
    page.get_by_label("In how many").fill(amount)
    page.get_by_label("What should Whiskers tell you?").fill(message)
    page.get_by_label(how, exact=True).check()
    if how != "Text":
        page.get_by_label("Your email address").fill("me@example.org")
    if how != "Email":
        page.get_by_label("Your mobile number").fill("+44 (7700) 900-123")


@pytest.mark.parametrize(
    ("how", "addresses"),
    [
        ("Email", {"preference": "email", "email": "me@example.org"}),
        ("Text", {"preference": "sms", "phone": "+447700900123"}),
        ("Both", {"preference": "both", "email": "me@example.org", "phone": "+447700900123"}),
    ],
)
def test_sends_what_was_filled_in_and_only_the_addresses_that_are_used(
    page: Page, service: FakeService, how: str, addresses: dict[str, str]
) -> None:
    fill(page, how="Both")
    fill(page, how=how, amount=" 90 ", message="  Cuddle\tme\nnow ")
    page.get_by_label("Unit").select_option("hours")
    page.click(SUBMIT)
    expect(page.locator(TICKET)).to_be_visible()
    (asked,) = service.bookings.asked
    assert asked.json == {"waitSeconds": 90 * 3600, "message": "Cuddle me\nnow", **addresses}
    assert asked.headers["Content-Type"] == "application/json"


def test_the_services_problems_appear_next_to_their_fields(page: Page, service: FakeService) -> None:
    service.bookings.will_be(
        refused(
            400,
            "all of it",
            ("email", "must be at an allowed domain"),
            ("waitSeconds", "must be shorter"),
            ("phone", "must be absent."),
            ("other", "is odd"),
        )
    )
    fill(page)
    page.click(SUBMIT)
    expect(page.locator("#wait-error")).to_have_text("Must be shorter.")
    expect(page.locator("#email-error")).to_have_text("Must be at an allowed domain.")
    expect(page.get_by_role("alert")).to_have_text("Must be absent. Is odd.")
    expect(page.get_by_label("In how many")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("2 fields need your attention.")


@pytest.mark.parametrize(
    ("reply", "explanation"),
    [
        (refused(400, "The body is too large"), "The body is too large"),
        (refused(403, "Forbidden"), "Forbidden"),
        (refused(429, "Too Many Requests"), "Whiskers is very popular just now. Wait a moment, then try again."),
        (refused(503, "internal words"), "The service has trouble just now. Try again in a moment."),
        (
            Reply(status=502, body=b"<html>Bad gateway</html>"),
            "The service has trouble just now. Try again in a moment.",
        ),
        (
            Reply(dropped=True),
            "The service could not be reached. Check your connection, then try again.",
        ),
        (Reply(status=404, body=b"?"), "The service refused the request (404)."),
        (
            Reply(body={"Status": "Success"}),
            "The service gave an answer that this page does not understand.",
        ),
    ],
)
def test_after_a_failure_the_form_is_kept_and_sent_again_with_the_same_key(
    page: Page, service: FakeService, reply: Reply, explanation: str
) -> None:
    service.bookings.will_be(reply)
    fill(page)
    page.click(SUBMIT)
    expect(page.get_by_role("alert")).to_have_text(explanation)
    expect(page.locator(SUBMIT)).to_be_enabled()
    service.bookings.will_be(booked(send_at=in_seconds(300)))
    page.click(SUBMIT)
    expect(page.locator(TICKET)).to_be_visible()
    first, *_, last = service.bookings.asked
    assert first.json == last.json
    assert first.headers["Idempotency-Key"] == last.headers["Idempotency-Key"]


def test_a_changed_form_and_the_next_reminder_have_keys_of_their_own(page: Page, service: FakeService) -> None:
    service.bookings.will_be(refused(503, "no"), booked(send_at=in_seconds(300)))
    fill(page)
    page.click(SUBMIT)
    expect(page.get_by_role("alert")).not_to_be_empty()
    page.get_by_label("What should Whiskers tell you?").fill("Cuddle me more")
    page.click(SUBMIT)
    page.get_by_role("button", name="Book another cuddle").click()
    expect(page.get_by_label("In how many")).to_be_focused()
    fill(page, message="Cuddle me more")
    page.click(SUBMIT)
    expect(page.locator(TICKET)).to_be_visible()
    keys = [asked.headers["Idempotency-Key"] for asked in service.bookings.asked]
    assert len(set(keys)) == len(keys) == 3


def test_clicking_and_pressing_enter_again_sends_nothing_more(page: Page, service: FakeService) -> None:
    answer = threading.Event()
    service.bookings.will_be(Reply(body=booked(send_at=in_seconds(300)).body, held=answer), refused(500, "asked twice"))
    fill(page)
    page.locator(SUBMIT).dblclick()
    expect(page.locator(SUBMIT)).to_be_disabled()
    expect(page.locator(SUBMIT)).to_have_text("Sending…")
    expect(page.get_by_role("status")).to_have_text("Sending your reminder.")
    page.get_by_label("Your email address").press("Enter")
    page.locator(SUBMIT).click(force=True)
    answer.set()
    expect(page.locator(TICKET)).to_be_focused()
    assert len(service.bookings.asked) == 1


def test_works_where_the_browser_makes_no_random_uuid(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(before="delete Crypto.prototype.randomUUID")
    fill(page)
    page.click(SUBMIT)
    expect(page.locator(TICKET)).to_be_visible()
    (asked,) = service.bookings.asked
    assert len(asked.headers["Idempotency-Key"]) == 32


@pytest.mark.parametrize(
    "broken",
    [
        Reply(status=404),
        Reply(body=b"<html>"),
        Reply(body={}),
        Reply(body={"apiUrl": "javascript:alert(1)"}),
        Reply(dropped=True),
    ],
)
def test_says_when_it_cannot_find_its_service_and_tries_again(
    open_page: OpenPage, service: FakeService, broken: Reply
) -> None:
    working, service.configuration = service.configuration, broken
    page = open_page()
    expect(page.get_by_role("heading", name=re.compile("Whiskers can.t be reached"))).to_be_visible()
    expect(page.locator("#unreachable-reason")).to_contain_text("config.json")
    expect(page.locator("#reminder")).to_be_hidden()
    service.configuration = working
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#reminder")).to_be_visible()
