"""The operators' redrive tool, as they start it, against deployed queues that hold what failed."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local_aws.embedded import EmbeddedAws
from tests.local.programs import eventually
from tests.local.roles import assumed
from tests.local.worker_process import Journal, reason, workers

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_patterns.messaging.fanout import Fanout
from aws_patterns.messaging.fanout_options import FifoTopic, Subscriber
from aws_patterns.messaging.work_queue import WorkQueue
from aws_patterns.messaging.work_queue_options import Fifo

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Redrive")
operator = iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal())
cdk.CfnOutput(stack, "OperatorRole", value=operator.role_arn)
for name, fifo in (("Jobs", None), ("Orders", Fifo())):
    work = WorkQueue(stack, name, fifo=fifo, max_receive_count=2, removal_policy=cdk.RemovalPolicy.DESTROY)
    work.grant_redrive(operator)
    cdk.CfnOutput(stack, f"{name}Url", value=work.queue.queue_url)
    cdk.CfnOutput(stack, f"{name}DeadLettersUrl", value=work.dead_letter_queue.queue_url)
topics = {
    "Raw": Fanout(stack, "Raw", subscribers={"Raw": Subscriber()}, removal_policy=cdk.RemovalPolicy.DESTROY),
    "Wrapped": Fanout(
        stack,
        "Wrapped",
        subscribers={"Wrapped": Subscriber(raw_delivery=False)},
        removal_policy=cdk.RemovalPolicy.DESTROY,
    ),
    "Ordered": Fanout(
        stack,
        "Ordered",
        fifo=FifoTopic(),
        subscribers={"Ordered": Subscriber()},
        removal_policy=cdk.RemovalPolicy.DESTROY,
    ),
}
for name, fanout in topics.items():
    work, undelivered = fanout.queues[name], fanout.undelivered[name]
    work.queue.grant_send_messages(operator)
    undelivered.grant_consume_messages(operator)
    cdk.CfnOutput(stack, f"{name}TopicArn", value=fanout.topic.topic_arn)
    cdk.CfnOutput(stack, f"{name}Url", value=work.queue.queue_url)
    cdk.CfnOutput(stack, f"{name}DeadLettersUrl", value=undelivered.queue_url)
app.synth()
"""
TOOL_SECONDS = 60


class Queue:
    """A work queue, its dead letters, and the tool."""

    def __init__(self, aws: EmbeddedAws, tool: Mapping[str, str], url: str, dead_letters: str, topic: str = "") -> None:
        self.aws = aws
        self.topic = topic
        self.sqs: SQSClient = aws.client("sqs")
        self.url = url
        self.dead_letters = dead_letters
        self.fifo = url.endswith(".fifo")
        self.asked_for = url
        self._environment = tool

    def send(self, task: Mapping[str, object]) -> None:
        """Something for ``worker_jobs`` to do."""
        self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps(task))

    def publish(self, texts: Sequence[str]) -> None:
        """To the topic that the queue is subscribed to."""
        for text in texts:
            kind: dict[str, MessageAttributeValueTypeDef] = {"kind": {"DataType": "String", "StringValue": "film"}}
            ordered = {"MessageGroupId": "films", "MessageDeduplicationId": text.replace(" ", "-")} if self.fifo else {}
            self.aws.client("sns").publish(TopicArn=self.topic, Message=text, MessageAttributes=kind, **ordered)

    @contextmanager
    def unreachable(self) -> Iterator[None]:
        """Somebody has changed the queue's policy by mistake."""
        policy = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["Policy"])["Attributes"]["Policy"]
        without = json.loads(policy)
        without["Statement"] = [each for each in without["Statement"] if each["Effect"] == "Deny"]
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps(without)})
        yield
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})

    def fail(self, bodies: Sequence[str]) -> None:
        """Send messages and let each fail as often as it may: they are dead letters then."""
        for number, body in enumerate(bodies):
            if self.fifo:
                self.sqs.send_message(
                    QueueUrl=self.url, MessageBody=body, MessageGroupId=body[0], MessageDeduplicationId=body
                )
            else:
                self.sqs.send_message(
                    QueueUrl=self.url,
                    MessageBody=body,
                    MessageAttributes={"number": {"DataType": "Number", "StringValue": str(number)}},
                )
        self.fail_again()
        assert self.count(self.dead_letters) == len(bodies)

    def fail_again(self) -> None:
        """Do what a worker does that is not mended yet."""
        while messages := self.receive():
            for message in messages:
                self.sqs.change_message_visibility(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )

    def work_off(self) -> list[MessageTypeDef]:
        """What a worker gets, in that order, now that it succeeds."""
        done: list[MessageTypeDef] = []
        while messages := self.receive():
            for message in messages:
                done.append(message)
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return done

    def receive(self) -> Sequence[MessageTypeDef]:
        return self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=0,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])

    def letters(self) -> Sequence[MessageTypeDef]:
        """The dead letters, which others can see again at once."""
        return self.sqs.receive_message(
            QueueUrl=self.dead_letters,
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])

    def count(self, url: str) -> int:
        """How many messages a queue holds, received ones included."""
        found = self.sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        )
        return sum(int(number) for number in found["Attributes"].values())

    def state(self) -> Mapping[str, object]:
        """All that a call could change."""
        found: dict[str, object] = {}
        for url in (self.url, self.dead_letters):
            found[url] = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return {**found, "moves": self.moves()}

    def moves(self) -> Sequence[Mapping[str, object]]:
        """What SQS knows of moves out of the dead letters, the last one first."""
        arn = self.sqs.get_queue_attributes(QueueUrl=self.dead_letters, AttributeNames=["QueueArn"])["Attributes"]
        return self.sqs.list_message_move_tasks(SourceArn=arn["QueueArn"], MaxResults=10)["Results"]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "aws_patterns.messaging", "redrive", self.asked_for, *arguments],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def redrive(self, *arguments: str) -> str:
        """The last thing that the tool says."""
        with self.start(*arguments) as tool:
            said, errors = tool.communicate(timeout=TOOL_SECONDS)
        assert (tool.returncode, errors) == (0, "")
        return said.splitlines()[-1]


