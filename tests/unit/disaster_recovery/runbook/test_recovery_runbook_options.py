"""Every option of a runbook that can't be used is told, all of them at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery.plan import RecoveryPlan, Strategy
from aws_patterns.disaster_recovery.runbook.recovery_runbook_options import (
    DrillSchedule,
    RunbookTimeouts,
    check_recovery_runbook,
)
from tests.unit.disaster_recovery.runbook import runbook_plans as plans


def problems(plan: RecoveryPlan | None = None, **options: Any) -> list[str]:
    found = Problems("RecoveryRunbook")
    check_recovery_runbook(found, plan=plan or plans.plan(), **{"switch_url": plans.SWITCH_URL, **options})
    return found.found


def test_what_may_be_chosen_is_let_through() -> None:
    assert problems() == []
    assert problems(plans.plan(service_url="https://orders.example.org"), switch_url=None) == []
    assert problems(plans.backups(), with_approval=True, timeouts=RunbookTimeouts(approval=60)) == []
    for expression in ("rate(1 day)", "rate(30 days)", "cron(0 9 1 * ? *)"):
        assert problems(drills=DrillSchedule(expression=expression, time_zone="Europe/Berlin")) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"switch_url": None},
            "switch_url must be given where the plan has no service_url, got None for both: the runbook verifies that "
            "users reach the Region that serves, and asks there",
        ),
        (
            {"plan": plans.plan(data=(plans.BACKED_UP,))},
            "plan.data must have no BackedUpTable with the strategy warm-standby, got orders: only backup-and-restore "
            "restores tables",
        ),
        (
            {"plan": plans.plan(Strategy.BACKUP_AND_RESTORE)},
            "plan.data must have a BackedUpTable with the strategy backup-and-restore, got none: there is nothing to "
            "restore; take another strategy",
        ),
        (
            {"drills": DrillSchedule(expression="weekly")},
            "drills.expression must be a schedule such as cron(0 9 ? * TUE *) or rate(7 days), got 'weekly'",
        ),
        (
            {"drills": DrillSchedule(time_zone="+1")},
            "drills.time_zone must be a name such as UTC or Europe/Berlin, got '+1'",
        ),
        (
            {"drills": DrillSchedule(expression="rate(1 day)"), "without_scheduled_drills": True},
            "drills must be left out with without_scheduled_drills, got 'rate(1 day)': take one of both away",
        ),
        (
            {"timeouts": RunbookTimeouts(approval=60)},
            "timeouts.approval must be left out without with_approval, got 60 s: nobody is asked",
        ),
        ({"timeouts": RunbookTimeouts(health=4)}, "timeouts.health must be between 5 and 86400 s, got 4 s"),
        ({"drill_alarm_days": 0}, "drill_alarm_days must be between 1 and 366 days, got 0 days"),
        ({"drill_alarm_days": "30"}, "drill_alarm_days must be a whole number, got '30'"),
    ],
)
def test_what_can_not_be_chosen_is_told(options: dict[str, Any], told: str) -> None:
    assert problems(**options) == [told]


def test_all_of_it_is_told_at_once() -> None:
    timeouts = replace(RunbookTimeouts(), fence=1, undo=100_000)
    assert problems(switch_url=None, timeouts=timeouts, drill_alarm_days=400) == [
        "switch_url must be given where the plan has no service_url, got None for both: the runbook verifies that "
        "users reach the Region that serves, and asks there",
        "timeouts.fence must be between 5 and 86400 s, got 1 s",
        "timeouts.undo must be between 5 and 86400 s, got 100000 s",
        "drill_alarm_days must be between 1 and 366 days, got 400 days",
    ]
