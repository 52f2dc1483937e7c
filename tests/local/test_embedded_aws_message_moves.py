"""Moves out of dead-letter queues: who may be moved where, and what SQS refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.local.programs import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs.client import SQSClient

    from local_aws.embedded import EmbeddedAws


@pytest.fixture
def sqs(embedded_aws: EmbeddedAws) -> SQSClient:
    return embedded_aws.client("sqs")


@pytest.fixture
def make(sqs: SQSClient) -> Callable[..., tuple[str, str]]:
    """Makes a queue, by URL and ARN, with or without a dead-letter queue."""

    def make(name: str, dead_letters: str | None = None) -> tuple[str, str]:
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        if dead_letters:
            policy = json.dumps({"deadLetterTargetArn": dead_letters, "maxReceiveCount": 1})
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    return make


def status(sqs: SQSClient, arn: str) -> str:
    return sqs.list_message_move_tasks(SourceArn=arn)["Results"][0]["Status"]


def test_messages_go_where_they_came_from_or_where_they_are_sent(
    sqs: SQSClient, make: Callable[..., tuple[str, str]]
) -> None:
    _, letters = make("moves-letters")
    one, _ = make("moves-one", letters)
    other, _ = make("moves-other", letters)
    for url, body in ((one, "of one"), (other, "of other")):
        sqs.send_message(QueueUrl=url, MessageBody=body)
        assert len(sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]) == 1
        assert "Messages" not in sqs.receive_message(QueueUrl=url)

    sqs.start_message_move_task(SourceArn=letters)
    eventually(lambda: status(sqs, letters) == "COMPLETED", "end of the move")

    for url, body in ((one, "of one"), (other, "of other")):
        (message,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
        assert message["Body"] == body
        assert "Messages" not in sqs.receive_message(QueueUrl=url)

    elsewhere, arn = make("moves-elsewhere")
    sqs.start_message_move_task(SourceArn=letters, DestinationArn=arn)
    eventually(lambda: status(sqs, letters) == "COMPLETED", "end of the move")
    assert len(sqs.receive_message(QueueUrl=elsewhere, MaxNumberOfMessages=10)["Messages"]) == 2


def test_a_message_that_never_failed_anywhere_can_not_go_back(
    sqs: SQSClient, make: Callable[..., tuple[str, str]]
) -> None:
    url, letters = make("moves-unknown-letters")
    make("moves-unknown", letters)
    sqs.send_message(QueueUrl=url, MessageBody="sent here")
    sqs.start_message_move_task(SourceArn=letters)
    eventually(lambda: status(sqs, letters) == "FAILED", "failure")
    (task,) = sqs.list_message_move_tasks(SourceArn=letters)["Results"]
    assert (task["FailureReason"], task["ApproximateNumberOfMessagesMoved"]) == ("CouldNotDetermineMessageSource", 0)
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_one_move_at_a_time_and_out_of_dead_letter_queues_only(
    sqs: SQSClient, make: Callable[..., tuple[str, str]]
) -> None:
    letters_url, letters = make("moves-busy-letters")
    url, arn = make("moves-busy", letters)
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=arn)
    with pytest.raises(ClientError, match="doesn't exist"):
        sqs.start_message_move_task(SourceArn=f"{letters}-gone")
    for number in range(5):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    handle = sqs.start_message_move_task(SourceArn=letters, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    with pytest.raises(ClientError, match="already a task running"):
        sqs.start_message_move_task(SourceArn=letters)
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert moved < 5
    assert status(sqs, letters) == "CANCELLED"
    with pytest.raises(ClientError, match="Only active tasks"):
        sqs.cancel_message_move_task(TaskHandle=handle)
    left = sqs.get_queue_attributes(QueueUrl=letters_url, AttributeNames=["ApproximateNumberOfMessages"])
    assert left["Attributes"]["ApproximateNumberOfMessages"] == str(5 - moved)
