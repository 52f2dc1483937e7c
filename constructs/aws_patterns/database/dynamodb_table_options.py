"""What may be chosen about a DynamoDB table, and what follows for the day on which something is lost. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from aws_patterns._names import REGION
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.dynamodb_capacity import (
    OnDemand,
    Provisioned,
    Scaling,
    check_capacity,
    check_same_kind,
    check_scaling,
)
from aws_patterns.database.dynamodb_indexes import Attribute, Index, LocalIndex, check_fields
from aws_patterns.recovery import NONE, Loss, Recovery, RecoveryCharacteristics, Span
from aws_patterns.recovery_objectives import Objective, check_objectives

_TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[\w-]+", re.ASCII)
_RESILIENCE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/disaster-recovery-resiliency.html"
_GLOBAL_TABLES = "https://docs.aws.amazon.com/prescriptive-guidance/latest/dynamodb-global-tables/overview.html"
_FIXES = MappingProxyType(
    {
        Loss.INSTANCE: "No table does better.",
        Loss.AVAILABILITY_ZONE: "No table does better.",
        Loss.REGION: "Name replicas in other Regions, or accept more.",
    }
)


class StreamView(StrEnum):
    """What the stream of a table tells of each change, for 24 hours."""

    KEYS_ONLY = "KEYS_ONLY"
    NEW_IMAGE = "NEW_IMAGE"
    OLD_IMAGE = "OLD_IMAGE"
    NEW_AND_OLD_IMAGES = "NEW_AND_OLD_IMAGES"


class StorageClass(StrEnum):
    """What costs more: to keep items, or to read and write them."""

    STANDARD = "STANDARD"
    INFREQUENT_ACCESS = "STANDARD_INFREQUENT_ACCESS"
    """For tables whose storage is more than half of their bill: that costs less, requests more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Replica:
    """The same table in another Region, read and written there: ``Replica(region="eu-west-1")``.

    Attributes:
        region: Its Region's code.
        encryption_key_arn: Customer managed key of that Region; needed where the table has one, and only there.
        deletion_protection: Whether it refuses to be deleted. Default: as the table.
        recovery_days: To which of the last days it can be brought back. Default: as the table.
        storage_class: What costs more. Default: as the table.
        capacity: Of reads in that Region, ``Scaling`` where the table is provisioned, or the most read request units
            a second where it is on demand. Default: as the table. Writes are the same everywhere.
    """

    region: str
    encryption_key_arn: str | None = None
    deletion_protection: bool | None = None
    recovery_days: int | None = None
    storage_class: StorageClass | None = None
    capacity: Scaling | int | None = None


