"""What may be chosen about a recovery runbook, and within which limits. Needs no CDK."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import BackedUpTable, RecoveryPlan, Strategy

_SCHEDULE = re.compile(r"cron\([^()]+\)|rate\([1-9][0-9]* (?:minute|hour|day)s?\)", re.ASCII)
_ZONE = re.compile(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class DrillSchedule:
    """When drills begin by themselves.

    Attributes:
        expression: Of EventBridge Scheduler. Default: every Tuesday at nine, when people are there to look.
        time_zone: In which it is meant, by its IANA name.
    """

    expression: str = defaults.DRILL_SCHEDULE
    time_zone: str = "UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunbookTimeouts:
    """For how long each step may take before the runbook stops safely, in seconds.

    Attributes:
        approval: Until a person has answered.
        fence: Until the primary is kept from writing, or is known not to serve.
        promotion: Until databases may be written to in the recovery Region.
        scaling: Until a Region has the capacity that it was asked for.
        health: Until a Region's endpoint answers as it should.
        front_door: Until users reach the Region that serves: names are remembered for a while.
        data: Until everything written in the recovery Region is in the primary.
        restore: Until tables are restored from a vault; twice that where they are backed up and copied before.
        stack: Until CloudFormation has made the workload, or taken it away.
        undo: For setting right what was left half-done.
        move: For steps that are done at once or not at all.
    """

    approval: int = defaults.APPROVAL_SECONDS
    fence: int = defaults.FENCE_TIMEOUT_SECONDS
    promotion: int = defaults.PROMOTION_TIMEOUT_SECONDS
    scaling: int = defaults.SCALING_TIMEOUT_SECONDS
    health: int = defaults.HEALTH_TIMEOUT_SECONDS
    front_door: int = defaults.FRONT_DOOR_TIMEOUT_SECONDS
    data: int = defaults.DATA_TIMEOUT_SECONDS
    restore: int = defaults.RESTORE_TIMEOUT_SECONDS
    stack: int = defaults.STACK_TIMEOUT_SECONDS
    undo: int = defaults.UNDO_TIMEOUT_SECONDS
    move: int = defaults.MOVE_TIMEOUT_SECONDS


@typed
def check_recovery_runbook(
    problems: Problems,
    *,
    plan: RecoveryPlan,
    switch_url: str | None = None,
    with_approval: bool = False,
    timeouts: RunbookTimeouts = RunbookTimeouts(),
    drills: DrillSchedule = DrillSchedule(),
    without_scheduled_drills: bool = False,
    drill_alarm_days: int = defaults.DRILL_ALARM_DAYS,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``RecoveryRunbook``."""
    if plan.service_url is None and switch_url is None:
        problems.add(
            "switch_url must be given where the plan has no service_url, got None for both: the runbook verifies that "
            "users reach the Region that serves, and asks there"
        )
    _check_data(problems, plan)
    if without_scheduled_drills and drills != DrillSchedule():
        problems.add(
            f"drills must be left out with without_scheduled_drills, got {drills.expression!r}: take one of both away"
        )
    _check_schedule(problems, drills)
    for field in fields(timeouts):
        if field.name == "approval" and not with_approval and timeouts.approval != RunbookTimeouts().approval:
            problems.add(
                f"timeouts.approval must be left out without with_approval, got {timeouts.approval} s: nobody is asked"
            )
            continue
        problems.between(
            f"timeouts.{field.name}", getattr(timeouts, field.name), 5, defaults.LONGEST_STEP_SECONDS, " s"
        )
    problems.between("drill_alarm_days", drill_alarm_days, 1, 366, " days")


def _check_data(problems: Problems, plan: RecoveryPlan) -> None:
    backed_up = [part.name for part in plan.data if isinstance(part, BackedUpTable)]
    restores = plan.strategy is Strategy.BACKUP_AND_RESTORE
    if backed_up and not restores:
        problems.add(
            f"plan.data must have no BackedUpTable with the strategy {plan.strategy}, got {', '.join(backed_up)}: only "
            f"{Strategy.BACKUP_AND_RESTORE} restores tables"
        )
    if restores and not backed_up:
        problems.add(
            f"plan.data must have a BackedUpTable with the strategy {plan.strategy}, got none: there is nothing to "
            "restore; take another strategy"
        )


def _check_schedule(problems: Problems, drills: DrillSchedule) -> None:
    if not is_token(drills.expression) and not _SCHEDULE.fullmatch(drills.expression):
        problems.add(
            f"drills.expression must be a schedule such as {defaults.DRILL_SCHEDULE} or rate(7 days), "
            f"got {drills.expression!r}"
        )
    if not is_token(drills.time_zone) and not _ZONE.fullmatch(drills.time_zone):
        problems.add(f"drills.time_zone must be a name such as UTC or Europe/Berlin, got {drills.time_zone!r}")
