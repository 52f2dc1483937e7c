"""What every judge has to say about a construct, put where a user may put it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

if TYPE_CHECKING:
    import aws_cdk as cdk

# Every template of the CDK names each dependency twice: in DependsOn and in the reference that implies it.
LINT_RULES_LEFT_OUT = ["W3005"]

ANYWHERE = "anywhere"
IN_A_STAGE = "in a stage of one account"
PLACES = (ANYWHERE, IN_A_STAGE)
_REGION = {ANYWHERE: "us-east-1", IN_A_STAGE: "eu-west-1"}


# Advice on style (I1022, which nobody asks for) that cfn-lint hands on as an error of a pipeline's action.
_ADVICE = "Prefer using Fn::Sub over Fn::Join with an empty delimiter"


def lint_findings(template: Mapping[str, Any], region: str = "us-east-1") -> list[str]:
    """What cfn-lint has to say."""
    matches = lint(json.dumps(template), config=ManualArgs(regions=[region], ignore_checks=LINT_RULES_LEFT_OUT))
    return [f"{match.rule.id} {match.message}" for match in matches if match.message != _ADVICE]


def findings_about(
    build: Callable[[cdk.Stack], object],
    place: str,
    *,
    folder: Path,
    context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> list[str]:
    """What the rule packs, the CDK and cfn-lint have to say about what ``build`` puts into a stack.

    ``ANYWHERE`` is a stack without account and Region, under this project's feature flags; ``IN_A_STAGE`` is one
    inside a Stage, with both, under no flags, as somebody else's app may be.
    """
    import aws_cdk as cdk

    # The CDK's own validation takes seconds: once per variant is enough.
    validated = place == ANYWHERE
    app = cdk.App(
        outdir=str(folder),
        context={**context, "@aws-cdk/core:validateAgainstDefaultRules": True} if validated else {},
        builtin_cloud_formation_validation=validated,
        analytics_reporting=False,
    )
    env = cdk.Environment(account="111122223333", region=_REGION[IN_A_STAGE])
    scope = app if place == ANYWHERE else cdk.Stage(app, "Production", env=env)
    build(cdk.Stack(scope, "S"))
    found = judge(app)
    template = json.loads(next(folder.glob("**/*S*.template.json")).read_text())
    return found + lint_findings(template, _REGION[place])


def rule_test(variants: Mapping[str, Callable[[cdk.Stack, cdk.RemovalPolicy], object]]) -> Callable[..., None]:
    """The test that no judge has anything to say about any of the variants, kept or to be destroyed."""

    @pytest.mark.parametrize(("place", "removal"), [(ANYWHERE, "RETAIN"), (IN_A_STAGE, "DESTROY")])
    @pytest.mark.parametrize("variant", variants)
    def no_rule_has_an_open_finding(
        *,
        variant: str,
        place: str,
        removal: str,
        tmp_path: Path,
        cdk_context: Mapping[str, object],
        judge: Callable[[cdk.App], list[str]],
    ) -> None:
        def build(stack: cdk.Stack) -> None:
            import aws_cdk as cdk

            variants[variant](stack, cdk.RemovalPolicy[removal])

        assert findings_about(build, place, folder=tmp_path, context=cdk_context, judge=judge) == []

    return no_rule_has_an_open_finding
