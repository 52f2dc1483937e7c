"""The page for everyone: checked by axe with frames in every state, in light and dark, on a phone and enlarged."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import expect_no_barriers
from tests.browser.fake_service import Reply
from tests.browser.media_uploads.conftest import choose, picture
from tests.browser.media_uploads.fake_uploads import FRESH, FakeUploads, not_signed, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.browser.conftest import OpenPage

STATES = ("empty", "full", "unreachable", "lost")
# Of the frames on a full roll: one is sent, two wait for their turn behind two others.
FRAMES = ("done", "refused", "failed", "failed", "working", "sending", "sending", "sending", "queued")


@pytest.fixture
def show(open_page: OpenPage, service: FakeUploads) -> Iterator[Callable[..., Page]]:
    """Opens the page in one of its states."""
    held = threading.Event()

    def show(state: str, *, color_scheme: str = "light", width: int = 1280, reduced_motion: str = "reduce") -> Page:
        if state == "unreachable":
            service.configuration = Reply(status=404)
        page = open_page(
            color_scheme=color_scheme,
            width=width,
            reduced_motion=reduced_motion,
            path="no/such/page" if state == "lost" else "",
        )
        if state == "full":
            fill(page)
        shown = {"empty": "#tray", "full": "[data-state=done]", "unreachable": "#unreachable", "lost": ".lost"}
        expect(page.locator(shown[state])).to_be_visible()
        return page

    def fill(page: Page) -> None:
        service.will_be("a-very-long-name-without-any-place-to-break-it-at.jpg", service.done())
        service.will_be("refused.jpg", refused("corrupt-image"))
        service.will_be("working.jpg", FRESH)
        choose(page, picture("a-very-long-name-without-any-place-to-break-it-at.jpg"))
        expect(page.locator("[data-state=done] img")).to_be_visible()
        choose(page, picture("refused.jpg"))
        expect(page.locator("[data-state=refused]")).to_have_count(1)
        choose(page, picture("text.txt", kind="text/plain"))
        service.signing = [not_signed(503)]
        choose(page, picture("failed.jpg"))
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        choose(page, picture("working.jpg"))
        expect(page.locator("[data-state=working]")).to_have_count(1)
        service.store.answer = Reply(status=201, body=b"", held=held)
        choose(page, *(picture(f"sent-{number}.jpg") for number in range(4)))
        for number, state in enumerate(FRAMES):
            expect(page.locator(".frame").nth(number)).to_have_attribute("data-state", state)

    yield show
    held.set()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing(show: Callable[..., Page], state: str, color_scheme: str) -> None:
    expect_no_barriers(show(state, color_scheme=color_scheme))


# 640 pixels is a 1280-pixel window enlarged to 200 %, 320 the same at 400 % and the smallest phone.
@pytest.mark.parametrize("width", [320, 390, 640])
def test_fits_small_and_enlarged_screens(show: Callable[..., Page], width: int) -> None:
    page = show("full", width=width)
    outside = """() => [...document.querySelectorAll("main *, header *, footer *")]
        .filter((each) => each.checkVisibility() && !each.closest("template, .visually-hidden"))
        .filter((each) => {
            const box = each.getBoundingClientRect();
            const spills = getComputedStyle(each).display !== "inline" && each.scrollWidth > each.clientWidth + 1;
            return box.left < 0 || box.right > innerWidth || spills;
        })
        .map((each) => each.outerHTML.slice(0, 80))"""
    assert page.evaluate(outside) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_every_target_on_a_phone_is_large_enough_for_a_finger(show: Callable[..., Page]) -> None:
    page = show("full", width=390)
    controls = page.locator(".button:visible, button:visible, .prints a:visible").all()
    heights = [box["height"] for each in controls if (box := each.bounding_box())]
    assert len(heights) >= 6
    assert min(heights) >= 44


@pytest.mark.parametrize(("reduced_motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_whoever_asked_for_less_motion(
    show: Callable[..., Page], reduced_motion: str, *, moves: bool
) -> None:
    page = show("full", reduced_motion=reduced_motion)
    assert bool(page.evaluate("document.getAnimations().length")) is moves


def test_everything_is_reached_by_the_keyboard_and_the_focus_can_be_seen(show: Callable[..., Page]) -> None:
    page = show("full")
    page.evaluate("document.activeElement.blur()")
    stops = []
    for _ in range(6):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        ring = focused.evaluate("(each) => getComputedStyle(each.id === 'files' ? each.labels[0] : each).outline")
        assert "solid 3px" in ring, focused.evaluate("each => each.outerHTML")
        stops.append(focused.evaluate("each => each.id || each.textContent"))
    assert stops == ["files", "thumbnail", "small", "large", "Try again", "clear"]


def test_the_button_that_chooses_is_named_and_told_its_limits(show: Callable[..., Page]) -> None:
    page = show("empty")
    chooser = page.locator("#files")
    expect(chooser).to_have_accessible_name("Choose pictures")
    expect(chooser).to_have_accessible_description("JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP, up to 300 kB each.")


def test_says_so_where_scripts_are_off(show: Callable[..., Page], service: FakeUploads) -> None:
    browser = show("empty").context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    silent = context.new_page()
    silent.goto(service.site_url)
    expect(silent.get_by_text("This page needs JavaScript to send pictures.")).to_be_visible()
    context.close()
