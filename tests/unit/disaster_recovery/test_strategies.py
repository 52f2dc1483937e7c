"""What each strategy puts into both Regions, and what they have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match, Template

from aws_patterns.disaster_recovery.backup_and_restore import BackupAndRestore
from aws_patterns.disaster_recovery.backups.backup_plan_options import BackupCopy
from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.pilot_light import PilotLight
from aws_patterns.disaster_recovery.plan import GlobalTable, ScaledFunction, Strategy
from aws_patterns.disaster_recovery.regional_place import NeedKind, RegionalDomain
from aws_patterns.disaster_recovery.strategy_options import Rehearsals
from aws_patterns.disaster_recovery.warm_standby import WarmStandby
from aws_patterns.recovery import Loss
from tests.unit.disaster_recovery.small_workload import FULL, NEED, SLOW, SmallWorkload
from tests.unit.disaster_recovery.two_regions import (
    AWAY,
    DAY,
    DOMAIN,
    HOME,
    LOOSE,
    TwoRegions,
    app_in,
    deployed,
    stacks,
)

KEY = "arn:aws:kms:eu-central-1:444455556666:key/00000000-0000-0000-0000-000000000000"
LIVE = [Strategy.PILOT_LIGHT, Strategy.WARM_STANDBY, Strategy.MULTI_SITE]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Strategy, TwoRegions]:
    """The same workload by each strategy."""
    return {strategy: deployed(app_in(tmp_path_factory.mktemp(strategy)), strategy) for strategy in Strategy}


def of_type(template: Mapping[str, Any], kind: str) -> dict[str, Mapping[str, Any]]:
    return {id: one for id, one in template["Resources"].items() if one["Type"] == kind}


def class_name(strategy: Strategy) -> str:
    return "".join(part.capitalize() for part in strategy.split("-"))


def concurrency(template: Mapping[str, Any]) -> list[int]:
    """Of the workload's function."""
    return [
        one["Properties"]["ReservedConcurrentExecutions"]
        for one in of_type(template, "AWS::Lambda::Function").values()
        if one["Properties"].get("FunctionName") == "orders-api"
    ]


@pytest.mark.parametrize("strategy", Strategy)
def test_the_primary_region_has_the_whole_capacity(found: Mapping[Strategy, TwoRegions], strategy: Strategy) -> None:
    assert concurrency(found[strategy].primary) == [FULL]