class Queues:
    """The deployed queues, by their names."""

    def __init__(self, aws: EmbeddedAws, library: Path, outputs: Mapping[str, str]) -> None:
        self._aws = aws
        self._outputs = outputs
        operator = assumed(aws, outputs["OperatorRole"]).get_credentials()
        assert operator is not None
        self._tool = {
            **aws.environment,
            "AWS_ACCESS_KEY_ID": operator.access_key,
            "AWS_SECRET_ACCESS_KEY": operator.secret_key,
            "AWS_SESSION_TOKEN": operator.token or "",
            "PYTHONPATH": str(library),
            "COLUMNS": "200",
        }

    def __getitem__(self, name: str) -> Queue:
        urls = self._outputs[f"{name}Url"], self._outputs[f"{name}DeadLettersUrl"]
        queue = Queue(self._aws, self._tool, *urls, self._outputs.get(f"{name}TopicArn", ""))
        for url in urls:
            queue.sqs.purge_queue(QueueUrl=url)
        return queue


@pytest.fixture(scope="module")
def queues(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Queues]:
    """A standard and a FIFO queue, and an operator who may redrive and no more; destroyed afterwards."""
    aws = session_aws_enforcing_iam
    folder = tmp_path_factory.mktemp("redrive")
    library = project / "constructs"
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(library))))
    app = shlex.join([sys.executable, "app.py"])
    outputs = aws.deploy("Redrive", app=app, folder=folder)
    yield Queues(aws, library, outputs)
    aws.destroy("Redrive", app=app, folder=folder)


def sent_at(message: MessageTypeDef) -> int:
    """In milliseconds."""
    return int(message["Attributes"]["SentTimestamp"])


@pytest.mark.parametrize("arguments", [(), ("--limit", "100")], ids=["all", "with a limit"])
def test_after_the_fix_all_that_failed_succeeds(queues: Queues, arguments: tuple[str, ...]) -> None:
    queue = queues["Jobs"]
    bodies = [f"film {number}" for number in range(23)]
    queue.fail(bodies)

    assert queue.redrive(*arguments) == "Brought back 23."

    assert queue.count(queue.dead_letters) == 0
    done = queue.work_off()
    assert sorted(message["Body"] for message in done) == sorted(bodies)
    assert {message["MessageAttributes"]["number"]["StringValue"] for message in done} == set(map(str, range(23)))
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in done} == {"1"}, "each has all its attempts"


