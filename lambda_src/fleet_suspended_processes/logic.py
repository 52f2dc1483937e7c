"""What CloudFormation asks for, what has to be done for it, and what it is told. Pure: no AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# CloudFormation takes answers of 4,096 bytes, and a reason is the only part that could fill one.
_LONGEST_REASON = 1_000


class InvalidRequestError(Exception):
    """What was sent is no request about a group's processes."""


class ProcessesError(Exception):
    """A group's processes could not be changed. Its text goes to whoever deploys."""


class GroupMissingError(ProcessesError):
    """There is no such group."""


class Verb(StrEnum):
    """What is done to processes."""

    SUSPEND = "suspend"
    RESUME = "resume"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One call. Never without processes: AWS would take that for all of them."""

    verb: Verb
    group: str
    processes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Processes of a group that shall be suspended."""

    group: str
    processes: frozenset[str]

    @classmethod
    def of(cls, properties: object) -> Wanted:
        """From a resource's properties.

        Raises:
            InvalidRequestError: When they are not such.
        """
        given = properties if isinstance(properties, Mapping) else {}
        group, processes = given.get("GroupName"), given.get("Processes")
        if isinstance(group, str) and group and isinstance(processes, list):
            named = frozenset(process for process in processes if isinstance(process, str) and process)
            if named and len(named) == len(processes):
                return cls(group=group, processes=named)
        raise InvalidRequestError("the properties must be GroupName, and Processes that differ and are not empty")


def changes(event: Mapping[str, object]) -> list[Change]:
    """What to do, in order.

    Only what this resource has suspended is resumed: what somebody suspended by hand stays so. A group that takes
    another's place needs nothing resumed: CloudFormation deletes the resource of the former one.

    Raises:
        InvalidRequestError: When it can't be told.
    """
    wanted = Wanted.of(event.get("ResourceProperties"))
    match event.get("RequestType"):
        case "Create":
            return _calls(Verb.SUSPEND, wanted.group, wanted.processes)
        case "Update":
            before = Wanted.of(event.get("OldResourceProperties"))
            dropped = before.processes - wanted.processes if before.group == wanted.group else frozenset[str]()
            return [
                *_calls(Verb.SUSPEND, wanted.group, wanted.processes),
                *_calls(Verb.RESUME, wanted.group, dropped),
            ]
        case "Delete":
            return _calls(Verb.RESUME, wanted.group, wanted.processes)
        case other:
            raise InvalidRequestError(f"RequestType must be Create, Update or Delete, got {other!r}")


def nothing_left_to_do(event: Mapping[str, object], error: ProcessesError) -> bool:
    """Whether the failure means success: a group that is gone has nothing suspended."""
    return event.get("RequestType") == "Delete" and isinstance(error, GroupMissingError)


def answer(event: Mapping[str, object], reason: str | None) -> dict[str, object]:
    """What CloudFormation is told: ``reason`` is why it failed, ``None`` that it did not.

    The group is in the id, so that another group makes another resource, and the former one is deleted.
    """
    return {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": (reason or "")[:_LONGEST_REASON],
        "PhysicalResourceId": _physical_id(event),
        "StackId": event.get("StackId"),
        "RequestId": event.get("RequestId"),
        "LogicalResourceId": event.get("LogicalResourceId"),
    }


def _physical_id(event: Mapping[str, object]) -> object:
    known = event.get("PhysicalResourceId")
    if known and event.get("RequestType") == "Delete":
        return known
    try:
        return f"suspended-processes-of-{Wanted.of(event.get('ResourceProperties')).group}"
    except InvalidRequestError:
        return known or "suspended-processes-of-nothing"


def _calls(verb: Verb, group: str, processes: frozenset[str]) -> list[Change]:
    return [Change(verb=verb, group=group, processes=tuple(sorted(processes)))] if processes else []
