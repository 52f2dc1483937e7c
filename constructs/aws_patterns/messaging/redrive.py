"""Dead letters brought back to the queue that they failed in. No part of any construct: an operator's tool."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        ListMessageMoveTasksResultEntryTypeDef,
        MessageTypeDef,
        SendMessageRequestTypeDef,
    )

# What SQS moves in a second at most (APIReference/API_StartMessageMoveTask.html).
FASTEST_PER_SECOND = 500

_LOOK_SECONDS = 1.0
_BATCH = 10
# A batch at one message a second, six times over.
_HIDDEN_SECONDS = 60
_RECEIVE_WAIT_SECONDS = 3
_AT_WORK = frozenset({"RUNNING", "CANCELLING"})
_PUBLIC_URL = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/")


class RedriveError(RuntimeError):
    """Dead letters can't be brought back; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a move is.

    Attributes:
        status: RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED.
        moved: How many messages are back, about.
        total: How many there were to move, about.
        handle: By which a move under way is cancelled; blank afterwards.
        reason: Why it failed; blank where it did not.
    """

    status: str
    moved: int
    total: int
    handle: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetters:
    """What waits in a queue's dead-letter queue.

    Attributes:
        queue_url: The queue that they come from, and go back to.
        queue_arn: The same.
        url: Of the dead-letter queue.
        arn: Of the dead-letter queue.
        fifo: Whether both are FIFO queues.
        waiting: How many can be moved, about.
        held: How many somebody has received and not deleted, about: they are moved when they are visible again.
        under_way: A move that has been started before.
    """

    queue_url: str
    queue_arn: str
    url: str
    arn: str
    fifo: bool
    waiting: int
    held: int
    under_way: Progress | None

    @property
    def queue_name(self) -> str:
        """Of the queue."""
        return _name(self.queue_arn)


def client_for(queue_url: str) -> SQSClient:
    """A client in the Region that the URL names, with the credentials of the environment."""
    public = _PUBLIC_URL.match(queue_url)
    return boto3.client("sqs", region_name=public[1] if public else None)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Make a RedriveError of whatever SQS or the way to it refuses."""
    try:
        yield
    except ClientError as refusal:
        error = refusal.response["Error"]
        hint = " WorkQueue.grant_redrive allows all that this takes." if "AccessDenied" in error["Code"] else ""
        said = error["Message"].rstrip(".")
        raise RedriveError(f"SQS refused {refusal.operation_name}: {said}.{hint}") from refusal
    except BotoCoreError as problem:
        raise RedriveError(str(problem)) from problem


def look(sqs: SQSClient, queue_url: str) -> DeadLetters:
    """What there is to bring back; changes nothing. Raises RedriveError where the queue has no dead-letter queue."""
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn", "RedrivePolicy"])[
        "Attributes"
    ]
    queue_arn = attributes["QueueArn"]
    if "RedrivePolicy" not in attributes:
        raise RedriveError(
            f"{_name(queue_arn)} has no dead-letter queue. Give the URL of the queue that workers read from, not the "
            "one of its dead letters."
        )
    arn = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]
    url = sqs.get_queue_url(QueueName=_name(arn), QueueOwnerAWSAccountId=arn.split(":")[4])["QueueUrl"]
    counts = sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    last = _last_move(sqs, arn)
    return DeadLetters(
        queue_url=queue_url,
        queue_arn=queue_arn,
        url=url,
        arn=arn,
        fifo=arn.endswith(".fifo"),
        waiting=int(counts["ApproximateNumberOfMessages"]),
        held=int(counts["ApproximateNumberOfMessagesNotVisible"]),
        under_way=last if last and last.status in _AT_WORK else None,
    )


def start(sqs: SQSClient, letters: DeadLetters, per_second: int | None) -> None:
    """Let SQS move all of them, each to the queue that it came from; it goes on when this program ends.

    Args:
        sqs: A client.
        letters: As ``look`` found them.
        per_second: How many at most, 1 to 500. ``None``: as many as SQS thinks right.
    """
    if per_second is None:
        sqs.start_message_move_task(SourceArn=letters.arn)
    else:
        sqs.start_message_move_task(SourceArn=letters.arn, MaxNumberOfMessagesPerSecond=per_second)


