"""What a work queue promises to whoever sends, works, and answers for it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.messaging.work_queue import WorkQueue
from aws_patterns.messaging.work_queue_options import Fifo, Patience
from tests.unit.load_balancing.metric_math import value

DAY = 86_400
EXPLICIT = cdk.Environment(account="111122223333", region="eu-west-1")

Properties = Mapping[str, Any]


def build(env: cdk.Environment | None = None, **props: Any) -> Template:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S", env=env)
    WorkQueue(stack, "Jobs", **props)
    return Template.from_stack(stack)


def resources(template: Template, kind: str) -> Mapping[str, Any]:
    return template.find_resources(kind)


def queue_ids(template: Template) -> tuple[str, str]:
    """Of the queue and of its dead letters."""
    queues = resources(template, "AWS::SQS::Queue")
    (queue,) = [name for name, found in queues.items() if "RedrivePolicy" in found["Properties"]]
    (dead_letters,) = set(queues) - {queue}
    return queue, dead_letters


def queues_of(template: Template) -> tuple[Properties, Properties]:
    """The properties of the queue and of its dead letters."""
    found = resources(template, "AWS::SQS::Queue")
    queue, dead_letters = queue_ids(template)
    return found[queue]["Properties"], found[dead_letters]["Properties"]


def alarm(template: Template, words: str) -> Properties:
    found = [entry["Properties"] for entry in resources(template, "AWS::CloudWatch::Alarm").values()]
    (one,) = [entry for entry in found if words in json.dumps(entry["AlarmDescription"])]
    return dict(one)


def evaluated(name: Any, stack_id: str) -> str:
    """A queue's name, as CloudFormation makes it in the stack with this id."""
    match name:
        case str():
            return name
        case {"Ref": "AWS::StackId"}:
            return stack_id
        case {"Ref": str(parameter)}:
            return f"<{parameter}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(evaluated(part, stack_id) for part in parts)
        case {"Fn::Select": [index, {"Fn::Split": [separator, text]}]}:
            return evaluated(text, stack_id).split(str(separator))[int(index)]
    raise AssertionError(f"{name} is not known")


STACK_ID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/S/51af3dc0-da77-11e4-872e-1234567db123"


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


@pytest.fixture(scope="module")
def backlog(template: Template) -> Properties:
    return alarm(template, "present pace")


