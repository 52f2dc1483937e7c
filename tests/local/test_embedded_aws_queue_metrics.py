"""Queues of the embedded AWS count what comes, what is taken and what is done, whichever way it happens."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack
from tests.local.programs import eventually

WORKING = """
def handle(event, context):
    bad = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in bad]}
"""


class Queue:
    """A queue of a test's own."""

    def __init__(self, aws: EmbeddedAws, url: str) -> None:
        self.aws, self.sqs, self.url = aws, aws.client("sqs"), url
        self.name = url.rpartition("/")[2]
        told = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]
        self.arn = told["QueueArn"]

    def send(self, *bodies: str) -> None:
        entries: list[Any] = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def receive(self) -> list[str]:
        found = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        return [message["ReceiptHandle"] for message in found]

    def counted(self) -> tuple[float, float, float]:
        """Sent, received, deleted."""
        sent, received, deleted = (self._total(f"NumberOfMessages{name}") for name in ("Sent", "Received", "Deleted"))
        return sent, received, deleted

    def _total(self, name: str) -> float:
        now = datetime.now(UTC)
        points = self.aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName=name,
            Dimensions=[{"Name": "QueueName", "Value": self.name}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)


@pytest.fixture
def make_queue(embedded_aws: EmbeddedAws) -> Iterator[Callable[..., Queue]]:
    made: list[Queue] = []

    def make(**attributes: str) -> Queue:
        name = f"counted-{uuid.uuid4().hex[:8]}"
        created = embedded_aws.client("sqs").create_queue(QueueName=name, Attributes=cast("Any", attributes))
        made.append(Queue(embedded_aws, created["QueueUrl"]))
        return made[-1]

    yield make
    for queue in made:
        queue.sqs.delete_queue(QueueUrl=queue.url)


def test_one_by_one_and_in_batches(make_queue: Callable[..., Queue]) -> None:
    queue = make_queue()
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="one")
    queue.send("two", "three")
    first, *others = queue.receive()

    queue.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=first)
    entries: list[Any] = [{"Id": str(number), "ReceiptHandle": one} for number, one in enumerate([*others, "unknown"])]
    queue.sqs.delete_message_batch(QueueUrl=queue.url, Entries=entries)

    assert queue.counted() == (3, 3, 3)


def test_what_is_taken_again_was_sent_once(make_queue: Callable[..., Queue]) -> None:
    queue = make_queue(VisibilityTimeout="0")
    queue.send("one")

    assert len(queue.receive()) == len(queue.receive()) == 1

    assert queue.counted() == (1, 2, 0)


def test_what_comes_through_a_topic_is_sent_though_nobody_takes_it(make_queue: Callable[..., Queue]) -> None:
    queue = make_queue()
    topics = queue.aws.client("sns")
    topic = topics.create_topic(Name=queue.name)["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)

    topics.publish(TopicArn=topic, Message="one")

    eventually(lambda: queue.counted() == (1, 0, 0), "message that is counted")
    topics.delete_topic(TopicArn=topic)


def test_what_functions_take_and_do(embedded_aws: EmbeddedAws, create_stack: CreateStack) -> None:
    properties = {"Runtime": "python3.14", "Handler": "index.handle", "Code": {"ZipFile": WORKING}}
    source = {
        "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
        "FunctionName": {"Ref": "Function"},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    role = "arn:aws:iam::000000000000:role/any"
    resources = {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {**properties, "Role": role}},
        "Source": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": source},
        "Queue": {"Type": "AWS::SQS::Queue"},
    }
    stack = create_stack(embedded_aws, f"called-{uuid.uuid4().hex[:8]}", {"Resources": resources})
    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    queue = Queue(embedded_aws, stack.physical_id("Queue"))

    queue.send("good", "bad", "good")

    eventually(lambda: queue.counted() == (3, 3, 2), "message that is counted")


def test_a_dead_letter_was_not_sent(make_queue: Callable[..., Queue]) -> None:
    dead = make_queue()
    redrive = f'{{"deadLetterTargetArn": "{dead.arn}", "maxReceiveCount": 1}}'
    queue = make_queue(VisibilityTimeout="0", RedrivePolicy=redrive)
    queue.send("one")

    assert len(queue.receive()) == 1
    assert queue.receive() == []

    assert len(dead.receive()) == 1
    assert dead.counted() == (0, 1, 0)
