"""A browser, and in it the page of Pet Cuddle-O-Tron in front of a service that each test scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from local_aws.browser import ARGUMENTS, chromium
from tests.browser.fake_service import FakeService

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Request

expect.set_options(timeout=10_000)


class Site(Protocol):
    """A page and what is behind it."""

    site_url: str
    ready: str

    @property
    def origins(self) -> tuple[str, ...]: ...


class OpenPage(Protocol):
    """Opens the page as a visitor with these preferences would see it."""

    def __call__(
        self,
        *,
        color_scheme: str = "light",
        width: int = 1280,
        height: int = 900,
        timezone: str = "Europe/Berlin",
        reduced_motion: str = "reduce",
        path: str = "",
        before: str = "",
        paused_clock: bool = False,
    ) -> Page: ...


# Playwright's event loop must not outlive the module: tests of other folders may want one of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def service() -> Iterator[FakeService]:
    with FakeService() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, service: Site) -> Iterator[OpenPage]:
    """At the end, nothing may have been logged, refused by the content security policy or asked of strangers."""
    contexts = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # The browser logs every failed request, also those that a test scripted.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            complaints.append(message.text)

    def check(request: Request) -> None:
        if not request.url.startswith(service.origins):
            complaints.append(f"asked a third party: {request.url}")

    def open_(
        *,
        color_scheme: str = "light",
        width: int = 1280,
        height: int = 900,
        timezone: str = "Europe/Berlin",
        reduced_motion: str = "reduce",
        path: str = "",
        before: str = "",
        paused_clock: bool = False,
    ) -> Page:
        context = browser.new_context(
            color_scheme="dark" if color_scheme == "dark" else "light",
            viewport={"width": width, "height": height},
            timezone_id=timezone,
            locale="en-GB",
            reduced_motion="reduce" if reduced_motion == "reduce" else "no-preference",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", check)
        if before:
            page.add_init_script(before)
        if paused_clock:
            page.clock.install()
        page.goto(service.site_url + path)
        if paused_clock:
            expect(page.locator(service.ready)).to_be_visible()
            page.clock.pause_at(page.evaluate("Date.now() / 1000") + 1)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    opened = open_page()
    expect(opened.get_by_role("form", name="Book a cuddle")).to_be_visible()
    return opened
