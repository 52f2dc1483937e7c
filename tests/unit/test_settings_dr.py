"""The settings of the four strategies of disaster recovery."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock, VaultLockMode
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.runbook.recovery_runbook_options import DrillSchedule
from stacks.registry import STACKS
from stacks.settings._dr_shared import DrSettings
from stacks.settings.dr_backup_and_restore import DrBackupAndRestoreSettings
from stacks.settings.dr_multi_site import DrMultiSiteSettings
from stacks.settings.dr_pilot_light import DrPilotLightSettings
from stacks.settings.dr_warm_standby import DrWarmStandbySettings
from stacks.settings.load import SettingsError, read_request
from stacks.settings.regions import further_stacks

ALL: tuple[type[DrSettings], ...] = (
    DrBackupAndRestoreSettings,
    DrPilotLightSettings,
    DrWarmStandbySettings,
    DrMultiSiteSettings,
)
PILOT = DrPilotLightSettings()


@pytest.mark.parametrize("kind", ALL)
def test_as_it_comes_it_can_be_used_and_keeps_what_it_has(kind: type[DrSettings]) -> None:
    settings = kind()  # type: ignore[call-arg] # each strategy has defaults for what they have in common
    assert settings.problems() == []  # type: ignore[attr-defined] # of each strategy
    assert settings.removal_policy == "retain"
    assert settings.design().dns is False
    assert settings.rehearsals().without_scheduled_drills is False


def test_workloads_of_all_four_can_be_in_one_account() -> None:
    names = {kind().workload_name for kind in ALL}  # type: ignore[call-arg] # as above
    assert len(names) == len(ALL)


def test_the_other_region_has_a_stack_of_its_own() -> None:
    assert further_stacks("DrPilotLight", replace(PILOT, recovery_region="eu-west-1")) == {
        "DrPilotLightRecovery": "eu-west-1"
    }


@pytest.mark.parametrize(
    ("region", "recovery", "home"),
    [
        (None, "us-west-2", "us-east-1"),
        (None, "us-east-1", "us-west-2"),
        ("eu-west-1", "eu-central-1", "eu-west-1"),
    ],
)
def test_the_stack_is_in_the_apps_region_or_in_another_one_than_the_recovery(
    region: str | None, recovery: str, home: str
) -> None:
    assert replace(PILOT, recovery_region=recovery).home(region) == home


def test_what_was_chosen_is_what_is_made() -> None:
    settings = replace(
        PILOT,
        recovery_time_seconds=7_200,
        decision_seconds=600,
        domain_name="orders.example.org",
        hosted_zone_id="Z0123456789ABCDEFGHIJ",
        check_interval_seconds=10,
        approval=True,
        drill_schedule="rate(7 days)",
        drill_alarm_days=14,
        backup_kept_days=40,
        vault_lock_days=35,
        vault_lock_mode=VaultLockMode.COMPLIANCE,
    )
    assert settings.problems() == []
    assert settings.objective().recovery_time_seconds == 7_200
    assert settings.domain() == RegionalDomain(domain_name="orders.example.org", hosted_zone_id="Z0123456789ABCDEFGHIJ")
    design = settings.design()
    assert (design.dns, design.check_interval_seconds, design.decision_seconds) == (True, 10, 600)
    assert design.backup_kept_days == 40
    rehearsals = settings.rehearsals()
    assert (rehearsals.with_approval, rehearsals.drills) == (True, DrillSchedule(expression="rate(7 days)"))
    assert rehearsals.drill_alarm_days == 14
    assert settings.vault_lock() == VaultLock(minimum_days=35, mode=VaultLockMode.COMPLIANCE)


def test_drills_can_be_given_up() -> None:
    assert replace(PILOT, drill_schedule=None).rehearsals().without_scheduled_drills is True


def test_a_part_of_the_capacity_and_the_age_of_backups() -> None:
    assert DrWarmStandbySettings(capacity_percent=50).design().capacity_fraction == 0.5
    assert DrBackupAndRestoreSettings(backup_hours=6).design().backup_interval_seconds == 21_600
    assert DrBackupAndRestoreSettings().design().backup_interval_seconds is None


def test_every_problem_is_named_as_the_setting_is() -> None:
    settings = replace(
        PILOT,
        workload_name="My orders",
        stack_name="my orders",
        recovery_region="Oregon",
        check_interval_seconds=20,
        domain_name="orders",
        concurrency=0,
        drill_schedule="weekly",
        drill_alarm_days=0,
        backup_kept_days=7,
        vault_lock_days=30,
        alarm_topic_arn="operators",
        recovery_alarm_topic_arn="others",
        removal_policy="destroy",
    )
    topic = "must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got"
    assert settings.problems() == [
        "workload_name must be 2 to 32 lowercase letters, digits and single hyphens, with a letter at the start and no "
        "hyphen at the end, got 'My orders': names in both Regions begin with it",
        "recovery_region must be in a Region such as eu-west-1, got 'Oregon'",
        "backup_kept_days must be at least the 30 days of the vault's lock, got 7",
        "removal_policy must be retain with vault_lock_days, which keeps recovery points until their time comes: leave "
        "one of them out",
        "drill_schedule must be a schedule such as cron(0 9 ? * TUE *) or rate(7 days), got 'weekly'",
        "drill_alarm_days must be between 1 and 366 days, got 0 days",
        "check_interval_seconds must be 10 or 30 seconds, got 20",
        "concurrency must be between 1 and 900 executions, got 0 executions",
        "domain_name must look like orders.example.org, got 'orders'",
        "stack_name must be up to 100 letters, digits and single hyphens, with a letter at the start, got 'my orders'",
        "hosted_zone_id is missing: domain_name was given, and a name needs the zone that holds its records",
        f"alarm_topic_arn {topic} 'operators'",
        f"recovery_alarm_topic_arn {topic} 'others'",
    ]


def test_a_name_too_long_for_buckets() -> None:
    assert replace(PILOT, workload_name="o" * 26).problems() == [
        "workload_name must have at most 25 characters with RegionalOrders, got 26: the names of its buckets begin "
        "with it, and account and Region follow"
    ]


def test_a_zone_without_a_name() -> None:
    assert replace(PILOT, hosted_zone_id="Z0123456789ABCDEFGHIJ").problems() == [
        "domain_name is missing: hosted_zone_id was given, and a name needs the zone that holds its records"
    ]


@pytest.mark.parametrize("percent", [0, 100])
def test_a_standby_of_nothing_or_everything(percent: float) -> None:
    assert DrWarmStandbySettings(capacity_percent=percent).problems() == [
        f"capacity_percent must be between 5 and 95, got {percent}"
    ]


def test_backups_at_hours_that_each_day_has() -> None:
    (problem,) = DrBackupAndRestoreSettings(backup_hours=5).problems()
    assert problem == "backup_hours must be one of 1, 2, 3, 4, 6, 8, 12, 24, got 5: each day has the same hours"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (replace(PILOT, recovery_time_seconds=600), "recovery_time_seconds is 600, and pilot-light takes up to"),
        (replace(PILOT, recovery_point_seconds=60), "recovery_point_seconds is 60, and pilot-light loses up to"),
        (
            DrBackupAndRestoreSettings(recovery_point_seconds=3_600),
            "recovery_point_seconds is 3600, and backup-and-restore loses up to",
        ),
    ],
)
def test_an_objective_out_of_reach_is_told_before_anything_is_built(settings: DrSettings, name: str) -> None:
    (problem,) = settings.problems()  # type: ignore[attr-defined] # of each strategy
    assert problem.startswith(name)


def test_it_is_told_where_the_setting_came_from(project: Path) -> None:
    arguments = ["-c", "stacks=DrPilotLight", "-c", "recovery_point_seconds=60"]
    with pytest.raises(
        SettingsError, match=r"(?s)recovery_point_seconds is 60.*\(from -c recovery_point_seconds; default: 900"
    ):
        read_request(STACKS, arguments=arguments, environment={}, project=project)
