"""Fan-outs deployed by the real ``cdk deploy``: who is sent what, in which order, once, and what one failure costs."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import boto3
import pytest

from local_aws.project import REGION
from tests.local.programs import eventually

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from local_aws.embedded import EmbeddedAws

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_patterns.messaging.fanout import Fanout
from aws_patterns.messaging.comparisons import (
    AnythingBut, Cidr, EqualsIgnoreCase, Exists, Numeric, Prefix, Suffix, Wildcard,
)
from aws_patterns.messaging.fanout_options import AttributeFilter, BodyFilter, FifoTopic, Subscriber

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Fanouts")
gone = cdk.RemovalPolicy.DESTROY


def by(properties, **others):
    return Subscriber(filter_policy=AttributeFilter(properties, **others))


fanouts = {
    "Orders": Fanout(
        stack,
        "Orders",
        removal_policy=gone,
        subscribers={
            "All": Subscriber(),
            "Wrapped": Subscriber(raw_delivery=False),
            "Exact": by({"kind": ["order", "refund"]}),
            "Begins": by({"kind": Prefix("re")}),
            "Ends": by({"file": Suffix(".png")}),
            "Like": by({"file": Wildcard("in/*.png")}),
            "AnyCase": by({"kind": EqualsIgnoreCase("ORDER")}),
            "Number": by({"total": Numeric(above=0, at_most=100)}),
            "Equals": by({"total": Numeric(equals=5)}),
            "Network": by({"ip": Cidr("10.0.0.0/24")}),
            "Has": by({"total": Exists()}),
            "HasNot": by({"test": Exists(False)}),
            "NotThese": by({"kind": AnythingBut("order", "refund")}),
            "NotLike": by({"kind": AnythingBut(Prefix("re"))}),
            "Both": by({"kind": "order", "total": Numeric(at_least=100)}),
            "Either": by({}, any_of=[{"kind": "refund"}, {"total": Numeric(at_least=100)}]),
            "Body": Subscriber(filter_policy=BodyFilter({"order": {"country": ["DE", Prefix("A")]}})),
        },
    ),
    "Ledger": Fanout(
        stack, "Ledger", fifo=FifoTopic(), removal_policy=gone, subscribers={"A": Subscriber(), "B": Subscriber()}
    ),
    "Bodies": Fanout(
        stack,
        "Bodies",
        fifo=FifoTopic(content_based_deduplication=True, high_throughput=True),
        removal_policy=gone,
        subscribers={"A": Subscriber()},
    ),
    "Fragile": Fanout(
        stack,
        "Fragile",
        removal_policy=gone,
        subscribers={
            "Fails": Subscriber(visibility_timeout_seconds=0, max_receive_count=2),
            "Missing": Subscriber(),
            "Works": Subscriber(),
        },
    ),
    "Uploads": Fanout(
        stack, "Uploads", removal_policy=gone, subscribers={"Thumbnails": Subscriber(), "Index": Subscriber()}
    ),
}
uploads = s3.Bucket(stack, "Bucket", removal_policy=gone, auto_delete_objects=True)
fanouts["Uploads"].add_bucket_source(uploads, prefix="in/")
cdk.CfnOutput(stack, "BucketName", value=uploads.bucket_name)
for name, fanout in fanouts.items():
    cdk.CfnOutput(stack, f"{name}Topic", value=fanout.topic.topic_arn)
    for subscriber, work in fanout.queues.items():
        cdk.CfnOutput(stack, f"{name}{subscriber}Queue", value=work.queue.queue_url)
        cdk.CfnOutput(stack, f"{name}{subscriber}Letters", value=work.dead_letter_queue.queue_url)
        cdk.CfnOutput(stack, f"{name}{subscriber}Undelivered", value=fanout.undelivered[subscriber].queue_url)
app.synth()
"""
MANY = 50
NOBODYS = "nobody"


