"""The stack deployed by the real ``cdk deploy``: each customer's events in their order, once, for everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import boto3
import pytest

from local_aws.project import REGION
from tests.local.queues import Queues, fields_of

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

STACK = "OrderedFanout"
SETTINGS = {
    "stacks": STACK,
    "removal_policy": "destroy",
    "fraud_total": "100",
    "high_throughput": "true",
    "content_based_deduplication": "true",
    # So that an attempt that failed is over at once.
    "visibility_timeout_seconds": "0",
    "max_receive_count": "2",
}
DEPARTMENTS = ("Ledger", "Shipping", "Fraud")
CUSTOMERS = ("ann", "bob", "cem", "dee")
EVENTS = 30


@pytest.fixture(scope="module")
def deployed(session_aws_enforcing_iam: EmbeddedAws) -> Iterator[Queues]:
    """The stack, where policies are enforced; destroyed afterwards, and gone."""
    aws = session_aws_enforcing_iam
    found = Queues(aws, aws.deploy(STACK, context=SETTINGS))
    yield found
    aws.destroy(STACK, context=SETTINGS)
    assert found.left() == set()
    topics = aws.client("sns").list_topics()["Topics"]
    assert found.outputs["TopicArn"] not in {topic["TopicArn"] for topic in topics}


@pytest.fixture
def queues(deployed: Queues) -> Queues:
    """With nothing in them."""
    deployed.empty()
    return deployed


class Shop:
    """Publishes, as a process of its own would."""

    def __init__(self, queues: Queues) -> None:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        self._sns = session.client("sns", endpoint_url=queues.aws.endpoint_url)
        self._topic = queues.outputs["TopicArn"]

    def tell(self, customer: str, number: int, *, event: str = "OrderPaid", total: float = 1) -> str:
        body = json.dumps({"customerId": customer, "number": number, "event": event, "total": total})
        self._sns.publish(TopicArn=self._topic, Message=body, MessageGroupId=customer)
        return body


@pytest.fixture
def shop(queues: Queues) -> Shop:
    return Shop(queues)


def numbers(bodies: Sequence[str], customer: str) -> Sequence[object]:
    return fields_of((body for body in bodies if json.loads(body)["customerId"] == customer), "number")


def test_each_customers_events_arrive_in_their_order_whoever_publishes_at_the_same_time(queues: Queues) -> None:
    def publish(customer: str) -> None:
        shop = Shop(queues)
        for number in range(EVENTS):
            # Every third is one for Fraud, by its total or by what it is.
            large = number % 6 == 0
            refund = number % 6 == 3
            shop.tell(
                customer,
                number,
                event="OrderRefunded" if refund else "OrderPaid",
                total=100 if large else 99.99,
            )

    with ThreadPoolExecutor(len(CUSTOMERS)) as shops:
        list(shops.map(publish, CUSTOMERS))
    taken = {department: queues.bodies(department) for department in DEPARTMENTS}
    for customer in CUSTOMERS:
        assert numbers(taken["Ledger"], customer) == numbers(taken["Shipping"], customer) == list(range(EVENTS))
        assert numbers(taken["Fraud"], customer) == list(range(0, EVENTS, 3))
    assert [len(bodies) for bodies in taken.values()] == [120, 120, 40]


def test_an_event_that_is_published_again_arrives_once(queues: Queues, shop: Shop) -> None:
    for _ in range(3):
        shop.tell("ann", 1, total=500)
    shop.tell("ann", 2, total=500)
    assert [fields_of(queues.bodies(department), "number") for department in DEPARTMENTS] == [[1, 2]] * 3


class TestADepartment:
    def test_that_fails_has_its_events_kept_in_order_and_costs_the_others_nothing(
        self, queues: Queues, shop: Shop
    ) -> None:
        told = [shop.tell("ann", number) for number in range(10, 15)]
        queues.take("Shipping", delete=False)
        assert queues.bodies("Shipping", "DeadLetterQueueUrl") == told
        assert queues.bodies("Ledger") == told

    def test_that_fails_for_one_customer_works_for_the_others(self, queues: Queues, shop: Shop) -> None:
        poison = shop.tell("ann", 20)
        good = [shop.tell(customer, 20) for customer in ("bob", "cem")]
        sqs, url = queues.aws.client("sqs"), queues.outputs["ShippingQueueUrl"]
        done = []
        while messages := sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0).get("Messages"):
            for message in messages:
                if message["Body"] != poison:
                    done.append(message["Body"])
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        assert sorted(done) == sorted(good)
        assert queues.bodies("Shipping", "DeadLetterQueueUrl") == [poison]

    def test_that_is_down_has_everything_in_order_later(self, queues: Queues, shop: Shop) -> None:
        with queues.closed("Shipping"):
            told = [shop.tell("dee", number) for number in range(30, 40)]
        assert queues.bodies("Ledger") == told
        assert queues.bodies("Shipping") == []
        assert queues.send_again("Shipping") == {"AccessDenied"}
        assert queues.bodies("Shipping") == told