class TestQueue:
    def test_a_failed_message_is_kept_for_fourteen_days(self) -> None:
        template = build(max_receive_count=3)
        _, dead_letters = queue_ids(template)
        queue, kept = queues_of(template)
        assert queue["RedrivePolicy"] == {
            "deadLetterTargetArn": {"Fn::GetAtt": [dead_letters, "Arn"]},
            "maxReceiveCount": 3,
        }
        assert kept["MessageRetentionPeriod"] == 14 * DAY

    def test_the_minimal_queue_is_ready_to_work_with(self, template: Template) -> None:
        queue, dead_letters = queues_of(template)
        assert {name: queue[name] for name in queue if name not in {"QueueName", "RedrivePolicy"}} == {
            "DelaySeconds": 0,
            "MaximumMessageSize": 1_048_576,
            "MessageRetentionPeriod": 4 * DAY,
            "ReceiveMessageWaitTimeSeconds": 20,
            "RedriveAllowPolicy": {"redrivePermission": "denyAll"},
            "SqsManagedSseEnabled": True,
            "VisibilityTimeout": 30,
        }
        assert dead_letters["SqsManagedSseEnabled"] is True

    def test_what_was_chosen_is_what_is_made(self) -> None:
        queue, dead_letters = queues_of(
            build(
                visibility_timeout_seconds=60,
                retention_seconds=DAY,
                delay_seconds=10,
                receive_wait_seconds=0,
                maximum_message_bytes=2048,
                max_receive_count=7,
            )
        )
        assert queue["VisibilityTimeout"] == 60
        assert queue["MessageRetentionPeriod"] == DAY
        assert queue["DelaySeconds"] == 10
        assert queue["ReceiveMessageWaitTimeSeconds"] == 0
        assert queue["MaximumMessageSize"] == dead_letters["MaximumMessageSize"] == 2048
        assert queue["RedrivePolicy"]["maxReceiveCount"] == 7
        assert "DelaySeconds" not in dead_letters, "a dead letter waits for nobody"

    def test_neither_queue_can_be_reached_without_tls(self, template: Template) -> None:
        for queue in queue_ids(template):
            template.has_resource_properties(
                "AWS::SQS::QueuePolicy",
                {
                    "Queues": [{"Ref": queue}],
                    "PolicyDocument": {
                        "Statement": [
                            {
                                "Effect": "Deny",
                                "Principal": {"AWS": "*"},
                                "Action": "sqs:*",
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                                "Resource": {"Fn::GetAtt": [queue, "Arn"]},
                            }
                        ]
                    },
                },
            )

    def test_messages_outlive_the_stack_unless_they_are_given_up(self, template: Template) -> None:
        kept = resources(template, "AWS::SQS::Queue").values()
        assert {(entry["DeletionPolicy"], entry["UpdateReplacePolicy"]) for entry in kept} == {("Retain", "Retain")}
        given_up = resources(build(removal_policy=cdk.RemovalPolicy.DESTROY), "AWS::SQS::Queue").values()
        assert {entry["DeletionPolicy"] for entry in given_up} == {"Delete"}

    def test_a_key_of_ones_own_encrypts_both_queues(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        WorkQueue(stack, "Jobs", encryption_key=key)
        template = Template.from_stack(stack)
        (key_id,) = resources(template, "AWS::KMS::Key")
        assert [found["KmsMasterKeyId"] for found in queues_of(template)] == [{"Fn::GetAtt": [key_id, "Arn"]}] * 2


class TestFifo:
    def test_both_queues_are_of_one_type(self) -> None:
        queue, dead_letters = queues_of(build(fifo=Fifo()))
        assert queue["FifoQueue"] is dead_letters["FifoQueue"] is True
        assert "ContentBasedDeduplication" not in queue
        assert "FifoThroughputLimit" not in queue

    def test_a_standard_queue_has_nothing_of_it(self, template: Template) -> None:
        for found in queues_of(template):
            assert not {"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope"} & set(found)

    def test_equal_bodies_are_one_message_when_asked_for(self) -> None:
        queue, dead_letters = queues_of(build(fifo=Fifo(content_based_deduplication=True)))
        assert queue["ContentBasedDeduplication"] is True
        assert "ContentBasedDeduplication" not in dead_letters, "two dead letters with one body are two"

    def test_high_throughput_is_by_message_group_in_both(self) -> None:
        for found in queues_of(build(fifo=Fifo(high_throughput=True))):
            assert (found["DeduplicationScope"], found["FifoThroughputLimit"]) == ("messageGroup", "perMessageGroupId")


class TestWhoseDeadLetters:
    @pytest.mark.parametrize("fifo", [None, Fifo()], ids=["standard", "FIFO"])
    @pytest.mark.parametrize("env", [None, EXPLICIT], ids=["any account", "one account"])
    def test_only_this_queue_may_put_its_dead_letters_there(
        self, env: cdk.Environment | None, fifo: Fifo | None
    ) -> None:
        queue, dead_letters = queues_of(build(env, fifo=fifo))
        policy = dead_letters["RedriveAllowPolicy"]
        assert policy["redrivePermission"] == "byQueue"
        (allowed,) = policy["sourceQueueArns"]
        where = "eu-west-1:111122223333" if env else "<AWS::Region>:<AWS::AccountId>"
        name = evaluated(queue["QueueName"], STACK_ID)
        assert evaluated(allowed, STACK_ID) == f"arn:<AWS::Partition>:sqs:{where}:{name}"

    def test_nobody_puts_dead_letters_among_the_work(self, template: Template) -> None:
        queue, _ = queues_of(template)
        assert queue["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}

    @pytest.mark.parametrize("suffix", ["", ".fifo"])
    def test_the_queues_name_is_one_that_sqs_takes(self, suffix: str) -> None:
        app = cdk.App(builtin_cloud_formation_validation=False)
        stage = cdk.Stage(app, "A-stage-with-quite-a-long-name")
        stack = cdk.Stack(stage, "And-a-stack-whose-name-is-as-long-as-that")
        WorkQueue(stack, "JobsThatAreNamedAtLength", fifo=Fifo() if suffix else None)
        queue, dead_letters = queues_of(Template.from_stack(stack))
        name = evaluated(queue["QueueName"], STACK_ID)
        assert re.fullmatch(r"[A-Za-z0-9_-]+" + re.escape(suffix), name)
        assert len(name) <= 80
        assert "QueueName" not in dead_letters, "nobody has to know this one"

    def test_another_stack_another_path_and_another_type_have_another_name(self) -> None:
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "S")
        for name, fifo in (("Jobs", None), ("Other", None), ("Orders", Fifo())):
            WorkQueue(stack, name, fifo=fifo)
        found = resources(Template.from_stack(stack), "AWS::SQS::Queue").values()
        names = [entry["Properties"]["QueueName"] for entry in found if "QueueName" in entry["Properties"]]
        stacks = (STACK_ID, STACK_ID.replace("51af", "51b0"))
        assert len({evaluated(name, stack_id) for name in names for stack_id in stacks}) == 6

    def test_the_name_does_not_depend_on_what_else_is_chosen(self, template: Template) -> None:
        other, _ = queues_of(build(max_receive_count=9, retention_seconds=DAY))
        assert other["QueueName"] == queues_of(template)[0]["QueueName"]


class TestAlarms:
    def test_one_dead_letter_is_enough(self, template: Template) -> None:
        found = alarm(template, "failed every attempt")
        assert (found["MetricName"], found["Statistic"], found["Threshold"]) == (
            "ApproximateNumberOfMessagesVisible",
            "Maximum",
            1,
        )
        queue, dead_letters = queue_ids(template)
        assert found["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [dead_letters, "QueueName"]}}]
        told = evaluated(found["AlarmDescription"], STACK_ID)
        assert told.endswith(f"python -m aws_patterns.messaging redrive <{queue}>")

    @pytest.mark.parametrize(("fifo", "days"), [(None, 9), (Fifo(), 13)])
    def test_dead_letters_are_saved_while_there_is_a_day_left(self, fifo: Fifo | None, days: int) -> None:
        found = alarm(build(fifo=fifo), "deleted within a day")
        assert (found["MetricName"], found["Threshold"]) == ("ApproximateAgeOfOldestMessage", days * DAY)

    def test_a_message_that_waits_for_too_long_is_noticed(self, template: Template) -> None:
        found = alarm(template, "has waited for too long")
        queue, _ = queue_ids(template)
        assert found["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]
        assert (found["MetricName"], found["Statistic"], found["Threshold"]) == (
            "ApproximateAgeOfOldestMessage",
            "Maximum",
            960,
        )

    def test_too_many_messages_being_worked_on_are_noticed_before_sqs_stops(self, template: Template) -> None:
        found = alarm(template, "received and not deleted")
        assert (found["MetricName"], found["Threshold"]) == ("ApproximateNumberOfMessagesNotVisible", 108_000)

    def test_none_rings_for_want_of_data(self, template: Template) -> None:
        alarms = resources(template, "AWS::CloudWatch::Alarm").values()
        assert len(alarms) == 5
        assert {found["Properties"]["TreatMissingData"] for found in alarms} == {"notBreaching"}

    def test_a_topic_is_told_of_each_and_of_its_end(self, stack: cdk.Stack) -> None:
        work = WorkQueue(stack, "Jobs", alarm_topic=sns.Topic(stack, "Operators"))
        found = resources(Template.from_stack(stack), "AWS::CloudWatch::Alarm").values()
        assert set(work.alarms) == {"DeadLettersFound", "DeadLettersExpire", "OldestMessage", "Backlog", "InFlight"}
        assert len(found) == len(work.alarms)
        for entry in found:
            assert entry["Properties"]["AlarmActions"] == entry["Properties"]["OKActions"]

    def test_alarms_tell_nobody_by_themselves(self, template: Template) -> None:
        for found in resources(template, "AWS::CloudWatch::Alarm").values():
            assert "AlarmActions" not in found["Properties"]


class TestTimeToDrain:
    def test_is_the_backlog_over_the_pace_of_deletions(self, backlog: Properties) -> None:
        # 3,000 in five minutes are ten a second.
        assert value(backlog, waiting=600, deleted=3000) == 60

    def test_is_not_asked_where_nothing_waits(self, backlog: Properties) -> None:
        assert value(backlog, waiting=0, deleted=0) == 0
        assert value(backlog, waiting=0, deleted=3000) == 0

    @pytest.mark.parametrize("deleted", [0, None], ids=["none", "no data"])
    def test_is_too_long_for_a_single_message_that_nobody_works_on(
        self, backlog: Properties, deleted: float | None
    ) -> None:
        found = value(backlog, waiting=1, deleted=deleted)
        assert found is not None
        assert found > backlog["Threshold"] == 3600

    def test_is_watched_for_a_quarter_of_an_hour(self, backlog: Properties) -> None:
        assert backlog["EvaluationPeriods"] == 3
        stats = [entry["MetricStat"] for entry in backlog["Metrics"] if "MetricStat" in entry]
        assert {(entry["Metric"]["MetricName"], entry["Stat"], entry["Period"]) for entry in stats} == {
            ("ApproximateNumberOfMessagesVisible", "Minimum", 300),
            ("NumberOfMessagesDeleted", "Sum", 300),
        }

    def test_follows_how_long_a_message_takes(self) -> None:
        template = build(visibility_timeout_seconds=1800, processing_seconds=900, patience=Patience(drain_seconds=7200))
        found = alarm(template, "present pace")
        assert (found["EvaluationPeriods"], found["Threshold"]) == (1, 7200)
        assert value(found, waiting=4, deleted=1) == 4 * 1800


class TestPermissions:
    @pytest.fixture
    def grantee(self, stack: cdk.Stack) -> iam.Role:
        return iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())

    @staticmethod
    def allowed(template: Template) -> dict[str, set[str]]:
        """What the role may do, by the logical ids that it may do it to."""
        found: dict[str, set[str]] = {}
        for policy in resources(template, "AWS::IAM::Policy").values():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                names = {actions} if isinstance(actions, str) else set(actions)
                found.setdefault(statement["Resource"]["Fn::GetAtt"][0], set()).update(names)
        return found

    def test_a_producer_sends_and_no_more(self, stack: cdk.Stack, grantee: iam.Role) -> None:
        WorkQueue(stack, "Jobs").grant_send_messages(grantee)
        template = Template.from_stack(stack)
        queue, _ = queue_ids(template)
        assert self.allowed(template) == {queue: {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}}

    def test_a_worker_reads_extends_and_deletes_and_never_sees_dead_letters(
        self, stack: cdk.Stack, grantee: iam.Role
    ) -> None:
        WorkQueue(stack, "Jobs").grant_consume_messages(grantee)
        template = Template.from_stack(stack)
        queue, _ = queue_ids(template)
        assert self.allowed(template) == {
            queue: {
                "sqs:ReceiveMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
            }
        }

    def test_an_operator_brings_dead_letters_back_and_can_not_touch_the_work(
        self, stack: cdk.Stack, grantee: iam.Role
    ) -> None:
        key = kms.Key(stack, "Key")
        WorkQueue(stack, "Jobs", encryption_key=key).grant_redrive(grantee)
        template = Template.from_stack(stack)
        queue, dead_letters = queue_ids(template)
        (key_id,) = resources(template, "AWS::KMS::Key")
        assert self.allowed(template) == {
            queue: {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
            dead_letters: {
                "sqs:StartMessageMoveTask",
                "sqs:ListMessageMoveTasks",
                "sqs:CancelMessageMoveTask",
                "sqs:ReceiveMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
            },
            key_id: {"kms:Decrypt", "kms:GenerateDataKey"},
        }


class TestProblems:
    def test_every_problem_is_reported_at_once(self, stack: cdk.Stack) -> None:
        message = (
            "WorkQueue S/Jobs can't be built:\n"
            "  - visibility_timeout_seconds must be between 0 and 43200 seconds, got 86400 seconds\n"
            "  - max_receive_count must be between 1 and 1000, got 0\n"
            "  - patience.pace_seconds must be whole minutes, got 61 seconds"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            WorkQueue(
                stack,
                "Jobs",
                visibility_timeout_seconds=86_400,
                max_receive_count=0,
                patience=Patience(pace_seconds=61),
            )
        assert [child.node.id for child in stack.node.find_all() if "Queue" in child.node.id] == []

    def test_what_is_known_at_deployment_only_is_let_through(self, stack: cdk.Stack) -> None:
        seconds = cast("int", cdk.CfnParameter(stack, "Seconds", type="Number").value_as_number)
        WorkQueue(stack, "Jobs", visibility_timeout_seconds=seconds, retention_seconds=seconds, delay_seconds=seconds)
        template = Template.from_stack(stack)
        queue, _ = queues_of(template)
        given = {"Ref": "Seconds"}
        assert (queue["VisibilityTimeout"], queue["MessageRetentionPeriod"], queue["DelaySeconds"]) == (given,) * 3
        assert alarm(template, "has waited for too long")["Threshold"] == 960


class TestComposition:
    def test_twice_in_a_stack_in_a_stage_with_a_dashboard(self, app: cdk.App) -> None:
        stack = cdk.Stack(cdk.Stage(app, "Production"), "S")
        one, other = WorkQueue(stack, "One"), WorkQueue(stack, "Other", fifo=Fifo())
        dashboard = cdk.aws_cloudwatch.Dashboard(stack, "Dashboard")
        for work in (one, other):
            dashboard.add_widgets(*work.graphs(work.node.id))
        template = Template.from_stack(stack)
        template.resource_count_is("AWS::SQS::Queue", 4)
        body = json.dumps(resources(template, "AWS::CloudWatch::Dashboard"))
        for words in ("One: messages", "One: traffic", "Other: messages", "dead letters", "Time to drain, s"):
            assert words in body

    def test_is_written_to_from_another_stack(self, app: cdk.App) -> None:
        producers, queues = cdk.Stack(app, "Producers"), cdk.Stack(app, "Queues")
        role = iam.Role(producers, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        WorkQueue(queues, "Jobs").grant_send_messages(role)
        (policy,) = resources(Template.from_stack(producers), "AWS::IAM::Policy").values()
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert "sqs:SendMessage" in statement["Action"]
        assert "Queues" in json.dumps(statement["Resource"]), "it is a reference to the other stack"

    def test_two_syntheses_give_the_same_template(self, template: Template) -> None:
        assert build().to_json() == template.to_json()
