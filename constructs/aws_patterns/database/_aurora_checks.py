"""The limits of what may be chosen about an Aurora database, part by part. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults
from aws_patterns.database._aurora_versions import LARGEST_ACU, SPOKEN, check_version, largest_acu, pauses
from aws_patterns.database._relational_database_checks import check_monitoring
from aws_patterns.database.aurora_parts import (
    AuroraThresholds,
    ConnectionProxy,
    Provisioned,
    ReaderMetric,
    ReaderScaling,
    ServerlessV2,
)
from aws_patterns.database.engines import Engine
from aws_patterns.database.maintenance_windows import check_windows

if TYPE_CHECKING:
    from aws_patterns.database.relational_database_options import Backups, Maintenance, Monitoring

# AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.Types.html
_FAMILIES = ("r5", "r6g", "r6gd", "r6i", "r6id", "r7g", "r7i", "r8g", "r8gd", "r8i")
_TYPE = re.compile(rf"(db\.)?({'|'.join(_FAMILIES)})\.(\d{{0,2}}xlarge|large)")

# AmazonRDS/latest/AuroraUserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
LOGS: Mapping[Engine, tuple[str, ...]] = {
    Engine.POSTGRESQL: ("iam-db-auth-error", "instance", "postgresql"),
    Engine.MYSQL: ("audit", "error", "general", "iam-db-auth-error", "instance", "slowquery"),
}
CHOSEN_LOGS: Mapping[Engine, tuple[str, ...]] = {
    Engine.POSTGRESQL: ("postgresql",),
    Engine.MYSQL: ("error", "slowquery"),
}


def check_engine(problems: Problems, engine: Engine, engine_version: str | None) -> str | None:
    """The release, when engine and version are there for Aurora."""
    if engine in SPOKEN:
        return check_version(problems, Engine(engine), engine_version)
    problems.add(
        f"engine must be Engine.POSTGRESQL or Engine.MYSQL for Aurora, got {str(engine)!r}: MariaDB is there as a "
        "RelationalDatabase"
    )
    return None


def check_capacity(
    problems: Problems, capacity: ServerlessV2 | Provisioned, engine: Engine, version: str | None
) -> None:
    """How large instances are, and whether the version lets them."""
    if isinstance(capacity, Provisioned):
        kind = capacity.instance_type
        if not is_token(kind) and not _TYPE.fullmatch(kind):
            problems.add(
                f"capacity.instance_type must be a memory-optimised type ({', '.join(_FAMILIES)}) such as "
                f"{defaults.AURORA_INSTANCE_TYPE!r}, got {kind!r}: for less than that use ServerlessV2"
            )
        return
    low, high, pause = capacity.minimum_acu, capacity.maximum_acu, capacity.pause_seconds
    largest = largest_acu(engine, version) if version else LARGEST_ACU
    _check_acu(problems, "capacity.minimum_acu", low, 0, largest)
    _check_acu(problems, "capacity.maximum_acu", high, 1, largest)
    if not is_token(low) and not is_token(high) and low > high:
        problems.add(f"capacity.maximum_acu must be at least capacity.minimum_acu, got {high:.15g} and {low:.15g} ACUs")
    if low == 0 and version and not pauses(engine, version):
        problems.add(
            f"capacity.minimum_acu must be at least 0.5 ACUs with Aurora {SPOKEN[engine]} {version}, got 0 ACUs: its "
            "instances can't pause"
        )
    if pause is not None:
        shortest, longest = defaults.SHORTEST_PAUSE_SECONDS, defaults.LONGEST_PAUSE_SECONDS
        problems.between("capacity.pause_seconds", pause, shortest, longest, " seconds")
        if not is_token(low) and low != 0:
            problems.add(
                f"capacity.pause_seconds has no effect with capacity.minimum_acu={low:.15g}: only what may go down to "
                "0 ACUs pauses"
            )


def _check_acu(problems: Problems, name: str, value: float, low: float, high: float) -> None:
    problems.between(name, value, low, high, " ACUs")
    if not is_token(value) and low <= value <= high and (2 * value) % 1:
        problems.add(f"{name} must be in steps of 0.5 ACUs, got {value:.15g} ACUs")


def check_readers(
    problems: Problems, readers: int, scaling: ReaderScaling | None, *, single_point_of_failure: bool
) -> None:
    """How many there are, and how many more there may be."""
    most = defaults.MOST_AURORA_READERS
    if is_token(readers):
        problems.add("readers must be known at synthesis: each is a resource of its own")
    elif readers == 0 and not single_point_of_failure:
        problems.add(
            f"readers must be between 1 and {most}, got 0: the loss of the only instance is a matter of ten minutes, "
            "that of its zone one of the zone's return. Say single_point_of_failure=True if that will do"
        )
    elif readers and single_point_of_failure:
        problems.add(f"single_point_of_failure=True says that there are no readers, got readers={readers}")
    else:
        problems.between("readers", readers, 0, most)
    if scaling is None:
        return
    problems.between("reader_scaling.maximum", scaling.maximum, 1, most)
    if not is_token(readers) and not is_token(scaling.maximum) and scaling.maximum <= readers <= most:
        problems.add(
            f"reader_scaling.maximum must be more than readers, which stay, got {scaling.maximum} and {readers}"
        )
    problems.one_of("reader_scaling.metric", scaling.metric, tuple(ReaderMetric))
    if scaling.metric == ReaderMetric.CPU:
        problems.between("reader_scaling.target", scaling.target, 1, 100, " %")
    else:
        _at_least(problems, "reader_scaling.target", scaling.target, 1, " connections")
    _at_least(problems, "reader_scaling.scale_in_cooldown_seconds", scaling.scale_in_cooldown_seconds, 0, " seconds")
    _at_least(problems, "reader_scaling.scale_out_cooldown_seconds", scaling.scale_out_cooldown_seconds, 0, " seconds")


def check_proxy(
    problems: Problems,
    proxy: ConnectionProxy | None,
    *,
    capacity: ServerlessV2 | Provisioned,
    readers: int,
    iam_authentication: bool,
) -> None:
    """The limits of a proxy, and what it keeps from happening."""
    if proxy is None:
        return
    problems.between("proxy.maximum_connections_percent", proxy.maximum_connections_percent, 1, 100, " %")
    longest = defaults.LONGEST_BORROW_TIMEOUT_SECONDS
    problems.between("proxy.borrow_timeout_seconds", proxy.borrow_timeout_seconds, 1, longest, " seconds")
    idle = (defaults.SHORTEST_PROXY_IDLE_SECONDS, defaults.LONGEST_PROXY_IDLE_SECONDS)
    problems.between("proxy.idle_client_timeout_seconds", proxy.idle_client_timeout_seconds, *idle, " seconds")
    if isinstance(capacity, ServerlessV2) and capacity.minimum_acu == 0:
        problems.add("capacity.minimum_acu=0 has no effect with a proxy, which stays connected: nothing ever pauses")
    if proxy.read_only_endpoint and readers == 0:
        problems.add("proxy.read_only_endpoint leads to readers, and there are none: turn it off, or have readers=1")
    if proxy.iam_required and not iam_authentication:
        problems.add("proxy.iam_required=True contradicts iam_authentication=False: choose one of them")


def check_backtrack(problems: Problems, hours: float | None, engine: Engine) -> None:
    """Aurora MySQL alone has it."""
    if hours is None:
        return
    if engine == Engine.POSTGRESQL and hours != 0:
        problems.add(
            f"backtrack_hours is there for MySQL only, got {_shown(hours)} with PostgreSQL: leave it out, and go back "
            "in time by restoring a backup into another cluster"
        )
        return
    problems.between("backtrack_hours", hours, 0, defaults.LONGEST_BACKTRACK_HOURS, " hours")


def check_operation(
    problems: Problems, *, engine: Engine, backups: Backups, maintenance: Maintenance, monitoring: Monitoring
) -> None:
    """Backups, upgrades and what is recorded."""
    longest = defaults.LONGEST_BACKUP_RETENTION_DAYS
    problems.between("backups.retention_days", backups.retention_days, 1, longest, " days")
    if backups.copy is not None:
        problems.add(
            "backups.copy is not there for Aurora: have GlobalDatabasePrimary, or let AWS Backup copy snapshots"
        )
    check_windows(problems, backup_window=backups.window, maintenance_window=maintenance.window)
    if maintenance.major_version_upgrades:
        problems.add(
            "maintenance.major_version_upgrades has no effect on Aurora: another major engine_version is an upgrade"
        )
    check_monitoring(problems, monitoring)
    for log in monitoring.logs or ():
        problems.one_of("monitoring.logs", log, LOGS[engine])


def check_thresholds(problems: Problems, thresholds: AuroraThresholds) -> None:
    """Sensible ones."""
    problems.between("thresholds.cpu_percent", thresholds.cpu_percent, 1, 100, " %")
    problems.between("thresholds.acu_percent", thresholds.acu_percent, 1, 100, " %")
    for name in ("connections", "free_memory_mib", "free_local_storage_gib", "replica_lag_milliseconds"):
        value = getattr(thresholds, name)
        if value is not None and not is_token(value) and not value > 0:
            problems.add(f"thresholds.{name} must be more than 0, got {value:.15g}")


def chosen_logs(engine: Engine, logs: Sequence[str] | None) -> tuple[str, ...]:
    """What is sent to CloudWatch Logs."""
    return CHOSEN_LOGS[engine] if logs is None else tuple(logs)


def _at_least(problems: Problems, name: str, value: float, low: float, unit: str) -> None:
    if not is_token(value) and not value >= low:
        problems.add(f"{name} must be at least {low:.15g}{unit}, got {value:.15g}{unit}")


def _shown(value: float) -> str:
    return "a value" if is_token(value) else f"{value:.15g} hours"
