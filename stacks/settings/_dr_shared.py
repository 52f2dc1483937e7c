"""Settings that the four strategies of disaster recovery have in common: one workload, and so one set of choices."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock, VaultLockMode
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.runbook.recovery_runbook_options import DrillSchedule
from aws_patterns.disaster_recovery.sample.regional_orders_options import (
    check_orders_name,
    check_regional_orders,
    orders_profile,
)
from aws_patterns.disaster_recovery.strategy_options import Rehearsals, check_domain, check_strategy
from stacks.settings._shared import exactly, renamed, topic_problems

RECOVERY = "Recovery"
_HOMES = ("us-east-1", "us-west-2")
_STACK_NAME = re.compile(r"[A-Za-z](-?[A-Za-z0-9])*", re.ASCII)
# CloudFormation allows 128, and one name goes on with "Recovery".
_LONGEST_STACK_NAME = 100

# What the parts call it, and what it is called here.
_NAMES = {
    **exactly(
        {
            "name": "workload_name",
            "full_concurrency": "concurrency",
            "drills.expression": "drill_schedule",
            "vault_lock.minimum_days": "vault_lock_days",
            "recovery": "recovery_region",
            "objective.recovery_time_seconds": "recovery_time_seconds",
            "objective.recovery_point_seconds": "recovery_point_seconds",
        }
    ),
    r"\bdesign\.capacity_fraction\b": "capacity_percent",
    r"\bdesign\.backup_interval_seconds\b": "backup_hours",
    r"\bdesign\.(\w+)": r"\1",
    r"removal_policy must not be DESTROY with a vault_lock": "removal_policy must be retain with vault_lock_days",
    r"leave removal_policy or vault_lock out": "leave one of them out",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DrSettings:
    """What may be chosen about a workload in two Regions.

    Args:
        workload_name: What names in both Regions begin with; two workloads of one account need two.
        stack_name: What the stack is called in CloudFormation, and with "Recovery" at its end the one of the recovery
            Region. Name the same for another strategy to change that of a workload in place. Default: as it is called
            here.
        recovery_region: Where the workload serves when the stack's own Region is lost; another one. The stack itself is
            in the app's Region (``-c region=...``), else in us-east-1, or in us-west-2 if this is us-east-1.
        recovery_time_seconds: How long users may wait after the loss of a Region.
        recovery_point_seconds: How much of the last changes may be gone then.
        decision_seconds: Until somebody has been told, has decided, and has started the runbook.
        domain_name: The name by which users call it. Default: none, and they call the recovery Region's traffic switch.
        hosted_zone_id: Of the zone in Route 53 that holds its records; with domain_name.
        check_interval_seconds: How often Route 53's health checks ask: 10 or 30.
        check_failures: After how many answers in a row Route 53 believes them.
        watch_failures: After how many failures of the primary, one a minute, people are told.
        concurrency: How many requests the function answers at the same time, when it serves all users.
        approval: Whether a person is asked before a failover and a failback.
        drill_schedule: When drills begin by themselves, as EventBridge Scheduler takes it; empty gives them up.
        drill_alarm_days: After how many days without a successful drill there is an alarm.
        backup_kept_days: How long backups are kept, in both Regions.
        vault_lock_days: For how long at least no backup can be deleted, whoever asks. Default: their vaults'
            policies alone protect them.
        vault_lock_mode: Who may end that: those with a permission of their own (governance), or nobody (compliance).
        alarm_topic_arn: SNS topic of the stack's Region that is told about alarms. Default: they tell nobody.
        recovery_alarm_topic_arn: SNS topic of the recovery Region that is told about alarms and about runs. Default:
            likewise.
        removal_policy: Whether data outlives the stacks (retain) or goes with them (destroy).
    """

    workload_name: str
    stack_name: str | None = None
    recovery_region: str = "us-west-2"
    recovery_time_seconds: float
    recovery_point_seconds: float
    decision_seconds: float = defaults.DECISION_SECONDS
    domain_name: str | None = None
    hosted_zone_id: str | None = None
    check_interval_seconds: int = defaults.CHECK_INTERVAL_SECONDS
    check_failures: int = defaults.CHECK_FAILURES
    watch_failures: int = defaults.WATCH_FAILURES
    concurrency: int = defaults.ORDERS_CONCURRENCY
    approval: bool = False
    drill_schedule: str | None = defaults.DRILL_SCHEDULE
    drill_alarm_days: int = defaults.DRILL_ALARM_DAYS
    backup_kept_days: int = defaults.BACKUP_KEPT_DAYS
    vault_lock_days: int | None = None
    vault_lock_mode: VaultLockMode = VaultLockMode.GOVERNANCE
    alarm_topic_arn: str | None = None
    recovery_alarm_topic_arn: str | None = None
    removal_policy: Literal["retain", "destroy"] = "retain"

    def home(self, region: str | None = None) -> str:
        """The Region of the stack, where the app has this one or none."""
        return region or next(home for home in _HOMES if home != self.recovery_region)

    def objective(self) -> RecoveryObjective:
        """What users may expect."""
        return RecoveryObjective(
            recovery_time_seconds=self.recovery_time_seconds, recovery_point_seconds=self.recovery_point_seconds
        )

    def design(self) -> RecoveryDesign:
        """How a loss is noticed and decided about."""
        return RecoveryDesign(
            dns=self.domain_name is not None,
            check_interval_seconds=self.check_interval_seconds,
            check_failures=self.check_failures,
            watch_failures=self.watch_failures,
            decision_seconds=self.decision_seconds,
            backup_kept_days=self.backup_kept_days,
        )

    def rehearsals(self) -> Rehearsals:
        """How runs of the runbook begin."""
        return Rehearsals(
            with_approval=self.approval,
            drills=DrillSchedule() if self.drill_schedule is None else DrillSchedule(expression=self.drill_schedule),
            without_scheduled_drills=self.drill_schedule is None,
            drill_alarm_days=self.drill_alarm_days,
        )

    def vault_lock(self) -> VaultLock | None:
        """That no backup is deleted before its time."""
        if self.vault_lock_days is None:
            return None
        return VaultLock(minimum_days=self.vault_lock_days, mode=self.vault_lock_mode)

    def domain(self) -> RegionalDomain | None:
        """The name by which users call it."""
        if self.domain_name is None or self.hosted_zone_id is None:
            return None
        return RegionalDomain(domain_name=self.domain_name, hosted_zone_id=self.hosted_zone_id)

    def further_regions(self) -> Mapping[str, str]:
        """The stack of the other Region: what its name ends in, and the setting that says where."""
        return {RECOVERY: "recovery_region"}

    def shared_problems(self, strategy: Strategy) -> list[str]:
        """One line for every setting that can't be used; each begins with its name."""
        problems = Problems("DisasterRecovery")
        check_strategy(
            problems,
            strategy=strategy,
            name=self.workload_name,
            primary_region=self.home(),
            recovery_region=self.recovery_region,
            objective=self.objective(),
            profile=orders_profile(),
            design=self.design(),
            rehearsals=self.rehearsals(),
            vault_lock=self.vault_lock(),
            destroy=self.removal_policy == "destroy",
        )
        check_orders_name(problems, self.workload_name)
        check_regional_orders(problems, full_concurrency=self.concurrency)
        check_domain(problems, domain_name=self.domain_name, hosted_zone_id=self.hosted_zone_id)
        return [
            *renamed(problems.found, _NAMES),
            *self._stack_name_problems(),
            *self._domain_problems(),
            *topic_problems(self.alarm_topic_arn),
            *topic_problems(self.recovery_alarm_topic_arn, name="recovery_alarm_topic_arn"),
        ]

    def _stack_name_problems(self) -> list[str]:
        name = self.stack_name
        if name is None or (_STACK_NAME.fullmatch(name) and len(name) <= _LONGEST_STACK_NAME):
            return []
        return [
            f"stack_name must be up to {_LONGEST_STACK_NAME} letters, digits and single hyphens, with a letter at the "
            f"start, got {name!r}"
        ]

    def _domain_problems(self) -> list[str]:
        pair = {"domain_name": self.domain_name, "hosted_zone_id": self.hosted_zone_id}
        given = [name for name, value in pair.items() if value]
        missing = [name for name, value in pair.items() if not value]
        if len(given) != 1:
            return []
        return [f"{missing[0]} is missing: {given[0]} was given, and a name needs the zone that holds its records"]
