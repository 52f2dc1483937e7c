"""Work queues deployed by the real ``cdk deploy``: poison messages, order, duplicates, and who may do what."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from botocore.exceptions import ClientError

from local_aws.embedded import EmbeddedAws
from tests.local.programs import eventually
from tests.local.roles import assumed

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageTypeDef

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_patterns.messaging.work_queue import WorkQueue
from aws_patterns.messaging.work_queue_options import Fifo

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "WorkQueues")
gone = cdk.RemovalPolicy.DESTROY
queues = {
    "Jobs": WorkQueue(stack, "Jobs", visibility_timeout_seconds=1, max_receive_count=3, removal_policy=gone),
    "Orders": WorkQueue(
        stack, "Orders", fifo=Fifo(), visibility_timeout_seconds=1, max_receive_count=2, removal_policy=gone
    ),
    "Bodies": WorkQueue(stack, "Bodies", fifo=Fifo(content_based_deduplication=True), removal_policy=gone),
    "Groups": WorkQueue(stack, "Groups", fifo=Fifo(high_throughput=True), removal_policy=gone),
    "Later": WorkQueue(stack, "Later", delay_seconds=2, removal_policy=gone),
}
for name, work in queues.items():
    cdk.CfnOutput(stack, f"{name}Url", value=work.queue.queue_url)
    cdk.CfnOutput(stack, f"{name}DeadLettersUrl", value=work.dead_letter_queue.queue_url)
    cdk.CfnOutput(stack, f"{name}Alarm", value=work.alarms["DeadLettersFound"].alarm_name)
jobs = queues["Jobs"]
for name, grant in (("Producer", jobs.grant_send_messages), ("Worker", jobs.grant_consume_messages)):
    role = iam.Role(stack, name, assumed_by=iam.AccountRootPrincipal())
    grant(role)
    cdk.CfnOutput(stack, f"{name}Role", value=role.role_arn)
app.synth()
"""


class Queue(NamedTuple):
    """A deployed queue, its dead letters, and what a worker does."""

    sqs: SQSClient
    url: str
    dead_letters: str
    alarm: str

    def attributes(self, url: str) -> Mapping[QueueAttributeNameType, str]:
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def send(self, body: str, group: str | None = None, deduplication: str | None = None) -> None:
        if group is None:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)
        elif deduplication is None:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, MessageGroupId=group)
        else:
            self.sqs.send_message(
                QueueUrl=self.url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=deduplication
            )

    def receive(self, url: str = "", most: int = 10) -> Sequence[MessageTypeDef]:
        return self.sqs.receive_message(QueueUrl=url or self.url, MaxNumberOfMessages=most, WaitTimeSeconds=0).get(
            "Messages", []
        )

    def awaited(self) -> MessageTypeDef:
        """The next message, which is not visible yet."""
        (message,) = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=20)["Messages"]
        return message

    def delete(self, message: MessageTypeDef, url: str = "") -> None:
        self.sqs.delete_message(QueueUrl=url or self.url, ReceiptHandle=message["ReceiptHandle"])

    def work_off(self, poison: str) -> list[str]:
        """Do what a worker does that succeeds with all but one message; gives up what fails at once."""
        done: list[str] = []
        while messages := self.receive():
            for message in messages:
                if message["Body"] == poison:
                    self.sqs.change_message_visibility(
                        QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                    )
                else:
                    done.append(message["Body"])
                    self.delete(message)
        return done


class Deployed(NamedTuple):
    """The stack, by the names of its queues."""

    aws: EmbeddedAws
    outputs: dict[str, str]

    def queue(self, name: str) -> Queue:
        found = Queue(
            self.aws.client("sqs"),
            self.outputs[f"{name}Url"],
            self.outputs[f"{name}DeadLettersUrl"],
            self.outputs[f"{name}Alarm"],
        )
        for url in (found.url, found.dead_letters):
            found.sqs.purge_queue(QueueUrl=url)
        return found

    def acting_as(self, role: str) -> SQSClient:
        """A client with the permissions of a role of the stack."""
        session = assumed(self.aws, self.outputs[f"{role}Role"])
        return session.client("sqs", endpoint_url=self.aws.endpoint_url)