def follow(sqs: SQSClient, letters: DeadLetters, sleep: Callable[[float], None] = time.sleep) -> Iterator[Progress]:
    """How far the move is, again and again, the end included. Raises RedriveError where it failed."""
    while True:
        progress = _last_move(sqs, letters.arn)
        if progress is None:
            raise RedriveError(f"SQS knows of no move out of {_name(letters.arn)}.")
        yield progress
        if progress.status == "FAILED":
            raise RedriveError(
                f"The move failed after {progress.moved} messages: {progress.reason or 'SQS gives no reason'}. "
                "The others are still dead letters."
            )
        if progress.status not in _AT_WORK:
            return
        sleep(_LOOK_SECONDS)


def cancel(sqs: SQSClient, letters: DeadLetters) -> int:
    """End the move that is under way, if there still is one; how many messages are back, about."""
    progress = _last_move(sqs, letters.arn)
    if progress is None:
        return 0
    if progress.status != "RUNNING":
        return progress.moved
    return sqs.cancel_message_move_task(TaskHandle=progress.handle)["ApproximateNumberOfMessagesMoved"]


def move(
    sqs: SQSClient,
    letters: DeadLetters,
    limit: int,
    per_second: int | None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[int]:
    """Move so many and no more; after each one, how many are back. Raises RedriveError.

    SQS's own move knows no number to stop at. This one sends first and deletes then: ended in between, it leaves a
    message in both queues, and never in none. A FIFO queue recognizes that message when it is sent again within five
    minutes; a worker of a standard queue must expect it as it does any other duplicate.
    """
    moved = 0
    while moved < limit:
        received = sqs.receive_message(
            QueueUrl=letters.url,
            MaxNumberOfMessages=min(_BATCH, limit - moved),
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=_RECEIVE_WAIT_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        if not received:
            return
        for place, message in enumerate(received):
            try:
                _send_back(sqs, letters, message)
            except BaseException:
                _let_go(sqs, letters, received[place:])
                raise
            sqs.delete_message(QueueUrl=letters.url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
            try:
                yield moved
                if per_second is not None and moved < limit:
                    sleep(1 / per_second)
            except BaseException:
                _let_go(sqs, letters, received[place + 1 :])
                raise


def _send_back(sqs: SQSClient, letters: DeadLetters, message: MessageTypeDef) -> None:
    known = message.get("Attributes", {})
    origin = known.get("DeadLetterQueueSourceArn", letters.queue_arn)
    if origin != letters.queue_arn:
        raise RedriveError(
            f"{_name(letters.arn)} holds dead letters of {_name(origin)} too. Without --limit, SQS gives each queue "
            "its own."
        )
    request: SendMessageRequestTypeDef = {
        "QueueUrl": letters.queue_url,
        "MessageBody": message["Body"],
        "MessageAttributes": message.get("MessageAttributes", {}),
    }
    if group := known.get("MessageGroupId"):
        request["MessageGroupId"] = group
    if letters.fifo:
        # Its first id would be recognized within five minutes of the first time, and the message be dropped.
        request["MessageDeduplicationId"] = f"redrive-{message['MessageId']}"
    if trace := known.get("AWSTraceHeader"):
        request["MessageSystemAttributes"] = {"AWSTraceHeader": {"StringValue": trace, "DataType": "String"}}
    sqs.send_message(**request)


def _let_go(sqs: SQSClient, letters: DeadLetters, messages: Sequence[MessageTypeDef]) -> None:
    """Let others see at once what was received and not moved."""
    # The last first: in a FIFO queue a message that is visible again holds back those behind it.
    for message in reversed(messages):
        sqs.change_message_visibility(QueueUrl=letters.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)


def _last_move(sqs: SQSClient, arn: str) -> Progress | None:
    found = sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1).get("Results", [])
    return _progress(found[0]) if found else None


def _progress(task: ListMessageMoveTasksResultEntryTypeDef) -> Progress:
    moved = task.get("ApproximateNumberOfMessagesMoved", 0)
    return Progress(
        status=task.get("Status", ""),
        moved=moved,
        total=max(task.get("ApproximateNumberOfMessagesToMove", 0), moved),
        handle=task.get("TaskHandle", ""),
        reason=task.get("FailureReason", ""),
    )


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]
