"""Plans of every strategy, for tests of the runbook."""

from __future__ import annotations

from collections.abc import Sequence

from aws_patterns.disaster_recovery.plan import (
    AuroraGlobal,
    BackedUpTable,
    Compute,
    Data,
    GlobalTable,
    ReadReplica,
    RecoveryPlan,
    ScaledFleet,
    ScaledFunction,
    Strategy,
    TwoWayBucket,
)

FUNCTION = ScaledFunction(name="orders-api", full=20, standby=2)
FLEET = ScaledFleet(name="orders-web", minimum=2, desired=3, maximum=6, standby=1)
TABLE = GlobalTable(name="orders")
BUCKET = TwoWayBucket(primary="orders-documents-primary", recovery="orders-documents-recovery")
AURORA = AuroraGlobal(global_cluster="orders", primary="orders-primary", recovery="orders-recovery")
REPLICA = ReadReplica(primary="orders-db", recovery="orders-db-replica")
BACKED_UP = BackedUpTable(id="Orders", name="orders", primary_vault="orders-primary", recovery_vault="orders-recovery")
SWITCH_URL = "https://switch.example.org"


def plan(
    strategy: Strategy = Strategy.WARM_STANDBY,
    *,
    compute: Sequence[Compute] = (FUNCTION,),
    data: Sequence[Data] = (TABLE, BUCKET),
    service_url: str | None = None,
    name: str = "orders",
    recovery_region: str = "us-west-2",
    recovery_time_seconds: float = 1800,
    recovery_point_seconds: float = 60,
) -> RecoveryPlan:
    """A plan with what matters to a test, and something for the rest."""
    return RecoveryPlan(
        name=name,
        strategy=strategy,
        primary_region="us-east-1",
        recovery_region=recovery_region,
        recovery_time_seconds=recovery_time_seconds,
        recovery_point_seconds=recovery_point_seconds,
        health_path="/health",
        compute=compute,
        data=data,
        primary_stack="Orders",
        recovery_stack="OrdersRecovery",
        service_url=service_url,
    )


def backups(**changes: object) -> RecoveryPlan:
    """A plan that restores a table."""
    return plan(Strategy.BACKUP_AND_RESTORE, data=(BACKED_UP, BUCKET), **changes)  # type: ignore[arg-type] # as plan has them
