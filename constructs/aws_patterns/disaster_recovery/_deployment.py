"""A workload in two Regions, whatever its strategy: the same ids in all of them, so that one can become another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery._needs import needs_of
from aws_patterns.disaster_recovery._restored import (
    NamesAsMade,
    RestoredNames,
    is_free,
    make_only_while_running,
    restored_as,
)
from aws_patterns.disaster_recovery._workload_recovery import characteristics
from aws_patterns.disaster_recovery.backups.backup_plan import BackupPlan
from aws_patterns.disaster_recovery.backups.backup_plan_options import BackupCopy, BackupRule
from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock
from aws_patterns.disaster_recovery.backups.restore_test import RestoreTest
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.choice.strategy_choice import Assessment, assess
from aws_patterns.disaster_recovery.drift.strategy_drift import construct_id
from aws_patterns.disaster_recovery.plan import BackedUpTable, RecoveryPlan, RegionRole, Strategy
from aws_patterns.disaster_recovery.regional_deployment import RegionalDeployment
from aws_patterns.disaster_recovery.regional_place import RegionalDomain, RegionalPlace, vault_name
from aws_patterns.disaster_recovery.runbook.recovery_runbook import RecoveryRunbook
from aws_patterns.disaster_recovery.runbook.recovery_watch import RecoveryWatch
from aws_patterns.disaster_recovery.strategy_options import Rehearsals, check_strategy
from aws_patterns.disaster_recovery.traffic.front_door import FrontDoor
from aws_patterns.disaster_recovery.traffic.front_door_options import routing_of
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from aws_patterns.disaster_recovery.traffic.registration import EndpointRegistration
from aws_patterns.disaster_recovery.traffic.traffic_switch import TrafficSwitch
from aws_patterns.disaster_recovery.workload import RegionalPart, RegionalWorkload
from aws_patterns.recovery import HOUR


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What the user chose; `PilotLight` describes it."""

    name: str
    workload: RegionalWorkload
    objective: RecoveryObjective
    design: RecoveryDesign
    domain: RegionalDomain | None
    rehearsals: Rehearsals
    alarm_topic: sns.ITopic | None
    recovery_alarm_topic: sns.ITopic | None
    vault_lock: VaultLock | None
    backup_copies: Sequence[BackupCopy]
    removal_policy: RemovalPolicy


def deploy(strategy: Strategy, primary: Construct, recovery: Construct, choices: Choices) -> RegionalDeployment:
    """Make everything that a strategy needs in both Regions."""
    # Whether there is a name to move is known; what the arithmetic says must be about that.
    design = replace(choices.design, dns=choices.domain is not None)
    with Problems(f"{construct_id(strategy)} {choices.name}") as problems:
        check_strategy(
            problems,
            strategy=strategy,
            name=choices.name,
            primary_region=Stack.of(primary).region,
            recovery_region=Stack.of(recovery).region,
            objective=choices.objective,
            profile=choices.workload.profile,
            design=design,
            rehearsals=choices.rehearsals,
            domain=choices.domain,
            vault_lock=choices.vault_lock,
            destroy=choices.removal_policy is RemovalPolicy.DESTROY,
        )
        if strategy is Strategy.BACKUP_AND_RESTORE and not is_free(recovery):
            problems.add(
                "recovery must be in a stack of its own: another workload of that stack waits for its restore, and one "
                "parameter would start both"
            )
    assessment = assess(choices.objective, choices.workload.profile, strategy, design)
    return _Deployment(assessment, primary, recovery, choices).made()


