"""Sending pictures: what reaches the API and the store, and what a visitor sees of it."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_service import Reply
from tests.browser.media_uploads.conftest import PHOTO, choose, picture
from tests.browser.media_uploads.fake_uploads import MAXIMUM_BYTES, PRINT, FakeUploads, not_signed

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage


def test_several_pictures_are_sent_and_their_prints_shown(page: Page, service: FakeUploads) -> None:
    choose(page, picture("cat.jpg"), picture("dog & bird.png", PRINT, "image/png"))
    rows = page.locator(".frame")
    expect(rows.locator(".name")).to_have_text(["cat.jpg", "dog & bird.png"])
    expect(rows.locator(".state")).to_have_text(["3 prints", "3 prints"])
    expect(page.locator("#tally")).to_have_text("2 of 2 printed")
    # Two at a time, of which either may be heard first.
    assert sorted((asked.json for asked in service.asked), key=str) == [
        {"name": "cat.jpg", "type": "image/jpeg", "bytes": len(PHOTO)},
        {"name": "dog & bird.png", "type": "image/png", "bytes": len(PRINT)},
    ]
    by_type = {sent.fields["Content-Type"]: sent for sent in service.store.sent}
    assert by_type["image/jpeg"].body == PHOTO
    assert by_type["image/png"].body == PRINT
    assert list(by_type["image/png"].fields) == ["key", "Content-Type", "policy"]


def test_the_smallest_print_is_shown_and_all_can_be_opened(page: Page, service: FakeUploads) -> None:
    choose(page, picture())
    image = page.locator(".frame img")
    expect(image).to_be_visible()
    page.wait_for_function("document.querySelector('.frame img').naturalWidth > 0")
    assert service.store.shown == ["/transcode/thumbnail.png?X-Amz-Signature=1"]
    prints = page.locator(".prints li")
    expect(prints).to_have_text(
        [
            re.compile(r"thumbnail\s*160 × 120\s*16 kB"),  # noqa: RUF001 - as shown
            re.compile(r"small\s*640 × 480\s*64 kB"),  # noqa: RUF001 - as shown
            re.compile(r"large\s*1920 × 1440\s*192 kB"),  # noqa: RUF001 - as shown
        ]
    )
    large = page.get_by_role("link", name="large of cat.jpg, 1920 by 1440, opens in a new tab")
    expect(large).to_have_attribute("href", f"{service.store_url}/transcode/large.png?X-Amz-Signature=1")
    expect(large).to_have_attribute("rel", "noopener")


def test_the_api_is_asked_nothing_beforehand_and_told_nothing_but_name_type_and_size(
    page: Page, service: FakeUploads
) -> None:
    choose(page, picture())
    expect(page.locator(".state")).to_have_text("3 prints")
    assert "OPTIONS" not in service.methods
    assert service.asked[0].headers["Content-Type"].startswith("text/plain")
    assert "Cookie" not in service.asked[0].headers
    assert "Referer" not in service.asked[0].headers or service.asked[0].headers["Referer"] == service.site_url


def test_a_visitor_sees_how_much_has_gone(page: Page, service: FakeUploads) -> None:
    devtools = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
    devtools.send("Network.emulateNetworkConditions", slow)
    choose(page, picture(body=bytes(250_000)))
    bar = page.get_by_role("progressbar", name="Upload of cat.jpg")
    expect(page.locator(".state")).to_have_text(re.compile(r"^Uploading: [1-9]\d? kB of 250 kB$|^Uploading: 1\d\d kB"))
    assert 0 < float(bar.evaluate("each => each.value")) < 1
    devtools.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    expect(page.locator(".state")).to_have_text("3 prints")
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_few_are_sent_at_a_time_and_the_others_wait_their_turn(page: Page, service: FakeUploads) -> None:
    held = threading.Event()
    service.store.answer = Reply(status=201, body=b"", held=held)
    choose(page, *(picture(f"{number}.jpg") for number in range(7)))
    expect(page.locator("[data-state=sending]")).to_have_count(3)
    expect(page.locator("[data-state=queued] .state")).to_have_text(["Waits its turn"] * 4)
    for _ in range(200):
        if service.store.at_once == 3:
            break
        page.wait_for_timeout(50)
    held.set()
    expect(page.locator("[data-state=done]")).to_have_count(7)
    assert service.store.most_at_once == 3


@pytest.mark.parametrize(
    ("name", "kind", "size", "words"),
    [
        ("page.html", "text/html", 10, "This is no picture that can be printed here. Choose JPEG, PNG, WebP, AVIF"),
        ("drawing.svg", "image/svg+xml", 10, "This is no picture that can be printed here."),
        ("fake.jpg", "application/pdf", 10, "This is no picture that can be printed here."),
        ("folder", "", 4096, "This is no picture that can be printed here."),
        ("IMG_1.HEIC", "", 10, "HEIC pictures can’t be printed here. Export it as JPEG"),  # noqa: RUF001 - as shown
        ("phone", "image/heif", 10, "HEIC pictures can’t be printed here."),  # noqa: RUF001 - as shown
        ("empty.jpg", "image/jpeg", 0, "This file is empty. Is it still being copied?"),
        ("big.jpg", "image/jpeg", MAXIMUM_BYTES + 1, "It has 300 kB; 300 kB is the most. Export it smaller."),
    ],
)
def test_what_is_not_taken_is_refused_at_once_in_words_to_act_on(
    *, page: Page, service: FakeUploads, name: str, kind: str, size: int, words: str
) -> None:
    # The chooser would not give the browser every one of these types.
    page.evaluate(
        """([name, type, size]) => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(size)], name, { type }));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true }));
        }""",
        [name, kind, size],
    )
    expect(page.locator("[data-state=failed] .state")).to_contain_text(words)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    assert service.methods == []


def test_pictures_can_be_dropped_anywhere_on_the_page(page: Page) -> None:
    page.evaluate(
        """bytes => {
            window.carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
            const over = new DragEvent("dragover", { dataTransfer: carried, bubbles: true, cancelable: true });
            if (document.body.dispatchEvent(over)) throw new Error("the browser would open the file");
        }""",
        list(PRINT),
    )
    expect(page.locator("#tray")).to_have_class("tray over")
    page.evaluate("document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: carried, bubbles: true }))")
    expect(page.locator("#tray")).to_have_class("tray")
    expect(page.locator("[data-state=done] .name")).to_have_text("dropped.png")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=429, body=b"{}"), "The lab is very busy just now. Wait a moment, then try again."),
        (Reply(status=503, body=b"{}"), "The lab has trouble just now. Try again in a moment."),
        (Reply(status=502, body=b"<html>"), "The lab has trouble just now. Try again in a moment."),
        (Reply(dropped=True), "The lab is busy or can’t be reached. Check your connection, then try again."),  # noqa: RUF001 - as shown
        (Reply(body={"id": "x"}), "The lab gave an answer that this page does not understand."),
        (not_signed(400, ("bytes", "must be less")), "The lab does not take it: its bytes must be less."),
    ],
)
def test_what_the_api_does_not_sign_can_be_tried_again(
    page: Page, service: FakeUploads, reply: Reply, words: str
) -> None:
    service.signing = [reply]
    choose(page, picture())
    expect(page.locator("[data-state=failed] .state")).to_have_text(words)
    expect(page.get_by_role("status")).to_have_text(f"cat.jpg: {words}")
    page.get_by_role("button", name="Try again: cat.jpg").click()
    expect(page.locator("[data-state=done] .state")).to_have_text("3 prints")
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(dropped=True), "The upload broke off. Check your connection, then try again."),
        (Reply(status=403, body=b"<Error/>"), "The store did not take it: the file may have changed, or it waited"),
        (Reply(status=503, body=b"<Error/>"), "The store has trouble just now. Try again in a moment."),
    ],
)
def test_what_the_store_does_not_take_can_be_tried_again_with_a_new_form(
    page: Page, service: FakeUploads, reply: Reply, words: str
) -> None:
    service.store.answer = reply
    choose(page, picture())
    expect(page.locator("[data-state=failed] .state")).to_contain_text(words)
    service.store.answer = Reply(status=201, body=b"")
    page.get_by_role("button", name="Try again: cat.jpg").click()
    expect(page.locator("[data-state=done]")).to_have_count(1)
    first, second = (sent.fields["key"] for sent in service.store.sent)
    assert first != second


def test_the_same_file_can_be_chosen_twice(page: Page, service: FakeUploads) -> None:
    for count in (1, 2):
        choose(page, picture())
        expect(page.locator("[data-state=done]")).to_have_count(count)
    assert len(service.store.sent) == 2


def test_what_is_finished_can_be_cleared_away(page: Page, service: FakeUploads) -> None:
    held = threading.Event()
    choose(page, picture("done.jpg"))
    expect(page.locator("[data-state=done]")).to_have_count(1)
    service.store.answer = Reply(status=201, body=b"", held=held)
    choose(page, picture("busy.jpg"), picture("text.txt", kind="text/plain"))
    page.get_by_role("button", name="Clear what is finished").click()
    expect(page.locator(".name")).to_have_text(["busy.jpg"])
    expect(page.locator("#tally")).to_have_text("0 of 1 printed")
    expect(page.get_by_role("heading", name="Your roll")).to_be_focused()
    held.set()
    expect(page.locator("[data-state=done]")).to_have_count(1)


def test_whoever_leaves_while_something_is_sent_is_asked(page: Page, service: FakeUploads) -> None:
    held = threading.Event()
    service.store.answer = Reply(status=201, body=b"", held=held)
    leaving = "window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert page.evaluate(leaving)
    choose(page, picture())
    expect(page.locator("[data-state=sending]")).to_have_count(1)
    assert not page.evaluate(leaving)
    held.set()
    expect(page.locator("[data-state=done]")).to_have_count(1)
    assert page.evaluate(leaving)


@pytest.mark.parametrize(
    "configuration",
    [
        Reply(status=404),
        Reply(body=b"<html>"),
        Reply(body={"apiUrl": "javascript:alert(1)", "maximumBytes": "1"}),
        Reply(body={"apiUrl": "https://example.org", "maximumBytes": "many"}),
        Reply(dropped=True),
    ],
)
def test_a_page_without_a_service_says_so_and_can_try_again(
    open_page: OpenPage, service: FakeUploads, configuration: Reply
) -> None:
    good, service.configuration = service.configuration, configuration
    page = open_page()
    expect(page.get_by_role("heading", name="The lab is closed")).to_be_visible()
    expect(page.locator("#tray")).to_be_hidden()
    service.configuration = good
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#tray")).to_be_visible()
    expect(page.locator("#unreachable")).to_be_hidden()
