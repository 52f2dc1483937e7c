"""The page, deployed by the real `cdk deploy`, against the real API: what a visitor gets, from form to inbox."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_aws.embedded import EmbeddedAws
    from local_aws.pytest_plugin import EmbeddedAwsFactory

SENDER = "whiskers@example.org"
# A reminder passes through the API, the state machine and a function that starts for the first time.
ARRIVAL_MS = 60_000


@pytest.fixture(scope="module")
def aws(embedded_aws_factory: EmbeddedAwsFactory) -> EmbeddedAws:
    return embedded_aws_factory()


@pytest.fixture(scope="module")
def site_url(aws: EmbeddedAws) -> str:
    aws.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    outputs = aws.deploy("PetCuddleOTron", context={"sender": SENDER})
    return aws.localize(outputs["SiteUrl"])


@pytest.fixture
def site(browser: Browser, site_url: str) -> Iterator[Page]:
    """The deployed page; nothing on it may have been blocked or gone wrong unseen."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/London", reduced_motion="reduce"
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    page.goto(site_url)
    yield page
    context.close()
    assert complaints == []


def fill(page: Page, *, seconds: int, message: str) -> None:
    page.get_by_label("In how many").fill(str(seconds))
    page.get_by_label("Unit").select_option("seconds")
    page.get_by_label("What should Whiskers tell you?").fill(message)
    page.get_by_label("Both").check()
    page.get_by_label("Your email address").fill("pet.owner@example.net")
    page.get_by_label("Your mobile number").fill("+44 7700 900123")


def test_a_visitor_books_a_reminder_and_sees_it_turn_to_sent(site: Page, aws: EmbeddedAws, project: Path) -> None:
    fill(site, seconds=5, message="Whiskers waits on the sofa.")
    if os.environ.get("UPDATE_SCREENSHOT") == "1":
        site.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
        site.screenshot(path=project / "docs" / "images" / "pet-cuddle-o-tron.png", full_page=True)
    site.get_by_role("button", name="Summon me").click()
    expect(site.get_by_role("heading", name="Your appointment")).to_be_visible(timeout=ARRIVAL_MS)
    expect(site.locator("#arrival")).not_to_be_empty()
    expect(site.locator("#outcome")).to_have_text("It has been sent. Your cuddles are expected.", timeout=ARRIVAL_MS)
    rows = site.get_by_role("list", name="Channels").get_by_role("listitem")
    expect(rows).to_have_text(["Email: sent", "Text message: sent"])
    arrived = {(message.channel, message.to, message.text.strip()) for message in aws.inbox()}
    assert arrived == {
        ("email", "pet.owner@example.net", "Whiskers waits on the sofa."),
        ("sms", "+447700900123", "Whiskers waits on the sofa."),
    }


def test_a_visitor_sees_that_one_channel_failed_and_the_other_did_not(site: Page, aws: EmbeddedAws) -> None:
    aws.inject_fault("ses", "SendEmail", "MessageRejected")
    try:
        fill(site, seconds=1, message="By text alone.")
        site.get_by_role("button", name="Summon me").click()
        expect(site.locator("#outcome")).to_have_text(
            "The text message was sent, but the email could not be delivered.", timeout=ARRIVAL_MS
        )
    finally:
        aws.clear_faults()
    assert [message.channel for message in aws.inbox() if message.text == "By text alone."] == ["sms"]


def test_a_visitor_who_reloads_goes_on_following(site: Page) -> None:
    fill(site, seconds=3600, message="Later.")
    site.get_by_role("button", name="Summon me").click()
    expect(site.locator("[aria-current=step]")).to_have_text("Waiting", timeout=ARRIVAL_MS)
    arrival = site.locator("#arrival").inner_text()
    site.reload()
    expect(site.locator("[aria-current=step]")).to_have_text("Waiting", timeout=ARRIVAL_MS)
    expect(site.locator("#arrival")).to_have_text(arrival)


def test_a_visitor_sees_what_is_wrong_next_to_the_field(site: Page, aws: EmbeddedAws) -> None:
    before = len(aws.inbox())
    fill(site, seconds=0, message="Never.")
    site.get_by_role("button", name="Summon me").click()
    expect(site.locator("#wait-error")).to_have_text("Whiskers needs at least one second. Enter 1 or more.")
    expect(site.get_by_label("In how many")).to_be_focused()
    assert len(aws.inbox()) == before


def test_a_visitor_sees_next_to_the_field_what_only_the_service_finds_wrong(site: Page) -> None:
    fill(site, seconds=1, message="Never.")
    site.get_by_label("Your email address").fill("a..b@example.net")
    site.get_by_role("button", name="Summon me").click()
    expect(site.locator("#email-error")).to_contain_text("Must be one address", timeout=ARRIVAL_MS)
    expect(site.get_by_label("Your email address")).to_be_focused()


def test_a_missing_page_says_so_in_the_sites_own_words(site: Page, site_url: str) -> None:
    response = site.goto(f"{site_url}/no/such/page")
    assert response is not None
    assert response.status == 404
    expect(site.get_by_role("heading", name="Whiskers is not here.")).to_be_visible()
