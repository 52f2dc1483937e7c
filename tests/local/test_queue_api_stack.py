"""The stack deployed by the real ``cdk deploy``: an order by HTTP is an item in the table, once, whatever the rush."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import pytest

from tests.local.programs import eventually
from tests.local.queues import Queues

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws, Response

STACK = "QueueApi"
SETTINGS = {
    "stacks": STACK,
    "removal_policy": "destroy",
    "authorization": "open-to-everyone",
    "ordered": "true",
}
MANY = 80
NOTHING: Mapping[str, object] = {}


class Shop(NamedTuple):
    """A deployed API and what is behind it."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    def order(self, number: str, other: Mapping[str, object] = NOTHING) -> Response:
        body = {"orderId": number, "customerId": "ann", "lines": [{"sku": "socks", "quantity": 2}], **other}
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        return self.aws.http("POST", self.outputs["ApiUrl"], body=json.dumps(body), headers=headers)

    def stored(self, number: str) -> Mapping[str, object] | None:
        table = self.aws.client("dynamodb")
        return table.get_item(
            TableName=self.outputs["TableName"], Key={"orderId": {"S": number}}, ConsistentRead=True
        ).get("Item")


@pytest.fixture(scope="module")
def shop(session_aws: EmbeddedAws) -> Iterator[Shop]:
    """The stack; destroyed afterwards with what is in it, and gone."""
    outputs = session_aws.deploy(STACK, context=SETTINGS)
    yield Shop(session_aws, outputs)
    session_aws.destroy(STACK, context=SETTINGS)
    assert Queues(session_aws, {"QueueUrl": outputs["QueueUrl"]}).left() == set()
    assert outputs["TableName"] not in session_aws.client("dynamodb").list_tables()["TableNames"]


def test_an_order_is_stored_as_it_was_sent(shop: Shop) -> None:
    reply = shop.order("as-sent", {"note": "blue"})
    assert (reply.status, reply.json()["Status"]) == (202, "Accepted")
    eventually(lambda: shop.stored("as-sent") is not None, "order in the table")
    found = dict(shop.stored("as-sent") or {})
    assert found["customerId"] == {"S": "ann"}
    assert found["note"] == {"S": "blue"}
    assert found["lines"] == {"L": [{"M": {"sku": {"S": "socks"}, "quantity": {"N": "2"}}}]}


def test_every_order_of_a_rush_is_stored(shop: Shop) -> None:
    numbers = [f"rush-{number}" for number in range(MANY)]
    with ThreadPoolExecutor(8) as customers:
        replies = list(customers.map(shop.order, numbers))
    accepted = [number for number, reply in zip(numbers, replies, strict=True) if reply.status == 202]
    assert {reply.status for reply in replies} <= {202, 429}
    assert accepted
    eventually(lambda: all(shop.stored(number) for number in accepted), "every order in the table")


@pytest.mark.parametrize("other", [{"lines": []}, {"customerId": "no blanks"}, {"colour": "red"}], ids=str)
def test_what_is_no_order_is_refused_and_stored_nowhere(shop: Shop, other: dict[str, object]) -> None:
    number = f"refused-{uuid4()}"
    assert shop.order(number, other).status == 400
    assert shop.order(f"{number}-next").status == 202
    eventually(lambda: shop.stored(f"{number}-next") is not None, "next order in the table")
    assert shop.stored(number) is None


def test_another_order_under_the_same_number_changes_nothing_and_is_not_dropped(shop: Shop) -> None:
    # Whoever is behind a message that fails, waits: a customer of this test's own.
    taken = {"customerId": "bob"}
    assert shop.order("taken", {**taken, "note": "first"}).status == 202
    eventually(lambda: shop.stored("taken") is not None, "order in the table")
    assert shop.order("taken", {**taken, "note": "second"}).status == 202

    def is_tried_again() -> bool:
        found = shop.aws.client("sqs").get_queue_attributes(
            QueueUrl=shop.outputs["QueueUrl"], AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
        )["Attributes"]
        return found["ApproximateNumberOfMessagesNotVisible"] == "1"

    eventually(is_tried_again, "attempt at the second order")
    assert (shop.stored("taken") or {})["note"] == {"S": "first"}
