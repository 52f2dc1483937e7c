"""What may be chosen about a relational database, and within which limits. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults
from aws_patterns.database import _relational_database_checks as checks
from aws_patterns.database.engines import TRAITS, Engine, check_engine_version
from aws_patterns.database.instance_classes import check_instance_type, memory_bytes
from aws_patterns.database.maintenance_windows import check_windows
from aws_patterns.recovery import HOUR, MINUTE, NONE, Loss, Recovery, RecoveryCharacteristics, Span
from aws_patterns.recovery_objectives import Objective, check_objectives

_GIB = 1024**3
_GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
_SINGLE_AZ = "https://aws.amazon.com/blogs/database/amazon-rds-under-the-hood-single-az-instance-recovery/"


class Availability(StrEnum):
    """What happens when the instance, or its zone, is lost."""

    MULTI_AZ = "multi-az"
    """A standby in another zone has every change before it is confirmed, and takes over by itself."""
    SINGLE_POINT_OF_FAILURE = "single-az"
    """One instance in one zone: half the price, down with its zone, and every upgrade interrupts it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Storage:
    """How much there is to begin with, and how far it grows by itself: ``Storage(gib=200, maximum_gib=2_000)``.

    Attributes:
        gib: 20 to 65,536 GiB of gp3. Default 100.
        maximum_gib: At least a tenth more than ``gib``; the same: it does not grow. Default 1,000, or ten times ``gib``
            where that is more.
    """

    gib: int = defaults.STORAGE_GIB
    maximum_gib: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupCopy:
    """Backups and logs in another Region as well: ``BackupCopy(region="eu-central-1")``.

    Attributes:
        region: Where they go.
        retention_days: How long they are kept there, 1 to 35. Default 14.
        encryption_key_arn: The key there that encrypts them. Default: the one that AWS manages for RDS there.
    """

    region: str
    retention_days: int = defaults.BACKUP_RETENTION_DAYS
    encryption_key_arn: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Backups:
    """A snapshot each day and every change since: ``Backups(retention_days=35)``.

    Attributes:
        retention_days: So far back the database can be restored, to any second; 1 to 35. Default 14.
        window: Hours of the day, UTC, in which the snapshot is taken. Default 02:00-03:00.
        copy: In another Region, for the loss of this one. Default: none.
    """

    retention_days: int = defaults.BACKUP_RETENTION_DAYS
    window: str = defaults.BACKUP_WINDOW
    copy: BackupCopy | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Maintenance:
    """When AWS may change the machine and the engine: ``Maintenance(window="tue:03:00-tue:04:00")``.

    Attributes:
        window: Hours of the week, UTC. Default sun:04:00-sun:05:00.
        minor_version_upgrades: Whether RDS moves to the next minor release by itself. Default yes.
        major_version_upgrades: Whether a deployment with another major ``engine_version`` may upgrade to it; it can't
            be undone. Default no.
    """

    window: str = defaults.MAINTENANCE_WINDOW
    minor_version_upgrades: bool = True
    major_version_upgrades: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitoring:
    """What is recorded about the database: ``Monitoring(insights_days=465)``.

    Attributes:
        enhanced_seconds: How often the operating system is measured: 1, 5, 10, 15, 30 or 60. Default 60.
        insights_days: How long is kept which statements the database was busy with (Performance Insights, which
            Database Insights shows): 7, a multiple of 31 up to 713, or 731. With 465 in its Advanced mode, which
            costs by the hour. Default 7.
        logs: What is sent to CloudWatch Logs. Default: what the engine has to say, slow statements included.
        log_retention_days: How long it is kept there. Default 30.
    """

    enhanced_seconds: int = defaults.ENHANCED_MONITORING_SECONDS
    insights_days: int = defaults.INSIGHTS_DAYS
    logs: Sequence[str] | None = None
    log_retention_days: int = defaults.LOG_RETENTION_DAYS


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadReplicas:
    """Copies that answer questions, a little late: ``ReadReplicas(count=2)``. They are for speed, not for uptime.

    Attributes:
        count: 1 to 15. Default 1.
        instance_type: Of each. Default: that of the database.
        availability: Whether each has a standby of its own. Default: none, because another replica answers.
    """

    count: int = 1
    instance_type: str | None = None
    availability: Availability = Availability.SINGLE_POINT_OF_FAILURE


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmThresholds:
    """When an alarm says that something is not as it should be: ``AlarmThresholds(connections=200)``.

    Attributes:
        free_storage_gib: Less is free for a quarter of an hour. Default: a twentieth of the first storage.
        cpu_percent: The processor is as busy for a quarter of an hour. 1 to 100, default 90.
        connections: So many at a time. Default: four fifths of what the engine lets in on such an instance.
        replica_lag_seconds: A replica is as late for five minutes. Default 60.
    """

    free_storage_gib: float | None = None
    cpu_percent: float = defaults.CPU_PERCENT
    connections: int | None = None
    replica_lag_seconds: float = defaults.REPLICA_LAG_SECONDS


