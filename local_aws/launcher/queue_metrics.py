"""What queues measure of themselves: how much is in them, and what comes, is taken and is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping
from typing import cast

from local_aws.launcher import hooks, metrics
from local_aws.launcher.hooks import Record, scope

# Well within the minute over which queues are watched: a queue that stays as it is must not look silent.
_REPEAT_SECONDS = 20.0
_COUNTED = "LocalAwsCounted"
_counting = threading.Lock()

_Delete = Callable[[Record, str], Record]


def install() -> None:
    """Count what is taken out of queues and what is deleted, whoever does it."""
    collect = cast("Callable[[Record, int, int], list[Record]]", hooks.COLLECT_MESSAGES.get())

    def collect_and_count(queue: Record, most: int, hidden_seconds: int) -> list[Record]:
        found = collect(queue, most, hidden_seconds)
        _count_sent(queue, found)
        _count(queue, "NumberOfMessagesReceived", len(found))
        return found

    hooks.COLLECT_MESSAGES.replace(collect_and_count)
    actions = cast("MutableMapping[str, _Delete]", hooks.QUEUE_ACTIONS.get())
    one, several = actions["DeleteMessage"], actions["DeleteMessageBatch"]

    def delete_one(request: Record, url: str) -> Record:
        answer = one(request, url)
        _count_deleted(str(request.get("QueueUrl") or url), 1)
        return answer

    def delete_several(request: Record, url: str) -> Record:
        answer = several(request, url)
        _count_deleted(str(request.get("QueueUrl") or url), len(answer["Successful"]))
        return answer

    actions.update({"DeleteMessage": delete_one, "DeleteMessageBatch": delete_several})
    delete_taken = cast("Callable[[str, Collection[str]], None]", hooks.DELETE_TAKEN.get())

    def delete_taken_and_count(url: str, receipts: Collection[str]) -> None:
        delete_taken(url, receipts)
        _count_deleted(url, len(receipts))

    hooks.DELETE_TAKEN.replace(delete_taken_and_count)


def _count(queue: Record, metric: str, number: int) -> None:
    if number:
        metrics.record("AWS/SQS", metric, number, "Count", {"QueueName": str(queue["name"])})


def _count_deleted(url: str, number: int) -> None:
    queue = cast("Callable[[str], Record]", hooks.QUEUE_BY_URL.get())(url)
    _count(queue, "NumberOfMessagesDeleted", number)


def _count_sent(queue: Record, messages: Iterable[Record]) -> None:
    """Messages come in many ways, so they are counted when they are first seen.

    The mark stays on a message that becomes a dead letter: SQS does not count those as sent.
    """
    with _counting:
        new = [message for message in messages if not message.get(_COUNTED)]
        for message in new:
            message[_COUNTED] = True
    _count(queue, "NumberOfMessagesSent", len(new))


class Queues:
    """Publishes the depth of every queue: when it has changed, and now and then while it has not."""

    def __init__(self) -> None:
        self._published: dict[tuple[str, str, str], tuple[float, tuple[int, int, int]]] = {}

    def sample(self) -> None:
        """Look at every queue once."""
        present = {}
        now = time.time()
        for key, queue in hooks.scoped(hooks.QUEUES).all_items():
            messages = list(queue["messages"])
            with scope(key[0], key[1]):
                _count_sent(queue, messages)
            depth = _depth(messages, now)
            before = self._published.get(key)
            if before and before[1] == depth and now - before[0] < _REPEAT_SECONDS:
                present[key] = before
                continue
            present[key] = (now, depth)
            oldest = now - min((message.get("sent_at", now) for message in messages), default=now)
            with scope(key[0], key[1]):
                _record_queue(str(queue["name"]), depth, oldest)
        self._published = present


def _depth(messages: Iterable[Mapping[str, float]], now: float) -> tuple[int, int, int]:
    """How many messages can be received, are being worked on, and are delayed."""
    visible = in_flight = delayed = 0
    for message in messages:
        if message.get("visible_at", now) <= now:
            visible += 1
        elif message.get("receive_count"):
            in_flight += 1
        else:
            delayed += 1
    return visible, in_flight, delayed


def _record_queue(name: str, depth: tuple[int, int, int], oldest: float) -> None:
    of_queue = {"QueueName": name}
    for state, count in zip(("Visible", "NotVisible", "Delayed"), depth, strict=True):
        metrics.record("AWS/SQS", f"ApproximateNumberOfMessages{state}", count, "Count", of_queue)
    metrics.record("AWS/SQS", "ApproximateAgeOfOldestMessage", max(0.0, oldest), "Seconds", of_queue)
