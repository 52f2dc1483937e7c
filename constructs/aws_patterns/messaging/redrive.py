"""What failed, brought back to the queue that it is for. No part of any construct: an operator's tool."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ListMessageMoveTasksResultEntryTypeDef, StartMessageMoveTaskRequestTypeDef

# What SQS moves in a second at most (APIReference/API_StartMessageMoveTask.html).
FASTEST_PER_SECOND = 500

_LOOK_SECONDS = 1.0
_FIFO = ".fifo"
# SQS knows the source of what it moved itself; a worker that says why it gave up sends a copy.
# Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/troubleshooting-dlq-redrive.html
_NO_SOURCE = "CouldNotDetermineMessageSource"
_PERMISSIONS = (
    " WorkQueue.grant_redrive allows all that this takes; with --to, grant_consume_messages of the queue where they "
    "are and grant_send_messages of the one where they go."
)
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
    """What waits in a queue's dead-letter queue, or in a queue of what a service could not deliver.

    Attributes:
        url: Where they are.
        arn: The same.
        queue_url: Where they go.
        queue_arn: The same.
        all_go_there: Whether that is so for each of them. Otherwise SQS gives each queue its own.
        movable: Whether SQS moves them by itself, which it does out of dead-letter queues only.
        waiting: How many can be moved, about.
        held: How many somebody has received and not deleted, about: they are moved when they are visible again.
        under_way: A move that has been started before.
    """

    url: str
    arn: str
    queue_url: str
    queue_arn: str
    all_go_there: bool
    movable: bool
    waiting: int
    held: int
    under_way: Progress | None

    @property
    def fifo(self) -> bool:
        """Whether both are FIFO queues."""
        return self.arn.endswith(_FIFO)

    @property
    def name(self) -> str:
        """Of the queue where they are."""
        return name_of(self.arn)

    @property
    def queue_name(self) -> str:
        """Of the queue where they go."""
        return name_of(self.queue_arn)


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
        hint = _PERMISSIONS if "AccessDenied" in error["Code"] else ""
        said = error["Message"].rstrip(".")
        raise RedriveError(f"SQS refused {refusal.operation_name}: {said}.{hint}") from refusal
    except BotoCoreError as problem:
        raise RedriveError(str(problem)) from problem


def look(sqs: SQSClient, queue_url: str, to: str | None = None) -> DeadLetters:
    """What there is to bring back; changes nothing.

    Args:
        sqs: A client.
        queue_url: Of the queue that workers read from: its dead letters are meant. With ``to``, it may also be the
            queue where they are, for instance one of what SNS could not deliver.
        to: URL of another queue that they are for. Default: the one that workers read from.

    Raises:
        RedriveError: Where they are, or where they go, can't be told.
    """
    found = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn", "RedrivePolicy"])["Attributes"]
    if "RedrivePolicy" in found:
        arn = json.loads(found["RedrivePolicy"])["deadLetterTargetArn"]
        url = sqs.get_queue_url(QueueName=name_of(arn), QueueOwnerAWSAccountId=arn.split(":")[4])["QueueUrl"]
        queue_arn = _arn(sqs, to) if to else found["QueueArn"]
    elif to:
        arn, url, queue_arn = found["QueueArn"], queue_url, _arn(sqs, to)
    else:
        raise RedriveError(
            f"{name_of(found['QueueArn'])} has no dead-letter queue. Give the URL of the queue that workers read from, "
            "not the one of its dead letters. Of what a service could not deliver, say with --to which queue it is for."
        )
    if arn == queue_arn or arn.endswith(_FIFO) != queue_arn.endswith(_FIFO):
        raise RedriveError(
            f"Nothing goes from {name_of(arn)} to {name_of(queue_arn)}: give two queues, both FIFO or neither."
        )
    counts = sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "RedriveAllowPolicy",
        ],
    )["Attributes"]
    allowed = json.loads(counts.get("RedriveAllowPolicy", "{}")).get("sourceQueueArns")
    movable = "RedrivePolicy" in found
    last = _last_move(sqs, arn) if movable else None
    return DeadLetters(
        url=url,
        arn=arn,
        queue_url=to or queue_url,
        queue_arn=queue_arn,
        all_go_there=to is not None or allowed == [queue_arn],
        movable=movable,
        waiting=int(counts["ApproximateNumberOfMessages"]),
        held=int(counts["ApproximateNumberOfMessagesNotVisible"]),
        under_way=last if last and last.status in _AT_WORK else None,
    )


def start(sqs: SQSClient, letters: DeadLetters, per_second: int | None) -> None:
    """Let SQS move all of them; it goes on when this program ends.

    Args:
        sqs: A client.
        letters: As ``look`` found them.
        per_second: How many at most, 1 to 500. ``None``: as many as SQS thinks right.
    """
    request: StartMessageMoveTaskRequestTypeDef = {"SourceArn": letters.arn}
    if letters.all_go_there:
        request["DestinationArn"] = letters.queue_arn
    if per_second is not None:
        request["MaxNumberOfMessagesPerSecond"] = per_second
    sqs.start_message_move_task(**request)


def follow(sqs: SQSClient, letters: DeadLetters, sleep: Callable[[float], None] = time.sleep) -> Iterator[Progress]:
    """How far the move is, again and again, the end included. Raises RedriveError where it failed."""
    while True:
        progress = _last_move(sqs, letters.arn)
        if progress is None:
            raise RedriveError(f"SQS knows of no move out of {name_of(letters.arn)}.")
        yield progress
        if progress.status == "FAILED":
            hint = " Say with --to which queue they are for." if progress.reason == _NO_SOURCE else ""
            raise RedriveError(
                f"The move failed after {progress.moved} messages: {progress.reason or 'SQS gives no reason'}. "
                f"The others are still dead letters.{hint}"
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


def _arn(sqs: SQSClient, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def name_of(arn: str) -> str:
    """The last part of an ARN."""
    return arn.rpartition(":")[2]
