"""Every stack of the registry, synthesized once per session under all rules, shared by every test about it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from syrupy.assertion import SnapshotAssertion

from aws_patterns.review.accepted import without_asset_hashes
from stacks.registry import STACKS
from stacks.settings.load import read_request
from stacks.settings.regions import further_stacks
from tests.stacks.reviewed_snapshots import ReviewedTemplates

if TYPE_CHECKING:
    import aws_cdk as cdk

# What a person chooses before anything else; without it the stack says so, which is not what is tested here.
CHOSEN = {"PetCuddleOTron": ("sender=cats@example.org",), "DeliveryPipeline": ("repository=acme/shop",)}

# The patterns' own remarks begin so; they are about what was chosen, not about what is wrong.
ADVICE = "Annotation::aws-patterns:"

# The part of its hash that the policy for downloading an asset is named after, and what the CDK appends to a name.
_DOWNLOAD = re.compile(r"(?<=Download)[0-9a-f]{12}(?:[0-9A-F]{8})?")


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """What came out of one stack: its template, what a rule has to say about it, and what the patterns remark.

    Attributes:
        further: The templates of the stacks that it brings along in other Regions, by their Regions.
    """

    template: dict[str, Any]
    further: Mapping[str, dict[str, Any]]
    findings: list[str]
    advice: list[str]

    def without_asset_hashes(self) -> dict[str, Any]:
        template = {**self.template, "further": self.further} if self.further else self.template
        return dict(json.loads(_DOWNLOAD.sub("<asset>", json.dumps(without_asset_hashes(template)))))


Synthesize = Callable[..., Synthesis]


@pytest.fixture(scope="session")
def judge() -> Callable[[cdk.App], list[str]]:
    """Synthesize an app under the rule packs; what they, and the CDK's own validation, have to say about it."""

    def run(app: cdk.App) -> list[str]:
        import aws_cdk as cdk
        from cdk_nag import AwsSolutionsChecks, ServerlessChecks

        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
        report = Path(app.outdir, "validation-report.json")
        try:
            app.synth()
        except RuntimeError:
            if not report.exists():
                raise
        # Written when there is anything to say, warnings included.
        return _findings(json.loads(report.read_text())) if report.exists() else []

    return run


@pytest.fixture(scope="session")
def synthesize(
    project: Path, tmp_path_factory: pytest.TempPathFactory, judge: Callable[[cdk.App], list[str]]
) -> Synthesize:
    """Build one stack as the app does, with rule packs and the CDK's validation as errors."""

    @cache
    def build(name: str, *arguments: str) -> Synthesis:
        from stacks._synthesis import build_app

        outdir = tmp_path_factory.mktemp(name)
        settings = (f"stacks={name}", *CHOSEN.get(name, ()), *arguments)
        selection = [part for setting in settings for part in ("-c", setting)]
        request = read_request(STACKS, arguments=selection, environment={}, project=project)
        app = build_app(request, outdir=outdir, validate=True)
        found = judge(app)
        ((entry, chosen),) = request.stacks
        return Synthesis(
            template=json.loads((outdir / f"{name}.template.json").read_text()),
            further={
                region: json.loads((outdir / f"{stack}.template.json").read_text())
                for stack, region in further_stacks(entry.name, chosen).items()
            },
            findings=[finding for finding in found if not finding.startswith(ADVICE)],
            advice=[finding for finding in found if finding.startswith(ADVICE)],
        )

    return build


def _findings(report: dict[str, Any]) -> list[str]:
    return [
        f"{violation['ruleName']}: {violation.get('description', '')} at {construct.get('constructPath', '?')}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


@pytest.fixture
def assert_accepted(snapshot: SnapshotAssertion) -> Callable[[dict[str, Any]], None]:
    """Fails with a review of what differs, unless the template is the one in the snapshot."""
    accepted = snapshot.use_extension(ReviewedTemplates)

    def check(template: dict[str, Any]) -> None:
        __tracebackhide__ = True
        if template != accepted:
            difference = "\n".join(accepted.get_assert_diff())
            pytest.fail(f"{difference}\n\nAfter a look at it: make snapshots", pytrace=False)

    return check
