"""What a strategy of disaster recovery has made, in both Regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_patterns.disaster_recovery.backups.backup_plan import BackupPlan
from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
from aws_patterns.disaster_recovery.backups.restore_test import RestoreTest
from aws_patterns.disaster_recovery.choice.strategy_choice import Assessment
from aws_patterns.disaster_recovery.plan import RecoveryPlan
from aws_patterns.disaster_recovery.regional_place import RegionalNeed
from aws_patterns.disaster_recovery.runbook.recovery_runbook import RecoveryRunbook
from aws_patterns.disaster_recovery.runbook.recovery_watch import RecoveryWatch
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from aws_patterns.disaster_recovery.traffic.traffic_switch import TrafficSwitch
from aws_patterns.disaster_recovery.workload import RegionalPart
from aws_patterns.recovery import RecoveryCharacteristics


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionalDeployment:
    """What a strategy has made, in both Regions.

    Attributes:
        plan: What the runbook acts on.
        primary: The workload's part in the primary Region.
        recovery: Its part in the recovery Region.
        state: Who serves, and what runs have done; in the recovery Region.
        switch: Tells who serves; the front door where there is no domain.
        runbook: Fails over and back, and rehearses that; in the recovery Region.
        watch: Notices that the primary is lost, and keeps it fenced then; in the recovery Region.
        primary_vault: Holds the backups; in the primary Region.
        recovery_vault: Holds their copies.
        backups: When they are made, and of what. ``None`` for a workload that has no tables to back up.
        restore_test: Restores the copies once a week and compares. ``None`` where there are none, or where a table has
            a key of the account: make a `RestoreTest` with ``source_keys`` then.
        needs: What the recovery Region must have before it can take over.
        characteristics: What follows from the loss of something.
        assessment: What a recovery takes, loses and costs by the strategy, link after link.
    """

    plan: RecoveryPlan
    primary: RegionalPart
    recovery: RegionalPart
    state: RecoveryState
    switch: TrafficSwitch
    runbook: RecoveryRunbook
    watch: RecoveryWatch
    primary_vault: BackupVault
    recovery_vault: BackupVault
    backups: BackupPlan | None
    restore_test: RestoreTest | None
    needs: Sequence[RegionalNeed]
    characteristics: RecoveryCharacteristics
    assessment: Assessment