@typed
def check_dynamodb_table(
    problems: Problems,
    *,
    partition_key: str | Attribute = "id",
    sort_key: str | Attribute | None = None,
    indexes: Mapping[str, Index] = MappingProxyType({}),
    local_indexes: Mapping[str, LocalIndex] = MappingProxyType({}),
    capacity: OnDemand | Provisioned = OnDemand(),  # noqa: B008 - frozen
    replicas: Sequence[Replica] = (),
    time_to_live_attribute: str | None = None,
    stream: StreamView | None = None,
    recovery_days: int | None = defaults.TABLE_RECOVERY_DAYS,
    storage_class: StorageClass = StorageClass.STANDARD,
    customer_key: bool = False,
    aws_managed_key: bool = False,
    deletion_protection: bool | None = None,
    kept: bool = True,
    table_name: str | None = None,
    objectives: Mapping[Loss, Objective] = MappingProxyType({}),
    region: str | None = None,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one table.

    ``customer_key``, ``kept`` and ``region`` stand for what the CDK knows: whether there is an ``encryption_key``,
    whether the ``removal_policy`` keeps the table, and the Region of its stack (``None``: not known yet).
    """
    check_fields(
        problems,
        partition_key=partition_key,
        sort_key=sort_key,
        indexes=indexes,
        local_indexes=local_indexes,
        time_to_live_attribute=time_to_live_attribute,
    )
    check_capacity(problems, "capacity", capacity)
    check_same_kind(
        problems, capacity, {f"indexes[{name!r}].capacity": index.capacity for name, index in indexes.items()}
    )
    if table_name is not None and not is_token(table_name) and not _TABLE_NAME.fullmatch(table_name):
        problems.add(f"table_name must be 3 to 255 letters, digits, underscores, hyphens and dots, got {table_name!r}")
    problems.one_of("storage_class", storage_class, tuple(StorageClass))
    _check_recovery_days(problems, "recovery_days", recovery_days)
    if customer_key and aws_managed_key:
        problems.add("aws_managed_key has no effect with an encryption_key: leave one of them out")
    if not kept and deletion_protection:
        problems.add(
            "deletion_protection must not be on with removal_policy DESTROY: the deletion of the stack would fail at "
            "the table. Leave one of them out"
        )
    if stream is not None:
        _check_stream(problems, stream, replicated=bool(replicas))
    _check_regions(problems, [replica.region for replica in replicas], region, known=region is not None)
    for position, replica in enumerate(replicas):
        _check_replica(problems, f"replicas[{position}]", replica, capacity, customer_key=customer_key, kept=kept)
    check_objectives(problems, objectives, recovery_of([replica.region for replica in replicas]), fixes=_FIXES)


def check_region(problems: Problems, name: str, region: str) -> None:
    """Add to ``problems`` whether this is no Region's code."""
    if not REGION.fullmatch(region):
        problems.add(f"{name} must name Regions by codes such as eu-west-1, got {region!r}")


def recovery_of(replica_regions: Sequence[str]) -> RecoveryCharacteristics:
    """What a table with replicas in these Regions promises for each loss."""
    three_zones = "DynamoDB keeps each item in three Availability Zones and answers from those that are left."
    unnoticed = Recovery(recovery_time=NONE, recovery_point=NONE, automatic=True, how=three_zones, source=_RESILIENCE)
    return {Loss.INSTANCE: unnoticed, Loss.AVAILABILITY_ZONE: unnoticed, Loss.REGION: _region_lost(replica_regions)}


def _region_lost(replica_regions: Sequence[str]) -> Recovery:
    if not replica_regions:
        return Recovery(
            recovery_time=None,
            recovery_point=None,
            automatic=False,
            how="The table, and the backups by which it is brought back to a point in time, are in one Region.",
            source=_RESILIENCE,
        )
    return Recovery(
        recovery_time=NONE,
        recovery_point=Span(usual=defaults.USUAL_REPLICATION_SECONDS, worst=defaults.SLOW_REPLICATION_SECONDS),
        automatic=True,
        how=(
            f"The replica in {' and '.join(replica_regions)} is read and written all along, by who calls it there. "
            "Changes that had not left the lost Region arrive when it is back. AWS promises no bound; the longest is "
            "what the alarm on replication allows."
        ),
        source=_GLOBAL_TABLES,
    )


def _check_recovery_days(problems: Problems, name: str, days: int | None) -> None:
    if days is not None:
        shortest, longest = defaults.SHORTEST_TABLE_RECOVERY_DAYS, defaults.LONGEST_TABLE_RECOVERY_DAYS
        problems.between(name, days, shortest, longest, " days")


def _check_stream(problems: Problems, stream: StreamView, *, replicated: bool) -> None:
    if stream not in set(StreamView):
        problems.one_of("stream", stream, tuple(StreamView))
    elif replicated and stream is not StreamView.NEW_AND_OLD_IMAGES:
        problems.add(
            f"stream must be NEW_AND_OLD_IMAGES with replicas, which live on it, got {stream}: leave it out, or leave "
            "out the replicas"
        )


def _check_regions(problems: Problems, replicas: Sequence[str], own: str | None, *, known: bool) -> None:
    for name in dict.fromkeys(replicas):
        if is_token(name):
            problems.add("replicas must name their Regions by their codes, got one that is known at deployment only")
            continue
        check_region(problems, "replicas", name)
        if replicas.count(name) > 1:
            problems.add(f"replicas must have each Region once, got {name} {replicas.count(name)} times")
        elif name == own:
            problems.add(f"replicas must be in other Regions than the table, got {name}, which is that of its stack")
    if replicas and not known:
        problems.add(
            "replicas need a stack whose Region is known, got one for any Region: give the stack "
            "env=cdk.Environment(region=...)"
        )


def _check_replica(
    problems: Problems,
    name: str,
    replica: Replica,
    capacity: OnDemand | Provisioned,
    *,
    customer_key: bool,
    kept: bool,
) -> None:
    _check_recovery_days(problems, f"{name}.recovery_days", replica.recovery_days)
    if replica.storage_class is not None:
        problems.one_of(f"{name}.storage_class", replica.storage_class, tuple(StorageClass))
    if replica.deletion_protection and not kept:
        problems.add(f"{name}.deletion_protection must not be on with removal_policy DESTROY, which deletes it as well")
    _check_replica_key(problems, name, replica, customer_key=customer_key)
    reads = replica.capacity
    if isinstance(reads, Scaling):
        check_scaling(problems, f"{name}.capacity", reads)
        if isinstance(capacity, OnDemand):
            problems.add(
                f"{name}.capacity must be the most read request units a second of a table on demand, a whole number, "
                "got Scaling"
            )
    elif reads is not None:
        if isinstance(capacity, Provisioned):
            problems.add(
                f"{name}.capacity must be Scaling(minimum=..., maximum=...) of a provisioned table, got {reads}"
            )
        else:
            problems.between(f"{name}.capacity", reads, 1, 10_000_000, " units a second")


def _check_replica_key(problems: Problems, name: str, replica: Replica, *, customer_key: bool) -> None:
    arn = replica.encryption_key_arn
    if arn is None:
        if customer_key:
            problems.add(
                f"{name}.encryption_key_arn is missing: a table with an encryption_key needs a key in {replica.region} "
                "as well, for instance the replica of a multi-Region key"
            )
        return
    if not customer_key:
        problems.add(
            f"{name}.encryption_key_arn has no effect on a table without an encryption_key: name one there too"
        )
    if is_token(arn):
        return
    found = _KEY_ARN.fullmatch(arn)
    if found is None:
        problems.add(
            f"{name}.encryption_key_arn must look like arn:aws:kms:{replica.region}:111122223333:key/..., got {arn!r}"
        )
    elif found["region"] != replica.region:
        problems.add(f"{name}.encryption_key_arn must be a key of {replica.region}, got one of {found['region']}")
