"""What may be chosen about a bucket, within which limits, and what follows for its recovery. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.recovery import NONE, Loss, Recovery, RecoveryCharacteristics
from aws_patterns.storage import _defaults as defaults

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", re.ASCII)
_DURABILITY = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/DataDurability.html"


class Lifecycle(StrEnum):
    """How soon objects must be at hand, by how they are used.

    Attributes:
        READY: Always, at once.
        UNKNOWN_USE: At once; S3 watches which objects are read and charges less for the others (Intelligent-Tiering).
        AGEING: At once; less often from the 60th day on, and from the 180th not before some hours.
        ORIGINALS: At once for 60 days, then within hours: photos, of which smaller ones are shown.
        THUMBNAILS: What can be made again: in one Availability Zone from the 30th day on, deleted after the 60th.
        RECOVERABLE: At once. What is deleted comes back at once for 30 days, and within 48 hours for a year.
    """

    READY = "ready"
    UNKNOWN_USE = "unknown-use"
    AGEING = "ageing"
    ORIGINALS = "originals"
    THUMBNAILS = "thumbnails"
    RECOVERABLE = "recoverable"


class LockMode(StrEnum):
    """Who may end the protection of an object before its time.

    Attributes:
        GOVERNANCE: Whoever has ``s3:BypassGovernanceRetention``.
        COMPLIANCE: Nobody, not even the root of the account; the account itself must be closed.
    """

    GOVERNANCE = "GOVERNANCE"
    COMPLIANCE = "COMPLIANCE"


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectLock:
    """Write once, read many: no version is deleted or changed before its time. ``ObjectLock(days=365)``.

    Attributes:
        days: How long, from when a version was written. 1 to 36,500.
        mode: Who may end it earlier. Default ``LockMode.GOVERNANCE``.
    """

    days: int
    mode: LockMode = LockMode.GOVERNANCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """To which storage class, by its name in S3, and at which age in days."""

    storage_class: str
    days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Ages:
    """What becomes of objects as they age.

    Attributes:
        moves: Of what is current.
        earlier_moves: Of what was deleted or written over; the age counts from then.
        expires: At which age what is current is deleted. ``None``: never.
        earlier_expire: When what was deleted or written over is gone.
    """

    moves: Sequence[Move] = ()
    earlier_moves: Sequence[Move] = ()
    expires: int | None = None
    earlier_expire: int = defaults.EARLIER_VERSION_DAYS


_AGES: Mapping[Lifecycle, Ages] = {
    Lifecycle.READY: Ages(),
    Lifecycle.UNKNOWN_USE: Ages(moves=(Move(storage_class="INTELLIGENT_TIERING", days=0),)),
    Lifecycle.AGEING: Ages(
        moves=(
            Move(storage_class="STANDARD_IA", days=defaults.SCENARIO_DAYS),
            Move(storage_class="GLACIER", days=defaults.ARCHIVE_DAYS),
        )
    ),
    Lifecycle.ORIGINALS: Ages(moves=(Move(storage_class="GLACIER", days=defaults.SCENARIO_DAYS),)),
    Lifecycle.THUMBNAILS: Ages(
        moves=(Move(storage_class="ONEZONE_IA", days=defaults.SHORTEST_BEFORE_INFREQUENT_ACCESS_DAYS),),
        expires=defaults.SCENARIO_DAYS,
    ),
    Lifecycle.RECOVERABLE: Ages(
        earlier_moves=(Move(storage_class="DEEP_ARCHIVE", days=defaults.DELETED_AT_ONCE_DAYS),),
        earlier_expire=defaults.DELETED_KEPT_DAYS,
    ),
}


def ages_of(lifecycle: Lifecycle, *, retention_days: int | None, earlier_version_days: int | None) -> Ages:
    """What becomes of objects, with the numbers that were given in the place of the scenario's own."""
    scenario = _AGES[lifecycle]
    return Ages(
        moves=scenario.moves,
        earlier_moves=scenario.earlier_moves,
        expires=scenario.expires if retention_days is None else retention_days,
        earlier_expire=scenario.earlier_expire if earlier_version_days is None else earlier_version_days,
    )


