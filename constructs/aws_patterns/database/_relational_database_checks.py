"""The limits of what may be chosen about a relational database, part by part. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aws_patterns._names import REGION
from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.engines import TRAITS, Engine
from aws_patterns.database.instance_classes import check_instance_type, is_instance_type, memory_bytes
from aws_patterns.network.multi_az_vpc_options import RETENTION_NAMES

if TYPE_CHECKING:
    from aws_patterns.database.relational_database_options import (
        AlarmThresholds,
        BackupCopy,
        Backups,
        Monitoring,
        ReadReplicas,
        Storage,
    )

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:key/[\w-]+")


def check_names(problems: Problems, engine: Engine, *, database_name: str, master_username: str) -> None:
    """Of the first database and of its owner."""
    traits = TRAITS[engine]
    for name, value, longest in (
        ("database_name", database_name, traits.longest_name),
        ("master_username", master_username, traits.longest_user),
    ):
        if not is_token(value) and not (_NAME.fullmatch(value) and len(value) <= longest):
            problems.add(
                f"{name} must be 1 to {longest} letters, digits and underscores, a letter first, for {engine}, "
                f"got {value!r}"
            )
    if master_username.lower() in traits.reserved_users:
        problems.add(f"master_username must not be one that {engine} on RDS keeps for itself, got {master_username!r}")


def check_parameters(problems: Problems, engine: Engine, parameters: Mapping[str, str]) -> None:
    """TLS is not up for choice."""
    for name in TRAITS[engine].tls_parameters:
        if name in parameters:
            problems.add(
                f"parameters must not name {name}, which refuses connections without TLS, got {parameters[name]!r}: "
                "leave it out"
            )


def check_logs(problems: Problems, engine: Engine, logs: Sequence[str] | None) -> None:
    """Each engine has others."""
    for log in logs or ():
        problems.one_of("monitoring.logs", log, TRAITS[engine].all_logs)


def check_storage(problems: Problems, storage: Storage) -> None:
    """To begin with, and at most."""
    low, high = defaults.SMALLEST_STORAGE_GIB, defaults.LARGEST_STORAGE_GIB
    problems.between("storage.gib", storage.gib, low, high, " GiB")
    maximum = storage.maximum_gib
    if maximum is None or maximum == storage.gib:
        return
    problems.between("storage.maximum_gib", maximum, low, high, " GiB")
    if is_token(maximum) or is_token(storage.gib):
        return
    if maximum * 100 < storage.gib * (100 + defaults.SMALLEST_GROWTH_PERCENT):
        problems.add(
            f"storage.maximum_gib must be at least {defaults.SMALLEST_GROWTH_PERCENT} % more than storage.gib, or the "
            f"same for storage that does not grow, got {maximum} GiB and {storage.gib} GiB"
        )


def check_backups(problems: Problems, backups: Backups | None, *, has_replicas: bool) -> None:
    """How long they are kept, here and elsewhere, and who needs them."""
    if backups is None:
        if has_replicas:
            problems.add("read_replicas are made from backups, got backups=None: keep backups for a day at least")
        return
    longest = defaults.LONGEST_BACKUP_RETENTION_DAYS
    days = backups.retention_days
    if days == 0:
        problems.add(
            f"backups.retention_days must be between 1 and {longest} days, got 0 days: write backups=None to keep no "
            "backup, and to lose everything with the next mistake"
        )
    else:
        problems.between("backups.retention_days", days, 1, longest, " days")
    if backups.copy is not None:
        _check_copy(problems, backups.copy)


def _check_copy(problems: Problems, copy: BackupCopy) -> None:
    longest = defaults.LONGEST_BACKUP_RETENTION_DAYS
    problems.between("backups.copy.retention_days", copy.retention_days, 1, longest, " days")
    if not is_token(copy.region) and not REGION.fullmatch(copy.region):
        problems.add(f"backups.copy.region must be a Region such as 'eu-central-1', got {copy.region!r}")
    arn = copy.encryption_key_arn
    if arn is None or is_token(arn):
        return
    match = _KEY_ARN.fullmatch(arn)
    if match is None:
        problems.add(
            "backups.copy.encryption_key_arn must be the ARN of a key such as "
            f"'arn:aws:kms:{copy.region}:111122223333:key/mrk-1234', got {arn!r}"
        )
    elif match[1] != copy.region and not is_token(copy.region):
        problems.add(
            f"backups.copy.encryption_key_arn must be a key in {copy.region}, where the copies are, got one in "
            f"{match[1]}"
        )


def check_monitoring(problems: Problems, monitoring: Monitoring) -> None:
    """AWS takes few values for each."""
    seconds, days = monitoring.enhanced_seconds, monitoring.insights_days
    choices = defaults.ENHANCED_MONITORING_CHOICES
    if not is_token(seconds) and seconds not in choices:
        problems.add(
            f"monitoring.enhanced_seconds must be one of {', '.join(map(str, choices))} seconds, got {seconds} seconds"
        )
    month, months = defaults.INSIGHTS_MONTH_DAYS, defaults.LONGEST_INSIGHTS_MONTHS
    allowed = {defaults.INSIGHTS_DAYS, defaults.LONGEST_INSIGHTS_DAYS, *range(month, month * months + 1, month)}
    if not is_token(days) and days not in allowed:
        problems.add(
            f"monitoring.insights_days must be {defaults.INSIGHTS_DAYS}, a multiple of {month} up to {month * months}, "
            f"or {defaults.LONGEST_INSIGHTS_DAYS} days, got {days} days"
        )
    kept = monitoring.log_retention_days
    if not is_token(kept) and kept not in RETENTION_NAMES:
        problems.add(
            f"monitoring.log_retention_days must be one of {', '.join(map(str, RETENTION_NAMES))} days, got {kept} days"
        )


def check_replicas(problems: Problems, read_replicas: ReadReplicas) -> None:
    """How many, and on what."""
    problems.between("read_replicas.count", read_replicas.count, 1, defaults.MOST_READ_REPLICAS)
    if is_token(read_replicas.count):
        problems.add("read_replicas.count must be known before deployment: each replica is a resource of its own")
    if read_replicas.instance_type is not None:
        check_instance_type(problems, "read_replicas.instance_type", read_replicas.instance_type)


def check_thresholds(
    problems: Problems, thresholds: AlarmThresholds, *, instance_type: str, read_replicas: ReadReplicas | None
) -> None:
    """Sensible, and all known."""
    problems.between("thresholds.cpu_percent", thresholds.cpu_percent, 1, 100, " %")
    for name, value in (
        ("free_storage_gib", thresholds.free_storage_gib),
        ("connections", thresholds.connections),
        ("replica_lag_seconds", thresholds.replica_lag_seconds),
    ):
        if value is not None and not is_token(value) and value <= 0:
            problems.add(f"thresholds.{name} must be more than 0, got {value:.15g}")
    if thresholds.connections is not None:
        return
    replica_type = read_replicas.instance_type if read_replicas else None
    for name, chosen in (("instance_type", instance_type), ("read_replicas.instance_type", replica_type)):
        if chosen is not None and is_instance_type(chosen) and memory_bytes(chosen) is None:
            problems.add(
                f"thresholds.connections must be given with {name}={chosen!r}, whose memory, and with it the number "
                "of connections that the engine lets in, only AWS knows"
            )