def test_without_a_fix_they_are_dead_letters_again(queues: Queues) -> None:
    queue = queues["Jobs"]
    queue.fail(["film"])
    queue.redrive()
    queue.fail_again()
    assert (queue.count(queue.url), queue.count(queue.dead_letters)) == (0, 1)


@pytest.mark.parametrize("arguments", [(), ("--limit", "2"), ("--per-second", "1")], ids=" ".join)
def test_a_dry_run_changes_nothing(queues: Queues, arguments: tuple[str, ...]) -> None:
    queue = queues["Jobs"]
    queue.fail(["one", "other", "third"])
    before = queue.state()
    assert queue.redrive("--dry-run", *arguments) == "Dry run: nothing was changed."
    assert queue.state() == before


@pytest.mark.parametrize("arguments", [(), ("--limit", "9")], ids=["all", "with a limit"])
def test_no_more_than_so_many_come_back_in_a_second(queues: Queues, arguments: tuple[str, ...]) -> None:
    queue = queues["Jobs"]
    queue.fail([f"film {number}" for number in range(9)])
    queue.redrive("--per-second", "4", *arguments)
    times = sorted(sent_at(message) for message in queue.work_off())
    # From the first of nine to the last one there are eight quarters of a second.
    assert len(times) == 9
    assert times[-1] - times[0] >= 2000 - 50


def test_a_few_are_tried_before_the_rest(queues: Queues) -> None:
    queue = queues["Jobs"]
    queue.fail([f"film {number}" for number in range(15)])
    assert queue.redrive("--limit", "12") == "Brought back 12."
    assert (queue.count(queue.url), queue.count(queue.dead_letters)) == (12, 3)


@pytest.mark.parametrize("arguments", [(), ("--limit", "100")], ids=["all", "with a limit"])
def test_a_message_group_comes_back_in_its_order_and_whole(queues: Queues, arguments: tuple[str, ...]) -> None:
    # Within the five minutes in which SQS drops what has the deduplication id of an earlier message.
    queue = queues["Orders"]
    mark = "-".join(arguments)
    queue.fail([f"{'ab'[number % 2]}{number}{mark}" for number in range(14)])
    assert queue.redrive(*arguments) == "Brought back 14."
    bodies = [message["Body"] for message in queue.work_off()]
    for group in "ab":
        wanted = [f"{group}{number}{mark}" for number in range(14) if "ab"[number % 2] == group]
        assert [body for body in bodies if body.startswith(group)] == wanted


@pytest.mark.parametrize("arguments", [(), ("--limit", "100")], ids=["all", "with a limit"])
def test_interrupted_it_stops_and_loses_nothing(queues: Queues, arguments: tuple[str, ...]) -> None:
    queue = queues["Jobs"]
    queue.fail([f"film {number}" for number in range(40)])
    with queue.start("--per-second", "5", *arguments) as tool:
        eventually(lambda: queue.count(queue.url) >= 2, "message that is back")
        tool.send_signal(signal.SIGINT)
        said, errors = tool.communicate(timeout=TOOL_SECONDS)
    back, left = queue.count(queue.url), queue.count(queue.dead_letters)
    assert (tool.returncode, errors) == (130, "")
    assert "are still dead letters." in said.splitlines()[-1]
    assert 2 <= back < 40
    assert back + left == 40
    # What it held is for others to see at once, and the rest comes with the next call.
    assert queue.redrive() == f"Brought back {left}."
    assert len(queue.work_off()) == 40


def test_a_second_operator_follows_the_move_of_the_first(queues: Queues) -> None:
    queue = queues["Jobs"]
    queue.fail([f"film {number}" for number in range(20)])
    before = len(queue.moves())
    # Slow enough for the second to start while it lasts, on a busy machine too.
    with queue.start("--per-second", "2") as first:
        eventually(lambda: len(queue.moves()) > before, "move")
        assert queue.redrive() == "Brought back 20."
        first.communicate(timeout=TOOL_SECONDS)
    assert first.returncode == 0
    assert len(queue.moves()) == before + 1


def test_the_url_of_the_dead_letters_is_a_mistake_that_is_explained(queues: Queues) -> None:
    queue = queues["Jobs"]
    queue.asked_for = queue.dead_letters
    with queue.start() as tool:
        said, errors = tool.communicate(timeout=TOOL_SECONDS)
    assert (tool.returncode, said) == (1, "")
    assert "has no dead-letter queue. Give the URL of the queue that workers read from" in errors


