"""What may be chosen about a recovery besides its strategy, and within which limits. Needs no CDK."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.choice.workload_profile import (
    ComputeKind,
    ComputeProfile,
    DataKind,
    DataProfile,
    WorkloadProfile,
)
from aws_patterns.recovery import HOUR


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveryDesign:
    """How the loss of a Region is noticed, decided about and got round: ``RecoveryDesign(decision_seconds=300)``.

    Attributes:
        dns: Whether users call a domain name whose records Route 53 moves. Without, they call the ``TrafficSwitch`` of
            the recovery Region, which moves at once, and which is alone there.
        check_interval_seconds: How often Route 53's health checks ask: 10 or 30 seconds. Default 30.
        check_failures: After how many answers in a row Route 53 believes them: 1 to 10. Default 3.
        watch_failures: After how many failures, one a minute, people are told. Default 3.
        decision_seconds: Until somebody has been told, has decided, and has started the runbook; its approval included.
            Default 15 minutes.
        backup_interval_seconds: From one backup to the next, in whole hours, where there are backups. Default: the
            cheapest with which the objective is met.
        backup_kept_days: For how long backups are kept. Default 7.
        capacity_fraction: How much of the full capacity a warm standby runs in the recovery Region: 0 to 1. Default: 25
            or 50 %, the cheaper one with which the objective is met.
    """

    dns: bool = True
    check_interval_seconds: int = defaults.CHECK_INTERVAL_SECONDS
    check_failures: int = defaults.CHECK_FAILURES
    watch_failures: int = defaults.WATCH_FAILURES
    decision_seconds: float = defaults.DECISION_SECONDS
    backup_interval_seconds: float | None = None
    backup_kept_days: float = defaults.BACKUP_KEPT_DAYS
    capacity_fraction: float | None = None


@typed
def check_choice(
    problems: Problems,
    *,
    objective: RecoveryObjective,
    profile: WorkloadProfile,
    design: RecoveryDesign = RecoveryDesign(),
) -> None:
    """Add to ``problems`` what is wrong with what a strategy is chosen from."""
    for name in ("recovery_time_seconds", "recovery_point_seconds"):
        _positive(problems, f"objective.{name}", getattr(objective, name))
    _check_profile(problems, profile)
    _check_design(problems, design)


def _check_profile(problems: Problems, profile: WorkloadProfile) -> None:
    if not profile.compute:
        problems.add("profile.compute must hold what serves users, got none: a ComputeProfile at least")
    for place, one in enumerate(profile.data):
        problems.one_of(f"profile.data[{place}].kind", one.kind, tuple(DataKind))
        _not_negative(problems, f"profile.data[{place}].gib", one.gib)
        _not_negative(problems, f"profile.data[{place}].monthly_cost", one.monthly_cost)
    for place, each in enumerate(profile.compute):
        problems.one_of(f"profile.compute[{place}].kind", each.kind, tuple(ComputeKind))
        _not_negative(problems, f"profile.compute[{place}].monthly_cost", each.monthly_cost)
        if each.start_seconds is not None:
            _not_negative(problems, f"profile.compute[{place}].start_seconds", each.start_seconds)
    _check_names(problems, "profile.data", profile.data)
    _check_names(problems, "profile.compute", profile.compute)
    if not is_token(profile.enough_fraction) and not 0 < profile.enough_fraction <= 1:
        problems.add(
            f"profile.enough_fraction must be more than 0 and at most 1, got {profile.enough_fraction:.15g}: 0.25 is a "
            "quarter of the full capacity"
        )
    _not_negative(problems, "profile.build_seconds", profile.build_seconds)


def _check_names(problems: Problems, name: str, parts: Sequence[DataProfile] | Sequence[ComputeProfile]) -> None:
    names = [part.name for part in parts]
    for twice in sorted({one for one in names if names.count(one) > 1}):
        problems.add(f"{name} must have a name for each, got {twice!r} more than once")


def _check_design(problems: Problems, design: RecoveryDesign) -> None:
    if not is_token(design.check_interval_seconds):
        intervals = defaults.CHECK_INTERVALS_SECONDS
        if design.check_interval_seconds not in intervals:
            known = " or ".join(map(str, intervals))
            problems.add(f"design.check_interval_seconds must be {known} seconds, got {design.check_interval_seconds}")
    problems.between("design.check_failures", design.check_failures, 1, defaults.MOST_CHECK_FAILURES)
    problems.between("design.watch_failures", design.watch_failures, 1, defaults.MOST_CHECK_FAILURES)
    problems.between(
        "design.decision_seconds", design.decision_seconds, 0, defaults.LONGEST_DECISION_SECONDS, " seconds"
    )
    problems.between("design.backup_kept_days", design.backup_kept_days, 1, 36_500, " days")
    if design.capacity_fraction is not None:
        problems.between("design.capacity_fraction", design.capacity_fraction, 0, 1)
    if design.backup_interval_seconds is None or is_token(design.backup_interval_seconds):
        return
    allowed = defaults.BACKUP_HOURS
    if design.backup_interval_seconds not in {hours * HOUR for hours in allowed}:
        problems.add(
            f"design.backup_interval_seconds must be {', '.join(map(str, allowed))} hours, in seconds (3600 to 86400), "
            f"got {design.backup_interval_seconds:.15g} seconds"
        )


def _positive(problems: Problems, name: str, value: float) -> None:
    if not is_token(value) and not 0 < value < math.inf:
        problems.add(f"{name} must be more than 0 seconds, got {value:.15g}")


def _not_negative(problems: Problems, name: str, value: float) -> None:
    if not is_token(value) and not 0 <= value < math.inf:
        problems.add(f"{name} must be 0 or more, got {value:.15g}")
