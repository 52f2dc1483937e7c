"""The page for everyone: checked by axe in every state, in light and dark, on a phone and enlarged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import expect_no_barriers
from tests.browser.fake_service import EXECUTION_ID, FakeService, Reply, in_seconds, looked_up, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import OpenPage

STATES = ("empty", "wrong", "refused", "waiting", "sent", "failed", "trouble", "unreachable", "lost")


@pytest.fixture
def show(open_page: OpenPage, service: FakeService) -> Callable[..., Page]:
    """Opens the page in one of its states."""

    def show(state: str, *, color_scheme: str = "light", width: int = 1280, reduced_motion: str = "reduce") -> Page:
        due = in_seconds(3600)
        followed = f"sessionStorage.setItem('followed-reminder', '{EXECUTION_ID}')"
        both = {"email": "sent", "sms": "failed" if state == "failed" else "sent"}
        if state in {"waiting", "sent", "failed"}:
            channels = dict.fromkeys(both, "waiting") if state == "waiting" else both
            service.looks.will_be(looked_up(state, send_at=due, **channels))
        if state == "trouble":
            service.looks.will_be(refused(503, "x"))
        if state == "unreachable":
            service.configuration = Reply(status=404)
        before = followed if state in {"waiting", "sent", "failed", "trouble"} else ""
        page = open_page(
            color_scheme=color_scheme,
            width=width,
            reduced_motion=reduced_motion,
            before=before,
            path="no/such/page" if state == "lost" else "",
        )
        if state == "wrong":
            page.get_by_label("Both").check()
            page.get_by_role("button", name="Summon me").click()
        if state == "refused":
            service.bookings.will_be(refused(429, "x"))
            page.get_by_label("In how many").fill("5")
            page.get_by_label("What should Whiskers tell you?").fill("Cuddle me")
            page.get_by_label("Your email address").fill("me@example.org")
            page.get_by_role("button", name="Summon me").click()
        shown = {
            "empty": "#reminder",
            "wrong": "#phone-error",
            "refused": "#form-error",
            "waiting": "[aria-current=step]",
            "sent": "#outcome",
            "failed": "#outcome",
            "trouble": "#trouble",
            "unreachable": "#unreachable",
            "lost": ".lost",
        }[state]
        expect(page.locator(shown)).to_be_visible()
        return page

    return show


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing(show: Callable[..., Page], state: str, color_scheme: str) -> None:
    expect_no_barriers(show(state, color_scheme=color_scheme))


# 640 pixels is a 1280-pixel window enlarged to 200 %, 320 the same at 400 % and the smallest phone.
@pytest.mark.parametrize("width", [320, 390, 640])
def test_fits_small_and_enlarged_screens(show: Callable[..., Page], width: int) -> None:
    page = show("wrong", width=width)
    outside = """() => [...document.querySelectorAll("main *, header *, footer *")]
        .filter((each) => each.checkVisibility() && !each.closest("svg, .visually-hidden"))
        .filter((each) => {
            const box = each.getBoundingClientRect();
            const spills = each.closest(".card, .pitch") && getComputedStyle(each).display !== "inline";
            return box.left < 0 || box.right > innerWidth || (spills && each.scrollWidth > each.clientWidth + 1);
        })
        .map((each) => each.outerHTML.slice(0, 80))"""
    assert page.evaluate(outside) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_every_target_on_a_phone_is_large_enough_for_a_finger(show: Callable[..., Page]) -> None:
    page = show("wrong", width=390)
    controls = "button:visible, select:visible, textarea:visible, .choice:visible, input:not([type=radio]):visible"
    heights = [box["height"] for each in page.locator(controls).all() if (box := each.bounding_box())]
    assert len(heights) >= 9
    assert min(heights) >= 44


@pytest.mark.parametrize(("reduced_motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_whoever_asked_for_less_motion(
    show: Callable[..., Page], reduced_motion: str, moves: bool
) -> None:
    page = show("empty", reduced_motion=reduced_motion)
    assert bool(page.evaluate("document.getAnimations().length")) is moves


def test_the_focus_can_be_seen_on_every_control(show: Callable[..., Page]) -> None:
    page = show("wrong")
    stops = set()
    for _ in range(6):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        ring = focused.evaluate("(each) => getComputedStyle(each.closest('.choice') ?? each).outline")
        assert ring.endswith("solid 3px"), focused.get_attribute("id")
        stops.add(focused.get_attribute("id"))
    assert stops == {"unit", "message", "preference-both", "email", "phone", "submit"}


def test_says_so_where_scripts_are_off(show: Callable[..., Page], service: FakeService) -> None:
    page = show("empty")
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    silent = context.new_page()
    silent.goto(service.site_url)
    expect(silent.get_by_text("This page needs JavaScript")).to_be_visible()
    expect(silent.locator("#reminder")).to_be_hidden()
    context.close()


def test_a_missing_page_leads_back_to_whiskers(show: Callable[..., Page]) -> None:
    page = show("lost")
    page.get_by_role("link", name="Go to where Whiskers is").click()
    expect(page.get_by_role("form", name="Book a cuddle")).to_be_visible()
