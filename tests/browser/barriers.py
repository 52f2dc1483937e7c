"""What axe has to say about a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def expect_no_barriers(page: Page) -> None:
    """No finding, by rules of which some had something to look at."""
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": _RULES}})
    assert len(results.response["passes"]) > 10
    assert results.violations_count == 0, results.generate_report()
