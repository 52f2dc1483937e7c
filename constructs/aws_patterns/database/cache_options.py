"""What may be chosen about a cache, and within which limits. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._types import typed
from aws_patterns._validation import Problems
from aws_patterns.database import _cache_checks as checks
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.cache_engines import (
    CacheAuthentication,
    CacheEngine,
    Eviction,
    check_cache_engine,
    version_of,
)
from aws_patterns.database.maintenance_windows import check_windows
from aws_patterns.recovery import DAY, HOUR, MINUTE, Loss, Recovery, RecoveryCharacteristics, Span
from aws_patterns.recovery_objectives import Objective, check_objectives

_GUIDE = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/"


class CacheAvailability(StrEnum):
    """What happens when a node, or its zone, is lost."""

    MULTI_AZ = "multi-az"
    """Each shard has a replica in another zone, which takes over by itself. Memcached: its nodes are spread."""
    SINGLE_POINT_OF_FAILURE = "single-az"
    """One node a shard, half the price: what it held is lost with it, and nothing is served until it is replaced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Serverless:
    """No nodes to choose: it grows and shrinks by itself, in several zones: ``Serverless(maximum_gb=50)``.

    Attributes:
        maximum_gb: Of data, 1 to 5,000; beyond it keys with a time to live are evicted. Default 10, so that nobody pays
            for what nobody asked for.
        maximum_ecpus_per_second: 1,000 to 15,000,000 ElastiCache processing units, each about one small request; beyond
            them requests are slowed down. Default 10,000.
    """

    maximum_gb: int = defaults.SERVERLESS_GB
    maximum_ecpus_per_second: int = defaults.SERVERLESS_ECPUS


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheBackups:
    """A snapshot each day: ``CacheBackups(retention_days=7)``.

    Attributes:
        retention_days: How long each is kept, 1 to 35. Default 1.
        window: Hours of the day, UTC, in which it is taken, an hour at least. Default 02:00-03:00.
    """

    retention_days: int = defaults.CACHE_BACKUP_RETENTION_DAYS
    window: str = defaults.BACKUP_WINDOW


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheMaintenance:
    """When AWS may change nodes and engine: ``CacheMaintenance(window="tue:03:00-tue:04:00")``.

    Attributes:
        window: Hours of the week, UTC, an hour at least. Default sun:04:00-sun:05:00.
        minor_version_upgrades: Whether ElastiCache moves to the next minor release by itself. Default yes.
    """

    window: str = defaults.MAINTENANCE_WINDOW
    minor_version_upgrades: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheThresholds:
    """When the alarms ring: ``CacheThresholds(memory_percent=90)``.

    Attributes:
        cpu_percent: Of the one core that the engine works on, of Memcached of all. 1 to 100, default 90.
        memory_percent: Of what a node, or a serverless cache, holds. 1 to 100, default 80.
        connections: Of one node. 1 to 65,000, default 52,000.
        replication_lag_seconds: So late is a replica, and so much a failover would lose. Default 10.
    """

    cpu_percent: float = defaults.CACHE_CPU_PERCENT
    memory_percent: float = defaults.CACHE_MEMORY_PERCENT
    connections: int = defaults.CACHE_CONNECTIONS
    replication_lag_seconds: float = defaults.REPLICATION_LAG_SECONDS


