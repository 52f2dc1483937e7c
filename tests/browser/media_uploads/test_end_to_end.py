"""The page, deployed by the real ``cdk deploy``, against the real API and buckets: from a chosen file to its prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from queue_worker.job import RefusedError
from tests.browser.media_uploads.conftest import PHOTO, choose, picture
from tests.local.uploads import Uploads, deployed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_aws.pytest_plugin import EmbeddedAwsFactory

# A function starts for the first time.
ARRIVAL_MS = 60_000


# Enforced, because only then does a bucket's own CORS configuration answer browsers.
@pytest.fixture(scope="module")
def uploads(
    embedded_aws_factory: EmbeddedAwsFactory, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Uploads]:
    aws = embedded_aws_factory(enforce_iam=True)
    with deployed(aws, project, tmp_path_factory.mktemp("uploads")) as running:
        yield running


@pytest.fixture
def site(browser: Browser, uploads: Uploads) -> Iterator[Page]:
    """The deployed page; nothing on it may have been blocked or gone wrong unseen."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Failed to load" not in said.text else None)
    page.goto(uploads.aws.localize(uploads.outputs["SiteUrl"]))
    yield page
    context.close()
    assert complaints == []


def keys(uploads: Uploads) -> set[str]:
    listed = uploads.aws.client("s3").list_objects_v2(Bucket=uploads.outputs["MasterBucket"])
    return {each["Key"] for each in listed.get("Contents", [])}


def test_a_visitor_sees_a_picture_turn_into_prints_and_another_refused(site: Page, uploads: Uploads) -> None:
    before = keys(uploads)
    choose(site, picture("Whiskers on sofa.jpg"), picture("notes.png", b"no picture", "image/png"))
    expect(site.locator("[data-state=working]")).to_have_count(2, timeout=ARRIVAL_MS)
    photo, notes = sorted(keys(uploads) - before, key=lambda key: key.endswith("notes.png"))
    uploads.work(photo)
    with pytest.raises(RefusedError, match="not-an-image"):
        uploads.work(notes)
    expect(site.locator("[data-state=refused] .name")).to_have_text("notes.png", timeout=ARRIVAL_MS)
    expect(site.locator("[data-state=done] .name")).to_have_text("Whiskers on sofa.jpg", timeout=ARRIVAL_MS)
    site.wait_for_function("document.querySelector('[data-state=done] img').naturalWidth > 0")
    with site.expect_popup() as opened:
        site.get_by_role("link", name="large of Whiskers on sofa.jpg").click()
    assert opened.value.evaluate("document.images[0].naturalWidth") > 0
    found = uploads.aws.client("s3").get_object(Bucket=uploads.outputs["MasterBucket"], Key=photo)
    assert found["Body"].read() == PHOTO


def test_a_missing_page_says_so_in_the_sites_own_words(site: Page, uploads: Uploads) -> None:
    response = site.goto(f"{uploads.aws.localize(uploads.outputs['SiteUrl'])}no/such/page")
    assert response is not None
    assert response.status == 404
    expect(site.get_by_role("heading", name="This frame is blank.")).to_be_visible()
