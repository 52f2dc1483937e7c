"""What may be chosen about a shared file system, and what follows for its recovery. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.recovery import HOUR, MINUTE, NONE, Loss, Recovery, RecoveryCharacteristics, Span
from aws_patterns.recovery_objectives import Objective, check_objectives
from aws_patterns.security.encryption_key_options import check_alias, check_region
from aws_patterns.storage import _defaults as defaults

_GUIDE = "https://docs.aws.amazon.com/efs/latest/ug/"
_ACCESS_POINT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}", re.ASCII)
_PERMISSIONS = re.compile(r"[0-7]{3,4}", re.ASCII)
# Goes through a shell script into a table of file systems, where blanks and backslashes mean something.
_PATH = re.compile(r"(/[\w.@+-]+)+", re.ASCII)
# The loss of one leaves one.
_ZONES = 2
_FILE_SYSTEM_ID = re.compile(r"fs-[0-9a-f]{8,40}", re.ASCII)


_REACHED_BY = {
    Loss.INSTANCE: "Ask for less.",
    Loss.AVAILABILITY_ZONE: "Leave out down_with_its_zone, or ask for less.",
    Loss.REGION: "Give a replication, or ask for less.",
}


class Throughput(StrEnum):
    """How fast a file system is, and what is paid for that."""

    ELASTIC = "elastic"
    """As fast as needed, paid by what is read and written: for what comes and goes, and for what nobody knows yet."""
    BURSTING = "bursting"
    """By how much is stored, and more on credit for a while: no price of its own, and slow when credit has gone."""
    PROVISIONED = "provisioned"
    """So much always, paid by the hour: for what is known and steady."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessPoint:
    """A folder that clients see as the whole, as one user whoever they are: ``AccessPoint(path="/site", uid=48)``.

    Attributes:
        path: Of the folder, made at the first mount. Default ``/files``.
        uid: The user that all is read and written as. Default 1000.
        gid: Its group. Default 1000.
        permissions: Of the folder when it is made, as in ``chmod``. Default ``750``.
    """

    path: str = defaults.FOLDER_PATH
    uid: int = defaults.POSIX_ID
    gid: int = defaults.POSIX_ID
    permissions: str = defaults.FOLDER_PERMISSIONS


ONE_FOLDER: Mapping[str, AccessPoint] = {"Files": AccessPoint()}
"""What a file system has when nothing else is said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileReplication:
    """A copy in another Region, read-only until somebody ends the replication: ``FileReplication(region="eu-west-3")``.

    Attributes:
        region: Where.
        key_alias: Of the customer managed key there, without ``alias/``. Default: EFS's own key there.
        file_system_id: Of a ``SharedFileSystem`` there that was made with ``overwritten_by_replication=True``, so that
            its mount targets wait for the day. Default: EFS makes a new one, which has none.
    """

    region: str
    key_alias: str | None = None
    file_system_id: str | None = None


@typed
def check_shared_file_system(
    problems: Problems,
    *,
    zones: Sequence[str] | None = None,
    down_with_its_zone: bool = False,
    access_points: Mapping[str, AccessPoint] = ONE_FOLDER,
    infrequent_access_after_days: int | None = defaults.INFREQUENT_ACCESS_DAYS,
    archive_after_days: int | None = None,
    throughput: Throughput = Throughput.ELASTIC,
    provisioned_mib_per_second: float | None = None,
    replication: FileReplication | None = None,
    overwritten_by_replication: bool = False,
    automatic_backups: bool = True,
    objectives: Mapping[Loss, Objective] | None = None,
    own_region: str | None = None,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one file system, with mount targets in ``zones``."""
    if zones is not None:
        _check_zones(problems, zones, down_with_its_zone=down_with_its_zone)
    _check_access_points(problems, access_points)
    _check_lifecycle(problems, infrequent_access_after_days, archive_after_days)
    if archive_after_days is not None:
        _check_archive(problems, throughput, one_zone=down_with_its_zone)
    _check_throughput(problems, throughput, provisioned_mib_per_second)
    if replication is not None:
        _check_replication(problems, replication, own_region)
        if overwritten_by_replication:
            problems.add(
                "replication can't be combined with overwritten_by_replication=True: a file system is the source of a "
                "replication or its destination. Leave out one of the two"
            )
    characteristics = recovery_of(
        down_with_its_zone=down_with_its_zone,
        automatic_backups=automatic_backups,
        replicated=replication is not None,
    )
    check_objectives(problems, objectives or {}, characteristics, fixes=_REACHED_BY)