@typed
def check_cache(
    problems: Problems,
    *,
    engine: CacheEngine = CacheEngine.VALKEY,
    engine_version: str | None = None,
    availability: CacheAvailability = CacheAvailability.MULTI_AZ,
    node_type: str | None = None,
    shards: int | None = None,
    replicas: int | None = None,
    nodes: int | None = None,
    serverless: Serverless | None = None,
    authentication: CacheAuthentication | None = None,
    access_string: str | None = None,
    rotation_days: int | None = defaults.ROTATION_DAYS,
    eviction: Eviction | None = None,
    backups: CacheBackups | None = CacheBackups(),
    maintenance: CacheMaintenance = CacheMaintenance(),
    objectives: Mapping[Loss, Objective] | None = None,
    thresholds: CacheThresholds = CacheThresholds(),
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one cache."""
    known = engine in set(CacheEngine) and availability in set(CacheAvailability)
    problems.one_of("engine", engine, tuple(CacheEngine))
    problems.one_of("availability", availability, tuple(CacheAvailability))
    for name, value, choices in (
        ("authentication", authentication, tuple(CacheAuthentication)),
        ("eviction", eviction, tuple(Eviction)),
    ):
        if value is not None:
            problems.one_of(name, value, choices)
    if not known:
        return
    check_cache_engine(
        problems,
        CacheEngine(engine),
        version_of(CacheEngine(engine), engine_version, serverless=serverless is not None),
        serverless=serverless is not None,
        authentication=authentication or CacheAuthentication.PASSWORD,
    )
    multi_az = availability == CacheAvailability.MULTI_AZ
    checks.check_what_belongs_together(
        problems,
        engine,
        serverless=serverless is not None,
        multi_az=multi_az,
        of_nodes={"node_type": node_type, "shards": shards, "replicas": replicas, "nodes": nodes},
        of_users={"authentication": authentication, "access_string": access_string},
        eviction=eviction,
    )
    if serverless is not None:
        checks.check_serverless(problems, serverless)
    checks.check_shards(problems, shards=shards, replicas=replicas, multi_az=multi_az)
    checks.check_nodes(problems, nodes=nodes, multi_az=multi_az)
    checks.check_node_type(problems, node_type)
    checks.check_users(problems, access_string, rotation_days)
    if backups is not None:
        days = (1, defaults.LONGEST_CACHE_BACKUP_RETENTION_DAYS)
        problems.between("backups.retention_days", backups.retention_days, *days, " days")
    check_windows(
        problems,
        backup_window=backups.window if backups else None,
        maintenance_window=maintenance.window,
        shortest_minutes=defaults.SHORTEST_CACHE_WINDOW_MINUTES,
    )
    checks.check_thresholds(problems, thresholds)
    characteristics = recovery_of(
        engine=engine, availability=availability, serverless=serverless is not None, backups=backups
    )
    check_objectives(problems, objectives or {}, characteristics, fixes=_REACHED_BY)


def replicas_of(availability: CacheAvailability, replicas: int | None) -> int:
    """How many replicas each shard has."""
    if replicas is not None:
        return replicas
    return defaults.CACHE_REPLICAS if availability == CacheAvailability.MULTI_AZ else 0


def nodes_of(availability: CacheAvailability, nodes: int | None) -> int:
    """How many nodes Memcached has."""
    if nodes is not None:
        return nodes
    return defaults.MEMCACHED_NODES if availability == CacheAvailability.MULTI_AZ else 1


_REACHED_BY = {
    Loss.INSTANCE: "Use CacheAvailability.MULTI_AZ with Valkey or Redis OSS, or ask for less.",
    Loss.AVAILABILITY_ZONE: "Use CacheAvailability.MULTI_AZ with Valkey or Redis OSS, or ask for less.",
    Loss.REGION: "Keep in a GlobalTable what must survive its Region, or ask for less.",
}


def recovery_of(
    *,
    engine: CacheEngine = CacheEngine.VALKEY,
    availability: CacheAvailability = CacheAvailability.MULTI_AZ,
    serverless: bool = False,
    backups: CacheBackups | None = CacheBackups(),
) -> RecoveryCharacteristics:
    """What follows from each loss. What is lost of a cache alone is read again from where it came from."""
    region = Recovery(
        recovery_time=None,
        recovery_point=None,
        automatic=False,
        how="Nothing of it is in another Region: another cache begins empty there.",
        source=_GUIDE + "Redis-Global-Datastore.html",
    )
    if serverless:
        kept = Recovery(
            recovery_time=Span(usual=0, worst=MINUTE),
            recovery_point=Span(usual=0, worst=defaults.REPLICATION_LAG_SECONDS),
            automatic=True,
            how="It is in several zones, and another node answers; replicas are a little late, and both times are "
            "estimates.",
            source=_GUIDE + "FaultTolerance.html",
        )
        return {Loss.INSTANCE: kept, Loss.AVAILABILITY_ZONE: kept, Loss.REGION: region}
    if engine == CacheEngine.MEMCACHED:
        lost = Recovery(
            recovery_time=Span(usual=5 * MINUTE, worst=15 * MINUTE),
            recovery_point=None,
            automatic=True,
            how="What the lost nodes held is gone. The others answer, and new ones begin empty; the time is an "
            "estimate.",
            source=_GUIDE + "FaultTolerance.html",
        )
        spread = availability == CacheAvailability.MULTI_AZ
        return {
            Loss.INSTANCE: lost,
            Loss.AVAILABILITY_ZONE: lost if spread else _restored(None),
            Loss.REGION: region,
        }
    if availability == CacheAvailability.MULTI_AZ:
        failover = Recovery(
            recovery_time=Span(usual=MINUTE / 2, worst=2 * MINUTE),
            recovery_point=Span(usual=1, worst=defaults.REPLICATION_LAG_SECONDS),
            automatic=True,
            how="The replica that is least late takes over, and the endpoint's name moves to it. It lacks what had not "
            "reached it, which an alarm keeps small; both times are estimates.",
            source=_GUIDE + "AutoFailover.html",
        )
        return {Loss.INSTANCE: failover, Loss.AVAILABILITY_ZONE: failover, Loss.REGION: region}
    replaced = Recovery(
        recovery_time=Span(usual=5 * MINUTE, worst=15 * MINUTE),
        recovery_point=None,
        automatic=True,
        how="ElastiCache replaces the node, which begins empty; the time is an estimate.",
        source=_GUIDE + "FaultTolerance.html",
    )
    return {Loss.INSTANCE: replaced, Loss.AVAILABILITY_ZONE: _restored(backups), Loss.REGION: region}


def _restored(backups: CacheBackups | None) -> Recovery:
    if backups is None:
        return Recovery(
            recovery_time=None,
            recovery_point=None,
            automatic=False,
            how="All of it is in one zone, and there is no backup.",
            source=_GUIDE + "FaultTolerance.html",
        )
    return Recovery(
        recovery_time=Span(usual=HOUR / 2, worst=2 * HOUR),
        recovery_point=Span(usual=DAY, worst=DAY),
        automatic=False,
        how="Somebody makes another cache of the last snapshot, in another zone; the time is an estimate.",
        source=_GUIDE + "backups-restoring.html",
    )
