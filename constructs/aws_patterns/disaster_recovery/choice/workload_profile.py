"""What a workload is made of, as far as a recovery takes time, loses changes or costs money. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class DataKind(StrEnum):
    """What keeps data, and how it gets into another Region.

    Attributes:
        TABLE: A DynamoDB table, with a replica there.
        BUCKET: An S3 bucket, whose objects are copied there with S3 Replication Time Control.
        AURORA: An Aurora Global Database, with a secondary cluster there.
        DATABASE: An RDS instance, with a read replica there.
    """

    TABLE = "table"
    BUCKET = "bucket"
    AURORA = "aurora"
    DATABASE = "database"


class ComputeKind(StrEnum):
    """What serves users.

    Attributes:
        FUNCTION: Lambda: paid for by the request, there as soon as its concurrency is.
        FLEET: Instances in an Auto Scaling group: paid for by the hour, and take their time to start.
    """

    FUNCTION = "function"
    FLEET = "fleet"


@dataclass(frozen=True, kw_only=True, slots=True)
class DataProfile:
    """Something that keeps data: ``DataProfile(name="Orders", kind=DataKind.TABLE, gib=50)``.

    Attributes:
        name: By which people know it.
        kind: What it is.
        gib: How much there is, in GiB: what copies and backups are priced by. How long a restore takes it does not
            say: restore tests measure that. Default 10.
        monthly_cost: Of it in one Region, in US dollars, which list prices are in too. Default 0: not told.
    """

    name: str
    kind: DataKind
    gib: float = 10
    monthly_cost: float = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ComputeProfile:
    """Something that serves users: ``ComputeProfile(name="Web tier", kind=ComputeKind.FLEET, start_seconds=240)``.

    Attributes:
        name: By which people know it.
        kind: What it is.
        start_seconds: From being asked for to serving, at the slowest: measure it. Default: 5 minutes for a fleet, 30
            seconds for a function.
        monthly_cost: Of what serves all users in one Region, in US dollars. Default 0: not told.
    """

    name: str
    kind: ComputeKind
    start_seconds: float | None = None
    monthly_cost: float = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkloadProfile:
    """A workload, as far as choosing a strategy goes.

    Attributes:
        data: What keeps its data; nothing for a workload that keeps none.
        compute: What serves its users.
        enough_fraction: With which part of the full capacity it counts as serving again, while the rest is still
            starting: more than 0, at most 1. Default 1: users need all of it.
        build_seconds: How long the infrastructure takes to be made in an empty Region, at the slowest, without what is
            restored: measure it. Default half an hour.
    """

    data: Sequence[DataProfile]
    compute: Sequence[ComputeProfile]
    enough_fraction: float = 1.0
    build_seconds: float = 1_800
