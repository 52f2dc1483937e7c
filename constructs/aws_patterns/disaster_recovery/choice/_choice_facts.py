"""What is known about each kind of data and compute on the day on which a Region is lost. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_patterns.database import _defaults as database_defaults
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.choice.workload_profile import ComputeKind, DataKind
from aws_patterns.recovery import MINUTE, NONE, Span
from aws_patterns.storage import _defaults as storage_defaults

DOCS = "https://docs.aws.amazon.com"
WHITEPAPER = f"{DOCS}/whitepapers/latest/disaster-recovery-workloads-on-aws"
_GLOBAL_TABLES = f"{DOCS}/amazondynamodb/latest/developerguide/GlobalTables.html"
_TABLE_RESTORES = f"{DOCS}/amazondynamodb/latest/developerguide/backuprestore_HowItWorksAWS.html"
_BUCKETS = f"{DOCS}/AmazonS3/latest/userguide/replication-time-control.html"
_AURORA = f"{DOCS}/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html"
_REPLICAS = f"{DOCS}/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html"
_RESTORES = f"{DOCS}/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html"
_LAMBDA = f"{DOCS}/lambda/latest/dg/scaling-behavior.html"
_WARM_UP = f"{DOCS}/autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """How long something takes, or how far behind it is.

    Attributes:
        span: In seconds.
        how: By what, as a clause.
        source: The AWS page that says so.
        change: What makes it less.
    """

    span: Span
    how: str
    source: str
    change: str


def _span(seconds: tuple[float, float]) -> Span:
    return Span(usual=seconds[0], worst=seconds[1])


# Until what is in the recovery Region can be written to.
PROMOTION: Mapping[DataKind, Fact] = {
    DataKind.TABLE: Fact(
        span=NONE,
        how="a replica of a global table is written to all along",
        source=_GLOBAL_TABLES,
        change="",
    ),
    DataKind.BUCKET: Fact(
        span=NONE, how="the bucket of the recovery Region is written to all along", source=_BUCKETS, change=""
    ),
    DataKind.AURORA: Fact(
        span=_span(defaults.AURORA_PROMOTION_SECONDS),
        how="a secondary cluster is promoted, which AWS counts in minutes",
        source=_AURORA,
        change="keep it in a global table, which nothing has to be promoted of",
    ),
    DataKind.DATABASE: Fact(
        span=_span(defaults.DATABASE_PROMOTION_SECONDS),
        how="a read replica is promoted in a few minutes, with a restart; large ones take longer (an estimate)",
        source=_REPLICAS,
        change="use an Aurora Global Database, or a global table",
    ),
}
# Until what is only in a backup is there again. A bucket's objects are copied as they are written in any strategy.
RESTORE: Mapping[DataKind, Fact] = {
    DataKind.TABLE: Fact(
        span=_span(defaults.TABLE_RESTORE_SECONDS),
        how="95 % of all tables are restored within an hour; large ones may take longer (restore tests measure it)",
        source=_TABLE_RESTORES,
        change="keep a replica (pilot light)",
    ),
    DataKind.BUCKET: PROMOTION[DataKind.BUCKET],
    DataKind.AURORA: Fact(
        span=_span(defaults.DATABASE_RESTORE_SECONDS),
        how="a cluster is restored from a snapshot (an estimate: restore tests measure it)",
        source=_RESTORES,
        change="keep a secondary cluster (pilot light)",
    ),
    DataKind.DATABASE: Fact(
        span=_span(defaults.DATABASE_RESTORE_SECONDS),
        how="an instance is restored from a snapshot (an estimate: restore tests measure it)",
        source=_RESTORES,
        change="keep a read replica (pilot light)",
    ),
}
# How far the recovery Region is behind.
REPLICATION: Mapping[DataKind, Fact] = {
    DataKind.TABLE: Fact(
        span=Span(usual=database_defaults.USUAL_REPLICATION_SECONDS, worst=database_defaults.SLOW_REPLICATION_SECONDS),
        how="a global table is within a second as a rule, without a promise; the alarm on replication allows a minute",
        source=_GLOBAL_TABLES,
        change="nothing brings this closer: allow a minute",
    ),
    DataKind.BUCKET: Fact(
        span=Span(
            usual=storage_defaults.REPLICATION_USUAL_SECONDS, worst=storage_defaults.REPLICATION_MINUTES * MINUTE
        ),
        how="S3 Replication Time Control copies 99.99 % of the objects within 15 minutes",
        source=_BUCKETS,
        change="keep what may not be lost in a table, or allow 15 minutes",
    ),
    DataKind.AURORA: Fact(
        span=Span(usual=1, worst=database_defaults.GLOBAL_LAG_SECONDS),
        how="an Aurora Global Database is less than a second behind as a rule; its alarm allows more",
        source=_AURORA,
        change="bound it (maximum_loss_seconds of GlobalDatabase), which holds writes up instead",
    ),
    DataKind.DATABASE: Fact(
        span=_span(defaults.DATABASE_LAG_SECONDS),
        how="a read replica is seconds behind, without a promise; an alarm on ReplicaLag allows five minutes",
        source=_REPLICAS,
        change="use an Aurora Global Database, which is closer",
    ),
}
# From being asked for to serving.
START: Mapping[ComputeKind, Fact] = {
    ComputeKind.FUNCTION: Fact(
        span=Span(usual=defaults.FUNCTION_START_SECONDS / 3, worst=defaults.FUNCTION_START_SECONDS),
        how="Lambda starts a thousand environments every ten seconds",
        source=_LAMBDA,
        change="keep enough of it running (warm standby)",
    ),
    ComputeKind.FLEET: Fact(
        span=Span(usual=defaults.FLEET_START_SECONDS / 2, worst=defaults.FLEET_START_SECONDS),
        how="instances start, side by side, and are healthy",
        source=_WARM_UP,
        change="make images that start faster, or keep enough of it running (warm standby)",
    ),
}