class Fanout(NamedTuple):
    """A deployed fan-out, with somebody who publishes and everybody who works."""

    aws: EmbeddedAws
    name: str
    outputs: Mapping[str, str]

    @property
    def subscribers(self) -> list[str]:
        ends = [key.removeprefix(self.name) for key in self.outputs if key.startswith(self.name)]
        return [end.removesuffix("Queue") for end in ends if end.endswith("Queue")]

    @property
    def topic(self) -> str:
        return self.outputs[f"{self.name}Topic"]

    def queue(self, subscriber: str, what: str = "Queue") -> str:
        return self.outputs[f"{self.name}{subscriber}{what}"]

    def publish(self, body: str, **attributes: str | float) -> None:
        self.aws.client("sns").publish(TopicArn=self.topic, Message=body, MessageAttributes=typed(attributes))

    def taken(self, subscriber: str, what: str = "Queue", *, delete: bool = True) -> list[str]:
        """Everything that a subscriber is given, in this order."""
        sqs, url = self.aws.client("sqs"), self.queue(subscriber, what)
        bodies: list[str] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
            for message in messages:
                bodies.append(message["Body"])
                if delete:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def why_undelivered(self, subscriber: str) -> set[str]:
        """What SNS says of the first of them, which stay where they are."""
        messages = self.aws.client("sqs").receive_message(
            QueueUrl=self.queue(subscriber, "Undelivered"),
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
        )["Messages"]
        return {message["MessageAttributes"]["ErrorCode"]["StringValue"] for message in messages}


def typed(attributes: Mapping[str, str | float]) -> Mapping[str, MessageAttributeValueTypeDef]:
    return {
        name: {"DataType": "String" if isinstance(value, str) else "Number", "StringValue": str(value)}
        for name, value in attributes.items()
    }


@pytest.fixture(scope="module")
def outputs(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, str]]:
    """The stack, where resource policies are enforced; destroyed afterwards, and gone."""
    aws = session_aws_enforcing_iam
    folder = tmp_path_factory.mktemp("fanouts")
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    app = shlex.join([sys.executable, "app.py"])
    yield aws.deploy("Fanouts", app=app, folder=folder)
    aws.destroy("Fanouts", app=app, folder=folder)
    assert [topic for topic in aws.client("sns").list_topics()["Topics"] if "Fanouts" in topic["TopicArn"]] == []
    assert [url for url in aws.client("sqs").list_queues().get("QueueUrls", []) if "Fanouts" in url] == []


@pytest.fixture
def fanout(session_aws_enforcing_iam: EmbeddedAws, outputs: Mapping[str, str]) -> Callable[[str], Fanout]:
    def get(name: str) -> Fanout:
        return Fanout(session_aws_enforcing_iam, name, outputs)

    return get


UNFILTERED = {"All", "Wrapped"}


