"""Messages sent to the queue that they are for, then deleted where they were: what SQS does not move by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.redrive import DeadLetters, RedriveError, name_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        MessageAttributeValueOutputTypeDef,
        MessageTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

_BATCH = 10
# A batch at one message a second, six times over.
_HIDDEN_SECONDS = 60
_RECEIVE_WAIT_SECONDS = 3

# Why something could not be delivered: for who looks at it, not for the queue that it is for. An event has no others.
# Source: https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
# Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
_OF_SNS = frozenset({"RequestID", "ErrorCode", "ErrorMessage"})
_OF_EVENTBRIDGE = frozenset({"RULE_ARN", "TARGET_ARN", "ERROR_CODE"})


def move(
    sqs: SQSClient,
    letters: DeadLetters,
    limit: int | None,
    per_second: int | None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[int]:
    """Move so many and no more, or all; again and again, how many are back.

    It sends first and deletes then: ended in between, it leaves messages in both queues, and never in none. A FIFO
    queue recognizes such a message when it is sent again within five minutes; a worker of a standard queue must expect
    it as it does any other duplicate.

    Args:
        sqs: A client.
        letters: As ``redrive.look`` found them.
        limit: How many at most. ``None``: until there are no more.
        per_second: How many at most. ``None``: as many as go.
        sleep: Waits so many seconds.

    Raises:
        RedriveError: Where some can't be moved; they are left where they were.
    """
    moved = 0
    while limit is None or moved < limit:
        left = sqs.receive_message(
            QueueUrl=letters.url,
            MaxNumberOfMessages=_BATCH if limit is None else min(_BATCH, limit - moved),
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=_RECEIVE_WAIT_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        if not left:
            return
        try:
            _check_origin(letters, left)
            while left:
                portion = _portion(letters, left, per_second)
                refused = _send(sqs, letters, portion)
                sent = [message for number, message in enumerate(portion) if str(number) not in refused]
                # Those that were refused are let go with the rest.
                left = [message for message in left if message not in sent]
                _delete(sqs, letters, sent)
                moved += len(sent)
                yield moved
                if refused:
                    codes = ", ".join(sorted(set(refused.values())))
                    raise RedriveError(f"SQS did not take {len(refused)} messages ({codes}): they are where they were.")
                if per_second is not None and moved != limit:
                    sleep(len(portion) / per_second)
        except BaseException:
            _let_go(sqs, letters, left)
            raise


def _check_origin(letters: DeadLetters, messages: Sequence[MessageTypeDef]) -> None:
    for message in messages:
        origin = message.get("Attributes", {}).get("DeadLetterQueueSourceArn", letters.queue_arn)
        if origin != letters.queue_arn and not letters.all_go_there:
            raise RedriveError(
                f"{letters.name} holds dead letters of {name_of(origin)} too. Without --limit, SQS gives each queue "
                "its own; with --to, all of them are for that one."
            )


def _portion(
    letters: DeadLetters, messages: Sequence[MessageTypeDef], per_second: int | None
) -> Sequence[MessageTypeDef]:
    """The next ones for one call. One of a FIFO queue: of several, the second may arrive without the first."""
    most = 1 if letters.fifo else min(_BATCH, per_second or _BATCH)
    size = 0
    for number, message in enumerate(messages[:most]):
        size += _size(message)
        if size > defaults.LARGEST_MESSAGE_BYTES and number:
            return messages[:number]
    return messages[:most]


def _size(message: MessageTypeDef) -> int:
    """As SQS counts it, which takes no more in one call than in one message."""
    values = (
        len(name.encode())
        + len(value["DataType"])
        + len(value.get("StringValue", "").encode())
        # Binary values come as bytes.
        + len(value.get("BinaryValue", b""))
        for name, value in message.get("MessageAttributes", {}).items()
    )
    return len(message["Body"].encode()) + sum(values)


def _send(sqs: SQSClient, letters: DeadLetters, messages: Sequence[MessageTypeDef]) -> Mapping[str, str]:
    """Why some were refused, by their place."""
    entries = [_again(letters, str(number), message) for number, message in enumerate(messages)]
    failed = sqs.send_message_batch(QueueUrl=letters.queue_url, Entries=entries).get("Failed", [])
    return {each["Id"]: each["Code"] for each in failed}


def _delete(sqs: SQSClient, letters: DeadLetters, messages: Sequence[MessageTypeDef]) -> None:
    if not messages:
        return
    failed = sqs.delete_message_batch(
        QueueUrl=letters.url,
        Entries=[{"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]} for number, each in enumerate(messages)],
    ).get("Failed", [])
    if failed:
        codes = ", ".join(sorted({each["Code"] for each in failed}))
        raise RedriveError(
            f"SQS did not delete {len(failed)} messages that were sent ({codes}): they are in both queues."
        )


def _again(letters: DeadLetters, number: str, message: MessageTypeDef) -> SendMessageBatchRequestEntryTypeDef:
    known = message.get("Attributes", {})
    entry: SendMessageBatchRequestEntryTypeDef = {
        "Id": number,
        "MessageBody": message["Body"],
        "MessageAttributes": _attributes(letters, message),
    }
    if group := known.get("MessageGroupId"):
        entry["MessageGroupId"] = group
    if letters.fifo:
        # Its first id would be recognized within five minutes of the first time, and the message be dropped.
        entry["MessageDeduplicationId"] = f"redrive-{message['MessageId']}"
    if trace := known.get("AWSTraceHeader"):
        entry["MessageSystemAttributes"] = {"AWSTraceHeader": {"StringValue": trace, "DataType": "String"}}
    return entry


def _attributes(letters: DeadLetters, message: MessageTypeDef) -> dict[str, MessageAttributeValueOutputTypeDef]:
    """The sender's, without what a service added that could not deliver it."""
    found = message.get("MessageAttributes", {})
    if letters.movable or not (found.keys() >= _OF_SNS or found.keys() >= _OF_EVENTBRIDGE):
        return found
    if found.keys() >= _OF_EVENTBRIDGE:
        return {}
    return {name: value for name, value in found.items() if name not in _OF_SNS}


def _let_go(sqs: SQSClient, letters: DeadLetters, messages: Sequence[MessageTypeDef]) -> None:
    """Let others see at once what was received and not moved."""
    # The last first: in a FIFO queue a message that is visible again holds back those behind it.
    for message in reversed(messages):
        sqs.change_message_visibility(QueueUrl=letters.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
