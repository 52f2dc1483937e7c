"""Every stack: its template is the one reviewed, and no rule has an open finding about it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from stacks.registry import STACKS

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

NAMES = [entry.name for entry in STACKS]

# Every template of the CDK names each dependency twice: in DependsOn and in the reference that implies it.
LINT_RULES_LEFT_OUT = ["W3005"]

# Variants whose findings differ from those of the stack as it stands.
VARIANTS: list[tuple[str, ...]] = [
    ("PetCuddleOTron", "channels=email"),
    ("PetCuddleOTron", "channels=sms"),
    ("PetCuddleOTron", "removal_policy=destroy"),
    ("PetCuddleOTron", "web_acl_rate_limit=100"),
    ("PetCuddleOTron", "account_log_role=false"),
    ("PetCuddleOTron", "sandbox_recipients=me@example.net"),
    ("PetCuddleOTron", "alarm_topic_arn=arn:aws:sns:us-east-1:111122223333:alarms"),
    ("PetCuddleOTron", "account=111122223333", "region=eu-west-1"),
    (
        "PetCuddleOTron",
        "domain_name=cuddle.example.org",
        "certificate_arn=arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000",
    ),
]


def lint_findings(template: dict[str, object]) -> list[str]:
    matches = lint(json.dumps(template), config=ManualArgs(regions=["us-east-1"], ignore_checks=LINT_RULES_LEFT_OUT))
    return [f"{match.rule.id} {match.message}" for match in matches]


@pytest.mark.parametrize("name", NAMES)
def test_template_is_the_reviewed_one(
    name: str, synthesize: Callable[..., Any], snapshot_json: SnapshotAssertion
) -> None:
    """`make snapshots` accepts a change, after a look at the difference."""
    assert synthesize(name).without_asset_hashes() == snapshot_json


@pytest.mark.parametrize("variant", [*((name,) for name in NAMES), *VARIANTS], ids=" ".join)
class TestRules:
    def test_no_open_finding_of_cdk_nag_or_the_cdk(
        self, variant: tuple[str, ...], synthesize: Callable[..., Any]
    ) -> None:
        assert synthesize(*variant).findings == []

    def test_no_finding_of_cfn_lint(self, variant: tuple[str, ...], synthesize: Callable[..., Any]) -> None:
        assert lint_findings(synthesize(*variant).template) == []


def test_two_syntheses_give_the_same_bytes(project: Path, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        subprocess.run(
            [sys.executable, "app.py"],
            cwd=project,
            env={"CDK_OUTDIR": str(tmp_path / folder), "HOME": str(tmp_path)},
            check=True,
            timeout=300,
        )
    names = [f"{name}.template.json" for name in NAMES]
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_the_rules_have_teeth(tmp_path: Path, judge: Callable[..., list[str]]) -> None:
    """A queue nobody should deploy is found by every judge; without this, silence would prove nothing."""
    import aws_cdk as cdk

    app = cdk.App(
        outdir=str(tmp_path / "cdk.out"),
        context={"@aws-cdk/core:validateAgainstDefaultRules": True},
        builtin_cloud_formation_validation=True,
    )
    stack = cdk.Stack(app, "Bad")
    cdk.CfnResource(stack, "Queue", type="AWS::SQS::Queue", properties={"VisibilityTimeout": "soon", "Colour": "red"})
    cdk.aws_sqs.CfnQueue(stack, "Plain")
    findings = judge(app)
    template = json.loads((tmp_path / "cdk.out" / "Bad.template.json").read_text())
    assert [found for found in findings if "AwsSolutions-SQS" in found]
    assert [found for found in findings if "Serverless-SQS" in found]
    assert [found for found in findings if "Colour" in found]
    assert [found for found in lint_findings(template) if "Colour" in found]


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_acknowledgments_hold_wherever_a_construct_is_put(
    tmp_path: Path, judge: Callable[..., list[str]], region: str | None
) -> None:
    """Twice in one stack, inside a Stage, under names of somebody else's choosing."""
    import aws_cdk as cdk

    from aws_patterns.serverless.pet_cuddle_otron import PetCuddleOTron

    app = cdk.App(outdir=str(tmp_path / "cdk.out"), builtin_cloud_formation_validation=False)
    stage = cdk.Stage(app, "Production", env=cdk.Environment(account="111122223333", region=region))
    stack = cdk.Stack(stage, "Pets")
    PetCuddleOTron(stack, "Cats", sender="cats@example.org")
    PetCuddleOTron(stack, "Dogs", sender="dogs@example.org", account_log_role=False)
    assert judge(app) == []
