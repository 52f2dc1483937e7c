"""Whether what was restored is what was backed up, as far as originals that live on can tell. Pure: no AWS."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

# Clocks differ, and what was written while the backup was made may be in it or not.
MARGIN_SECONDS = 60
_MILLISECONDS_FROM = 1e11
# Of what a recovery's watch and runbook write, which is nobody's data and another with every minute.
_MARKERS = "recovery-marker"


class Status(StrEnum):
    """A verdict, in the words of AWS Backup."""

    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"


class NotComparableError(Exception):
    """There is nothing to compare with, or not the right to. Its text is told to AWS Backup."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """One item or object.

    Attributes:
        digest: The same for the same content.
        written: When it was written last, in seconds since 1970. ``None``: it does not say.
    """

    digest: str
    written: float | None = None


@dataclass(slots=True)
class Counts:
    """How many of each kind were found."""

    identical: int = 0
    gone: int = 0
    newer: int = 0
    unexplained: int = 0
    lost: int = 0
    spoiled: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What AWS Backup is told."""

    status: Status
    message: str
    counts: Counts = field(default_factory=Counts)


def judge(
    restored: Mapping[str, Content], originals: Mapping[str, Content], *, taken: float, least_identical_percent: float
) -> Verdict:
    """Compare both sides, each known by the same keys.

    What was written after the backup explains itself where the originals say when that was. Where they don't, only so
    many may differ as ``least_identical_percent`` leaves.

    Args:
        restored: What came out of the backup.
        originals: What it was made of, as it is now.
        taken: When the backup was made, in seconds since 1970.
        least_identical_percent: Of those that are there and not explained.
    """
    counts = Counts()
    for key in {*restored, *originals}:
        _count(counts, restored.get(key), originals.get(key), taken - MARGIN_SECONDS)
    told = (
        f"{counts.identical} identical, {counts.newer} written since, {counts.gone} deleted since, "
        f"{counts.unexplained} different without saying since when, {counts.lost} lost, {counts.spoiled} spoiled"
    )
    compared = counts.identical + counts.unexplained
    share = 100 * counts.identical / compared if compared else 100.0
    if counts.lost or counts.spoiled:
        return Verdict(status=Status.FAILED, message=f"The backup lacks what it should have: {told}.", counts=counts)
    if share < least_identical_percent:
        message = f"Only {share:.1f} % are identical, {least_identical_percent:g} % are asked for: {told}."
        return Verdict(status=Status.FAILED, message=message, counts=counts)
    if not restored and not originals:
        return Verdict(status=Status.SUCCESSFUL, message="Both are empty.", counts=counts)
    return Verdict(status=Status.SUCCESSFUL, message=f"Compared: {told}.", counts=counts)


def _count(counts: Counts, restored: Content | None, original: Content | None, taken: float) -> None:
    if original is None:
        counts.gone += 1
    elif restored is not None and restored.digest == original.digest:
        counts.identical += 1
    elif original.written is None:
        counts.unexplained += 1
    elif original.written > taken:
        counts.newer += 1
    elif restored is None:
        counts.lost += 1
    else:
        counts.spoiled += 1


def digest_of_item(item: Mapping[str, object]) -> str:
    """Of an item as DynamoDB writes it; sets have no order there."""
    return hashlib.sha256(json.dumps(_plain(item), sort_keys=True).encode()).hexdigest()


def key_of_item(item: Mapping[str, object], names: Iterable[str]) -> str:
    """The same for items with the same key."""
    return json.dumps({name: _plain(item[name]) for name in names}, sort_keys=True)


def is_marker(item: Mapping[str, object], names: Iterable[str]) -> bool:
    """Whether it only marks how far replication has come."""
    keys = [value for name in names if isinstance(value := item.get(name), Mapping)]
    return any(str(key.get("S", "")).startswith(_MARKERS) for key in keys)


def written_of_item(item: Mapping[str, object], attribute: str | None) -> float | None:
    """When an item says that it was written: a time in ISO 8601, or seconds or milliseconds since 1970."""
    value = item.get(attribute) if attribute else None
    if not isinstance(value, Mapping):
        return None
    try:
        if "N" in value:
            number = float(str(value["N"]))
            return number / 1000 if number >= _MILLISECONDS_FROM else number
        text = datetime.fromisoformat(str(value["S"]))
    except (KeyError, ValueError):
        return None
    return (text if text.tzinfo else text.replace(tzinfo=UTC)).timestamp()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            str(name): sorted(map(str, map(_plain, inner)))
            if name in {"SS", "NS", "BS"} and isinstance(inner, list | tuple | set)
            else _plain(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(bytes(value)).decode()
    return value
