"""The stack deployed by the real ``cdk deploy``: which event goes where, and what a replay brings back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.local.programs import eventually
from tests.local.queues import Queues
from tests.local.roles import somebody_who_may

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from local_aws.embedded import EmbeddedAws

STACK = "EventBackbone"
SETTINGS = {
    "stacks": STACK,
    "removal_policy": "destroy",
    "large_order_total": "250",
    "event_source": "shop.orders.web",
    "archive_days": "7",
}
SOURCE = SETTINGS["event_source"]
PHYSICAL = {"fulfilment": "physical"}
LARGE = {"total": 250}
MANY = 15


@pytest.fixture(scope="module")
def deployed(session_aws_enforcing_iam: EmbeddedAws) -> Iterator[Queues]:
    """The stack, where policies are enforced; destroyed afterwards with what is in it, and gone."""
    aws = session_aws_enforcing_iam
    found = Queues(aws, aws.deploy(STACK, context=SETTINGS))
    yield found
    aws.destroy(STACK, context=SETTINGS)
    assert found.left() == set()
    buses = {bus["Name"] for bus in aws.client("events").list_event_buses()["EventBuses"]}
    assert found.outputs["BusName"] not in buses
    buckets = {bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]}
    assert found.outputs["AuditBucketName"] not in buckets


@pytest.fixture
def queues(deployed: Queues) -> Queues:
    """With nothing in them."""
    deployed.empty()
    return deployed


def send(
    queues: Queues,
    detail_type: str,
    detail: Mapping[str, object],
    *,
    source: str = SOURCE,
    events: EventBridgeClient | None = None,
) -> str:
    """One event, with a mark of its own, which is returned."""
    mark = str(uuid4())
    sent = (events or queues.aws.client("events")).put_events(
        Entries=[
            {
                "EventBusName": queues.outputs["BusName"],
                "Source": source,
                "DetailType": detail_type,
                "Detail": json.dumps({"mark": mark, **detail}),
            }
        ]
    )
    assert sent["FailedEntryCount"] == 0, sent
    return mark


def marks(events: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    return [event["detail"]["mark"] for event in events]


def taken(queues: Queues, who: str, which: str = "QueueUrl") -> Sequence[str]:
    return marks([json.loads(body) for body in queues.bodies(who, which)])


def audited(queues: Queues) -> Sequence[str]:
    """Marks of the events in the audit log, each as often as it is there."""
    s3, bucket = queues.aws.client("s3"), queues.outputs["AuditBucketName"]
    lines = [
        line
        for entry in s3.list_objects_v2(Bucket=bucket, Prefix="events/").get("Contents", [])
        for line in s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().splitlines()
    ]
    return marks([json.loads(json.loads(line)["Message"]) for line in lines])


def replay(queues: Queues) -> None:
    """Everything that the archive holds."""
    events, name, now = queues.aws.client("events"), f"again-{uuid4()}", datetime.now(UTC)
    events.start_replay(
        ReplayName=name,
        EventSourceArn=queues.outputs["ArchiveArn"],
        EventStartTime=now - timedelta(hours=1),
        EventEndTime=now + timedelta(hours=1),
        Destination={"Arn": queues.outputs["BusArn"]},
    )
    eventually(lambda: events.describe_replay(ReplayName=name)["State"] == "COMPLETED", "end of the replay")


@pytest.mark.parametrize(
    ("detail_type", "detail", "receiver"),
    [
        ("OrderPaid", {"fulfilment": "physical", "total": 9}, "Fulfilment"),
        ("OrderPaid", {"fulfilment": "physical", "total": 9000}, "Fulfilment"),
        ("OrderPaid", {"fulfilment": "digital", "total": 9}, None),
        ("OrderCancelled", {"fulfilment": "physical"}, "Fulfilment"),
        ("OrderPlaced", {"fulfilment": "physical", "total": 249.99}, None),
        ("OrderPlaced", {"fulfilment": "physical", "total": 250}, "Review"),
        ("OrderPlaced", {}, None),
        ("Something", {"total": 9000}, None),
    ],
)
def test_an_event_goes_to_whom_it_concerns_and_into_the_audit_log(
    queues: Queues, detail_type: str, detail: dict[str, object], receiver: str | None
) -> None:
    mark = send(queues, detail_type, detail)
    found = {name: taken(queues, name) for name in ("Fulfilment", "Review")}
    assert found == {name: [mark] if name == receiver else [] for name in found}
    eventually(lambda: mark in audited(queues), "event in the audit log")


def test_who_is_no_source_of_orders_is_audited_and_moves_nothing(queues: Queues) -> None:
    mark = send(queues, "OrderPaid", PHYSICAL, source="shop.returns")
    assert taken(queues, "Fulfilment") == []
    eventually(lambda: mark in audited(queues), "event in the audit log")


def test_a_target_that_fails_has_its_events_kept_and_costs_the_others_nothing(queues: Queues) -> None:
    with queues.closed("Fulfilment"):
        lost = [send(queues, "OrderPaid", PHYSICAL) for _ in range(MANY)]
        large = [send(queues, "OrderPlaced", LARGE) for _ in range(MANY)]
    assert taken(queues, "Fulfilment") == []
    assert sorted(taken(queues, "Review")) == sorted(large)
    assert queues.send_again("Fulfilment") == {"NO_PERMISSIONS"}
    assert sorted(taken(queues, "Fulfilment")) == sorted(lost)
    assert [queues.bodies(name, "UndeliveredQueueUrl") for name in ("Review", "Audit")] == [[], []]
    eventually(lambda: {*lost, *large} <= set(audited(queues)), "all events in the audit log")


def test_a_replay_brings_back_what_a_consumer_lost_and_is_not_audited_again(queues: Queues) -> None:
    paid = {send(queues, "OrderPaid", PHYSICAL) for _ in range(MANY)}
    large = {send(queues, "OrderPlaced", LARGE) for _ in range(MANY)}
    assert set(taken(queues, "Fulfilment")) == paid
    assert set(taken(queues, "Review")) == large
    eventually(lambda: paid | large <= set(audited(queues)), "all events in the audit log")
    replay(queues)
    assert paid <= set(taken(queues, "Fulfilment"))
    assert large <= set(taken(queues, "Review"))
    later = send(queues, "Something", {})
    eventually(lambda: later in audited(queues), "event in the audit log")
    assert [audited(queues).count(mark) for mark in paid | large] == [1] * 2 * MANY


def test_a_producer_needs_to_be_allowed_to_send(queues: Queues) -> None:
    for action, accepted in (("events:PutEvents", True), ("events:ListEventBuses", False)):
        with somebody_who_may(queues.aws, {action: queues.outputs["BusArn"]}) as session:
            events = session.client("events", endpoint_url=queues.aws.endpoint_url)
            if accepted:
                mark = send(queues, "OrderPlaced", LARGE, events=events)
                assert taken(queues, "Review") == [mark]
            else:
                with pytest.raises(ClientError, match="not authorized"):
                    send(queues, "OrderPlaced", LARGE, events=events)
            events.close()
