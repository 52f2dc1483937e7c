"""Another strategy for a workload that is deployed: an update in place, whichever it was and whichever it shall be."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.review.changes import Area, Data, Effect
from aws_patterns.review.template_review import review_templates
from stacks.registry import STACKS
from stacks.settings.load import read_request

if TYPE_CHECKING:
    from aws_patterns.review.changes import Finding, ResourceChange, Review

STACK_OF = {
    Strategy.BACKUP_AND_RESTORE: "DrBackupAndRestore",
    Strategy.PILOT_LIGHT: "DrPilotLight",
    Strategy.WARM_STANDBY: "DrWarmStandby",
    Strategy.MULTI_SITE: "DrMultiSite",
}
SAME = ("workload_name=orders", "stack_name=Orders")
DOMAIN = ("domain_name=orders.example.org", "hosted_zone_id=Z0123456789ABCDEFGHIJ")
CHANGES = list(itertools.permutations(Strategy, 2))
LIVE = [pair for pair in CHANGES if Strategy.BACKUP_AND_RESTORE not in pair]
HOME, AWAY = "us-east-1", "us-west-2"

Templates = Callable[..., tuple[Mapping[str, Any], Mapping[str, Any]]]


class Change(NamedTuple):
    """What a change of strategy does in each Region."""

    primary: Review
    recovery: Review

    @property
    def resources(self) -> list[ResourceChange]:
        return [*self.primary.resources, *self.recovery.resources]

    @property
    def findings(self) -> list[Finding]:
        return [*self.primary.findings, *self.recovery.findings]


@pytest.fixture(scope="module")
def templates(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Those of both Regions, of one workload in stacks of one id: what a user's app has, before and after."""

    @cache
    def build(strategy: Strategy, *arguments: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        import aws_cdk as cdk

        chosen = (f"stacks={STACK_OF[strategy]}", *SAME, *arguments)
        selection = [part for setting in chosen for part in ("-c", setting)]
        request = read_request(STACKS, arguments=selection, environment={}, project=project)
        ((entry, settings),) = request.stacks
        outdir = tmp_path_factory.mktemp(strategy)
        app = cdk.App(
            outdir=str(outdir),
            context=dict(request.cdk_context),
            analytics_reporting=False,
            builtin_cloud_formation_validation=False,
        )
        entry.load()(app, "Orders", settings=settings)
        app.synth()
        primary, recovery = (
            json.loads((outdir / f"{name}.template.json").read_text()) for name in ("Orders", "OrdersRecovery")
        )
        return primary, recovery

    return build


def reviewed(templates: Templates, old: Strategy, new: Strategy, *arguments: str) -> Change:
    """As deployed: nothing has been restored, and the primary serves."""
    before, after = (templates(strategy, *arguments) for strategy in (old, new))
    return Change(
        *(
            review_templates(one, other, region=region, parameters=defaults_of(one))
            for one, other, region in zip(before, after, (HOME, AWAY), strict=True)
        )
    )


def defaults_of(template: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(one["Default"]) for name, one in template["Parameters"].items() if name != "BootstrapVersion"}


def is_log(change: ResourceChange) -> bool:
    """Of a function that goes: its logs stay, outside of the stack."""
    return change.type == "AWS::Logs::LogGroup" and change.data is Data.LEFT_BEHIND


@pytest.mark.parametrize("arguments", [(), DOMAIN], ids=["no domain", "domain"])
@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_nothing_that_holds_data_is_replaced_or_taken_away(
    templates: Templates, old: Strategy, new: Strategy, arguments: tuple[str, ...]
) -> None:
    change = reviewed(templates, old, new, *arguments)
    at_risk = [*change.primary.data_at_risk, *change.recovery.data_at_risk]
    assert change.resources, "another strategy changes something"
    assert [str(each) for each in at_risk if not is_log(each)] == []


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_no_resource_becomes_another_one(templates: Templates, old: Strategy, new: Strategy) -> None:
    """Some come and go with compute that is made when it is needed. Which table is backed up is said anew."""
    never = {Effect.REPLACED, Effect.MAY_BE_REPLACED, Effect.MAY_BE_REMOVED, Effect.REFUSED}
    found = {each.type for each in reviewed(templates, old, new).resources if each.effect in never}
    restores = Strategy.BACKUP_AND_RESTORE in {old, new}
    assert found == ({"AWS::Backup::BackupSelection"} if restores else set())


@pytest.mark.parametrize(("old", "new"), LIVE)
def test_between_strategies_with_live_data_nothing_comes_or_goes(
    templates: Templates, old: Strategy, new: Strategy
) -> None:
    assert {each.effect for each in reviewed(templates, old, new).resources} == {Effect.IN_PLACE}


@pytest.mark.parametrize(("old", "new"), LIVE)
def test_with_a_domain_only_records_and_their_checks_come_and_go(
    templates: Templates, old: Strategy, new: Strategy
) -> None:
    """Records of one policy can't become those of another: they have other names, and the domain's own one moves."""
    found = reviewed(templates, old, new, *DOMAIN).resources
    others = {each.type for each in found if each.effect is not Effect.IN_PLACE}
    expected = {"AWS::Route53::RecordSet", "AWS::Route53::HealthCheck"} if Strategy.MULTI_SITE in {old, new} else set()
    assert others == expected


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_what_protects_data_stays(templates: Templates, old: Strategy, new: Strategy) -> None:
    """But for the replica that a workload which restores its table is not to have."""
    found = reviewed(templates, old, new).findings
    weakened = [each.text for each in found if each.area in {Area.DELETION, Area.PROTECTION}]
    restores = new is Strategy.BACKUP_AND_RESTORE
    assert weakened == ([f"the replica in {AWAY} is deleted"] if restores else [])


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_the_stacks_of_this_app_change_into_each_other(
    synthesize: Callable[..., Any], old: Strategy, new: Strategy
) -> None:
    """``cdk deploy DrWarmStandby -c stack_name=Orders``, where the same was said of DrPilotLight before."""
    before, after = (synthesize(STACK_OF[strategy], *SAME) for strategy in (old, new))
    for one, other in ((before.template, after.template), (before.further[AWAY], after.further[AWAY])):
        review = review_templates(one, other, parameters=defaults_of(one))
        assert [str(each) for each in review.data_at_risk if not is_log(each)] == []


def test_a_workload_of_another_name_would_be_another_one(templates: Templates, synthesize: Callable[..., Any]) -> None:
    """Without this the tests above would prove nothing."""
    before, _ = templates(Strategy.PILOT_LIGHT)
    after = synthesize("DrWarmStandby", "stack_name=Orders", "workload_name=carts").template
    lost = review_templates(before, after, region=HOME, parameters=defaults_of(before)).data_at_risk
    assert {"AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket"} <= {each.type for each in lost}