@typed
def check_relational_database(
    problems: Problems,
    *,
    engine: Engine = Engine.POSTGRESQL,
    engine_version: str | None = None,
    availability: Availability = Availability.MULTI_AZ,
    instance_type: str = defaults.INSTANCE_TYPE,
    storage: Storage = Storage(),
    backups: Backups | None = Backups(),
    maintenance: Maintenance = Maintenance(),
    monitoring: Monitoring = Monitoring(),
    read_replicas: ReadReplicas | None = None,
    objectives: Mapping[Loss, Objective] | None = None,
    database_name: str = defaults.DATABASE_NAME,
    master_username: str = defaults.MASTER_USERNAME,
    port: int | None = None,
    parameters: Mapping[str, str] | None = None,
    iam_authentication: bool = True,
    rotation_days: int | None = defaults.ROTATION_DAYS,
    thresholds: AlarmThresholds = AlarmThresholds(),
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one database."""
    has_replicas = read_replicas is not None
    problems.one_of("engine", engine, tuple(Engine))
    problems.one_of("availability", availability, tuple(Availability))
    if engine in set(Engine):
        version = TRAITS[Engine(engine)].version if engine_version is None else engine_version
        check_engine_version(problems, Engine(engine), version, iam_authentication=iam_authentication)
        checks.check_names(problems, Engine(engine), database_name=database_name, master_username=master_username)
        checks.check_parameters(problems, Engine(engine), parameters or {})
        checks.check_logs(problems, Engine(engine), monitoring.logs)
    check_instance_type(problems, "instance_type", instance_type)
    checks.check_storage(problems, storage)
    checks.check_backups(problems, backups, has_replicas=has_replicas)
    check_windows(problems, backup_window=backups.window if backups else None, maintenance_window=maintenance.window)
    checks.check_monitoring(problems, monitoring)
    if read_replicas is not None:
        checks.check_replicas(problems, read_replicas)
        problems.one_of("read_replicas.availability", read_replicas.availability, tuple(Availability))
    checks.check_thresholds(problems, thresholds, instance_type=instance_type, read_replicas=read_replicas)
    if port is not None:
        problems.between("port", port, 1_150, 65_535)
    if rotation_days is not None:
        problems.between("rotation_days", rotation_days, 1, defaults.LONGEST_ROTATION_DAYS, " days")
    check_objectives(
        problems, objectives or {}, recovery_of(availability=availability, backups=backups), fixes=_REACHED_BY
    )


_REACHED_BY = {
    Loss.INSTANCE: "Use availability=Availability.MULTI_AZ, or ask for less.",
    Loss.AVAILABILITY_ZONE: "Use availability=Availability.MULTI_AZ, or ask for less.",
    Loss.REGION: "Use backups=Backups(copy=BackupCopy(region=...)), or ask for less (GlobalDatabase does more).",
}


def recovery_of(
    *,
    availability: Availability = Availability.MULTI_AZ,
    backups: Backups | None = Backups(),
) -> RecoveryCharacteristics:
    """What follows from each loss. Read replicas change nothing of it: nobody promotes them by himself."""
    if availability == Availability.MULTI_AZ:
        failover = Recovery(
            recovery_time=Span(usual=MINUTE, worst=2 * MINUTE),
            recovery_point=NONE,
            automatic=True,
            how="RDS moves the endpoint's name to the standby in another zone, which has every confirmed change; "
            "large transactions make it longer.",
            source=_GUIDE + "Concepts.MultiAZ.Failover.html",
        )
        return {Loss.INSTANCE: failover, Loss.AVAILABILITY_ZONE: failover, Loss.REGION: _region_recovery(backups)}
    restarted = Recovery(
        recovery_time=Span(usual=10 * MINUTE, worst=30 * MINUTE),
        recovery_point=NONE,
        automatic=True,
        how="RDS starts the database on another machine of the zone, with the same storage; the time is an estimate.",
        source=_SINGLE_AZ,
    )
    return {
        Loss.INSTANCE: restarted,
        Loss.AVAILABILITY_ZONE: _zone_recovery(backups),
        Loss.REGION: _region_recovery(backups),
    }


def _zone_recovery(backups: Backups | None) -> Recovery:
    if backups is None:
        return Recovery(
            recovery_time=None,
            recovery_point=None,
            automatic=False,
            how="There is neither a standby in another zone nor a backup.",
            source=_SINGLE_AZ,
        )
    return Recovery(
        recovery_time=Span(usual=HOUR, worst=4 * HOUR),
        recovery_point=Span(usual=5 * MINUTE, worst=5 * MINUTE),
        automatic=False,
        how="Somebody restores the backup and the logs, which are kept every five minutes, into another zone; the time "
        "is an estimate and grows with the data.",
        source=_GUIDE + "USER_PIT.html",
    )


def _region_recovery(backups: Backups | None) -> Recovery:
    if backups is None or backups.copy is None:
        return Recovery(
            recovery_time=None,
            recovery_point=None,
            automatic=False,
            how="Nothing of it is in another Region.",
            source=_GUIDE + "USER_ReplicateBackups.html",
        )
    return Recovery(
        recovery_time=Span(usual=HOUR, worst=4 * HOUR),
        recovery_point=Span(usual=5 * MINUTE, worst=30 * MINUTE),
        automatic=False,
        how=f"Somebody restores the copies of backup and logs that are in {backups.copy.region}; both times are "
        "estimates and grow with the data.",
        source=_GUIDE + "USER_ReplicateBackups.html",
    )


def maximum_storage_gib(storage: Storage) -> int:
    """How far the storage grows."""
    if storage.maximum_gib is not None:
        return storage.maximum_gib
    if is_token(storage.gib):
        return defaults.LARGEST_STORAGE_GIB
    return min(max(defaults.MAXIMUM_STORAGE_GIB, 10 * storage.gib), defaults.LARGEST_STORAGE_GIB)


def connections_threshold(engine: Engine, instance_type: str, asked: int | None) -> int:
    """As many connections are too many: four fifths of what the engine lets in by default."""
    if asked is not None:
        return asked
    memory = memory_bytes(instance_type)
    assert memory is not None, "checked before"  # noqa: S101 - for the type checker
    traits = TRAITS[engine]
    most = min(memory // traits.bytes_per_connection, traits.most_connections)
    return most * defaults.CONNECTIONS_PERCENT // 100


def free_storage_threshold(storage: Storage, asked_gib: float | None) -> float:
    """In bytes. Storage grows when a tenth of it is free: less is free only where it doesn't."""
    if asked_gib is not None:
        return asked_gib * _GIB
    gib = defaults.STORAGE_GIB if is_token(storage.gib) else storage.gib
    return gib * _GIB * defaults.FREE_STORAGE_PERCENT / 100
