"""What may be chosen about the watch over a workload in two Regions, and within which limits. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence

from aws_patterns._types import typed
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import Data, GlobalTable, RecoveryPlan, TwoWayBucket


def measured_parts(plan: RecoveryPlan) -> Sequence[Data]:
    """What heartbeats can be written into: the rest is measured by AWS."""
    return [part for part in plan.data if isinstance(part, GlobalTable | TwoWayBucket)]


@typed
def check_recovery_watch(
    problems: Problems,
    *,
    plan: RecoveryPlan,
    failures: int = defaults.WATCH_FAILURES,
    lag_alarm_seconds: float | None = None,
    without_heartbeats: bool = False,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``RecoveryWatch``."""
    problems.between("failures", failures, 1, defaults.MOST_WATCH_FAILURES, " minutes")
    if lag_alarm_seconds is None:
        return
    problems.between(
        "lag_alarm_seconds",
        lag_alarm_seconds,
        defaults.LEAST_LAG_ALARM_SECONDS,
        defaults.LONGEST_LAG_ALARM_SECONDS,
        " s",
    )
    if without_heartbeats or not measured_parts(plan):
        why = (
            "without_heartbeats gives that up"
            if without_heartbeats
            else "the plan has no GlobalTable and no TwoWayBucket"
        )
        problems.add(
            f"lag_alarm_seconds must be left out where replication is not measured, got {lag_alarm_seconds:g}: {why}"
        )