@pytest.fixture(scope="module")
def deployed(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """The queues; destroyed afterwards, and gone."""
    session_aws = session_aws_enforcing_iam
    folder = tmp_path_factory.mktemp("work_queues")
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    app = shlex.join([sys.executable, "app.py"])
    outputs = session_aws.deploy("WorkQueues", app=app, folder=folder)
    yield Deployed(session_aws, outputs)
    session_aws.destroy("WorkQueues", app=app, folder=folder)
    for key, url in outputs.items():
        if key.endswith("Url"):
            with pytest.raises(ClientError, match="does not exist"):
                session_aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])


@pytest.mark.parametrize("name", ["Jobs", "Orders"])
def test_each_queue_names_the_other_and_nobody_else(deployed: Deployed, name: str) -> None:
    queue = deployed.queue(name)
    mine, letters = queue.attributes(queue.url), queue.attributes(queue.dead_letters)
    assert json.loads(mine["RedrivePolicy"])["deadLetterTargetArn"] == letters["QueueArn"]
    assert json.loads(letters["RedriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [mine["QueueArn"]],
    }
    assert json.loads(mine["RedriveAllowPolicy"]) == {"redrivePermission": "denyAll"}


def test_a_deployed_queue_is_what_was_asked_for(deployed: Deployed) -> None:
    queue = deployed.queue("Jobs")
    mine, letters = queue.attributes(queue.url), queue.attributes(queue.dead_letters)
    assert (mine["VisibilityTimeout"], mine["MessageRetentionPeriod"]) == ("1", "345600")
    assert (mine["ReceiveMessageWaitTimeSeconds"], mine["MaximumMessageSize"]) == ("20", "1048576")
    assert letters["MessageRetentionPeriod"] == "1209600"


@pytest.mark.parametrize("name", ["Jobs", "Orders"])
def test_both_queues_are_closed_to_whoever_comes_without_tls(deployed: Deployed, name: str) -> None:
    queue = deployed.queue(name)
    for url in (queue.url, queue.dead_letters):
        (statement,) = json.loads(queue.attributes(url)["Policy"])["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "sqs:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert statement["Resource"] == queue.attributes(url)["QueueArn"]


def test_a_producer_sends_and_a_worker_works_and_neither_does_more(deployed: Deployed) -> None:
    queue = deployed.queue("Jobs")
    producer, worker = deployed.acting_as("Producer"), deployed.acting_as("Worker")

    producer.send_message(QueueUrl=queue.url, MessageBody="job")
    (message,) = worker.receive_message(QueueUrl=queue.url)["Messages"]
    handle = message["ReceiptHandle"]
    worker.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=30)
    worker.delete_message(QueueUrl=queue.url, ReceiptHandle=handle)

    refused: list[Callable[[], object]] = [
        lambda: producer.receive_message(QueueUrl=queue.url),
        lambda: producer.send_message(QueueUrl=queue.dead_letters, MessageBody="job"),
        lambda: worker.send_message(QueueUrl=queue.url, MessageBody="job"),
        lambda: worker.receive_message(QueueUrl=queue.dead_letters),
        lambda: worker.purge_queue(QueueUrl=queue.url),
    ]
    for call in refused:
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


def test_a_poison_message_becomes_a_dead_letter_and_the_others_are_done(deployed: Deployed) -> None:
    queue = deployed.queue("Jobs")
    bodies = [f"job {number}" for number in range(20)]
    for body in [*bodies[:10], "poison", *bodies[10:]]:
        queue.send(body)

    assert sorted(queue.work_off("poison")) == sorted(bodies)

    (dead,) = queue.receive(queue.dead_letters)
    assert dead["Body"] == "poison"
    queue.delete(dead, queue.dead_letters)


def test_a_message_is_tried_as_often_as_was_said_and_no_more(deployed: Deployed) -> None:
    queue = deployed.queue("Jobs")
    queue.send("poison")
    tries = 0
    while messages := queue.receive():
        tries += len(messages)
        for message in messages:
            queue.sqs.change_message_visibility(
                QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
    assert tries == 3
    assert [message["Body"] for message in queue.receive(queue.dead_letters)] == ["poison"]


def test_a_worker_that_dies_gives_its_message_to_another_after_the_visibility_timeout(deployed: Deployed) -> None:
    queue = deployed.queue("Jobs")
    queue.send("interrupted")
    assert len(queue.receive()) == 1
    assert queue.receive() == [], "nobody else gets it meanwhile"
    again = queue.awaited()
    assert again["Body"] == "interrupted"
    queue.delete(again)


def test_a_dead_letter_raises_the_alarm(deployed: Deployed) -> None:
    queue = deployed.queue("Jobs")
    queue.send("poison")
    queue.work_off("poison")
    monitoring = deployed.aws.client("cloudwatch")

    def state() -> str:
        (alarm,) = monitoring.describe_alarms(AlarmNames=[queue.alarm])["MetricAlarms"]
        return alarm["StateValue"]

    eventually(lambda: state() == "ALARM", "alarm")
    (alarm,) = monitoring.describe_alarms(AlarmNames=[queue.alarm])["MetricAlarms"]
    assert alarm["AlarmDescription"].endswith(f"python -m aws_patterns.messaging redrive {queue.url}")


def test_a_message_group_keeps_its_order_whatever_happens_in_between(deployed: Deployed) -> None:
    queue = deployed.queue("Orders")
    for number in range(12):
        queue.send(f"{'ab'[number % 2]}{number}", group="ab"[number % 2], deduplication=str(number))
    first = queue.receive(most=1)[0]
    assert first["Body"] == "a0"
    # The group of the message that is being worked on waits; the other goes on.
    others = queue.receive()
    assert [message["Body"] for message in others] == ["b1", "b3", "b5", "b7", "b9", "b11"]
    for message in [first, *others]:
        queue.delete(message)
    assert queue.work_off("") == ["a2", "a4", "a6", "a8", "a10"]


def test_a_poison_message_in_a_group_lets_those_behind_it_go_on(deployed: Deployed) -> None:
    queue = deployed.queue("Orders")
    for number, body in enumerate(["before", "poison", "after"]):
        queue.send(body, group="one", deduplication=f"poisoned {number}")
    assert queue.work_off("poison") == ["before", "after"]
    (dead,) = queue.receive(queue.dead_letters)
    assert dead["Body"] == "poison"
    queue.delete(dead, queue.dead_letters)


def test_what_is_sent_twice_arrives_once(deployed: Deployed) -> None:
    orders, bodies, groups = (deployed.queue(name) for name in ("Orders", "Bodies", "Groups"))
    for queue, one, other in (
        (orders, ("first", "g", "same id"), ("second", "h", "same id")),
        (bodies, ("same body", "g"), ("same body", "h")),
        (groups, ("first", "g", "same id"), ("second", "g", "same id")),
    ):
        queue.send(*one)
        queue.send(*other)
        assert queue.work_off("") == [one[0]]
    # With high throughput, deduplication is each group's own.
    groups.send("third", "h", "same id")
    assert groups.work_off("") == ["third"]


def test_a_delayed_message_is_held_back_for_a_while(deployed: Deployed) -> None:
    queue = deployed.queue("Later")
    queue.send("later")
    assert queue.receive() == []
    queue.delete(queue.awaited())


def test_a_message_above_the_limit_is_refused_and_one_at_it_is_kept(deployed: Deployed) -> None:
    queue = deployed.queue("Jobs")
    with pytest.raises(ClientError, match="1048576"):
        queue.send("x" * 1_048_577)
    queue.send("x" * 1_048_576)
    (message,) = queue.receive()
    assert len(message["Body"]) == 1_048_576
    queue.delete(message)
