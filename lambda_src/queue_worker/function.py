"""The worker's jobs in a function: ``queue_worker.function.handle``, called by Lambda with batches of messages.

``JOB`` and ``QUEUE_URL`` are its settings. Besides reading the queue it may send to the queue's dead letters; where it
may not, what can't be done comes back until SQS moves it there, without a reason. A job runs in the function's own
process, which it may take with it: then the whole batch comes back.
"""

from __future__ import annotations

import os
import time
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol, cast

from queue_worker.children import perform
from queue_worker.ending import Undertaker, conclude
from queue_worker.gateway import SqsQueue, as_received
from queue_worker.handler import Reporter
from queue_worker.holding import Answer
from queue_worker.job import Job, load
from queue_worker.logic import CallError, Interrupted, QueueTerms, Received, Return, in_batches
from queue_worker.settings import Settings

# To say what became of the batch: cut off before, all of it would come back.
_RESERVE_SECONDS = 10.0
_RESERVE_SHARE = 1 / 3


class Queue(Undertaker, Protocol):
    """SQS, as far as Lambda leaves it to the function."""

    def hide(self, receipts: Sequence[tuple[str, int]]) -> Answer:
        """Hand out messages again after so many seconds; may raise CallError."""


def do(
    records: Sequence[Mapping[str, Any]],
    job: Job,
    *,
    queue: Queue,
    terms: QueueTerms,
    reporter: Reporter,
    left: Callable[[], float],
) -> list[str]:
    """The ids of the messages that have to come back; ``left`` tells the seconds until the function is cut off."""
    reserve = min(_RESERVE_SECONDS, left() * _RESERVE_SHARE)
    returned: dict[str, tuple[str, int]] = {}
    held_up: set[str | None] = set()
    for received in map(_received, records):
        message, began = received.message, time.monotonic()
        # In a FIFO queue the others of a group wait for the one that failed.
        may_begin = left() > reserve and message.group not in held_up
        outcome = perform(job, message) if may_begin else Interrupted()
        seconds = time.monotonic() - began
        decided = conclude(received, outcome, seconds, undertaker=queue, terms=terms, teller=reporter)
        if isinstance(decided, Return):
            returned[message.id] = received.receipt, decided.seconds
            held_up |= {message.group} - {None}
    for batch in in_batches(list(returned.values())):
        try:
            queue.hide(batch)
        except CallError as error:
            # They come back all the same, when their visibility timeout is over.
            reporter.note("warning", "could not return messages", code=error.code, messages=len(batch))
    reporter.flush({})
    return list(returned)


def _received(record: Mapping[str, Any]) -> Received:
    """From Lambda's spelling to that of SQS."""
    names = {"messageId": "MessageId", "receiptHandle": "ReceiptHandle", "body": "Body", "attributes": "Attributes"}
    attributes = {name: _attribute(value) for name, value in record.get("messageAttributes", {}).items()}
    message = {**{new: record[name] for name, new in names.items()}, "MessageAttributes": attributes}
    return as_received(cast("Any", message), fifo=record["eventSourceARN"].endswith(".fifo"))


def _attribute(value: Mapping[str, Any]) -> dict[str, object]:
    content = {"StringValue": value["stringValue"]} if "stringValue" in value else {}
    return {"DataType": value["dataType"], **(content or {"BinaryValue": b64decode(value["binaryValue"])})}


class _Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


@cache
def _made() -> tuple[Job, SqsQueue, Reporter]:
    settings = Settings.of(os.environ, cpus=1)
    return load(settings.job)(os.environ), SqsQueue.connect(settings), Reporter()


def handle(event: Mapping[str, Any], context: _Context) -> dict[str, list[dict[str, str]]]:
    """Lambda's entry point, for a mapping that reports the failures of a batch."""
    job, queue, reporter = _made()
    failed = do(
        event["Records"],
        job,
        queue=queue,
        terms=queue.terms,
        reporter=reporter,
        left=lambda: context.get_remaining_time_in_millis() / 1_000,
    )
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
