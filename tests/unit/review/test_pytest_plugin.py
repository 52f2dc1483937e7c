"""Templates that were accepted, in somebody else's tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aws_patterns.review.accepted import without_asset_hashes

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

TEST = """
    def test_orders(template_review):
        orders = {{"Type": "AWS::{kind}", "Properties": {properties}}}
        template_review({{"Resources": {{"Orders": orders}}}}, "accepted/Orders.json")
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest('pytest_plugins = ["aws_patterns.review.pytest_plugin"]')
    return pytester


def run(project: pytest.Pytester, kind: str, properties: dict[str, object], *options: str) -> pytest.RunResult:
    project.makepyfile(TEST.format(kind=kind, properties=properties))
    return project.runpytest("-p", "no:cacheprovider", *options)


def test_a_first_template_has_to_be_accepted(project: pytest.Pytester) -> None:
    run(project, "SNS::Topic", {}).stdout.fnmatch_lines(
        [
            "*accepted/Orders.json does not exist: no template is accepted yet.",
            "After a look: pytest --accept-templates",
        ]
    )
    run(project, "SNS::Topic", {}, "--accept-templates").assert_outcomes(passed=1)
    run(project, "SNS::Topic", {}).assert_outcomes(passed=1)
    assert json.loads((project.path / "accepted/Orders.json").read_text()) == {
        "Resources": {"Orders": {"Type": "AWS::SNS::Topic", "Properties": {}}}
    }


def test_a_difference_fails_with_its_review(project: pytest.Pytester) -> None:
    run(project, "SNS::Topic", {}, "--accept-templates")
    failed = run(project, "SNS::Topic", {"DisplayName": "a"})
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(
        [
            "0 changes lose data, 0 need a look, 1 more.",
            "*AWS::SNS::Topic Orders: changed in place (DisplayName = a)",
            "After a look: pytest --accept-templates",
        ]
    )
    failed.stdout.no_fnmatch_line("*LOSES DATA*")


def test_data_that_is_lost_has_a_message_of_its_own(project: pytest.Pytester) -> None:
    run(project, "S3::Bucket", {"BucketName": "a"}, "--accept-templates")
    failed = run(project, "S3::Bucket", {"BucketName": "b"})
    failed.stdout.fnmatch_lines(
        [
            "THIS CHANGE LOSES DATA of a stack that is deployed.",
            "*AWS::S3::Bucket Orders: replaced, DATA LOST (BucketName a -> b)",
        ]
    )


def test_another_code_of_a_function_is_accepted(project: pytest.Pytester) -> None:
    run(project, "Lambda::Function", {"Code": {"S3Key": "a" * 64}}, "--accept-templates")
    run(project, "Lambda::Function", {"Code": {"S3Key": "b" * 64}}).assert_outcomes(passed=1)


def test_only_hashes_are_left_out(tmp_path: Path) -> None:
    assert without_asset_hashes({"a": f"{'0f' * 32}.zip", "b": "0f" * 8}) == {"a": "<asset hash>.zip", "b": "0f" * 8}
    published = f"publish {'0f' * 32}:current_account-current_region-0f0f0f0f now"
    told = "publish <asset hash>:current_account-current_region-<hash> now"
    assert without_asset_hashes({"a": published}) == {"a": told}
