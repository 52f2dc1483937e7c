"""Which objects a message is about. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote_plus

from queue_worker.job import RefusedError

_UNREADABLE = "unreadable-message"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """An object in a bucket."""

    bucket: str
    key: str


def references(body: str) -> list[Reference]:
    """The objects that a message says were created, none twice.

    A message is an event of S3, as S3 sends it, through SNS (raw or not) or through EventBridge; or somebody's own
    ``{"bucket": "...", "key": "..."}``, through SNS or not. S3's test message and its other events are about none.

    Raises:
        RefusedError: ``unreadable-message``, when it is something else.
    """
    content = _object(body)
    if content.get("Type") == "Notification" and isinstance(content.get("Message"), str):
        content = _object(cast("str", content["Message"]))
    try:
        found = _named(content)
    except (KeyError, TypeError, AttributeError):
        raise RefusedError(_UNREADABLE) from None
    if not all(isinstance(name, str) and name for each in found for name in (each.bucket, each.key)):
        raise RefusedError(_UNREADABLE)
    return list(dict.fromkeys(found))


def _object(text: str) -> Mapping[str, object]:
    try:
        content = json.loads(text)
    # Nested too deeply is a RecursionError.
    except (ValueError, RecursionError):
        raise RefusedError(_UNREADABLE) from None
    if not isinstance(content, dict):
        raise RefusedError(_UNREADABLE)
    return content


def _named(content: Mapping[str, object]) -> list[Reference]:
    """The references, their types not checked yet."""
    match content:
        case {"Records": [*records]}:
            return [
                # S3 writes keys the way forms do.
                Reference(bucket=record["s3"]["bucket"]["name"], key=unquote_plus(record["s3"]["object"]["key"]))
                for record in cast("list[dict[str, dict[str, dict[str, str]]]]", records)
                if str(record["eventName"]).startswith("ObjectCreated:")
            ]
        case {"Service": "Amazon S3", "Event": "s3:TestEvent"}:
            return []
        case {"source": "aws.s3", "detail-type": str(kind), "detail": dict(detail)}:
            created = kind == "Object Created"
            return [Reference(bucket=detail["bucket"]["name"], key=detail["object"]["key"])] if created else []
        case {"bucket": str(bucket), "key": str(key)}:
            return [Reference(bucket=bucket, key=key)]
        case _:
            raise RefusedError(_UNREADABLE)
