"""After booking: when the reminder arrives, how it is doing, and what happens to the page meanwhile."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_service import (
    EXECUTION_ID,
    FakeService,
    Reply,
    booked,
    in_seconds,
    looked_up,
    refused,
)

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

MINUTE = 60_000


def book(page: Page, service: FakeService, *, send_at: str, channels: tuple[str, ...] = ("email",)) -> None:
    service.bookings.will_be(booked(send_at=send_at, channels=channels))
    page.get_by_label("In how many").fill("5")
    page.get_by_label("What should Whiskers tell you?").fill("Cuddle me, me@example.org")
    page.get_by_label("Your email address").fill("me@example.org")
    page.get_by_role("button", name="Summon me").click()
    expect(page.get_by_role("heading", name="Your appointment")).to_be_visible()


def pass_time(page: Page, service: FakeService, milliseconds: int, *, looks: int) -> None:
    """Lets time pass in the page, and waits until it has asked that often in all."""
    page.clock.run_for(milliseconds)
    wait_for_looks(page, service, looks)


def pass_time_until_outcome(page: Page) -> None:
    for _ in range(100):
        if page.locator("#outcome").is_visible():
            break
        page.clock.run_for(500)
        page.evaluate("() => fetch('./config.json')")
    expect(page.locator("#outcome")).to_be_visible()


def wait_for_looks(page: Page, service: FakeService, looks: int) -> None:
    for _ in range(200):
        if len(service.looks.asked) >= looks:
            break
        page.evaluate("() => fetch('./config.json')")  # lets the browser work instead of sleeping
    assert len(service.looks.asked) == looks


def test_says_when_it_arrives_in_the_visitors_time_zone(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(timezone="Asia/Tokyo")
    service.looks.will_be(looked_up("waiting", send_at="2099-12-31T22:30:00Z"))
    book(page, service, send_at="2099-12-31T22:30:00Z")
    arrival = page.locator("#arrival")
    expect(arrival).to_have_text(re.compile(r"^Friday,? 1 January 2100 at 0?7:30:00 GMT\+9$"))
    expect(arrival).to_have_attribute("datetime", "2099-12-31T22:30:00Z")
    expect(page.get_by_role("status")).to_have_text(re.compile("^Your reminder is booked. It arrives on Friday"))


def test_counts_down(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(paused_clock=True)
    page.clock.pause_at("2030-01-01T12:00:00Z")
    service.looks.will_be(looked_up("waiting", send_at="2030-01-03T13:00:05Z"))
    book(page, service, send_at="2030-01-03T13:00:05Z")
    countdown = page.get_by_role("timer", name="Time left")
    expect(countdown).to_have_text("in 2 days 1 hour")
    for now, words in {
        "2030-01-03T11:00:03Z": "in 2 hours",
        "2030-01-03T11:58:04Z": "in 1 hour 2 minutes",
        "2030-01-03T12:58:04Z": "in 2 minutes 1 second",
        "2030-01-03T13:00:03Z": "in 2 seconds",
        "2030-01-03T13:00:04Z": "in 1 second",
        "2030-01-03T13:00:06Z": "any moment now",
    }.items():
        page.clock.pause_at(now)
        expect(countdown).to_have_text(words)


def test_follows_it_from_waiting_to_sent(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(paused_clock=True)
    due = in_seconds(-3)
    service.looks.will_be(
        looked_up("waiting", send_at=due), looked_up("sending", send_at=due), looked_up("sent", send_at=due)
    )
    book(page, service, send_at=in_seconds(0))
    step = page.locator("[aria-current=step]")
    status = page.get_by_role("status")
    expect(step).to_have_text("Waiting")
    pass_time(page, service, 500, looks=1)
    expect(page.locator("#arrival")).to_have_attribute("datetime", due)
    pass_time(page, service, 2_000, looks=2)
    expect(step).to_have_text("Sending")
    expect(status).to_have_text("Your reminder is on its way.")
    pass_time(page, service, 1_000, looks=3)
    expect(step).to_have_text("Sent")
    expect(page.get_by_role("list", name="Channels")).to_have_text("Email: sent")
    expect(page.locator("#outcome")).to_have_text("It has been sent. Your cuddles are expected.")
    expect(status).to_have_text("It has been sent. Your cuddles are expected.")
    assert {asked.path for asked in service.looks.asked} == {f"/prod/petcuddleotron/{EXECUTION_ID}"}
    pass_time(page, service, 60 * MINUTE, looks=3)


@pytest.mark.parametrize(
    ("channels", "last_step", "rows_and_outcome"),
    [
        (
            {"email": "failed"},
            "Not delivered",
            (
                ["Email: not delivered"],
                "It could not be delivered. Check the address, and book it again if the cuddle still matters.",
            ),
        ),
        (
            {"email": "sent", "sms": "failed"},
            "Partly sent",
            (
                ["Email: sent", "Text message: not delivered"],
                "The email was sent, but the text message could not be delivered.",
            ),
        ),
        (
            {"email": "failed", "sms": "sent"},
            "Partly sent",
            (
                ["Email: not delivered", "Text message: sent"],
                "The text message was sent, but the email could not be delivered.",
            ),
        ),
    ],
)
def test_says_which_channel_failed(
    page: Page,
    service: FakeService,
    channels: dict[str, str],
    last_step: str,
    rows_and_outcome: tuple[list[str], str],
) -> None:
    rows, outcome = rows_and_outcome
    due = in_seconds(0)
    service.looks.will_be(looked_up("failed", send_at=due, **channels))
    book(page, service, send_at=due, channels=tuple(channels))
    expect(page.locator("#outcome")).to_have_text(outcome)
    expect(page.locator("[aria-current=step]")).to_have_text(last_step)
    expect(page.get_by_role("list", name="Channels").get_by_role("listitem")).to_have_text(rows)
    expect(page.get_by_role("status")).to_have_text(outcome)


def test_shows_every_channel_from_the_first_moment(page: Page, service: FakeService) -> None:
    book(page, service, send_at=in_seconds(600), channels=("email", "sms"))
    rows = page.get_by_role("list", name="Channels").get_by_role("listitem")
    expect(rows).to_have_text(["Email: waiting", "Text message: waiting"])


def test_asks_seldom_while_it_is_far_and_often_when_it_is_near(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(paused_clock=True)
    page.clock.pause_at("2030-01-01T12:00:00Z")
    service.looks.will_be(looked_up("waiting", send_at="2030-01-01T13:00:00Z"))
    book(page, service, send_at="2030-01-01T13:00:01Z")
    pass_time(page, service, 1_000, looks=1)
    expect(page.locator("#arrival")).to_have_attribute("datetime", "2030-01-01T13:00:00Z")
    pass_time(page, service, 4 * MINUTE, looks=1)
    pass_time(page, service, 1 * MINUTE, looks=2)
    page.clock.pause_at("2030-01-01T12:59:50Z")
    near = len(service.looks.asked)
    for _ in range(20):
        page.clock.run_for(1_000)
        page.evaluate("() => fetch('./config.json')")
    assert len(service.looks.asked) - near >= 5


@pytest.mark.parametrize(
    "hiccup", [Reply(dropped=True), Reply(status=502, body=b"<html>"), refused(503, "x"), refused(429, "x")]
)
def test_a_hiccup_does_not_end_the_following(open_page: OpenPage, service: FakeService, hiccup: Reply) -> None:
    page = open_page(paused_clock=True)
    due = in_seconds(-1)
    service.looks.will_be(hiccup)
    book(page, service, send_at=due)
    page.clock.run_for(500)
    expect(page.locator("#trouble")).to_have_text(re.compile("looking again in [12] seconds?"))
    expect(page.locator("#arrival")).not_to_be_empty()
    service.looks.will_be(looked_up("sent", send_at=due))
    page.clock.run_for(2_000)
    expect(page.locator("#outcome")).to_have_text(re.compile("^It has been sent"))
    expect(page.locator("#trouble")).to_be_empty()


def test_asks_less_and_less_often_during_an_outage(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(paused_clock=True)
    service.looks.will_be(refused(503, "x"))
    book(page, service, send_at=in_seconds(-1))
    for looks in range(1, 7):
        pass_time(page, service, 500 if looks == 1 else 2 ** (looks - 2) * 1_250, looks=looks)
        expect(page.locator("#trouble")).to_have_text(re.compile(f"looking again in {_range(2 ** (looks - 1))}"))


def test_waits_as_long_as_the_service_asks_for(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(paused_clock=True)
    headers = {"Retry-After": "120", "Access-Control-Expose-Headers": "Retry-After"}
    service.looks.will_be(Reply(status=429, body={"Status": "Error", "Reason": "x"}, headers=headers))
    book(page, service, send_at=in_seconds(-1))
    pass_time(page, service, 500, looks=1)
    expect(page.locator("#trouble")).to_have_text(re.compile("in 120 seconds"))
    pass_time(page, service, 119_000, looks=1)
    pass_time(page, service, 1_000, looks=2)


def test_a_reload_goes_on_following_and_keeps_no_personal_data(page: Page, service: FakeService) -> None:
    due = in_seconds(900)
    book(page, service, send_at=due)
    kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])")
    assert json.loads(kept) == [{"followed-reminder": EXECUTION_ID}, {}, ""]
    service.looks.will_be(looked_up("sending", send_at=due))
    page.reload()
    expect(page.locator("[aria-current=step]")).to_have_text("Sending")
    expect(page.locator("#arrival")).not_to_be_empty()
    assert len(service.bookings.asked) == 1


def test_a_reminder_that_was_just_booked_may_be_unknown_for_a_moment(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(paused_clock=True)
    due = in_seconds(-1)
    service.looks.will_be(refused(404, "x"), refused(404, "x"), looked_up("sent", send_at=due))
    book(page, service, send_at=due)
    pass_time_until_outcome(page)
    assert len(service.looks.asked) == 3
    expect(page.locator("#outcome")).to_have_text(re.compile("^It has been sent"))


def test_stops_following_what_the_service_does_not_know(open_page: OpenPage, service: FakeService) -> None:
    service.looks.will_be(refused(404, "x"))
    page = open_page(before=f"sessionStorage.setItem('followed-reminder', '{EXECUTION_ID}')", paused_clock=True)
    pass_time_until_outcome(page)
    assert len(service.looks.asked) == 4
    gone = "The service no longer knows this reminder, so it can’t be followed."  # noqa: RUF001 - as shown
    expect(page.locator("#outcome")).to_have_text(gone)
    expect(page.get_by_role("status")).to_have_text(gone)
    assert page.evaluate("sessionStorage.length") == 0
    pass_time(page, service, 60 * MINUTE, looks=4)
    page.get_by_role("button", name="Book another cuddle").click()
    expect(page.locator("#reminder")).to_be_visible()


def test_a_spoilt_memory_is_ignored(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(before="sessionStorage.setItem('followed-reminder', '../../x?y')")
    expect(page.locator("#reminder")).to_be_visible()
    assert service.looks.asked == []


def test_works_where_the_browser_forbids_storage(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(
        before="Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('forbidden') } })"
    )
    book(page, service, send_at=in_seconds(600))
    expect(page.locator("[aria-current=step]")).to_have_text("Waiting")


def test_booking_another_ends_the_following_and_keeps_the_address(open_page: OpenPage, service: FakeService) -> None:
    page = open_page(paused_clock=True)
    book(page, service, send_at=in_seconds(5))
    page.get_by_role("button", name="Book another cuddle").click()
    expect(page.get_by_label("In how many")).to_be_focused()
    expect(page.get_by_label("In how many")).to_have_value("")
    expect(page.get_by_label("What should Whiskers tell you?")).to_have_value("")
    expect(page.get_by_label("Your email address")).to_have_value("me@example.org")
    expect(page.locator("[aria-invalid]")).to_have_count(0)
    pass_time(page, service, 60 * MINUTE, looks=0)
    assert page.evaluate("sessionStorage.length") == 0


def _range(seconds: int) -> str:
    """The seconds that the page may say when it jitters a pause by a quarter."""
    low, high = int(seconds * 0.75), int(seconds * 1.25) + 1
    return "(" + "|".join(str(second) for second in range(max(low, 1), high + 1)) + ") seconds?"