@pytest.mark.parametrize(
    ("attributes", "body", "receivers"),
    [
        ({"kind": "order"}, "-", {"Exact", "AnyCase", "HasNot", "NotLike"}),
        ({"kind": "Order"}, "-", {"AnyCase", "HasNot", "NotThese", "NotLike"}),
        ({"kind": "refund"}, "-", {"Exact", "Begins", "HasNot", "Either"}),
        ({"kind": "return", "test": "yes"}, "-", {"Begins", "NotThese"}),
        (
            {"kind": "order", "total": 100},
            "-",
            {"Exact", "AnyCase", "Number", "Has", "HasNot", "NotLike", "Both", "Either"},
        ),
        ({"kind": "order", "total": 99.5}, "-", {"Exact", "AnyCase", "Number", "Has", "HasNot", "NotLike"}),
        ({"total": 5}, "-", {"Number", "Equals", "Has", "HasNot"}),
        ({"total": 0}, "-", {"Has", "HasNot"}),
        ({"total": 101}, "-", {"Has", "HasNot", "Either"}),
        ({"file": "in/a.png", "test": "yes"}, "-", {"Ends", "Like"}),
        ({"file": "out/a.png", "test": "yes"}, "-", {"Ends"}),
        ({"file": "in/a.jpg", "test": "yes"}, "-", set()),
        ({"ip": "10.0.0.7", "test": "yes"}, "-", {"Network"}),
        ({"ip": "10.0.1.7", "test": "yes"}, "-", set()),
        ({"test": "yes"}, '{"order": {"country": "DE"}}', {"Body"}),
        ({"test": "yes"}, '{"order": {"country": "AT"}}', {"Body"}),
        ({"test": "yes"}, '{"order": {"country": "FR"}}', set()),
        ({"test": "yes"}, '{"country": "DE"}', set()),
        ({"test": "yes"}, "no JSON", set()),
    ],
)
def test_each_subscriber_is_sent_what_its_filter_lets_through(
    fanout: Callable[[str], Fanout], attributes: Mapping[str, str | float], body: str, receivers: set[str]
) -> None:
    orders = fanout("Orders")
    orders.publish(body, **attributes)
    taken = {subscriber: orders.taken(subscriber) for subscriber in orders.subscribers}
    assert {subscriber for subscriber, bodies in taken.items() if bodies} == receivers | UNFILTERED
    wrapped = json.loads(taken.pop("Wrapped")[0])
    assert (wrapped["Type"], wrapped["Message"]) == ("Notification", body)
    assert [bodies for bodies in taken.values() if bodies] == [[body]] * (len(receivers) + 1)


class TestOneSubscriber:
    def test_that_fails_or_is_gone_costs_the_others_nothing(self, fanout: Callable[[str], Fanout]) -> None:
        fragile = fanout("Fragile")
        fragile.aws.client("sqs").delete_queue(QueueUrl=fragile.queue("Missing"))
        published = [f"message {number}" for number in range(MANY)]
        with ThreadPoolExecutor(4) as publishers:
            list(publishers.map(fragile.publish, published))
        assert sorted(fragile.taken("Works")) == sorted(published)
        why = fragile.why_undelivered("Missing")
        assert why == {"AWS.SimpleQueueService.NonExistentQueue"}
        assert sorted(fragile.taken("Missing", "Undelivered")) == sorted(published)
        assert fragile.taken("Works", "Undelivered") == fragile.taken("Fails", "Undelivered") == []
        fragile.taken("Fails", delete=False)
        assert sorted(fragile.taken("Fails", "Letters")) == sorted(published)

    def test_is_sent_to_by_nobody_else(self, fanout: Callable[[str], Fanout]) -> None:
        orders = fanout("Orders")
        sns, sqs = orders.aws.client("sns"), orders.aws.client("sqs")
        queue = sqs.get_queue_attributes(QueueUrl=orders.queue("All"), AttributeNames=["QueueArn"])["Attributes"]
        other = sns.create_topic(Name="other")["TopicArn"]
        try:
            sns.subscribe(TopicArn=other, Protocol="sqs", Endpoint=queue["QueueArn"])
            sns.publish(TopicArn=other, Message="from elsewhere")
            orders.publish("from here")
            assert orders.taken("All") == ["from here"]
        finally:
            sns.delete_topic(TopicArn=other)
            for subscriber in orders.subscribers:
                orders.taken(subscriber)


