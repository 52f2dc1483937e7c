"""The messaging patterns in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from aws_patterns.messaging.work_queue_options import Fifo, Patience

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]

# Every template of the CDK names each dependency twice: in DependsOn and in the reference that implies it.
LINT_RULES_LEFT_OUT = ["W3005"]


def work_queue(**props: object) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_patterns.messaging.work_queue import WorkQueue

        return WorkQueue(stack, "Jobs", removal_policy=removal_policy, **props)  # type: ignore[arg-type] # as the variant says

    return build


def work_queue_with_all(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    """With a key, told operators, a dashboard, and somebody for each grant."""
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from aws_patterns.messaging.work_queue import WorkQueue

    key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=removal_policy)
    work = WorkQueue(
        stack,
        "Jobs",
        encryption_key=key,
        alarm_topic=sns.Topic(stack, "Operators", master_key=key, enforce_ssl=True),
        removal_policy=removal_policy,
    )
    work.grant_redrive(iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal()))
    cloudwatch.Dashboard(stack, "Dashboard", widgets=[list(work.graphs("Jobs"))])
    return work


VARIANTS: Mapping[str, Build] = {
    "work queue as it stands": work_queue(),
    "FIFO work queue": work_queue(fifo=Fifo()),
    "FIFO work queue, high throughput": work_queue(
        fifo=Fifo(content_based_deduplication=True, high_throughput=True), delay_seconds=900
    ),
    "work queue at its smallest": work_queue(
        visibility_timeout_seconds=0,
        retention_seconds=60,
        receive_wait_seconds=0,
        max_receive_count=1,
        maximum_message_bytes=1024,
    ),
    "work queue at its largest": work_queue(
        visibility_timeout_seconds=43_200,
        retention_seconds=1_209_600,
        delay_seconds=900,
        max_receive_count=20,
        processing_seconds=43_199,
        patience=Patience(pace_seconds=86_400),
    ),
    "work queue with all": work_queue_with_all,
}
ENVIRONMENTS = {"anywhere": None, "in a stage of one account": ("111122223333", "eu-west-1")}
PLACES = list(product(ENVIRONMENTS, ["RETAIN", "DESTROY"]))


@pytest.mark.parametrize("place", PLACES, ids=", ".join)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_rule_has_an_open_finding(
    variant: str,
    place: tuple[str, str],
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    import aws_cdk as cdk

    where, removal = place
    # The CDK's own validation takes seconds: once per variant is enough.
    validated = where == "anywhere" and removal == "RETAIN"
    app = cdk.App(
        outdir=str(tmp_path),
        # With the feature flags of this project's app, and with none, as somebody else's may be.
        context={**cdk_context, "@aws-cdk/core:validateAgainstDefaultRules": validated} if where == "anywhere" else {},
        builtin_cloud_formation_validation=validated,
        analytics_reporting=False,
    )
    env = ENVIRONMENTS[where]
    scope = cdk.Stage(app, "Production", env=cdk.Environment(account=env[0], region=env[1])) if env else app
    stack = cdk.Stack(scope, "S")
    VARIANTS[variant](stack, cdk.RemovalPolicy[removal])

    assert judge(app) == []

    template = json.loads(next(tmp_path.glob("**/*S*.template.json")).read_text())
    region = env[1] if env else "us-east-1"
    matches = lint(json.dumps(template), config=ManualArgs(regions=[region], ignore_checks=LINT_RULES_LEFT_OUT))
    assert [f"{match.rule.id} {match.message}" for match in matches] == []