def check_mount_path(problems: Problems, path: str, name: str = "path") -> None:
    """Add to ``problems`` what is wrong with where a file system is to be seen on an instance."""
    if not is_token(path) and (not _PATH.fullmatch(path) or "/.." in path or "/./" in path):
        problems.add(f"{name} must be a folder such as {defaults.MOUNT_PATH}, got {path!r}")


def _check_zones(problems: Problems, zones: Sequence[str], *, down_with_its_zone: bool) -> None:
    known = [zone for zone in zones if not is_token(zone)]
    twice = [zone for zone in dict.fromkeys(zones) if zones.count(zone) > 1]
    if twice:
        named = [zone for zone in twice if zone in known]
        problems.add(
            "subnets must be in different Availability Zones, because EFS has one mount target in each"
            + (f", got several in {', '.join(named)}" if named else "")
        )
    if len(set(zones)) < _ZONES and not down_with_its_zone:
        problems.add(
            f"subnets must be in two Availability Zones at least, got {len(set(zones))}: the files would be out of "
            "reach with their zone. Choose more, or accept that with down_with_its_zone=True"
        )


def _check_access_points(problems: Problems, points: Mapping[str, AccessPoint]) -> None:
    if not 1 <= len(points) <= defaults.MOST_ACCESS_POINTS:
        problems.add(
            f"access_points must name 1 to {defaults.MOST_ACCESS_POINTS} folders, got {len(points)}: without one "
            "nobody but root could write"
        )
    for name, point in points.items():
        label = f"access_points[{name!r}]"
        if not _ACCESS_POINT_NAME.fullmatch(name):
            problems.add(f"access_points must have names of 1 to 64 letters and digits, a letter first, got {name!r}")
        _check_folder(problems, f"{label}.path", point.path)
        for part, value in (("uid", point.uid), ("gid", point.gid)):
            problems.between(f"{label}.{part}", value, 0, defaults.LARGEST_POSIX_ID)
        if not is_token(point.permissions) and not _PERMISSIONS.fullmatch(point.permissions):
            problems.add(
                f"{label}.permissions must be 3 or 4 digits from 0 to 7 such as 750, got {point.permissions!r}"
            )
    paths = [point.path for point in points.values() if not is_token(point.path)]
    for path in dict.fromkeys(paths):
        if paths.count(path) > 1:
            problems.add(f"access_points has {paths.count(path)} of the path {path}: EFS would make it for one of them")


def _check_folder(problems: Problems, name: str, path: str) -> None:
    if is_token(path):
        return
    well_formed = _PATH.fullmatch(path) and "/.." not in path and len(path) <= defaults.LONGEST_ACCESS_POINT_PATH
    if not well_formed or path.count("/") > defaults.DEEPEST_ACCESS_POINT:
        problems.add(
            f"{name} must be a folder such as {defaults.FOLDER_PATH}, up to {defaults.DEEPEST_ACCESS_POINT} deep and "
            f"{defaults.LONGEST_ACCESS_POINT_PATH} characters long, got {path!r}"
        )


def _check_lifecycle(problems: Problems, infrequent: int | None, archive: int | None) -> None:
    allowed = ", ".join(map(str, defaults.LIFECYCLE_DAYS))
    for name, days in (("infrequent_access_after_days", infrequent), ("archive_after_days", archive)):
        if days is not None and not is_token(days) and days not in defaults.LIFECYCLE_DAYS:
            problems.add(f"{name} must be one of {allowed} days, or None for never, got {days}")
    if archive is None:
        return
    if infrequent is None:
        problems.add("archive_after_days needs infrequent_access_after_days: EFS archives what it moved there before")
    elif not is_token(infrequent) and not is_token(archive) and archive <= infrequent:
        problems.add(
            f"archive_after_days must be more than infrequent_access_after_days ({infrequent} days), got {archive} days"
        )


