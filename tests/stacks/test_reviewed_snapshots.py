"""A snapshot that differs says what that does, in every Region of the stack."""

from __future__ import annotations

import json
from typing import Any

from tests.stacks.reviewed_snapshots import ReviewedTemplates, reviews


def bucket(name: str) -> dict[str, Any]:
    return {"Resources": {"Photos": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}}}


def test_data_that_is_lost_in_another_region_comes_first_there() -> None:
    old = {**bucket("a"), "further": {"us-west-2": bucket("c")}}
    new = {**bucket("a"), "further": {"us-west-2": bucket("d")}}
    (text,) = reviews(old, new)
    assert text.splitlines()[:5] == [
        "THIS CHANGE LOSES DATA of a stack that is deployed.",
        "1 change loses data, 0 need a look, 0 more.",
        "",
        "in us-west-2",
        "  DATA WOULD BE LOST",
    ]


def test_each_region_that_differs_is_reviewed() -> None:
    old = {**bucket("a"), "further": {"us-west-2": bucket("c")}}
    assert len(list(reviews(old, {**bucket("b"), "further": {}}))) == 2
    assert list(reviews(old, old)) == []


def test_the_lines_of_a_failing_snapshot_are_the_review() -> None:
    extension = ReviewedTemplates()
    lines = list(extension.diff_lines(json.dumps(bucket("b")), json.dumps(bucket("a"))))
    assert "    AWS::S3::Bucket Photos: replaced, DATA LOST (BucketName a -> b)" in lines
    assert "  Other changes" in list(extension.diff_lines(json.dumps(bucket("a")), ""))
