"""The queue API's stack and its writer, deployed by the real ``cdk deploy``: a spike, a failing table, poison."""

from __future__ import annotations

import json
import random
import shlex
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from boto3.dynamodb.types import TypeDeserializer

from local_aws.embedded import EmbeddedAws
from tests.local.programs import eventually

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

APP = """
import sys

sys.path[:0] = [LIBRARY, PROJECT]
import aws_cdk as cdk
from aws_patterns.messaging.buffered_writer import BufferedWriter
from aws_patterns.messaging.queue_api_options import Authorization
from stacks.queue_api import QueueApiStack
from stacks.settings.queue_api import QueueApiSettings

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
QueueApiStack(
    app,
    "QueueApi",
    settings=QueueApiSettings(
        authorization=Authorization.OPEN_TO_EVERYONE,
        throttle_rate=10_000,
        throttle_burst=5_000,
        removal_policy="destroy",
    ),
)
stack = cdk.Stack(app, "Versions")
writer = BufferedWriter(
    stack, "Stock", partition_key="sku", version_field="revision", removal_policy=cdk.RemovalPolicy.DESTROY
)
cdk.CfnOutput(stack, "StockQueueUrl", value=writer.work_queue.queue.queue_url)
cdk.CfnOutput(stack, "StockDeadLetterQueueUrl", value=writer.work_queue.dead_letter_queue.queue_url)
cdk.CfnOutput(stack, "StockTableName", value=writer.table.table_name)
app.synth()
"""

# What DynamoDB answers that the SDK does not try again by itself: the attempt is over, the message has to come back.
REFUSAL = "AccessDeniedException"