def _check_archive(problems: Problems, throughput: Throughput, *, one_zone: bool) -> None:
    if throughput in set(Throughput) and throughput != Throughput.ELASTIC:
        problems.add(
            f"archive_after_days needs throughput=Throughput.ELASTIC, got Throughput.{throughput.name}: EFS archives "
            "with no other"
        )
    if one_zone:
        problems.add("archive_after_days can't be combined with down_with_its_zone=True: one zone has no archive")


def _check_throughput(problems: Problems, throughput: Throughput, provisioned: float | None) -> None:
    problems.one_of("throughput", throughput, tuple(Throughput))
    if throughput == Throughput.PROVISIONED and provisioned is None:
        problems.add("provisioned_mib_per_second is missing: throughput=Throughput.PROVISIONED is so much and no more")
    elif provisioned is not None and throughput != Throughput.PROVISIONED:
        problems.add("provisioned_mib_per_second has no effect without throughput=Throughput.PROVISIONED: leave it out")
    if provisioned is not None:
        low, high = defaults.LEAST_PROVISIONED_MIB, defaults.MOST_PROVISIONED_MIB
        problems.between("provisioned_mib_per_second", provisioned, low, high, " MiB/s")


def _check_replication(problems: Problems, replication: FileReplication, own_region: str | None) -> None:
    check_region(problems, "replication.region", replication.region)
    if not is_token(replication.region) and replication.region == own_region:
        problems.add(
            f"replication.region must be another Region than the file system's own, got {replication.region!r}: what "
            "takes the one takes the other"
        )
    if replication.key_alias is not None:
        check_alias(problems, replication.key_alias, "replication.key_alias")
    given = replication.file_system_id
    if given is None:
        return
    if not is_token(given) and not _FILE_SYSTEM_ID.fullmatch(given):
        problems.add(f"replication.file_system_id must be an id such as fs-0123456789abcdef0, got {given!r}")
    if replication.key_alias is not None:
        problems.add(
            "replication.key_alias has no effect with file_system_id: that file system has a key already. Leave it out"
        )


def recovery_of(
    *, down_with_its_zone: bool = False, automatic_backups: bool = True, replicated: bool = False
) -> RecoveryCharacteristics:
    """What is left of the files after a loss."""
    unnoticed = Recovery(
        recovery_time=NONE,
        recovery_point=NONE,
        automatic=True,
        how="The files are in several zones, each with a mount target of its own.",
        source=f"{_GUIDE}disaster-recovery-resiliency.html",
    )
    replica = Recovery(
        recovery_time=Span(usual=defaults.SWITCH_USUAL_MINUTES * MINUTE, worst=defaults.SWITCH_WORST_MINUTES * MINUTE),
        recovery_point=Span(usual=MINUTE, worst=defaults.FILE_REPLICATION_POINT_MINUTES * MINUTE),
        automatic=False,
        how="A person deletes the replication, and the copy can be written within minutes; who uses it must then mount "
        "it (an estimate). More is lost with more than 100 million files, or files of over 100 GB.",
        source=f"{_GUIDE}replication-use-cases.html",
    )
    restored = Recovery(
        recovery_time=Span(usual=defaults.FILE_RESTORE_HOURS[0] * HOUR, worst=defaults.FILE_RESTORE_HOURS[1] * HOUR),
        recovery_point=Span(usual=defaults.FILE_BACKUP_HOURS / 2 * HOUR, worst=defaults.FILE_BACKUP_HOURS * HOUR),
        automatic=False,
        how="A person restores the last daily backup into a new file system; how long that takes is an estimate.",
        source=f"{_GUIDE}awsbackup.html",
    )
    lost = Recovery(
        recovery_time=None,
        recovery_point=None,
        automatic=False,
        how="No copy of the files is anywhere else.",
        source=f"{_GUIDE}availability-durability.html",
    )
    if not down_with_its_zone:
        instance, zone = unnoticed, unnoticed
    else:
        zone = replica if replicated else restored if automatic_backups else lost
        instance = Recovery(
            recovery_time=NONE,
            recovery_point=NONE,
            automatic=True,
            how="The files are on several devices of their zone.",
            source=f"{_GUIDE}availability-durability.html",
        )
    region = replica if replicated else lost
    return {Loss.INSTANCE: instance, Loss.AVAILABILITY_ZONE: zone, Loss.REGION: region}
