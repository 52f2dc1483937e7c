"""Which links a recovery has, by strategy and design."""

from __future__ import annotations

from collections.abc import Iterator

from aws_patterns.disaster_recovery.choice import _choice_links as links
from aws_patterns.disaster_recovery.choice.recovery_chain import Exposure, Link, RecoveryChain
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.choice.workload_profile import DataKind, WorkloadProfile
from aws_patterns.disaster_recovery.plan import Strategy

_ONE_WRITER = frozenset({DataKind.AURORA, DataKind.DATABASE})


def recovery_time(
    profile: WorkloadProfile, strategy: Strategy, design: RecoveryDesign, *, fraction: float
) -> RecoveryChain:
    """How long users wait.

    Args:
        profile: Of the workload.
        strategy: By which it recovers.
        design: How that is noticed, decided about and got round.
        fraction: Of the full capacity, in the recovery Region before anything happens.
    """
    return RecoveryChain(tuple(_links(profile, strategy, design, fraction)))


def recovery_point(
    profile: WorkloadProfile, strategy: Strategy, *, backup_interval_seconds: float | None = None
) -> Exposure:
    """What is lost.

    Args:
        profile: Of the workload.
        strategy: By which it recovers.
        backup_interval_seconds: From one backup to the next, for backup and restore.
    """
    live = strategy is not Strategy.BACKUP_AND_RESTORE or backup_interval_seconds is None
    return Exposure(
        tuple(
            links.replication(part) if live or part.kind is DataKind.BUCKET else links.backup(part, interval)
            for interval in [backup_interval_seconds or 0]
            for part in profile.data
        )
    )


def _links(profile: WorkloadProfile, strategy: Strategy, design: RecoveryDesign, fraction: float) -> Iterator[Link]:
    if strategy is Strategy.MULTI_SITE and design.dns and not _has_one_writer(profile):
        yield links.noticed_by_route_53(design)
        yield links.scale(profile, fraction)
        yield links.resolvers()
        return
    yield links.noticed_by_the_watch(design)
    yield links.decision(design)
    yield links.fence()
    yield links.data(profile, restored=strategy is Strategy.BACKUP_AND_RESTORE)
    if strategy is Strategy.BACKUP_AND_RESTORE:
        yield links.build(profile)
    yield links.scale(profile, fraction)
    yield links.health()
    if strategy is Strategy.MULTI_SITE and design.dns:
        # Route 53 has moved users by itself meanwhile: what they waited for is the writer.
        return
    if design.dns:
        yield links.traffic_by_route_53(design)
        yield links.resolvers()
    else:
        yield links.traffic_by_the_switch()


def _has_one_writer(profile: WorkloadProfile) -> bool:
    return any(part.kind in _ONE_WRITER for part in profile.data)
