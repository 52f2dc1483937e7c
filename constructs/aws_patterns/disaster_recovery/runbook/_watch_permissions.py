"""What the watch may do in both Regions, by action and resource."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Aws
from constructs import IConstruct

from aws_patterns.disaster_recovery.plan import GlobalTable, RecoveryPlan, RegionRole, TwoWayBucket
from aws_patterns.disaster_recovery.runbook._runbook_permissions import Allowed, RunbookPermissions, allow

_MARKERS = "recovery-marker"
_HEARTBEAT = f"{_MARKERS}/heartbeat"


def watch_permissions(scope: IConstruct, plan: RecoveryPlan, *, heartbeats: bool) -> Iterator[Allowed]:
    """Keep the primary's compute at zero; and, where they are written, heartbeats and nothing else of the data."""
    shared = RunbookPermissions(scope, plan)
    yield from shared.compute([RegionRole.PRIMARY], change=True)
    if heartbeats:
        yield from _tables(scope, plan)
        yield from _buckets(scope, plan)
        yield from shared.use_keys()


def _tables(scope: IConstruct, plan: RecoveryPlan) -> Iterator[Allowed]:
    names = [part.name for part in plan.data if isinstance(part, GlobalTable)]
    if not names:
        return
    there, here = (
        [f"arn:{Aws.PARTITION}:dynamodb:{region}:{Aws.ACCOUNT_ID}:table/{name}" for name in names]
        for region in (plan.primary_region, plan.recovery_region)
    )
    own = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{_MARKERS}#*"]}}
    yield allow(scope, ["dynamodb:DescribeTable"], here)
    yield allow(scope, ["dynamodb:GetItem"], here, conditions=own)
    yield allow(scope, ["dynamodb:PutItem"], there, conditions=own)


def _buckets(scope: IConstruct, plan: RecoveryPlan) -> Iterator[Allowed]:
    parts = [part for part in plan.data if isinstance(part, TwoWayBucket)]
    if not parts:
        return
    there, here = (
        [f"arn:{Aws.PARTITION}:s3:::{name}/{_HEARTBEAT}" for name in names]
        for names in ([part.primary for part in parts], [part.recovery for part in parts])
    )
    yield allow(scope, ["s3:PutObject", "s3:DeleteObjectVersion"], there)
    yield allow(scope, ["s3:GetObject", "s3:DeleteObjectVersion"], here)
