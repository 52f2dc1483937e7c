"""An event backbone deployed by the real ``cdk deploy``: which event goes where, and once more when it is replayed."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.local.programs import eventually

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_, aws_sns as sns, aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from aws_patterns.messaging.event_backbone import EventBackbone
from aws_patterns.messaging.comparisons import AnythingBut, Exists, Numeric, Prefix
from aws_patterns.messaging.event_targets import BusTarget, FunctionTarget, QueueTarget, StateMachineTarget, TopicTarget
from aws_patterns.messaging.event_backbone_options import EVERY_EVENT, EventArchive, EventPattern, EventRule, Producer
from aws_patterns.messaging.work_queue import WorkQueue
from aws_patterns.messaging.work_queue_options import Fifo

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Events")
gone = cdk.RemovalPolicy.DESTROY
queues = {}


def queue(name, fifo=None):
    queues[name] = WorkQueue(stack, name, fifo=fifo, removal_policy=gone).queue
    return queues[name]


def rule(name, pattern):
    return EventRule(name=name, pattern=pattern, targets={"Queue": QueueTarget(queue=queue(name))})


told = sns.Topic(stack, "Told", enforce_ssl=True)
told.add_subscription(subscriptions.SqsSubscription(queue("Topic"), raw_message_delivery=True))
machine = sfn.StateMachine(stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "Pass")))
function = lambda_.Function(
    stack,
    "Called",
    code=lambda_.InlineCode('''
import json, os, boto3
def handle(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
'''),
    handler="index.handle",
    runtime=lambda_.Runtime.PYTHON_3_13,
    environment={"QUEUE": queue("Function").queue_url},
)
queues["Function"].grant_send_messages(function)
other = EventBackbone(stack, "Other", rules=[rule("OnTheOtherBus", EVERY_EVENT)], removal_policy=gone)
backbone = EventBackbone(
    stack,
    "Backbone",
    rules=[
        rule("Everything", EVERY_EVENT),
        rule("Happening", EventPattern(source=Prefix(""), replayed=False)),
        rule("Again", EventPattern(replayed=True)),
        rule("Orders", EventPattern(source="shop.orders", detail_type=["OrderPlaced", "OrderPaid"])),
        rule("Shop", EventPattern(source=Prefix("shop."))),
        rule("Large", EventPattern(detail={"total": Numeric(at_least=1000)})),
        rule("Deep", EventPattern(detail={"customer": {"country": ["DE", "AT"], "test": Exists(False)}})),
        rule("Either", EventPattern(detail_any_of=[{"gift": True}, {"total": Numeric(below=10)}])),
        rule("NotTest", EventPattern(source=AnythingBut(Prefix("test.")))),
        EventRule(
            name="EveryKind",
            pattern=EventPattern(source="every.kind"),
            targets={
                "Ordered": QueueTarget(
                    queue=queue("Ordered", Fifo(content_based_deduplication=True)), message_group="all"
                ),
                "Told": TopicTarget(topic=told, detail_only=True),
                "Run": StateMachineTarget(machine=machine),
                "Call": FunctionTarget(function=function),
                "On": BusTarget(bus=other.bus),
            },
        ),
    ],
    archive=EventArchive(retention_days=7, pattern=EventPattern(source=AnythingBut("not.kept"))),
    producers=[Producer(account="111122223333", sources=["shop.orders"])],
    removal_policy=gone,
)
cdk.CfnOutput(stack, "BusArn", value=backbone.bus.event_bus_arn)
cdk.CfnOutput(stack, "ArchiveArn", value=backbone.archive.attr_arn)
cdk.CfnOutput(stack, "ToldArn", value=told.topic_arn)
cdk.CfnOutput(stack, "FunctionName", value=function.function_name)
cdk.CfnOutput(stack, "MachineArn", value=machine.state_machine_arn)
for (rule_name, target), undelivered in backbone.undelivered.items():
    cdk.CfnOutput(stack, f"{rule_name}{target}UndeliveredQueue", value=undelivered.queue_url)
for name, found in queues.items():
    cdk.CfnOutput(stack, f"{name}Queue", value=found.queue_url)
app.synth()
"""
RULES = ["Everything", "Happening", "Again", "Orders", "Shop", "Large", "Deep", "Either", "NotTest"]
LIVE = {"Everything", "Happening"}