class _Deployment:
    def __init__(self, assessment: Assessment, primary: Construct, recovery: Construct, choices: Choices) -> None:
        self._assessment = assessment
        self._strategy = assessment.strategy
        self._choices = choices
        id = construct_id(choices.name)
        self._scopes = {
            RegionRole.PRIMARY: Construct(primary, id),
            RegionRole.RECOVERY: Construct(recovery, id),
        }
        self._regions = {role: Stack.of(scope).region for role, scope in self._scopes.items()}

    def made(self) -> RegionalDeployment:
        # First what is deployed first: the primary's stack writes into the state.
        choices, scope = self._choices, self._scopes[RegionRole.RECOVERY]
        topic, removal_policy = choices.recovery_alarm_topic, choices.removal_policy
        state = RecoveryState(scope, "State", name=choices.name, alarm_topic=topic, removal_policy=removal_policy)
        switch = TrafficSwitch(
            scope,
            "Switch",
            state=state,
            domain=choices.domain,
            alarm_topic=topic,
            removal_policy=removal_policy,
        )
        recovery, primary = (self._part(role) for role in (RegionRole.RECOVERY, RegionRole.PRIMARY))
        plan = self._plan(recovery)
        vaults = {role: self._vault(role) for role in (RegionRole.RECOVERY, RegionRole.PRIMARY)}
        return RegionalDeployment(
            plan=plan,
            primary=primary,
            recovery=recovery,
            state=state,
            switch=switch,
            primary_vault=vaults[RegionRole.PRIMARY],
            recovery_vault=vaults[RegionRole.RECOVERY],
            runbook=self._runbook(plan, state, switch),
            watch=RecoveryWatch(
                scope,
                "Watch",
                plan=plan,
                state=state,
                failures=choices.design.watch_failures,
                alarm_topic=topic,
                removal_policy=removal_policy,
            ),
            backups=self._backups(primary, vaults[RegionRole.PRIMARY]),
            restore_test=self._restore_test(primary, vaults[RegionRole.RECOVERY]),
            needs=(*needs_of(plan), *recovery.needs),
            characteristics=characteristics(self._assessment, primary.recovery, by_itself=choices.domain is not None),
            assessment=self._assessment,
        )

    def _part(self, role: RegionRole) -> RegionalPart:
        scope = self._scopes[role]
        workload = Construct(scope, "Workload")
        part = self._choices.workload.build(workload, self._place(role))
        registration = EndpointRegistration(
            scope,
            "Registration",
            name=self._choices.name,
            role=role,
            url=part.endpoint_url,
            recovery_region=self._regions[RegionRole.RECOVERY],
            removal_policy=self._choices.removal_policy,
        )
        mappings = self._front_door(role, part)
        if role is RegionRole.RECOVERY and self._strategy is Strategy.BACKUP_AND_RESTORE:
            make_only_while_running(scope, [workload, registration, *mappings], always=part.always)
        return part

    def _front_door(self, role: RegionRole, part: RegionalPart) -> Sequence[Construct]:
        """What of it needs the API to be there: certificate, names and records need not."""
        choices = self._choices
        if choices.domain is None:
            return []
        if part.front is None:
            raise ValueError(
                f"{construct_id(self._strategy)} {choices.name} can't be built:\n"
                f"  - domain must be left out: the workload's part in {self._regions[role]} has nothing that a name "
                "could lead to, its RegionalPart.front is None"
            )
        return FrontDoor(
            self._scopes[role],
            "FrontDoor",
            domain=choices.domain,
            role=role,
            front=part.front,
            health_path=part.health_path,
            both_serve=routing_of(self._strategy),
            check_interval_seconds=choices.design.check_interval_seconds,
            check_failures=choices.design.check_failures,
        ).mappings

    def _runbook(self, plan: RecoveryPlan, state: RecoveryState, switch: TrafficSwitch) -> RecoveryRunbook:
        chosen = self._choices.rehearsals
        return RecoveryRunbook(
            self._scopes[RegionRole.RECOVERY],
            "Runbook",
            plan=plan,
            state=state,
            switch_url=switch.url,
            with_approval=chosen.with_approval,
            timeouts=chosen.timeouts,
            drills=chosen.drills,
            without_scheduled_drills=chosen.without_scheduled_drills,
            drill_alarm_days=chosen.drill_alarm_days,
            alarm_topic=self._choices.recovery_alarm_topic,
            removal_policy=self._choices.removal_policy,
        )

    def _vault(self, role: RegionRole) -> BackupVault:
        return BackupVault(
            self._scopes[role],
            "Vault",
            name=vault_name(self._choices.name, role),
            lock=self._choices.vault_lock,
            removal_policy=self._choices.removal_policy,
        )

    def _backups(self, primary: RegionalPart, vault: BackupVault) -> BackupPlan | None:
        """With every strategy: what is copied as it is written has mistakes copied, too."""
        if not primary.tables_to_back_up:
            return None
        choices, interval = self._choices, self._assessment.backup_interval_seconds
        copy = BackupCopy(
            vault_name=vault_name(choices.name, RegionRole.RECOVERY), region=self._regions[RegionRole.RECOVERY]
        )
        return BackupPlan(
            self._scopes[RegionRole.PRIMARY],
            "Backups",
            name=choices.name,
            vault=vault,
            tables=primary.tables_to_back_up,
            rules=[
                BackupRule(
                    name="all",
                    every_hours=defaults.BACKUP_EVERY_HOURS if interval is None else round(interval / HOUR),
                    keep_days=round(choices.design.backup_kept_days),
                )
            ],
            copies=[copy, *choices.backup_copies],
            alarm_topic=choices.alarm_topic,
            removal_policy=choices.removal_policy,
        )

    def _restore_test(self, primary: RegionalPart, copies: BackupVault) -> RestoreTest | None:
        """Of the copies, which are what is restored on the day that counts."""
        tables = primary.tables_to_back_up
        # What a key of the account encrypts, in the other Region, can't be compared without knowing that key.
        if not tables or any(table.encryption_key is not None for table in tables):
            return None
        restored = [part.name for part in primary.data if isinstance(part, BackedUpTable)]
        # After a failback it is one that was restored, under a name that only that day knows.
        names = [table.table_name for table in tables] if not restored else [*restored, *map(restored_as, restored)]
        choices = self._choices
        return RestoreTest(
            self._scopes[RegionRole.RECOVERY],
            "RestoreTest",
            name=choices.name.replace("-", "_"),
            vault=copies,
            tables=names,
            source_region=self._regions[RegionRole.PRIMARY],
            window_days=defaults.TESTED_COPIES_DAYS,
            written_attribute=primary.written_attribute,
            alarm_topic=choices.recovery_alarm_topic,
            removal_policy=choices.removal_policy,
        )

    def _place(self, role: RegionRole) -> RegionalPlace:
        choices = self._choices
        names = RestoredNames if self._strategy is Strategy.BACKUP_AND_RESTORE else NamesAsMade
        return RegionalPlace(
            name=choices.name,
            role=role,
            strategy=self._strategy,
            region=self._regions[role],
            other_region=self._regions[role.other],
            capacity_fraction=self._fraction(role),
            removal_policy=choices.removal_policy,
            alarm_topic=choices.alarm_topic if role is RegionRole.PRIMARY else choices.recovery_alarm_topic,
            domain=choices.domain,
            restored_names=names(self._scopes[role], f"{construct_id(self._strategy)} {choices.name}"),
        )

    def _fraction(self, role: RegionRole) -> float:
        # Where tables are restored there is nothing at all before, and then everything at once.
        whole = role is RegionRole.PRIMARY or self._strategy is Strategy.BACKUP_AND_RESTORE
        return 1 if whole else self._assessment.capacity_fraction

    def _plan(self, part: RegionalPart) -> RecoveryPlan:
        choices = self._choices
        return RecoveryPlan(
            name=choices.name,
            strategy=self._strategy,
            primary_region=self._regions[RegionRole.PRIMARY],
            recovery_region=self._regions[RegionRole.RECOVERY],
            recovery_time_seconds=choices.objective.recovery_time_seconds,
            recovery_point_seconds=choices.objective.recovery_point_seconds,
            health_path=part.health_path,
            compute=part.compute,
            data=part.data,
            primary_stack=Stack.of(self._scopes[RegionRole.PRIMARY]).stack_name,
            recovery_stack=Stack.of(self._scopes[RegionRole.RECOVERY]).stack_name,
            service_url=None if choices.domain is None else f"https://{choices.domain.domain_name}",
        )
