"""Moves messages out of dead-letter queues as SQS does: in the background, at a rate, until it is told to stop.

The emulator lacks the three operations, and doesn't know which queue IAM should see in them.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import NoReturn, cast

from local_aws.launcher import hooks, request_resources
from local_aws.launcher.hooks import Record
from local_aws.launcher.request_resources import Request

_DEFAULT_PER_SECOND = 100
_FASTEST_PER_SECOND = 500
_LISTED = 10

_Answer = dict[str, object]


@dataclass(slots=True)
class _Move:
    source: str
    destination: str
    per_second: int | None
    total: int
    handle: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: float = field(default_factory=time.time)
    moved: int = 0
    status: str = "RUNNING"
    reason: str = ""

    def described(self) -> _Answer:
        answer: _Answer = {
            "Status": self.status,
            "SourceArn": self.source,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.total,
            "StartedTimestamp": int(self.started * 1000),
        }
        optional = {
            "TaskHandle": self.handle if self.status == "RUNNING" else "",
            "DestinationArn": self.destination,
            "MaxNumberOfMessagesPerSecond": self.per_second,
            "FailureReason": self.reason,
        }
        return answer | {name: value for name, value in optional.items() if value}


_moves: list[_Move] = []
# The event loop itself remembers them only as long as they wait.
_at_work: set[asyncio.Task[None]] = set()


def install() -> None:
    """Add the operations."""
    actions = cast("MutableMapping[str, object]", hooks.QUEUE_ACTIONS.get())
    actions.update({"StartMessageMoveTask": _start, "ListMessageMoveTasks": _list, "CancelMessageMoveTask": _cancel})
    request_resources.ask_first(_queue_of)


def _queue_of(request: Request) -> str | None:
    is_about_moves = request.service == "sqs" and "MessageMoveTask" in request.headers.get("x-amz-target", "")
    return _source_of(json.loads(request.body)) if is_about_moves else None


def _source_of(request: Mapping[str, object]) -> str:
    """The queue that a call about moves is about: named, or known by its move."""
    handle = request.get("TaskHandle")
    return str(request.get("SourceArn") or next((move.source for move in _moves if move.handle == handle), "*"))


def _start(request: Record, _url: str) -> _Answer:
    source = str(request.get("SourceArn", ""))
    queue = _queue(source)
    per_second = request.get("MaxNumberOfMessagesPerSecond")
    if per_second is not None and not 1 <= int(per_second) <= _FASTEST_PER_SECOND:
        _refuse("InvalidParameterValue", f"MaxNumberOfMessagesPerSecond must be from 1 to {_FASTEST_PER_SECOND}.")
    if not _is_dead_letter_queue(source):
        _refuse("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    if any(move.source == source and move.status == "RUNNING" for move in _moves):
        _refuse("InvalidParameterValue", "There is already a task running for this source queue.")
    destination = str(request.get("DestinationArn", ""))
    if destination:
        _queue(destination)
    move = _Move(source, destination, per_second, len(queue["messages"]))
    _moves.append(move)
    task = asyncio.get_running_loop().create_task(_work(move))
    _at_work.add(task)
    task.add_done_callback(_at_work.discard)
    return {"TaskHandle": move.handle}


def _list(request: Record, _url: str) -> _Answer:
    source = str(request.get("SourceArn", ""))
    _queue(source)
    found = [move.described() for move in reversed(_moves) if move.source == source]
    return {"Results": found[: min(int(request.get("MaxResults", 1)), _LISTED)]}


def _cancel(request: Record, _url: str) -> _Answer:
    handle = str(request.get("TaskHandle", ""))
    move = next((move for move in _moves if move.handle == handle), None)
    if move is None:
        _refuse("ResourceNotFoundException", "Task does not exist.")
    if move.status != "RUNNING":
        _refuse("ResourceNotFoundException", "Only active tasks can be cancelled.")
    move.status = "CANCELLED"
    return {"ApproximateNumberOfMessagesMoved": move.moved}


async def _work(move: _Move) -> None:
    """Move what is visible, one message after the other; runs in the account and the region of its request."""
    while move.status == "RUNNING":
        source = _find(move.source)
        now = time.time()
        message = next((one for one in (source or {}).get("messages", ()) if one["visible_at"] <= now), None)
        if source is None or message is None:
            move.status = "COMPLETED"
            return
        destination = _find(move.destination or message.get("sys", {}).get("DeadLetterQueueSourceArn", ""))
        if destination is None:
            move.status, move.reason = "FAILED", "CouldNotDetermineMessageSource"
            return
        source["messages"].remove(message)
        destination["messages"].append(_as_new(message, destination, now))
        cast("asyncio.Event", hooks.QUEUE_WAKE.get()).set()
        move.moved += 1
        await asyncio.sleep(1 / (move.per_second or _DEFAULT_PER_SECOND))


def _as_new(message: Record, queue: Record, now: float) -> Record:
    """A moved message counts as a new one, with an id and a retention of its own."""
    system = {name: value for name, value in message.get("sys", {}).items() if name != "DeadLetterQueueSourceArn"}
    new: Record = {
        **message,
        "id": str(uuid.uuid4()),
        "sent_at": now,
        "visible_at": now,
        "receive_count": 0,
        "first_receive_at": None,
        "receipt_handle": None,
        "sys": {**system, "SentTimestamp": str(int(now * 1000))},
    }
    new.pop("enqueued_at", None)
    if queue.get("is_fifo"):
        queue["fifo_seq"] += 1
        new["seq"] = str(queue["fifo_seq"]).zfill(20)
    return new


def _is_dead_letter_queue(arn: str) -> bool:
    queues = hooks.store(hooks.QUEUES).values()
    policies = [json.loads(queue["attributes"].get("RedrivePolicy") or "{}") for queue in queues]
    return any(policy.get("deadLetterTargetArn") == arn for policy in policies)


def _find(arn: str) -> Record | None:
    return cast("Callable[[str], Record | None]", hooks.QUEUE_BY_ARN.get())(arn)


def _queue(arn: str) -> Record:
    queue = _find(arn)
    if queue is None:
        _refuse(
            "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist."
        )
    return queue


def _refuse(code: str, message: str) -> NoReturn:
    raise cast("Callable[[str, str], Exception]", hooks.QUEUE_ERROR.get())(code, message)
