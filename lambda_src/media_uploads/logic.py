"""What may be uploaded, and how an upload is doing. Pure: no AWS, no clock, no environment."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, cast

from http_api.logic import Problem, RefusedError, read_object, shown

State: TypeAlias = Literal["waiting", "uploaded", "done", "refused"]

# What the workers read, and what browsers call it.
TYPES = ("image/jpeg", "image/png", "image/webp", "image/avif", "image/gif", "image/tiff", "image/bmp")

MANIFEST = "renditions.json"

_LONGEST_NAME = 80
_FALLBACK_NAME = "image"

_ID = re.compile(r"[0-9a-f]{32}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class ManifestError(Exception):
    """A manifest that can't be what a worker wrote."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """What somebody is about to upload; the name is fit for a key."""

    name: str
    type: str
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """An object, as a list of a bucket names it."""

    key: str
    modified: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendition:
    """One of an upload's renditions, as its manifest lists it."""

    name: str
    key: str
    content_type: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How an upload is doing: with renditions when it is done, with a reason when it was refused."""

    state: State
    renditions: tuple[Rendition, ...] = ()
    reason: str | None = None


def read_request(body: str | None, *, maximum_bytes: int) -> Upload:
    """What is to be uploaded.

    Raises:
        RefusedError: With every problem of the request.
    """
    fields = read_object(body, fields="name, type and bytes", where_it_is_large=": the file itself is not sent here")
    problems: list[Problem] = []
    name = _name(fields.get("name"), problems)
    kind = _type(fields.get("type"), problems)
    size = _bytes(fields.get("bytes"), maximum_bytes, problems)
    if problems:
        raise RefusedError(problems)
    return Upload(name=name, type=kind, bytes=size)


def is_id(text: str) -> bool:
    """Whether this could be the id of an upload."""
    return _ID.fullmatch(text) is not None


def folder(prefix: str, id: str) -> str:
    """Where an upload is in the Master bucket, and its renditions in the Transcode bucket."""
    return f"{prefix}{id}/"


def manifest_of(stored: Sequence[Stored]) -> Stored | None:
    """The manifest among what there is of an upload in the Transcode bucket."""
    return next((each for each in stored if each.key.endswith(f"/{MANIFEST}")), None)


def progress(master: Sequence[Stored], manifest: Stored | None, content: bytes) -> Progress:
    """How an upload is doing, from what there is of it in the two buckets.

    Args:
        master: In the Master bucket. None when it is not there yet, or not any more.
        manifest: In the Transcode bucket, if there is one.
        content: The manifest's.

    Raises:
        ManifestError: When the manifest can't be read.
    """
    if manifest is not None and all(each.modified <= manifest.modified for each in master):
        return _told(manifest, content)
    # A manifest older than the object is about the one that was there before.
    return Progress(state="uploaded" if master else "waiting")


def _told(manifest: Stored, content: bytes) -> Progress:
    try:
        found = json.loads(content)
        if "refused" in found:
            return Progress(state="refused", reason=str(found["refused"]))
        renditions = tuple(_rendition(each) for each in found["renditions"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ManifestError from None
    below = manifest.key.removesuffix(MANIFEST)
    # Links are signed for these keys: only ever for this upload's.
    if not all(each.key.startswith(below) for each in renditions):
        raise ManifestError
    return Progress(state="done", renditions=renditions)


def _rendition(fields: Mapping[str, object]) -> Rendition:
    return Rendition(
        name=str(fields["name"]),
        key=str(fields["key"]),
        content_type=str(fields["content_type"]),
        width=int(cast("int", fields["width"])),
        height=int(cast("int", fields["height"])),
        bytes=int(cast("int", fields["bytes"])),
    )


def _name(value: object, problems: list[Problem]) -> str:
    if not isinstance(value, str) or not value.strip():
        problems.append(Problem(field="name", reason=f"must be the file's name, got {shown(value)}"))
        return ""
    return safe_name(value)


def safe_name(name: str) -> str:
    """A file's name as part of a key: letters without accents, digits, dots and dashes; at most 80, end kept."""
    last = re.split(r"[/\\]", name)[-1]
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("-", plain)[-_LONGEST_NAME:].strip("-.") or _FALLBACK_NAME


def _type(value: object, problems: list[Problem]) -> str:
    if not isinstance(value, str) or value not in TYPES:
        problems.append(Problem(field="type", reason=f"must be one of {', '.join(TYPES)}, got {shown(value)}"))
        return ""
    return value


def _bytes(value: object, maximum: int, problems: list[Problem]) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= maximum:
        reason = f"must be the file's size, a whole number from 1 to {maximum}, got {shown(value)}"
        problems.append(Problem(field="bytes", reason=reason))
        return 0
    return value
