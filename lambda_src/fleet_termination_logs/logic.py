"""From a terminating instance to its logs in a bucket, whatever fails on the way. Pure: no AWS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

_INSTANCE_ID = re.compile(r"i-[0-9a-f]{8,17}")

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 5.0
_PAUSE_GROWTH = 1.5
_BEATS_PER_HEARTBEAT = 3


class NotATerminationError(ValueError):
    """The event does not say which instance waits for what."""


class CallError(Exception):
    """AWS refused a call or did not answer. Its text is a code only."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Result(StrEnum):
    """What became of the logs."""

    COLLECTED = "collected"
    FAILED = "failed"
    """The instance ran the script, and the script did not succeed."""
    REFUSED = "refused"
    """The instance takes no command: it has no agent, or is gone."""
    TIMED_OUT = "timed out"
    RELEASED = "released"
    """The instance was let go while its logs were being collected."""
    TOO_LATE = "too late"
    """The instance was let go before anybody looked at the event."""
    DONE_BEFORE = "done before"
    """The same event came again."""


NOT_COLLECTED = frozenset({Result.FAILED, Result.REFUSED, Result.TIMED_OUT, Result.RELEASED, Result.TOO_LATE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Termination:
    """One instance that waits to be terminated."""

    group: str
    hook: str
    token: str
    instance: str
    at: datetime

    @classmethod
    def of(cls, detail: Mapping[str, object], time: str) -> Termination:
        """From the event's detail and time.

        Raises:
            NotATerminationError: When something is missing; trying again would not change it.
        """
        names = ("AutoScalingGroupName", "LifecycleHookName", "LifecycleActionToken", "EC2InstanceId")
        group, hook, token, instance = (detail.get(name) for name in names)
        if not (isinstance(group, str) and isinstance(hook, str) and isinstance(token, str)):
            raise NotATerminationError("an event without group, hook or token")
        if not (isinstance(instance, str) and _INSTANCE_ID.fullmatch(instance)):
            raise NotATerminationError("an event without an instance")
        try:
            at = datetime.fromisoformat(time).astimezone(UTC)
        except ValueError:
            raise NotATerminationError("an event without a time") from None
        return cls(group=group, hook=hook, token=token, instance=instance, at=at)

    def key(self) -> str:
        """Where the logs go below the group's prefix: the same for the same event, however often it comes."""
        return f"{self.instance}/{self.at:%Y%m%dT%H%M%SZ}.tar.gz"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one termination, for log and metrics."""

    result: Result
    command: str | None = None
    code: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandState:
    """How far an instance is with its command."""

    status: str
    response_code: int


class Fleet(Protocol):
    """What is asked of AWS. Each call may raise CallError."""

    def heartbeat(self, termination: Termination) -> bool:
        """Ask for more time; whether the instance still waits."""

    def send(self, termination: Termination, seconds: int) -> str:
        """Let the instance collect its logs; the id of the command."""

    def state(self, termination: Termination, command: str) -> CommandState | None:
        """How far the command is; ``None`` while Systems Manager does not know it yet."""

    def complete(self, termination: Termination) -> None:
        """Let the instance go. That it has gone already is no error."""


class Clock(Protocol):
    """The time, and a way to let some pass."""

    def now(self) -> datetime:
        """In UTC."""

    def wait(self, seconds: float) -> None:
        """Return after so long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long collecting may take, and how long an instance waits without a heartbeat."""

    seconds: float
    heartbeat_seconds: float


def release(termination: Termination, fleet: Fleet, clock: Clock, patience: Patience) -> Outcome:
    """Collect the logs if that can be done, and let the instance go in any case.

    Raises:
        CallError: When the instance could not be let go; the next attempt, or the hook's timeout, does that.
    """
    try:
        waiting = fleet.heartbeat(termination)
    except CallError:
        # Whether it waits is not known; if it does not, the command or the completion will say so.
        waiting = True
    if not waiting:
        late = (clock.now() - termination.at).total_seconds() > patience.heartbeat_seconds
        return Outcome(result=Result.TOO_LATE if late else Result.DONE_BEFORE)
    try:
        return _collect(termination, fleet, clock, patience)
    finally:
        fleet.complete(termination)


def _collect(termination: Termination, fleet: Fleet, clock: Clock, patience: Patience) -> Outcome:
    began = beaten = clock.now()
    try:
        command = fleet.send(termination, int(patience.seconds))
    except CallError as refused:
        return Outcome(result=Result.REFUSED, code=refused.code)
    pause = _FIRST_PAUSE_SECONDS
    while (left := patience.seconds - (clock.now() - began).total_seconds()) > 0:
        ended = _ended(_state(termination, command, fleet))
        if ended is not None:
            return Outcome(result=ended[0], command=command, code=ended[1])
        if (clock.now() - beaten).total_seconds() * _BEATS_PER_HEARTBEAT >= patience.heartbeat_seconds:
            if not _beat(termination, fleet):
                return Outcome(result=Result.RELEASED, command=command)
            beaten = clock.now()
        clock.wait(min(pause, left))
        pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
    return Outcome(result=Result.TIMED_OUT, command=command)


def _state(termination: Termination, command: str, fleet: Fleet) -> CommandState | None:
    # Not to be told how far it is says nothing about the logs: ask again.
    with suppress(CallError):
        return fleet.state(termination, command)
    return None


def _beat(termination: Termination, fleet: Fleet) -> bool:
    with suppress(CallError):
        return fleet.heartbeat(termination)
    return True


def _ended(state: CommandState | None) -> tuple[Result, str | None] | None:
    match state:
        case None | CommandState(status="Pending" | "InProgress" | "Delayed" | "Cancelling"):
            return None
        case CommandState(status="Success"):
            return Result.COLLECTED, None
        case CommandState(status="TimedOut"):
            return Result.TIMED_OUT, None
        case _:
            return Result.FAILED, f"{state.status} {state.response_code}"