class Backbone(NamedTuple):
    """A deployed backbone, with somebody who sends and everybody who is told."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    def send(self, source: str, detail_type: str = "Happened", **detail: object) -> None:
        """One event; the emulator counts time in seconds, so replays are told apart by what is in it."""
        sent = self.aws.client("events").put_events(
            Entries=[
                {
                    "EventBusName": self.outputs["BusArn"],
                    "Source": source,
                    "DetailType": detail_type,
                    "Detail": json.dumps(detail),
                }
            ]
        )
        assert sent["FailedEntryCount"] == 0

    def taken(self, queue: str) -> list[dict[str, Any]]:
        sqs, url = self.aws.client("sqs"), self.outputs[f"{queue}Queue"]
        found = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def lose(self, target: str) -> None:
        """Somebody deletes what a rule sends to."""
        targets: Mapping[str, Callable[[], object]] = {
            "Ordered": lambda: self.aws.client("sqs").delete_queue(QueueUrl=self.outputs["OrderedQueue"]),
            "Told": lambda: self.aws.client("sns").delete_topic(TopicArn=self.outputs["ToldArn"]),
            "Run": lambda: self.aws.client("stepfunctions").delete_state_machine(
                stateMachineArn=self.outputs["MachineArn"]
            ),
            "Call": lambda: self.aws.client("lambda").delete_function(FunctionName=self.outputs["FunctionName"]),
        }
        targets[target]()

    def replay(self) -> None:
        """Everything that the archive holds."""
        events, name, now = self.aws.client("events"), f"again-{uuid4()}", datetime.now(UTC)
        events.start_replay(
            ReplayName=name,
            EventSourceArn=self.outputs["ArchiveArn"],
            EventStartTime=now - timedelta(hours=1),
            EventEndTime=now + timedelta(hours=1),
            Destination={"Arn": self.outputs["BusArn"]},
        )
        eventually(lambda: events.describe_replay(ReplayName=name)["State"] == "COMPLETED", "end of the replay")


@pytest.fixture(scope="module")
def deployed(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backbone]:
    """The stack, where resource policies are enforced; destroyed afterwards, and gone."""
    aws = session_aws_enforcing_iam
    folder = tmp_path_factory.mktemp("events")
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    app = shlex.join([sys.executable, "app.py"])
    yield Backbone(aws, aws.deploy("Events", app=app, folder=folder))
    aws.destroy("Events", app=app, folder=folder)
    events = aws.client("events")
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default"]
    assert events.list_archives()["Archives"] == []


@pytest.fixture
def backbone(deployed: Backbone) -> Backbone:
    """With nothing waiting in any queue."""
    for output in deployed.outputs:
        if output.endswith("Queue"):
            with suppress(ClientError):  # of a queue that a test has deleted
                deployed.taken(output.removesuffix("Queue"))
    return deployed


@pytest.mark.parametrize(
    ("source", "detail_type", "detail", "rules"),
    [
        ("shop.orders", "OrderPlaced", {}, {"Orders", "Shop", "NotTest"}),
        ("shop.orders", "OrderPaid", {}, {"Orders", "Shop", "NotTest"}),
        ("shop.orders", "OrderLost", {}, {"Shop", "NotTest"}),
        ("shop.returns", "OrderPlaced", {}, {"Shop", "NotTest"}),
        ("test.orders", "OrderPlaced", {}, set()),
        ("test.a", "A", {"total": 1000}, {"Large"}),
        ("test.a", "A", {"total": 999.99}, set()),
        ("test.a", "A", {"total": "1000"}, set()),
        ("test.a", "A", {"total": 9}, {"Either"}),
        ("test.a", "A", {"gift": True}, {"Either"}),
        ("test.a", "A", {"gift": False}, set()),
        ("test.a", "A", {"customer": {"country": "AT"}}, {"Deep"}),
        ("test.a", "A", {"customer": {"country": "AT", "test": 1}}, set()),
        ("test.a", "A", {"customer": {"country": "FR"}}, set()),
    ],
)
def test_an_event_goes_to_those_whose_pattern_fits(
    backbone: Backbone, source: str, detail_type: str, detail: dict[str, object], rules: set[str]
) -> None:
    backbone.send(source, detail_type, **detail)
    taken = {rule: backbone.taken(rule) for rule in RULES}
    assert {rule for rule, events in taken.items() if events} == rules | LIVE
    for events in filter(None, taken.values()):
        (event,) = events
        assert (event["source"], event["detail-type"], event["detail"]) == (source, detail_type, detail)


class TestATarget:
    def test_in_order_is_a_fifo_queue(self, backbone: Backbone) -> None:
        for number in range(5):
            backbone.send("every.kind", number=number)
        assert [event["detail"]["number"] for event in backbone.taken("Ordered")] == list(range(5))

    def test_is_a_topic_that_is_given_the_detail_alone(self, backbone: Backbone) -> None:
        backbone.send("every.kind", number=1)
        assert backbone.taken("Topic") == [{"number": 1}]

    def test_is_a_function(self, backbone: Backbone) -> None:
        mark = str(uuid4())
        backbone.send("every.kind", mark=mark)
        # Events of other tests may still be on their way.
        eventually(lambda: marks(backbone.taken("Function"), mark) == 1, "call of the function")

    def test_is_a_state_machine(self, backbone: Backbone) -> None:
        machines, machine = backbone.aws.client("stepfunctions"), backbone.outputs["MachineArn"]
        before = len(machines.list_executions(stateMachineArn=machine)["executions"])
        backbone.send("every.kind", number=3)
        eventually(
            lambda: len(machines.list_executions(stateMachineArn=machine)["executions"]) == before + 1, "execution"
        )

    def test_is_another_bus(self, backbone: Backbone) -> None:
        backbone.send("every.kind", number=4)
        assert [event["detail"] for event in backbone.taken("OnTheOtherBus")] == [{"number": 4}]


class TestReplay:
    def test_gives_what_happened_again_to_those_who_want_it(self, backbone: Backbone) -> None:
        mark = str(uuid4())
        backbone.send("shop.orders", "OrderPlaced", mark=mark)
        backbone.send("not.kept", mark=mark)
        first = {rule: marks(backbone.taken(rule), mark) for rule in RULES}
        assert first == {
            **dict.fromkeys(RULES, 0),
            "Everything": 2,
            "Happening": 2,
            "Orders": 1,
            "Shop": 1,
            "NotTest": 2,
        }
        backbone.replay()
        again = {rule: marks(backbone.taken(rule), mark) for rule in RULES}
        assert again == {
            **dict.fromkeys(RULES, 0),
            **dict.fromkeys(("Everything", "Again", "Orders", "Shop", "NotTest"), 1),
        }

    def test_brings_back_what_a_consumer_lost(self, backbone: Backbone) -> None:
        lost = {str(uuid4()) for _ in range(20)}
        for mark in lost:
            backbone.send("shop.orders", "OrderPlaced", mark=mark)
        assert {event["detail"]["mark"] for event in backbone.taken("Orders")} == lost
        backbone.replay()
        assert lost <= {event["detail"].get("mark") for event in backbone.taken("Orders")}

    def test_is_possible_for_as_long_as_was_asked_for(self, backbone: Backbone) -> None:
        name = backbone.outputs["ArchiveArn"].rpartition("/")[2]
        archive = backbone.aws.client("events").describe_archive(ArchiveName=name)
        assert (archive["EventSourceArn"], archive["RetentionDays"]) == (backbone.outputs["BusArn"], 7)


class TestATargetThatFails:
    @pytest.mark.parametrize("target", ["Ordered", "Told", "Run", "Call"])
    def test_has_its_events_kept_and_costs_the_others_nothing(self, backbone: Backbone, target: str) -> None:
        backbone.lose(target)
        mark = str(uuid4())
        backbone.send("every.kind", mark=mark)
        (kept,) = backbone.taken(f"EveryKind{target}Undelivered")
        assert (kept["source"], kept["detail"]) == ("every.kind", {"mark": mark})
        assert backbone.taken("EveryKindOnUndelivered") == []
        assert marks(backbone.taken("OnTheOtherBus"), mark) == 1
        assert marks(backbone.taken("Everything"), mark) == 1


def marks(events: list[dict[str, Any]], mark: str) -> int:
    """How many of the events have it."""
    return sum(1 for event in events if event["detail"].get("mark") == mark)