def test_a_queue_of_somebody_else_is_refused_with_what_would_allow_it(queues: Queues) -> None:
    queue = queues["Jobs"]
    queue.asked_for = queue.sqs.create_queue(QueueName="redrive-somebody-elses")["QueueUrl"]
    with queue.start() as tool:
        _, errors = tool.communicate(timeout=TOOL_SECONDS)
    assert tool.returncode == 1
    assert "WorkQueue.grant_redrive allows all that this takes" in errors


def test_poison_becomes_a_dead_letter_and_comes_back_when_it_is_mended(queues: Queues, tmp_path: Path) -> None:
    """The real worker: it says why it gave up, in copies of which SQS does not know where they come from."""
    queue, journal = queues["Jobs"], Journal(tmp_path)
    good = [f"good-{number}" for number in range(20)]
    poison = {"fails": "fail until mended", "is-refused": "refuse until mended", "crashes": "crash until mended"}
    for name in good[:10]:
        queue.send({"name": name})
    for name, deed in poison.items():
        queue.send({"name": name, "do": deed})
    for name in good[10:]:
        queue.send({"name": name})
    with workers(queue.aws) as start:
        start(queue, journal=tmp_path, concurrency=4)
        eventually(lambda: queue.count(queue.dead_letters) == len(poison), "dead letters")
        eventually(lambda: queue.count(queue.url) == 0, "end of the others")
        assert sorted(journal.ended()) == sorted(good), "each of the others once"
        assert sorted(journal.begun()) == sorted([*good, "fails", "fails", "is-refused", "crashes", "crashes"])
        why = {json.loads(letter["Body"])["name"]: reason(letter) for letter in queue.letters()}
        assert why == {"fails": "failed", "is-refused": "not-wanted", "crashes": "failed"}

        journal.mend(*poison)
        assert queue.redrive() == "Brought back 3."
        eventually(lambda: sorted(journal.ended()) == sorted([*good, *poison]), "end of what is mended")
        eventually(lambda: queue.count(queue.url) == 0, "empty queue")
        assert queue.count(queue.dead_letters) == 0


@pytest.mark.parametrize("name", ["Raw", "Wrapped", "Ordered"])
def test_what_sns_could_not_deliver_arrives_as_it_would_have(queues: Queues, name: str) -> None:
    queue = queues[name]
    texts = [f"film {number}" for number in range(12)]
    with queue.unreachable():
        queue.publish(texts)
        eventually(lambda: queue.count(queue.dead_letters) == len(texts), "undelivered messages")
    queue.asked_for = queue.dead_letters
    before = queue.state()
    assert queue.redrive("--to", queue.url, "--dry-run") == "Dry run: nothing was changed."
    assert queue.state() == before

    assert queue.redrive("--to", queue.url) == "Brought back 12."

    assert queue.count(queue.dead_letters) == 0
    later = [f"{text} later" for text in texts]
    queue.publish(later)
    eventually(lambda: queue.count(queue.url) == 2 * len(texts), "messages that arrived by themselves")
    arrived = queue.work_off()
    if name == "Ordered":
        assert [message["Body"] for message in arrived] == [*texts, *later]
    shapes = {text: shape_of(message) for message in arrived for text in [text_of(message)]}
    assert sorted(shapes) == sorted([*texts, *later])
    assert len({str(shape) for shape in shapes.values()}) == 1, "those that came back look like the others"


def text_of(message: MessageTypeDef) -> str:
    """As it was published."""
    body = message["Body"]
    return str(json.loads(body)["Message"]) if body.startswith("{") else body


def shape_of(message: MessageTypeDef) -> object:
    """What a worker could tell a message by."""
    body = message["Body"]
    envelope = sorted(json.loads(body)) if body.startswith("{") else []
    return envelope, message.get("MessageAttributes"), message["Attributes"].get("MessageGroupId")


def test_what_is_for_a_queue_of_another_kind_stays_where_it_is(queues: Queues) -> None:
    queue, other = queues["Jobs"], queues["Orders"]
    queue.fail(["film"])
    with queue.start("--to", other.url) as tool:
        said, errors = tool.communicate(timeout=TOOL_SECONDS)
    assert (tool.returncode, said) == (1, "")
    assert "give two queues, both FIFO or neither" in errors
    assert queue.count(queue.dead_letters) == 1