@dataclass(frozen=True, slots=True)
class Writer:
    """A deployed writer: its queue, its dead letters, its table."""

    aws: EmbeddedAws
    queue_url: str
    dead_letters_url: str
    table: str
    api_url: str = ""
    # When the test began, as functions tell the time, in milliseconds.
    began: float = 0

    def post(self, body: str) -> int:
        return self.aws.http("POST", self.api_url, body=body, headers={"Content-Type": "application/json"}).status

    def send(self, bodies: Sequence[str]) -> None:
        sqs = self.aws.client("sqs")
        for start in range(0, len(bodies), 10):
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
            answer = sqs.send_message_batch(QueueUrl=self.queue_url, Entries=entries)  # type: ignore[arg-type] # the same
            assert not answer.get("Failed")

    def items(self) -> list[dict[str, object]]:
        pages = self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        found = [item for page in pages for item in page["Items"]]
        return [
            {name: TypeDeserializer().deserialize(value) for name, value in item.items() if name != "_fingerprint"}
            for item in found
        ]

    def dead_letters(self) -> list[MessageTypeDef]:
        sqs = self.aws.client("sqs")
        found: list[MessageTypeDef] = []
        while messages := sqs.receive_message(
            QueueUrl=self.dead_letters_url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            found += messages
        return found

    def waiting(self, url: str = "") -> int:
        found = self.aws.client("sqs").get_queue_attributes(QueueUrl=url or self.queue_url, AttributeNames=["All"])
        told = found["Attributes"]
        return int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"])

    def done(self) -> None:
        """Wait until the queue is empty: a message is deleted when its item was stored, and not before."""
        eventually(lambda: self.waiting() == 0, "empty queue")

    def counted(self) -> Counter[str]:
        """What functions have told CloudWatch since the test began, read from their logs.

        By the time that each line names: those of a function that ran out of time come late, with its next call.
        """
        logs = self.aws.client("logs")
        told: Counter[str] = Counter()
        for group in logs.describe_log_groups()["logGroups"]:
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                for event in page["events"]:
                    for line in event["message"].splitlines():
                        if '"_aws"' in line and (values := json.loads(line))["_aws"]["Timestamp"] >= self.began:
                            told.update(
                                {name: int(sum(its)) for name, its in values.items() if name.startswith("Items")}
                            )
        return told

    def hidden_for(self, seconds: int, attempts: int) -> None:
        """Let what fails come back sooner than a test wants to wait, or more often."""
        sqs = self.aws.client("sqs")
        policy = sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["RedrivePolicy"])["Attributes"]
        target = json.loads(policy["RedrivePolicy"])["deadLetterTargetArn"]
        sqs.set_queue_attributes(
            QueueUrl=self.queue_url,
            Attributes={
                "VisibilityTimeout": str(seconds),
                "RedrivePolicy": json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": attempts}),
            },
        )

    @contextmanager
    def a_table_that_fails_half_of_the_time(self) -> Iterator[None]:
        """At random, in bursts, as long as the block lasts."""
        chance = random.Random(4)
        over = threading.Event()

        def fail() -> None:
            while not over.wait(0.05):
                self.aws.clear_faults()
                if chance.random() < 0.5:
                    self.aws.inject_fault("dynamodb", "PutItem", REFUSAL)

        thread = threading.Thread(target=fail, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.aws.clear_faults()


def order(number: int, *, quantity: int = 1) -> str:
    lines = [{"sku": f"sku-{number % 7}", "quantity": quantity}]
    return json.dumps({"orderId": f"order-{number}", "customerId": f"customer-{number % 13}", "lines": lines})


@pytest.fixture(scope="module")
def deployed(
    session_aws: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("queue_api")
    text = APP.replace("LIBRARY", repr(str(project / "constructs"))).replace("PROJECT", repr(str(project)))
    (folder / "app.py").write_text(text)
    app = shlex.join([sys.executable, "app.py"])
    yield session_aws.deploy("QueueApi", "Versions", app=app, folder=folder)
    session_aws.clear_faults()
    session_aws.destroy("QueueApi", "Versions", app=app, folder=folder)


@pytest.fixture
def orders(deployed: dict[str, str], session_aws: EmbeddedAws) -> Iterator[Writer]:
    """The writer behind the API; its table and queues empty, its failures over quickly."""
    writer = Writer(
        session_aws,
        deployed["QueueUrl"],
        deployed["DeadLetterQueueUrl"],
        deployed["TableName"],
        deployed["ApiUrl"],
    )
    yield emptied(writer)
    session_aws.clear_faults()


@pytest.fixture
def stock(deployed: dict[str, str], session_aws: EmbeddedAws) -> Iterator[Writer]:
    """The writer that keeps the highest version."""
    names = (deployed[f"Stock{name}"] for name in ("QueueUrl", "DeadLetterQueueUrl", "TableName"))
    queue, dead_letters, table = names
    yield emptied(Writer(session_aws, queue, dead_letters, table))
    session_aws.clear_faults()


def emptied(writer: Writer) -> Writer:
    for url in (writer.queue_url, writer.dead_letters_url):
        writer.aws.client("sqs").purge_queue(QueueUrl=url)
    (key, *_) = writer.aws.client("dynamodb").describe_table(TableName=writer.table)["Table"]["KeySchema"]
    name = key["AttributeName"]
    for item in writer.items():
        writer.aws.client("dynamodb").delete_item(TableName=writer.table, Key={name: {"S": str(item[name])}})
    writer.hidden_for(3, attempts=50)
    return replace(writer, began=time.time() * 1000)


def test_a_spike_of_requests_is_stored_whole_and_each_order_once(orders: Writer) -> None:
    bodies = [order(number) for number in range(500)]
    # Clients that got no answer in time send again what they sent.
    requests = bodies + bodies[:50]
    random.Random(4).shuffle(requests)
    with ThreadPoolExecutor(16) as clients:
        answers = Counter(clients.map(orders.post, requests))
    assert answers == {202: 550}
    orders.done()

    items = orders.items()
    assert sorted(items, key=str) == sorted(map(json.loads, bodies), key=str)
    assert orders.counted()["ItemsWritten"] <= 500, "no item twice"
    assert orders.dead_letters() == []


def test_a_table_that_fails_half_of_the_time_loses_nothing(orders: Writer) -> None:
    orders.hidden_for(2, attempts=50)
    bodies = [order(number) for number in range(150)]
    orders.aws.inject_fault("dynamodb", "PutItem", REFUSAL)
    orders.send(bodies)
    eventually(lambda: orders.counted()["ItemsNotWritten"] >= 30, "failing writes")
    with orders.a_table_that_fails_half_of_the_time():
        eventually(lambda: len(orders.items()) >= 75, "items between the failures")
    orders.done()
    assert sorted(orders.items(), key=str) == sorted(map(json.loads, bodies), key=str)
    assert orders.counted()["ItemsWritten"] <= 150, "no item twice"
    assert orders.dead_letters() == []


def test_what_is_sent_while_the_table_is_away_is_stored_when_it_is_back(orders: Writer) -> None:
    orders.aws.inject_fault("dynamodb", "PutItem", REFUSAL)
    bodies = [order(number) for number in range(30)]
    assert {orders.post(body) for body in bodies} == {202}
    eventually(lambda: orders.counted()["ItemsNotWritten"] > 0, "failing write")
    assert orders.items() == []
    orders.aws.clear_faults()
    orders.done()
    assert len(orders.items()) == 30
    assert orders.dead_letters() == []


def test_a_poison_message_becomes_a_dead_letter_and_those_beside_it_are_stored(orders: Writer) -> None:
    orders.hidden_for(1, attempts=2)
    poison = ["no json", "[]", '{"customerId": "no key"}', '{"orderId": "a", "_fingerprint": "b"}', '{"orderId": 7}']
    good = [order(number) for number in range(25)]
    orders.send([*good[:12], *poison, *good[12:]])
    eventually(lambda: orders.waiting(orders.dead_letters_url) == len(poison), "dead letters")
    assert sorted(letter["Body"] for letter in orders.dead_letters()) == sorted(poison)
    orders.done()
    assert sorted(orders.items(), key=str) == sorted(map(json.loads, good), key=str)


def test_another_order_under_the_same_id_is_kept_apart_for_somebody_to_look_at(orders: Writer) -> None:
    orders.hidden_for(1, attempts=2)
    first, other = order(1), order(1, quantity=2)
    assert orders.post(first) == 202
    orders.done()
    assert orders.post(other) == 202
    eventually(lambda: orders.waiting(orders.dead_letters_url) == 1, "dead letter")
    assert [letter["Body"] for letter in orders.dead_letters()] == [other]
    assert orders.items() == [json.loads(first)]


def test_the_highest_version_stays_in_whatever_order_they_arrive(stock: Writer) -> None:
    versions = [{"sku": f"sku-{n % 5}", "revision": n, "left": n * 1.5} for n in range(100)]
    bodies = [json.dumps(version) for version in versions] * 2
    random.Random(4).shuffle(bodies)
    stock.send(bodies)
    stock.done()
    assert sorted(stock.items(), key=str) == sorted(versions[-5:], key=str)
    assert stock.dead_letters() == []


def test_the_writers_log_holds_none_of_what_it_wrote(orders: Writer) -> None:
    orders.hidden_for(1, attempts=2)
    orders.send(['{"orderId": 7, "customerId": "confidential"}', '{"confidential": '])
    eventually(lambda: orders.waiting(orders.dead_letters_url) == 2, "dead letters")
    logs = orders.aws.client("logs")
    lines = [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    ]
    assert [line for line in lines if "item not written" in line], "the function does log"
    assert not [line for line in lines if "confidential" in line]
