"""What a recovery has to do, as data: written by the constructs, read by the runbook. Needs no CDK.

Every name in it is known before deployment, or belongs to the Region that the plan is in: nothing of it has to be asked
for in a Region that may be lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import ClassVar


class RegionRole(StrEnum):
    """What a Region is there for."""

    PRIMARY = "primary"
    RECOVERY = "recovery"

    @property
    def other(self) -> RegionRole:
        """The role of the other Region."""
        return RegionRole.RECOVERY if self is RegionRole.PRIMARY else RegionRole.PRIMARY


class Strategy(StrEnum):
    """The four strategies of disaster recovery, in the words of AWS, from the cheapest to the fastest.

    Source: https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html
    """

    BACKUP_AND_RESTORE = "backup-and-restore"
    PILOT_LIGHT = "pilot-light"
    WARM_STANDBY = "warm-standby"
    MULTI_SITE = "multi-site"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaledFunction:
    """A Lambda function whose capacity is its reserved concurrency.

    Attributes:
        name: Of the function, the same in both Regions.
        full: Concurrency that serves all users.
        standby: Concurrency in the recovery Region while the primary serves.
    """

    kind: ClassVar[str] = "function"
    name: str
    full: int
    standby: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaledFleet:
    """An Auto Scaling group.

    Attributes:
        name: Of the group, the same in both Regions.
        minimum: Instances at least, to serve all users.
        desired: Instances to serve all users.
        maximum: Instances at most.
        standby: Instances in the recovery Region while the primary serves.
    """

    kind: ClassVar[str] = "fleet"
    name: str
    minimum: int
    desired: int
    maximum: int
    standby: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalTable:
    """A DynamoDB table with a replica in each Region: nothing to promote, both are written to.

    Attributes:
        name: Of the table, the same in both Regions.
    """

    kind: ClassVar[str] = "global-table"
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoWayBucket:
    """Two buckets that copy their objects to each other: nothing to promote.

    Attributes:
        primary: Name of the one in the primary Region.
        recovery: Name of the one in the recovery Region.
    """

    kind: ClassVar[str] = "two-way-bucket"
    primary: str
    recovery: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AuroraGlobal:
    """An Aurora Global Database: the cluster of the recovery Region is promoted.

    Attributes:
        global_cluster: Identifier of the global cluster.
        primary: Identifier of the cluster in the primary Region.
        recovery: Identifier of the cluster in the recovery Region.
    """

    kind: ClassVar[str] = "aurora-global"
    global_cluster: str
    primary: str
    recovery: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadReplica:
    """A read replica of an RDS instance in the recovery Region: promoted, it is an instance of its own.

    Attributes:
        primary: Identifier of the instance in the primary Region.
        recovery: Identifier of the replica in the recovery Region.
    """

    kind: ClassVar[str] = "read-replica"
    primary: str
    recovery: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BackedUpTable:
    """A DynamoDB table that is restored from a vault.

    Attributes:
        id: In the parameter ``Restored<id>Name`` of the workload's stacks.
        name: Of the table in the primary Region.
        primary_vault: Name of the vault in the primary Region.
        recovery_vault: Name of the vault in the recovery Region, which has the copies.
    """

    kind: ClassVar[str] = "backed-up-table"
    id: str
    name: str
    primary_vault: str
    recovery_vault: str


Compute = ScaledFunction | ScaledFleet
Data = GlobalTable | TwoWayBucket | AuroraGlobal | ReadReplica | BackedUpTable


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveryPlan:
    """Everything that a runbook acts on.

    Attributes:
        name: Of the workload.
        strategy: By which it recovers.
        primary_region: Where it serves on other days.
        recovery_region: Where it serves when that Region is lost.
        recovery_time_seconds: Its objective.
        recovery_point_seconds: Its objective.
        health_path: Answered with 200 by a Region's endpoint that can serve.
        compute: What is scaled, the same names in both Regions.
        data: What is promoted, restored or waited for.
        primary_stack: Name of the workload's stack in the primary Region.
        recovery_stack: Name of the workload's stack in the recovery Region.
        service_url: Where users call it by its domain name, without a slash at the end. Default: there is none, and
            the traffic switch is asked.
    """

    name: str
    strategy: Strategy
    primary_region: str
    recovery_region: str
    recovery_time_seconds: float
    recovery_point_seconds: float
    health_path: str
    compute: Sequence[Compute]
    data: Sequence[Data]
    primary_stack: str
    recovery_stack: str
    service_url: str | None = field(default=None)

    def to_json(self) -> dict[str, object]:
        """As the runbook is told it; ``kind`` says what each part of ``compute`` and ``data`` is."""
        told: dict[str, object] = asdict(self)
        return {**told, "compute": _with_kinds(self.compute), "data": _with_kinds(self.data)}


def _with_kinds(parts: Sequence[Compute] | Sequence[Data]) -> list[Mapping[str, object]]:
    return [{"kind": part.kind, **asdict(part)} for part in parts]
