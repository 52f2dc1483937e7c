"""The page of media uploads in front of a service that each test scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests import images
from tests.browser.media_uploads.fake_uploads import FakeUploads

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

PHOTO = images.encoded(images.picture(64, 48), "JPEG")


@pytest.fixture
def service() -> Iterator[FakeUploads]:
    with FakeUploads() as running:
        yield running


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    opened = open_page()
    expect(opened.locator("#tray")).to_be_visible()
    return opened


def picture(name: str = "cat.jpg", body: bytes = PHOTO, kind: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": body}


def choose(page: Page, *chosen: FilePayload) -> None:
    """As a visitor chooses files, once that is offered."""
    expect(page.locator("#tray")).to_be_visible()
    page.set_input_files("#files", list(chosen))