@pytest.mark.parametrize(
    ("strategy", "running"),
    [
        (Strategy.BACKUP_AND_RESTORE, FULL),
        (Strategy.PILOT_LIGHT, 0),
        (Strategy.WARM_STANDBY, FULL // 4),
        (Strategy.MULTI_SITE, FULL),
    ],
)
def test_the_recovery_region_has_what_its_strategy_says(
    found: Mapping[Strategy, TwoRegions], strategy: Strategy, running: int
) -> None:
    assert concurrency(found[strategy].recovery) == [running]
    assert found[strategy].deployment.plan.compute == [ScaledFunction(name="orders-api", full=FULL, standby=running)]


@pytest.mark.parametrize("strategy", LIVE)
def test_everything_of_the_recovery_region_is_there_from_the_first_day(
    found: Mapping[Strategy, TwoRegions], strategy: Strategy
) -> None:
    template = found[strategy].recovery
    assert [id for id, one in template["Resources"].items() if "Condition" in one] == []
    assert "WorkloadRunning" not in template["Parameters"]


def test_with_backups_the_workload_is_made_when_it_is_needed(found: Mapping[Strategy, TwoRegions]) -> None:
    template = found[Strategy.BACKUP_AND_RESTORE].recovery
    assert template["Parameters"]["WorkloadRunning"]["Default"] == "no"
    assert template["Parameters"]["RestoredItemsName"]["Default"] == "orders-items"
    assert template["Conditions"] == {"WorkloadIsRunning": {"Fn::Equals": [{"Ref": "WorkloadRunning"}, "yes"]}}
    waits = {id for id, one in template["Resources"].items() if one.get("Condition") == "WorkloadIsRunning"}
    expected = {id for id in template["Resources"] if id.startswith(("OrdersWorkload", "OrdersRegistration"))}
    always = {id for id in expected if "WorkloadDocuments" in id or id in of_type(template, "AWS::Logs::LogGroup")}
    assert expected - waits == always, "the bucket is copied to, and logs would pile up"
    assert {template["Resources"][id]["Type"] for id in always} == {"AWS::S3::Bucket", "AWS::Logs::LogGroup"}
    assert waits <= expected, "what the recovery itself needs is there always"
    (function,) = (
        one["Properties"]
        for one in of_type(template, "AWS::Lambda::Function").values()
        if one["Properties"].get("FunctionName") == "orders-api"
    )
    assert function["Environment"]["Variables"]["TABLE"] == {"Ref": "RestoredItemsName"}


def test_after_a_failback_the_primary_region_works_with_the_restored_table(
    found: Mapping[Strategy, TwoRegions],
) -> None:
    template = found[Strategy.BACKUP_AND_RESTORE].primary
    assert template["Parameters"]["RestoredItemsName"]["Default"] == "orders-items"
    assert "WorkloadRunning" not in template["Parameters"]


@pytest.mark.parametrize("strategy", LIVE)
def test_a_workload_that_has_been_restored_gets_no_strategy_that_would_go_back_to_the_table_of_before(
    found: Mapping[Strategy, TwoRegions], strategy: Strategy
) -> None:
    """CloudFormation keeps the parameter when the strategy changes, and refuses the update before it does anything."""
    for template in (found[strategy].primary, found[strategy].recovery):
        assert template["Parameters"]["RestoredItemsName"]["Default"] == "orders-items"
        (told,) = template["Rules"]["ItemsIsNotRestored"]["Assertions"]
        assert told["Assert"] == {"Fn::Contains": [["orders-items"], {"Ref": "RestoredItemsName"}]}
        assert told["AssertDescription"] == (
            "This stack works with a table that was restored, and this strategy would go back to orders-items: copy "
            "what the restored one holds into orders-items, then deploy with RestoredItemsName=orders-items"
        )
        assert '{"Ref": "RestoredItemsName"}' not in json.dumps(template["Resources"])


@pytest.mark.parametrize("strategy", Strategy)
def test_the_plan_names_both_sides(found: Mapping[Strategy, TwoRegions], strategy: Strategy) -> None:
    plan = found[strategy].deployment.plan
    assert (plan.name, plan.strategy, plan.service_url) == ("orders", strategy, None)
    assert (plan.primary_region, plan.recovery_region) == (HOME, AWAY)
    assert (plan.primary_stack, plan.recovery_stack) == ("Primary", "Recovery")
    assert plan.health_path == "/health"
    expected = "backed-up-table" if strategy is Strategy.BACKUP_AND_RESTORE else GlobalTable.kind
    assert [one.kind for one in plan.data] == [expected]


@pytest.mark.parametrize("strategy", Strategy)
def test_what_is_in_one_region_has_the_same_ids_by_every_strategy(
    found: Mapping[Strategy, TwoRegions], strategy: Strategy
) -> None:
    """So that a change of strategy is an update; what restores, or measures copies, is some strategies' own."""
    for side in ("primary", "recovery"):
        mine, theirs = (
            {
                id: one["Type"]
                for id, one in getattr(found[each], side)["Resources"].items()
                if not id.startswith(("OrdersRunbook", "OrdersWatch"))
            }
            for each in (strategy, Strategy.PILOT_LIGHT)
        )
        assert mine == theirs


@pytest.mark.parametrize("strategy", Strategy)
def test_nothing_is_handed_from_region_to_region(found: Mapping[Strategy, TwoRegions], strategy: Strategy) -> None:
    """What one Region exports can't be changed once the other is lost."""
    for template in found[strategy][1:]:
        text = json.dumps(template)
        assert "Fn::ImportValue" not in text
        assert "ExportsReader" not in text
        assert "ExportsWriter" not in text
        assert "Outputs" not in template


def test_what_the_recovery_region_must_have_is_listed(found: Mapping[Strategy, TwoRegions]) -> None:
    needs = found[Strategy.BACKUP_AND_RESTORE].deployment.needs
    assert [need.kind for need in needs] == [NeedKind.ASSET, NeedKind.QUOTA, NeedKind.KEY, NeedKind.SECRET]
    assert needs[1].what == f"Concurrent executions of Lambda functions: {FULL}, and 100 to spare"
    assert AWAY in needs[1].how
    assert needs[-1] == NEED
    assert all(need.source.startswith("https://docs.aws.amazon.com/") for need in needs)


def test_a_domain_is_what_users_call(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    deployment = deployed(app, Strategy.PILOT_LIGHT, domain=DOMAIN).deployment
    assert deployment.plan.service_url == "https://orders.example.org"
    assert NeedKind.CERTIFICATE in {need.kind for need in deployment.needs}


def test_without_a_domain_a_warning_says_what_is_given_up(tmp_path: Path) -> None:
    primary, recovery = stacks(app_in(tmp_path))
    PilotLight(primary=primary, recovery=recovery, name="orders", workload=SmallWorkload(), objective=LOOSE)
    Annotations.from_stack(recovery).has_warning("*", Match.string_like_regexp("There is no domain: "))


def test_more_than_a_quarter_runs_where_it_is_asked_for(tmp_path: Path) -> None:
    design = RecoveryDesign(capacity_fraction=0.5)
    assert concurrency(deployed(app_in(tmp_path), Strategy.WARM_STANDBY, design=design).recovery) == [FULL // 2]


def test_two_workloads_in_the_same_stacks(tmp_path: Path) -> None:
    primary, recovery = stacks(app_in(tmp_path))
    for name in ("orders", "carts"):
        PilotLight(primary=primary, recovery=recovery, name=name, workload=SmallWorkload(), objective=LOOSE)
    names = {
        one["Properties"].get("FunctionName")
        for one in Template.from_stack(recovery).find_resources("AWS::Lambda::Function").values()
    }
    assert {"orders-api", "carts-api"} <= names
    template = Template.from_stack(recovery).to_json()
    (told,) = template["Rules"]["ItemsIsNotRestored"]["Assertions"]
    assert told["Assert"]["Fn::Contains"][0] == ["orders-items", "carts-items"]


def test_in_a_stage(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    primary, recovery = stacks(cdk.Stage(app, "Production"))
    made = BackupAndRestore(
        primary=primary, recovery=recovery, name="orders", workload=SmallWorkload(), objective=LOOSE
    ).deployment
    assert (made.plan.primary_stack, made.plan.recovery_stack) == ("Production-Primary", "Production-Recovery")
    app.synth()


def test_inside_of_a_construct_of_somebody_elses(tmp_path: Path) -> None:
    primary, recovery = stacks(app_in(tmp_path))
    inside = [cdk.aws_ssm.StringParameter(stack, "X", string_value="-") for stack in (primary, recovery)]
    made = PilotLight(
        primary=inside[0], recovery=inside[1], name="orders", workload=SmallWorkload(), objective=LOOSE
    ).deployment
    assert made.plan.primary_stack == "Primary"


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    primary, recovery = stacks(app_in(tmp_path), away=None)
    with pytest.raises(ValueError, match="can't be built") as raised:
        PilotLight(
            primary=primary,
            recovery=recovery,
            name="My orders",
            workload=SmallWorkload(),
            objective=LOOSE,
            design=RecoveryDesign(capacity_fraction=0.5),
            domain=RegionalDomain(domain_name="orders", hosted_zone_id="zone"),
        )
    assert str(raised.value) == (
        "PilotLight My orders can't be built:\n"
        "  - name must be 2 to 32 lowercase letters, digits and single hyphens, with a letter at the start and no "
        "hyphen at the end, got 'My orders': names in both Regions begin with it\n"
        "  - recovery must be in a stack whose Region is known, got none: give that stack env=cdk.Environment(region="
        "...), for names in both Regions are made of it\n"
        "  - design.capacity_fraction must be left out with pilot-light, got 0.5: choose WarmStandby for a part of the "
        "capacity\n"
        "  - domain_name must look like orders.example.org, got 'orders'\n"
        "  - hosted_zone_id must look like Z0123456789ABCDEFGHIJ, got 'zone'"
    )


def test_one_region_is_not_two(tmp_path: Path) -> None:
    primary, recovery = stacks(app_in(tmp_path), away=HOME)
    with pytest.raises(ValueError, match="can't be built") as raised:
        PilotLight(primary=primary, recovery=recovery, name="orders", workload=SmallWorkload(), objective=LOOSE)
    assert str(raised.value) == (
        "PilotLight orders can't be built:\n"
        "  - recovery must be in another Region than primary, got us-east-1 for both: what one Region loses the other "
        "one must have"
    )


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_a_standby_that_is_none(tmp_path: Path, fraction: float) -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        deployed(app_in(tmp_path), Strategy.WARM_STANDBY, design=RecoveryDesign(capacity_fraction=fraction))
    assert str(raised.value) == (
        "WarmStandby orders can't be built:\n"
        f"  - design.capacity_fraction must be between 0.05 and 0.95, got {fraction:g}"
    )


def test_a_name_that_nobody_knows_yet(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name must be known when the stacks are synthesized, got a token"):
        deployed(app_in(tmp_path), Strategy.PILOT_LIGHT, name=cdk.Aws.STACK_NAME)


def test_two_workloads_that_wait_for_their_restore_need_two_stacks(tmp_path: Path) -> None:
    primary, recovery = stacks(app_in(tmp_path))
    BackupAndRestore(primary=primary, recovery=recovery, name="orders", workload=SmallWorkload(), objective=LOOSE)
    with pytest.raises(ValueError, match="can't be built") as raised:
        BackupAndRestore(primary=primary, recovery=recovery, name="carts", workload=SmallWorkload(), objective=LOOSE)
    assert str(raised.value) == (
        "BackupAndRestore carts can't be built:\n"
        "  - recovery must be in a stack of its own: another workload of that stack waits for its restore, and one "
        "parameter would start both"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [(BackupAndRestore, BackupAndRestore), (BackupAndRestore, PilotLight), (PilotLight, BackupAndRestore)],
)
def test_two_tables_of_one_id_are_not_restored_in_one_stack(
    tmp_path: Path, first: type[BackupAndRestore | PilotLight], second: type[BackupAndRestore | PilotLight]
) -> None:
    """One parameter would name both: the runbook of one would have the other one work with its table."""
    app = app_in(tmp_path)
    primary, recovery = stacks(app)
    further = cdk.Stack(app, "Further", env=cdk.Environment(region=AWAY))
    first(primary=primary, recovery=recovery, name="orders", workload=SmallWorkload(), objective=LOOSE)
    with pytest.raises(ValueError, match="can't be built") as raised:
        second(primary=primary, recovery=further, name="carts", workload=SmallWorkload(), objective=LOOSE)
    assert str(raised.value) == (
        f"{second.__name__} carts can't be built:\n"
        "  - the table Items must have another id, or be in another stack: a workload of this stack has a table of "
        "that id, which backup and restore would restore, and RestoredItemsName can name only one of them"
    )


@pytest.mark.parametrize("strategy", Strategy)
def test_an_objective_out_of_reach_is_not_synthesized(tmp_path: Path, strategy: Strategy) -> None:
    """The error tells each link of the chain; its words are checked where they are made."""
    tight = replace(LOOSE, recovery_time_seconds=60)
    with pytest.raises(ValueError, match=rf"^{class_name(strategy)} orders can't be built:\n") as raised:
        deployed(app_in(tmp_path), strategy, objective=tight)
    assert "60" in str(raised.value)
    assert "https://docs.aws.amazon.com/" in str(raised.value)


def test_the_arithmetic_is_about_the_domain_that_there_is(tmp_path: Path) -> None:
    """Records that resolvers keep cost time, and move by themselves where both Regions serve."""
    quick = RecoveryObjective(recovery_time_seconds=300, recovery_point_seconds=900)
    deployed(app_in(tmp_path / "with"), Strategy.MULTI_SITE, objective=quick, domain=DOMAIN)
    with pytest.raises(ValueError, match="can't be built"):
        deployed(app_in(tmp_path / "without"), Strategy.MULTI_SITE, objective=quick)


@pytest.mark.parametrize("strategy", Strategy)
def test_every_strategy_has_backups_in_both_regions(found: Mapping[Strategy, TwoRegions], strategy: Strategy) -> None:
    """What is copied as it is written has mistakes copied, too."""
    (plan,) = of_type(found[strategy].primary, "AWS::Backup::BackupPlan").values()
    (rule,) = plan["Properties"]["BackupPlan"]["BackupPlanRule"]
    (copy,) = rule["CopyActions"]
    assert copy["DestinationBackupVaultArn"]["Fn::Join"][1][-1].endswith(":backup-vault:orders-recovery")
    assert AWAY in json.dumps(copy)
    assert (rule["Lifecycle"], copy["Lifecycle"]) == ({"DeleteAfterDays": 7},) * 2
    names = [
        vault["Properties"]["BackupVaultName"]
        for template in found[strategy][1:]
        for vault in of_type(template, "AWS::Backup::BackupVault").values()
    ]
    assert names == ["orders-primary", "orders-recovery"]


@pytest.mark.parametrize("strategy", Strategy)
def test_the_copies_are_restored_and_compared_every_week(
    found: Mapping[Strategy, TwoRegions], strategy: Strategy
) -> None:
    """Of whichever table is worked with: after a failback it is one that was restored."""
    template = found[strategy].recovery
    assert of_type(found[strategy].primary, "AWS::Backup::RestoreTestingPlan") == {}
    (plan,) = of_type(template, "AWS::Backup::RestoreTestingPlan").values()
    assert (plan["Properties"]["RestoreTestingPlanName"], plan["Properties"]["ScheduleExpression"]) == (
        "orders",
        "cron(0 5 ? * SUN *)",
    )
    chosen = plan["Properties"]["RecoveryPointSelection"]
    assert chosen["SelectionWindowDays"] == 8
    assert ":backup-vault:orders-recovery" in json.dumps(chosen["IncludeVaults"])
    policies = of_type(template, "AWS::IAM::Policy")
    (read,) = (json.dumps(policy) for name, policy in policies.items() if "RestoreTestMayCompare" in name)
    tables = {text for text in re.findall(r"table/([\w*-]+)", read) if not text.startswith("awsbackup")}
    restores = strategy is Strategy.BACKUP_AND_RESTORE
    assert tables == {"orders-items", *(["orders-items-restored-*"] if restores else [])}
    (conditions,) = {
        str(resource.get("Condition"))
        for name, resource in template["Resources"].items()
        if "RestoreTest" in name and resource["Type"] != "AWS::Logs::LogGroup"
    }
    assert conditions == "None", "from the first day"


def test_a_table_with_a_key_of_the_account_is_not_compared(tmp_path: Path) -> None:
    workload = SmallWorkload(with_key=True)
    made = deployed(app_in(tmp_path), Strategy.PILOT_LIGHT, workload=workload)
    assert made.deployment.backups is not None
    assert made.deployment.restore_test is None


@pytest.mark.parametrize(
    ("options", "schedule"),
    [
        ({"objective": replace(LOOSE, recovery_point_seconds=2 * DAY)}, "cron(0 3 ? * * *)"),
        (
            {"objective": replace(LOOSE, recovery_point_seconds=20_000)},
            "cron(0 0,3,6,9,12,15,18,21 ? * * *)",
        ),
        ({"design": RecoveryDesign(backup_interval_seconds=21_600)}, "cron(0 3,9,15,21 ? * * *)"),
    ],
)
def test_backups_are_as_rare_as_the_objective_allows(tmp_path: Path, options: dict[str, Any], schedule: str) -> None:
    template = deployed(app_in(tmp_path), Strategy.BACKUP_AND_RESTORE, **options).primary
    (plan,) = of_type(template, "AWS::Backup::BackupPlan").values()
    (rule,) = plan["Properties"]["BackupPlan"]["BackupPlanRule"]
    assert rule["ScheduleExpression"] == schedule


def test_backups_are_locked_in_both_regions_and_copied_to_further_vaults(tmp_path: Path) -> None:
    elsewhere = BackupCopy(vault_name="safe", region="eu-central-1", account="444455556666", key=KEY)
    made = deployed(
        app_in(tmp_path), Strategy.PILOT_LIGHT, vault_lock=VaultLock(minimum_days=3), backup_copies=[elsewhere]
    )
    for template in made[1:]:
        (vault,) = of_type(template, "AWS::Backup::BackupVault").values()
        assert vault["Properties"]["LockConfiguration"] == {"MinRetentionDays": 3}
    (plan,) = of_type(made.primary, "AWS::Backup::BackupPlan").values()
    (rule,) = plan["Properties"]["BackupPlan"]["BackupPlanRule"]
    assert [("444455556666" in json.dumps(copy)) for copy in rule["CopyActions"]] == [False, True]


def test_a_workload_without_tables_has_nothing_to_back_up(tmp_path: Path) -> None:
    made = deployed(app_in(tmp_path), Strategy.PILOT_LIGHT, workload=SmallWorkload(without_tables=True))
    assert made.deployment.backups is None
    assert made.deployment.restore_test is None
    assert of_type(made.primary, "AWS::Backup::BackupPlan") == {}


def test_drills_and_alarms_are_as_they_were_asked_for(tmp_path: Path) -> None:
    primary, recovery = stacks(app_in(tmp_path))
    topics = [sns.Topic(stack, "Topic") for stack in (primary, recovery)]
    made = WarmStandby(
        primary=primary,
        recovery=recovery,
        name="orders",
        workload=SmallWorkload(),
        objective=LOOSE,
        design=RecoveryDesign(watch_failures=2),
        rehearsals=Rehearsals(without_scheduled_drills=True, drill_alarm_days=14, with_approval=True),
        alarm_topic=topics[0],
        recovery_alarm_topic=topics[1],
    ).deployment
    assert {*made.runbook.schedules} == {"DrillAge"}
    (machine,) = Template.from_stack(recovery).find_resources("AWS::StepFunctions::StateMachine").values()
    assert "waitForTaskToken" in json.dumps(machine), "a person is asked"
    for stack in (primary, recovery):
        alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
        assert [id for id, one in alarms.items() if not one["Properties"].get("AlarmActions")] == []
    watch = Template.from_stack(recovery).find_resources(
        "AWS::CloudWatch::Alarm", {"Properties": {"MetricName": "PrimaryUnhealthy", "Statistic": "Maximum"}}
    )
    assert [one["Properties"]["EvaluationPeriods"] for one in watch.values()] == [2]


def test_what_a_name_needs_is_there_before_the_workload(tmp_path: Path) -> None:
    """A certificate takes its time, and Route 53 is not to be changed on that day: only what leads to the API waits."""
    template = deployed(app_in(tmp_path), Strategy.BACKUP_AND_RESTORE, domain=DOMAIN).recovery
    front = {id: one for id, one in template["Resources"].items() if id.startswith("OrdersFrontDoor")}
    waits = {one["Type"] for one in front.values() if "Condition" in one}
    assert waits == {"AWS::ApiGatewayV2::ApiMapping"}
    always = {one["Type"] for one in front.values() if "Condition" not in one}
    assert {"AWS::CertificateManager::Certificate", "AWS::Route53::RecordSet"} <= always


@pytest.mark.parametrize("strategy", Strategy)
def test_both_regions_serve_with_one_strategy_alone(tmp_path: Path, strategy: Strategy) -> None:
    made = deployed(app_in(tmp_path), strategy, domain=DOMAIN)
    for template in made[1:]:
        records = [one["Properties"] for one in of_type(template, "AWS::Route53::RecordSet").values()]
        spread = [one for one in records if "Failover" in one or "Region" in one]
        expected = "Region" if strategy is Strategy.MULTI_SITE else "Failover"
        assert [expected in one for one in spread] == [True]


def test_a_name_leads_somewhere(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        deployed(app_in(tmp_path), Strategy.PILOT_LIGHT, domain=DOMAIN, workload=SmallWorkload(without_front=True))
    assert str(raised.value) == (
        "PilotLight orders can't be built:\n"
        "  - domain must be left out: the workload's part in eu-west-1 has nothing that a name could lead to, its "
        "RegionalPart.front is None"
    )


def test_what_follows_from_a_loss_is_known_before_deploying(tmp_path: Path) -> None:
    """Of a Region by the strategy's arithmetic, of anything smaller by what the workload depends on most."""
    made = deployed(app_in(tmp_path / "switch"), Strategy.MULTI_SITE).deployment
    region = made.characteristics[Loss.REGION]
    assert region.recovery_time == made.assessment.time.span
    assert region.recovery_point == made.assessment.point.span
    assert not region.automatic, "without a domain somebody moves the traffic"
    assert region.how.startswith("By multi site: detection 3 to 4 minutes, decision 15 minutes, ")
    assert made.characteristics[Loss.INSTANCE] == SLOW
    named = deployed(app_in(tmp_path / "domain"), Strategy.MULTI_SITE, domain=DOMAIN).deployment
    assert named.characteristics[Loss.REGION].automatic
    passive = deployed(app_in(tmp_path / "passive"), Strategy.PILOT_LIGHT, domain=DOMAIN).deployment
    assert not passive.characteristics[Loss.REGION].automatic, "a person decides"
