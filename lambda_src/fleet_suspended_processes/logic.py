"""What CloudFormation asks for, and what has to be done for it. Pure: no AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from custom_resource.logic import InvalidRequestError, RefusedError, RequestType, physical_id, request_type


class GroupMissingError(RefusedError):
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
    match request_type(event):
        case RequestType.CREATE:
            return _calls(Verb.SUSPEND, wanted.group, wanted.processes)
        case RequestType.UPDATE:
            before = Wanted.of(event.get("OldResourceProperties"))
            dropped = before.processes - wanted.processes if before.group == wanted.group else frozenset[str]()
            return [
                *_calls(Verb.SUSPEND, wanted.group, wanted.processes),
                *_calls(Verb.RESUME, wanted.group, dropped),
            ]
        case _:  # DELETE
            return _calls(Verb.RESUME, wanted.group, wanted.processes)


def nothing_left_to_do(event: Mapping[str, object], error: RefusedError) -> bool:
    """Whether the failure means success: a group that is gone has nothing suspended."""
    return event.get("RequestType") == RequestType.DELETE and isinstance(error, GroupMissingError)


def processes_id(event: Mapping[str, object]) -> object:
    """The resource's id. The group is in it: another group makes another resource, and the former one is deleted."""
    return physical_id(event, _identify, of_nothing="suspended-processes-of-nothing")


def _identify(properties: object) -> str:
    return f"suspended-processes-of-{Wanted.of(properties).group}"


def _calls(verb: Verb, group: str, processes: frozenset[str]) -> list[Change]:
    return [Change(verb=verb, group=group, processes=tuple(sorted(processes)))] if processes else []
