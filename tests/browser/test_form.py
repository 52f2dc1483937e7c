"""Filling in: what the page asks for, what it says while one types, and what it refuses before anything is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_service import FakeService, Reply

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

SUBMIT = "#submit"
TICKET = "#ticket-title"


def problem_with(page: Page, label: str, text: str) -> str:
    """What the page says about this text once the field is left."""
    page.get_by_label(label).fill(text)
    page.get_by_label(label).blur()
    problem_id = (page.get_by_label(label).get_attribute("aria-describedby") or "").split()[0]
    return page.locator(f"#{problem_id}").inner_text()


def test_an_empty_form_is_told_what_is_missing_next_to_each_field(page: Page, service: FakeService) -> None:
    page.get_by_label("Both").check()
    page.click(SUBMIT)
    for label, problem in {
        "In how many": "Enter how long to wait, for instance 5.",
        "What should Whiskers tell you?": "Write what Whiskers should tell you.",
        "Your email address": "Enter the address that the reminder should go to.",
        "Your mobile number": "Enter the number that the text should go to.",
    }.items():
        control = page.get_by_label(label)
        expect(control).to_have_attribute("aria-invalid", "true")
        expect(control).to_have_accessible_description(_beginning(problem))
        expect(page.get_by_text(problem, exact=True)).to_be_visible()
    expect(page.get_by_label("In how many")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("4 fields need your attention.")
    assert service.bookings.asked == []


def test_the_wait_is_a_whole_number_between_one_second_and_364_days(page: Page) -> None:
    no_number = "Use a whole number, for instance 5."
    too_far = "That is too far ahead. The longest wait is 364 days."
    expected = {
        ("0", "minutes"): "Whiskers needs at least one second. Enter 1 or more.",
        ("-1", "minutes"): no_number,
        ("1.5", "hours"): no_number,
        ("1e3", "seconds"): no_number,
        ("soon", "days"): no_number,
        ("365", "days"): too_far,
        ("31449601", "seconds"): too_far,
        ("999999999999", "days"): too_far,
        ("1", "seconds"): "",
        ("364", "days"): "",
        ("31449600", "seconds"): "",
    }
    found = {}
    for amount, unit in expected:
        page.get_by_label("Unit").select_option(unit)
        found[amount, unit] = problem_with(page, "In how many", amount)
    assert found == expected


def test_the_message_fits_the_channels_it_is_for(page: Page) -> None:
    long_gsm = "Too long for three text messages. Shorten it; signs such as € or [ ] count twice."
    long_unicode = (
        "Too long for three text messages. Shorten it to 201 characters, or leave out emoji and special letters."
    )
    expected = {
        ("Email", "x" * 459): "",
        ("Email", "🐈" * 459): "",
        ("Email", "x" * 460): "Shorten it to 459 characters; it has 460.",
        ("Email", "   "): "Write what Whiskers should tell you.",
        ("Email", "bell\x07"): "Remove the invisible control characters; line breaks are fine.",
        ("Email", "two\nlines"): "",
        ("Text", "x" * 459): "",
        ("Text", "€" * 229): "",
        ("Text", "€" * 230): long_gsm,
        ("Text", "ж" * 201): "",
        ("Text", "🐈" * 100): "",
        ("Both", "🐈" * 101): long_unicode,
    }
    found = {}
    for how, message in expected:
        page.get_by_label(how, exact=True).check()
        found[how, message] = problem_with(page, "What should Whiskers tell you?", message)
    assert found == expected


def test_says_how_many_text_messages_it_takes(page: Page) -> None:
    page.get_by_label("Text", exact=True).check()
    for message, count, hint in (
        ("x" * 160, "160 / 459", "Fits 1 text message."),
        ("x" * 161, "161 / 459", "Takes 2 text messages."),
        ("[" + "x" * 158, "160 / 459", "Fits 1 text message."),
        ("ж" * 70, "70 / 201", "Fits 1 text message: emoji and special letters take more room."),
        ("🐈" * 68, "136 / 201", "Takes 3 text messages: emoji and special letters take more room."),
    ):
        page.get_by_label("What should Whiskers tell you?").fill(message)
        expect(page.locator("#message-count")).to_have_text(count)
        expect(page.locator("#message-hint")).to_have_text(hint)


def test_an_incomplete_email_address_is_pointed_out(page: Page) -> None:
    incomplete = "Enter a complete address, for instance me@example.org."
    right = ("me@example.org", "first.last+cat@sub.example.co.uk")
    wrong = ("me", "me@", "@example.org", "me@example", "a b@example.org", "me@a..b")
    expected = dict.fromkeys(right, "") | dict.fromkeys(wrong, incomplete)
    assert {text: problem_with(page, "Your email address", text) for text in expected} == expected


def test_a_phone_number_has_its_country_code(page: Page) -> None:
    page.get_by_label("Text", exact=True).check()
    no_plus = "Begin with + and the country code, for instance +44 7700 900123."
    no_number = "Enter + and 7 to 15 digits, the country code first, for instance +44 7700 900123."
    expected = {
        "+44 7700 900123": "",
        "+1 (202) 555-0123": "",
        "+1234567": "",
        "+123456789012345": "",
        "07700 900123": no_plus,
        "+0123456789": no_number,
        "+123456": no_number,
        "+1234567890123456": no_number,
        "+44 CUDDLES": no_number,
    }
    assert {text: problem_with(page, "Your mobile number", text) for text in expected} == expected


def test_a_problem_goes_away_while_it_is_being_mended(page: Page) -> None:
    email = page.get_by_label("Your email address")
    email.fill("me@")
    email.blur()
    expect(email).to_have_attribute("aria-invalid", "true")
    email.press_sequentially("example.org")
    expect(page.locator("#email-error")).to_have_text("")
    expect(email).not_to_have_attribute("aria-invalid", "true")


def test_passing_through_empty_fields_is_no_mistake(page: Page) -> None:
    page.get_by_label("In how many").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(page.locator("[aria-invalid]")).to_have_count(0)


def test_one_click_is_enough_although_a_problem_moves_the_button(page: Page, service: FakeService) -> None:
    page.get_by_label("In how many").fill("5")
    page.get_by_label("Your email address").fill("me@")
    page.click(SUBMIT)
    expect(page.get_by_text("Write what Whiskers should tell you.")).to_be_visible()
    expect(page.locator("#email-error")).not_to_have_text("")


def test_asks_only_for_the_address_that_is_needed(page: Page) -> None:
    email, phone = page.get_by_label("Your email address"), page.get_by_label("Your mobile number")
    for how, wants_email, wants_phone in (("Email", True, False), ("Text", False, True), ("Both", True, True)):
        page.get_by_label(how, exact=True).check()
        expect(email).to_be_visible(visible=wants_email)
        expect(phone).to_be_visible(visible=wants_phone)


def test_says_the_moment_while_the_wait_is_typed(open_page: OpenPage) -> None:
    page = open_page(timezone="Asia/Tokyo", paused_clock=True)
    page.clock.set_system_time("2026-12-31T22:30:00Z")
    page.get_by_label("Unit").select_option("hours")
    page.get_by_label("In how many").fill("24")
    # Browsers differ in the commas.
    words = re.compile(r"^That is Saturday,? 2 January 2027 at 0?7:30:00 GMT\+9\.$")
    expect(page.locator("#wait-hint")).to_have_text(words)


def test_everything_works_with_the_keyboard_alone(page: Page, service: FakeService) -> None:
    keyboard = page.keyboard
    keyboard.press("Tab")
    keyboard.type("3")
    keyboard.press("Tab")
    keyboard.press("ArrowDown")
    keyboard.press("Tab")
    keyboard.type("Cuddle me")
    keyboard.press("Tab")
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    keyboard.press("Tab")
    keyboard.type("me@example.org")
    keyboard.press("Tab")
    keyboard.type("+447700900123")
    keyboard.press("Tab")
    expect(page.locator(SUBMIT)).to_be_focused()
    keyboard.press("Enter")
    expect(page.locator(TICKET)).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(page.get_by_label("In how many")).to_be_focused()
    (asked,) = service.bookings.asked
    assert asked.json == {
        "waitSeconds": 3 * 3600,
        "message": "Cuddle me",
        "preference": "both",
        "email": "me@example.org",
        "phone": "+447700900123",
    }


def _beginning(text: str) -> re.Pattern[str]:
    return re.compile("^" + re.escape(text))


@pytest.mark.parametrize(
    ("channels", "asked", "not_asked"),
    [
        ("email", "Your email address", "Your mobile number"),
        ("sms", "Your mobile number", "Your email address"),
    ],
)
def test_a_single_channel_leaves_nothing_to_choose(
    service: FakeService, open_page: OpenPage, channels: str, asked: str, not_asked: str
) -> None:
    service.configuration = Reply(body={"apiUrl": service.api_url, "channels": channels})
    page = open_page()
    expect(page.get_by_label(asked)).to_be_visible()
    expect(page.get_by_label(not_asked)).to_be_hidden()
    expect(page.get_by_text("How should it reach you?")).to_be_hidden()
