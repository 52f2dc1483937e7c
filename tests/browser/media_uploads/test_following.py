"""Following uploads until their prints are made, or until it is known why there are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from http_api.logic import RefusedError
from media_uploads.logic import TYPES, read_request
from tests.browser.fake_service import Reply
from tests.browser.media_uploads.conftest import choose, picture
from tests.browser.media_uploads.fake_uploads import FRESH, MAXIMUM_BYTES, FakeUploads, refused

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

MINUTE = 60_000
WORKING = "Uploaded. Its prints are being made; a lab that sleeps takes some minutes to wake."


def test_a_picture_is_worked_on_until_its_prints_are_made(page: Page, service: FakeUploads) -> None:
    waiting = Reply(body={"state": "waiting", "renditions": [], "reason": None})
    service.will_be("cat.jpg", waiting, FRESH, service.done())
    choose(page, picture())
    expect(page.locator("[data-state=working] .state")).to_have_text(WORKING)
    bar = page.get_by_role("progressbar", name="Prints of cat.jpg")
    assert bar.evaluate("each => each.position") == -1
    expect(page.locator("[data-state=done]")).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("cat.jpg: its prints are made.")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("not-an-image", "It is called a picture, but it is none inside. Open it in a viewer: does it show?"),
        ("corrupt-image", "It is damaged: a part of it is missing or unreadable. Export it again"),
        ("too-many-pixels", "It has too many pixels to be printed here. Export it smaller."),
        ("too-many-bytes", "It is too large a file to be printed here. Export it smaller."),
        ("empty-object", "It arrived empty. Is the file still being copied?"),
        ("a-reason-of-tomorrow", "It could not be printed."),
        ("constructor", "It could not be printed."),
    ],
)
def test_a_refusal_is_said_in_words_a_person_understands(
    page: Page, service: FakeUploads, reason: str, words: str
) -> None:
    service.will_be("cat.jpg", refused(reason))
    choose(page, picture())
    expect(page.locator("[data-state=refused] .state")).to_contain_text(words)
    expect(page.get_by_role("status")).to_have_text("cat.jpg: it could not be printed.")
    expect(page.locator(".prints:visible")).to_have_count(0)


def test_asks_less_and_less_often(open_page: OpenPage, service: FakeUploads) -> None:
    page = open_page(paused_clock=True)
    service.will_be("cat.jpg", FRESH)
    choose(page, picture())
    expect(page.locator("[data-state=working]")).to_have_count(1)
    counts: list[int] = []
    for _ in range(6):
        before = len(service.looks["cat.jpg"].asked)
        for _ in range(20):
            page.clock.run_for(500)
            page.evaluate("() => fetch('./config.json')")
        counts.append(len(service.looks["cat.jpg"].asked) - before)
    assert counts[0] >= 3
    assert counts[0] > counts[-1]
    assert counts[-1] <= 2


@pytest.mark.parametrize("hiccup", [Reply(dropped=True), Reply(status=503, body=b"{}"), Reply(body={"state": "odd"})])
def test_a_hiccup_does_not_end_the_following(page: Page, service: FakeUploads, hiccup: Reply) -> None:
    service.will_be("cat.jpg", hiccup)
    choose(page, picture())
    expect(page.locator(".state")).to_have_text("Uploaded. How it is doing can’t be read just now.")  # noqa: RUF001 - as shown
    service.looks["cat.jpg"].will_be(FRESH)
    expect(page.locator(".state")).to_have_text(WORKING)
    service.looks["cat.jpg"].will_be(service.done())
    expect(page.locator("[data-state=done]")).to_have_count(1)


def test_links_are_renewed_before_they_end_and_the_picture_stays(open_page: OpenPage, service: FakeUploads) -> None:
    page = open_page(paused_clock=True)
    service.will_be("cat.jpg", service.done(link="1"), service.done(link="2"))
    choose(page, picture())
    expect(page.locator("[data-state=working]")).to_have_count(1)
    page.clock.run_for(2_000)
    link = page.get_by_role("link", name="large of cat.jpg")
    expect(link).to_have_attribute("href", f"{service.store_url}/transcode/large.png?X-Amz-Signature=1")
    page.clock.run_for(11 * MINUTE)
    expect(link).to_have_attribute("href", f"{service.store_url}/transcode/large.png?X-Amz-Signature=2")
    assert service.store.shown == ["/transcode/thumbnail.png?X-Amz-Signature=1"]
    assert page.get_by_role("status").inner_text() == "cat.jpg: its prints are made."


def test_a_reload_goes_on_following_and_keeps_names_and_ids_alone(page: Page, service: FakeUploads) -> None:
    service.will_be("cat.jpg", FRESH)
    choose(page, picture())
    expect(page.locator("[data-state=working]")).to_have_count(1)
    kept = json.loads(page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])"))
    uploads = json.loads(kept[0].pop("followed-uploads"))
    assert kept == [{}, {}, ""]
    assert [set(each) for each in uploads] == [{"id", "name", "bytes"}]
    service.looks["cat.jpg"].will_be(service.done())
    page.reload()
    expect(page.locator("[data-state=done] .name")).to_have_text("cat.jpg")
    assert len(service.asked) == 1
    page.get_by_role("button", name="Clear what is finished").click()
    page.reload()
    expect(page.locator("#tray")).to_be_visible()
    expect(page.locator(".frame")).to_have_count(0)


@pytest.mark.parametrize("spoilt", ["{", "7", '[{"id": "../../x", "name": "a", "bytes": 1}]', '[{"id": 7}]'])
def test_a_spoilt_memory_is_ignored(open_page: OpenPage, service: FakeUploads, spoilt: str) -> None:
    page = open_page(before=f"sessionStorage.setItem('followed-uploads', {json.dumps(spoilt)})")
    expect(page.locator("#tray")).to_be_visible()
    expect(page.locator("#empty")).to_be_visible()
    assert service.methods == []


def test_works_where_the_browser_forbids_storage(open_page: OpenPage) -> None:
    page = open_page(
        before="Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('forbidden') } })"
    )
    choose(page, picture())
    expect(page.locator("[data-state=done]")).to_have_count(1)


def test_the_page_takes_what_the_service_takes(page: Page) -> None:
    known = page.evaluate("async () => Object.entries((await import('./rules.js')).TYPES)")
    assert [kind for kind, _ in known] == list(TYPES)
    for kind, endings in known:
        for ending in endings:
            # Some systems do not tell the browser what a file is.
            told = page.evaluate(
                """async ([name, type, size, maximum]) => {
                    const rules = await import("./rules.js");
                    const file = { name, type, size };
                    return [rules.typeOf(file), rules.problemOf(file, maximum)];
                }""",
                [f"A.{ending.upper()}", "", 1, MAXIMUM_BYTES],
            )
            assert told == [kind, ""]


@pytest.mark.parametrize("size", [0, 1, MAXIMUM_BYTES, MAXIMUM_BYTES + 1])
def test_the_page_refuses_the_sizes_that_the_service_refuses(page: Page, size: int) -> None:
    problem = page.evaluate(
        "async ([size, maximum]) => (await import('./rules.js')).problemOf({ name: 'a.jpg', type: '', size }, maximum)",
        [size, MAXIMUM_BYTES],
    )
    try:
        read_request(json.dumps({"name": "a.jpg", "type": "image/jpeg", "bytes": size}), maximum_bytes=MAXIMUM_BYTES)
    except RefusedError:
        assert problem
    else:
        assert problem == ""
