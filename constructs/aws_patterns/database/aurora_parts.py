"""What an Aurora database is put together from: its capacity, its readers, its proxy. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aws_patterns.database import _defaults as defaults


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerlessV2:
    """Instances that grow and shrink by the second: ``ServerlessV2(minimum_acu=1, maximum_acu=64)``.

    An ACU is about 2 GiB of memory with the processor and network that belong to it.

    Attributes:
        minimum_acu: Of each instance, in halves; 0: it pauses when nobody is connected. 0 to 256. Default 2, what
            Performance Insights needs.
        maximum_acu: Of each instance, in halves; also decides how many connections there may be. 1 to 256, or 128 in
            older versions. Default 16.
        pause_seconds: So long nobody is connected before an instance pauses, 300 to 86,400. Only with
            ``minimum_acu=0``; then by default 300. The first connection afterwards waits for some 15 seconds.
    """

    minimum_acu: float = defaults.AURORA_MINIMUM_ACU
    maximum_acu: float = defaults.AURORA_MAXIMUM_ACU
    pause_seconds: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Provisioned:
    """Instances of one size: ``Provisioned(instance_type="r8g.xlarge")``. For a load that hardly changes.

    Attributes:
        instance_type: Of each; one of the memory-optimised types. Default r7g.large.
    """

    instance_type: str = defaults.AURORA_INSTANCE_TYPE


class ReaderMetric(StrEnum):
    """What readers are scaled by."""

    CPU = "cpu"
    """How busy their processors are, in percent."""
    CONNECTIONS = "connections"
    """How many connections each has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderScaling:
    """More readers while they are busy: ``ReaderScaling(maximum=6)``. Those of ``readers`` stay.

    Attributes:
        maximum: How many readers at most, those of ``readers`` counted; up to 15.
        metric: What is kept at the target. Default: CPU.
        target: Percent of CPU (1 to 100), or connections of each reader (1 and more). Default 60 percent.
        scale_in_cooldown_seconds: So long after a reader was taken away the next one may be. 0 and more, default 300.
        scale_out_cooldown_seconds: So long after a reader was added the next one may be. 0 and more, default 300.
    """

    maximum: int
    metric: ReaderMetric = ReaderMetric.CPU
    target: float = defaults.AURORA_READER_CPU_PERCENT
    scale_in_cooldown_seconds: int = defaults.AURORA_READER_COOLDOWN_SECONDS
    scale_out_cooldown_seconds: int = defaults.AURORA_READER_COOLDOWN_SECONDS


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionProxy:
    """RDS Proxy in front: ``ConnectionProxy()``. For many short connections, and for clients that outlive a failover.

    Attributes:
        iam_required: Whether clients must come with a token of IAM; otherwise with the password of the secret.
        maximum_connections_percent: Of the connections that the database lets in. 1 to 100, default 90.
        borrow_timeout_seconds: How long a client waits for a connection when all are taken. 1 to 300, default 120.
        idle_client_timeout_seconds: After so long without a word a client is let go. 60 to 28,800, default 1,800.
        read_only_endpoint: Whether there is an endpoint that leads to the readers. Default yes.
    """

    iam_required: bool = False
    maximum_connections_percent: int = defaults.PROXY_CONNECTIONS_PERCENT
    borrow_timeout_seconds: int = defaults.PROXY_BORROW_TIMEOUT_SECONDS
    idle_client_timeout_seconds: int = defaults.PROXY_IDLE_SECONDS
    read_only_endpoint: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class AuroraThresholds:
    """When an alarm says that something is not as it should be: ``AuroraThresholds(connections=400)``.

    Attributes:
        cpu_percent: The writer's processor is as busy for a quarter of an hour. 1 to 100, default 90.
        acu_percent: A serverless instance is as near to its maximum for a quarter of an hour. 1 to 100, default 90.
        connections: So many at a time. Default: four fifths of what such an instance lets in, where that is known.
        free_memory_mib: An instance has less for a quarter of an hour. Default 256.
        free_local_storage_gib: An instance has less for temporary tables. Default 5. Provisioned instances only.
        replica_lag_milliseconds: A reader is as late for five minutes. Default 2,000.
    """

    cpu_percent: float = defaults.CPU_PERCENT
    acu_percent: float = defaults.AURORA_ACU_PERCENT
    connections: int | None = None
    free_memory_mib: float = defaults.AURORA_FREE_MEMORY_MIB
    free_local_storage_gib: float = defaults.AURORA_FREE_LOCAL_STORAGE_GIB
    replica_lag_milliseconds: float = defaults.AURORA_REPLICA_LAG_MILLISECONDS