class TestInOrder:
    def test_each_group_keeps_its_order_under_parallel_publishers(self, fanout: Callable[[str], Fanout]) -> None:
        ledger = fanout("Ledger")

        def publish(group: str) -> None:
            # A client of its own for each thread, as processes have.
            session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
            sns = session.client("sns", endpoint_url=ledger.aws.endpoint_url)
            for number in range(MANY):
                body = f"{group} {number}"
                sns.publish(TopicArn=ledger.topic, Message=body, MessageGroupId=group, MessageDeduplicationId=body)
                # All of them in one group, too: in nobody's order, and in the same for everybody.
                sns.publish(
                    TopicArn=ledger.topic, Message=body, MessageGroupId=NOBODYS, MessageDeduplicationId=f"+{body}"
                )
            sns.close()

        groups = [f"group{number}" for number in range(4)]
        with ThreadPoolExecutor(len(groups)) as publishers:
            list(publishers.map(publish, groups))
        taken = {subscriber: in_order(ledger, subscriber) for subscriber in ("A", "B")}
        for group in groups:
            assert taken["A"][group] == taken["B"][group] == [f"{group} {number}" for number in range(MANY)]
        assert len(taken["A"][NOBODYS]) == len(groups) * MANY
        assert taken["A"][NOBODYS] == taken["B"][NOBODYS]

    def test_nothing_of_a_group_is_given_out_before_what_came_first(self, fanout: Callable[[str], Fanout]) -> None:
        ledger = fanout("Ledger")
        sns, sqs = ledger.aws.client("sns"), ledger.aws.client("sqs")
        for number in range(2):
            sns.publish(
                TopicArn=ledger.topic, Message=str(number), MessageGroupId="g", MessageDeduplicationId=f"g{number}"
            )
        (first,) = sqs.receive_message(QueueUrl=ledger.queue("A"), MaxNumberOfMessages=1)["Messages"]
        assert first["Body"] == "0"
        assert "Messages" not in sqs.receive_message(QueueUrl=ledger.queue("A"), WaitTimeSeconds=0)
        sqs.delete_message(QueueUrl=ledger.queue("A"), ReceiptHandle=first["ReceiptHandle"])
        assert ledger.taken("A") == ["1"]
        ledger.taken("B")

    def test_a_message_that_is_published_twice_arrives_once(self, fanout: Callable[[str], Fanout]) -> None:
        ledger = fanout("Ledger")
        for body in ("first", "second"):
            ledger.aws.client("sns").publish(
                TopicArn=ledger.topic, Message=body, MessageGroupId="twice", MessageDeduplicationId="same"
            )
        assert [ledger.taken(subscriber) for subscriber in ("A", "B")] == [["first"], ["first"]]

    def test_a_body_that_is_published_twice_arrives_once(self, fanout: Callable[[str], Fanout]) -> None:
        bodies = fanout("Bodies")
        for body in ("same", "same", "other"):
            bodies.aws.client("sns").publish(TopicArn=bodies.topic, Message=body, MessageGroupId="g")
        assert bodies.taken("A") == ["same", "other"]


def in_order(fanout: Fanout, subscriber: str) -> Mapping[str, Sequence[str]]:
    """What a subscriber is given of each group, one message of a group at a time."""
    sqs, url = fanout.aws.client("sqs"), fanout.queue(subscriber)
    groups: dict[str, list[str]] = {}
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0, MessageSystemAttributeNames=["MessageGroupId"]
    ).get("Messages"):
        for message in messages:
            groups.setdefault(message["Attributes"]["MessageGroupId"], []).append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return groups


def test_an_upload_reaches_every_subscriber(fanout: Callable[[str], Fanout], outputs: Mapping[str, str]) -> None:
    uploads = fanout("Uploads")
    for subscriber in uploads.subscribers:
        uploads.taken(subscriber)  # the test event of S3
    bucket = uploads.aws.client("s3")
    for key in ("in/cat.png", "out/cat.png"):
        bucket.put_object(Bucket=outputs["BucketName"], Key=key, Body=b"-")
    taken: dict[str, list[str]] = {"Thumbnails": [], "Index": []}

    def arrived() -> bool:
        for subscriber, keys in taken.items():
            records = [record for body in uploads.taken(subscriber) for record in json.loads(body)["Records"]]
            keys += [record["s3"]["object"]["key"] for record in records]
        return all(taken.values())

    eventually(arrived, "upload in both queues")
    assert taken == {"Thumbnails": ["in/cat.png"], "Index": ["in/cat.png"]}
