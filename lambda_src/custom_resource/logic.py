"""What CloudFormation asks for and what it is told. Pure: no AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

# CloudFormation takes answers of 4,096 bytes, and a reason is the only part that could fill one.
_LONGEST_REASON = 1_000


class InvalidRequestError(Exception):
    """What was sent is no request of this kind."""


class RefusedError(Exception):
    """What was asked for can't be done. Its text goes to whoever deploys."""


class RequestType(StrEnum):
    """What CloudFormation wants of a resource."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


def request_type(event: Mapping[str, object]) -> RequestType:
    """What a request wants.

    Raises:
        InvalidRequestError: When it can't be told.
    """
    kind = event.get("RequestType")
    try:
        return RequestType(str(kind))
    except ValueError:
        raise InvalidRequestError(f"RequestType must be Create, Update or Delete, got {kind!r}") from None


def physical_id(event: Mapping[str, object], identify: Callable[[object], str], *, of_nothing: str) -> object:
    """The id of what a request is about.

    Another id than before makes another resource, and CloudFormation deletes the former one: what can't be understood
    keeps the id that it has.

    Args:
        event: The request.
        identify: The id that a resource with these properties has; raises ``InvalidRequestError`` for others.
        of_nothing: The id of what could not be understood from the first.
    """
    known = event.get("PhysicalResourceId")
    if known and event.get("RequestType") == RequestType.DELETE:
        return known
    try:
        return identify(event.get("ResourceProperties"))
    except InvalidRequestError:
        return known or of_nothing


def answer(
    event: Mapping[str, object],
    *,
    physical_id: object,
    reason: str | None = None,
    data: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """What CloudFormation is told: ``reason`` is why it failed, ``None`` that it did not."""
    return {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": (reason or "")[:_LONGEST_REASON],
        "PhysicalResourceId": physical_id,
        "StackId": event.get("StackId"),
        "RequestId": event.get("RequestId"),
        "LogicalResourceId": event.get("LogicalResourceId"),
        "Data": {} if reason else dict(data or {}),
    }
