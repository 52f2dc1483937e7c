"""What may be chosen about a workload in two Regions, whatever its strategy. Needs no CDK."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_patterns._names import DOMAIN_NAME, HOSTED_ZONE_ID, REGION
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock, check_backup_vault, check_kept
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.choice.strategy_choice import check_design
from aws_patterns.disaster_recovery.choice.workload_profile import WorkloadProfile
from aws_patterns.disaster_recovery.plan import RecoveryPlan, Strategy
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.runbook.recovery_runbook_options import (
    DrillSchedule,
    RunbookTimeouts,
    check_recovery_runbook,
)
from aws_patterns.disaster_recovery.traffic.recovery_state_options import check_recovery_name
from aws_patterns.recovery import HOUR


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsals:
    """How runs of the runbook begin, and for how long their steps may take: ``Rehearsals(with_approval=True)``.

    Attributes:
        with_approval: Whether a person is asked before a failover and a failback. Default: whoever may start a run
            decides.
        drills: When drills begin by themselves. Default: weekly.
        without_scheduled_drills: Gives up the drills that begin by themselves. Default ``False``.
        drill_alarm_days: After how many days without a successful drill there is an alarm. Default 30.
        timeouts: For how long each step may take.
    """

    with_approval: bool = False
    drills: DrillSchedule = DrillSchedule()  # noqa: RUF009 - frozen
    without_scheduled_drills: bool = False
    drill_alarm_days: int = defaults.DRILL_ALARM_DAYS
    timeouts: RunbookTimeouts = RunbookTimeouts()  # noqa: RUF009 - frozen


@typed
def check_strategy(
    problems: Problems,
    *,
    strategy: Strategy,
    name: str,
    primary_region: str,
    recovery_region: str,
    objective: RecoveryObjective,
    profile: WorkloadProfile,
    design: RecoveryDesign,
    rehearsals: Rehearsals = Rehearsals(),
    domain: RegionalDomain | None = None,
    vault_lock: VaultLock | None = None,
    destroy: bool = False,
) -> None:
    """Add to ``problems`` whatever is wrong with a workload in two Regions; its objective out of reach, above all."""
    check_recovery_name(problems, name=name)
    if is_token(name):
        problems.add("name must be known when the stacks are synthesized, got a token: ids and names are made of it")
    known = [
        _check_region(problems, option, region)
        for option, region in (("primary", primary_region), ("recovery", recovery_region))
    ]
    if all(known) and primary_region == recovery_region:
        problems.add(
            f"recovery must be in another Region than primary, got {primary_region} for both: what one Region loses "
            "the other one must have"
        )
    _check_fraction(problems, strategy, design.capacity_fraction)
    _check_backups(problems, design, vault_lock, destroy=destroy)
    _check_rehearsals(problems, rehearsals)
    if domain is not None:
        check_domain(problems, domain_name=domain.domain_name, hosted_zone_id=domain.hosted_zone_id)
    check_design(problems, objective=objective, profile=profile, strategy=strategy, design=design)


def _check_rehearsals(problems: Problems, rehearsals: Rehearsals) -> None:
    """Add to ``problems`` whatever is wrong with how runs begin."""
    nothing = RecoveryPlan(
        name="-",
        strategy=Strategy.PILOT_LIGHT,
        primary_region="-",
        recovery_region="-",
        recovery_time_seconds=1,
        recovery_point_seconds=1,
        health_path="/",
        compute=[],
        data=[],
        primary_stack="-",
        recovery_stack="-",
        service_url="-",
    )
    check_recovery_runbook(
        problems,
        plan=nothing,
        with_approval=rehearsals.with_approval,
        timeouts=rehearsals.timeouts,
        drills=rehearsals.drills,
        without_scheduled_drills=rehearsals.without_scheduled_drills,
        drill_alarm_days=rehearsals.drill_alarm_days,
    )


@typed
def check_domain(problems: Problems, *, domain_name: str | None = None, hosted_zone_id: str | None = None) -> None:
    """Add to ``problems`` whatever is wrong with the name by which users call a workload."""
    if domain_name and not is_token(domain_name) and not DOMAIN_NAME.fullmatch(domain_name):
        problems.add(f"domain_name must look like orders.example.org, got {domain_name!r}")
    if hosted_zone_id and not is_token(hosted_zone_id) and not HOSTED_ZONE_ID.fullmatch(hosted_zone_id):
        problems.add(f"hosted_zone_id must look like Z0123456789ABCDEFGHIJ, got {hosted_zone_id!r}")


def _check_fraction(problems: Problems, strategy: Strategy, fraction: float | None) -> None:
    if fraction is None or is_token(fraction):
        return
    if strategy is not Strategy.WARM_STANDBY:
        problems.add(
            f"design.capacity_fraction must be left out with {strategy}, got {fraction:.15g}: choose WarmStandby for a "
            "part of the capacity"
        )
        return
    problems.between(
        "design.capacity_fraction", fraction, defaults.LEAST_STANDBY_FRACTION, defaults.MOST_STANDBY_FRACTION
    )


def _check_backups(problems: Problems, design: RecoveryDesign, lock: VaultLock | None, *, destroy: bool) -> None:
    interval, kept = design.backup_interval_seconds, design.backup_kept_days
    if interval is not None and not is_token(interval) and interval / HOUR not in defaults.BACKUP_HOURS:
        allowed = ", ".join(str(hours * HOUR) for hours in defaults.BACKUP_HOURS)
        problems.add(
            f"design.backup_interval_seconds must be one of {allowed}, got {interval:.15g}: each day has the same hours"
        )
    if not is_token(kept):
        if kept != round(kept):
            problems.add(f"design.backup_kept_days must be a whole number, got {kept:.15g}")
        check_kept(problems, lock, "design.backup_kept_days", round(kept))
    vault = Problems("")
    check_backup_vault(vault, name="any", lock=lock, destroy=destroy)
    problems.found.extend(
        re.sub(r"\block(?=\.| out)|(?<=with a )lock", "vault_lock", problem) for problem in vault.found
    )


def _check_region(problems: Problems, option: str, region: str) -> bool:
    if is_token(region):
        problems.add(
            f"{option} must be in a stack whose Region is known, got none: give that stack env=cdk.Environment("
            "region=...), for names in both Regions are made of it"
        )
        return False
    if not REGION.fullmatch(region):
        problems.add(f"{option} must be in a Region such as eu-west-1, got {region!r}")
        return False
    return True
