"""What a recovery costs in a month, beyond what the primary Region costs: to compare strategies with each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.choice.workload_profile import ComputeKind, DataKind, DataProfile, WorkloadProfile
from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.recovery import DAY

_REGIONS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one part costs in a month, in US dollars.

    Attributes:
        name: Of the part.
        monthly: How much.
        how: Where that number comes from, as a clause.
    """

    name: str
    monthly: float
    how: str


def costs(
    profile: WorkloadProfile,
    strategy: Strategy,
    design: RecoveryDesign,
    *,
    fraction: float,
    backup_interval_seconds: float | None,
) -> tuple[Cost, ...]:
    """Of the data first, then of the compute."""
    return (
        *(_data(part, strategy, design, backup_interval_seconds) for part in profile.data),
        *_compute(profile, fraction),
    )


def _data(part: DataProfile, strategy: Strategy, design: RecoveryDesign, interval: float | None) -> Cost:
    if strategy is Strategy.BACKUP_AND_RESTORE and interval is not None and part.kind is not DataKind.BUCKET:
        return _backups(part, design, interval)
    if part.monthly_cost:
        return Cost(name=part.name, monthly=part.monthly_cost, how="a copy costs what the original does")
    price = defaults.STORAGE_PRICES[part.kind]
    return Cost(name=part.name, monthly=part.gib * price, how=f"a copy's storage alone, {part.gib:g} GiB x ${price:g}")


def _backups(part: DataProfile, design: RecoveryDesign, interval: float) -> Cost:
    price = defaults.BACKUP_PRICES[part.kind]
    if part.kind is DataKind.TABLE:
        kept = design.backup_kept_days * DAY / interval
        how = f"{kept:g} full backups"
    else:
        kept = 1 + defaults.DAILY_CHANGE * design.backup_kept_days
        how = f"a full backup and the changes of {design.backup_kept_days:g} days, {kept:g} times the whole"
    return Cost(
        name=part.name,
        monthly=part.gib * price * kept * _REGIONS,
        how=f"{how} x {part.gib:g} GiB x ${price:g} in both Regions",
    )


def _compute(profile: WorkloadProfile, fraction: float) -> Iterator[Cost]:
    for part in profile.compute:
        if part.kind is ComputeKind.FUNCTION:
            yield Cost(name=part.name, monthly=0, how="paid for by the request, wherever it is answered")
        elif not part.monthly_cost:
            yield Cost(name=part.name, monthly=0, how="its monthly_cost is not told, so that it is left out")
        else:
            yield Cost(
                name=part.name,
                monthly=part.monthly_cost * fraction,
                how=f"{fraction:.0%} of ${part.monthly_cost:,.15g}",
            )