@typed
def check_data_bucket(
    problems: Problems,
    *,
    bucket_name: str | None = None,
    lifecycle: Lifecycle = Lifecycle.READY,
    retention_days: int | None = None,
    earlier_version_days: int | None = None,
    access_log_retention_days: int = defaults.ACCESS_LOG_DAYS,
    object_lock: ObjectLock | None = None,
    without_versions: bool = False,
    destroy: bool = False,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one bucket; ``destroy``: it goes with its stack."""
    if bucket_name is not None:
        check_bucket_name(problems, "bucket_name", bucket_name)
    for name, days in (
        ("retention_days", retention_days),
        ("earlier_version_days", earlier_version_days),
        ("access_log_retention_days", access_log_retention_days),
        ("object_lock.days", None if object_lock is None else object_lock.days),
    ):
        if days is not None:
            problems.between(name, days, 1, defaults.LONGEST_DAYS, " days")
    problems.one_of("lifecycle", lifecycle, [str(known) for known in Lifecycle])
    if lifecycle in set(Lifecycle):
        _check_ages(problems, Lifecycle(lifecycle), retention_days, earlier_version_days)
    if without_versions:
        _check_without_versions(problems, lifecycle, earlier_version_days, object_lock)
    if object_lock is not None:
        problems.one_of("object_lock.mode", object_lock.mode, [str(known) for known in LockMode])
        if destroy:
            problems.add(
                "removal_policy must be RETAIN with object_lock: a bucket with locked objects can't be deleted, and "
                "the stack could not be either"
            )


def check_bucket_name(problems: Problems, name: str, value: str) -> None:
    """Add what is wrong with the name of a bucket, which is given under this name."""
    if not is_token(value) and not _NAME.fullmatch(value):
        problems.add(
            f"{name} must be 3 to 63 lowercase letters, digits and hyphens, with a letter or a digit at both ends, got "
            f"{value!r}"
        )


def recovery_of(lifecycle: Lifecycle) -> RecoveryCharacteristics:
    """What follows from the loss of something; a bucket belongs to a Region."""
    kept = Recovery(
        recovery_time=NONE,
        recovery_point=NONE,
        automatic=True,
        how="S3 keeps every object in at least three Availability Zones, and answers from those that are left.",
        source=_DURABILITY,
    )
    one_zone = Recovery(
        recovery_time=None,
        recovery_point=None,
        automatic=False,
        how="From their 30th day on these objects are in one Availability Zone, and lost with it: make them again.",
        source=_DURABILITY,
    )
    gone = Recovery(
        recovery_time=None,
        recovery_point=None,
        automatic=False,
        how="The bucket is in one Region and comes back with it; ReplicatedBucket keeps the objects in another one.",
        source=_DURABILITY,
    )
    in_one_zone = lifecycle == Lifecycle.THUMBNAILS
    return {
        Loss.INSTANCE: kept,
        Loss.AVAILABILITY_ZONE: one_zone if in_one_zone else kept,
        Loss.REGION: gone,
    }


def _check_ages(problems: Problems, lifecycle: Lifecycle, retention: int | None, earlier: int | None) -> None:
    ages = ages_of(lifecycle, retention_days=retention, earlier_version_days=earlier)
    for name, given, moves in (
        ("retention_days", retention, ages.moves),
        ("earlier_version_days", earlier, ages.earlier_moves),
    ):
        last = max((move.days for move in moves), default=0)
        if given is not None and not is_token(given) and 1 <= given <= last:
            problems.add(
                f"{name} must be more than {last} days with lifecycle={lifecycle}, got {given} days: objects are moved "
                "to another storage class at that age, and S3 refuses to delete them before"
            )


def _check_without_versions(
    problems: Problems, lifecycle: Lifecycle, earlier_version_days: int | None, object_lock: ObjectLock | None
) -> None:
    for name, given in (
        ("object_lock", object_lock is not None),
        ("earlier_version_days", earlier_version_days is not None),
        (f"lifecycle={Lifecycle.RECOVERABLE}", lifecycle == Lifecycle.RECOVERABLE),
    ):
        if given:
            problems.add(
                f"without_versions can't be with {name}, which is about earlier versions: leave one of them out"
            )
