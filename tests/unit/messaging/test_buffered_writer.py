"""What a buffered writer promises to whoever builds with it."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Match, Template

from aws_patterns.messaging.buffered_writer import BufferedWriter
from aws_patterns.messaging.work_queue_options import Fifo


def resources(template: Template, type_name: str, properties: object | None = None) -> dict[str, Any]:
    return dict(template.find_resources(type_name, {"Properties": properties} if properties else None))


def only(found: dict[str, Any]) -> Any:
    assert len(found) == 1, f"expected one resource, found {sorted(found)}"
    return next(iter(found.values()))["Properties"]


def new_stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")


def build(**props: Any) -> Template:
    stack = new_stack()
    BufferedWriter(stack, "Readings", **props)
    return Template.from_stack(stack)


def source(template: Template) -> Any:
    return only(resources(template, "AWS::Lambda::EventSourceMapping"))


def work(template: Template) -> tuple[str, Any]:
    """The queue that items wait in: the one with a dead-letter queue."""
    ((name, found),) = resources(template, "AWS::SQS::Queue", {"RedrivePolicy": Match.any_value()}).items()
    return name, found["Properties"]


def allowed(template: Template, prefix: str) -> dict[str, Any]:
    """What policies allow of one service, with the resources."""
    found: dict[str, Any] = {}
    for policy in resources(template, "AWS::IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            found |= {action: statement["Resource"] for action in actions if action.startswith(prefix)}
    return found


def variables(template: Template) -> dict[str, Any]:
    return dict(only(resources(template, "AWS::Lambda::Function"))["Environment"]["Variables"])


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


class TestAbsorbing:
    def test_the_table_sees_no_more_than_so_many_functions_at_a_time(self, template: Template) -> None:
        assert source(template)["ScalingConfig"] == {"MaximumConcurrency": 10}
        assert source(build(maximum_concurrency=50))["ScalingConfig"] == {"MaximumConcurrency": 50}

    def test_the_function_reads_the_queue_in_batches(self, template: Template) -> None:
        queue, _ = work(template)
        assert source(template)["EventSourceArn"] == {"Fn::GetAtt": [queue, "Arn"]}
        assert source(template)["BatchSize"] == 10
        larger = source(build(batch_size=500, batching_window_seconds=7))
        assert (larger["BatchSize"], larger["MaximumBatchingWindowInSeconds"]) == (500, 7)

    def test_a_table_of_its_own_is_paid_by_request_and_can_be_recovered(self, template: Template) -> None:
        table = only(resources(template, "AWS::DynamoDB::Table"))
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}

    def test_keys_are_those_of_the_items(self) -> None:
        template = build(partition_key="station", sort_key="at", version_field="revision")
        table = only(resources(template, "AWS::DynamoDB::Table"))
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["station", "at"]
        told = variables(template)
        assert (told["PARTITION_KEY"], told["SORT_KEY"], told["VERSION_FIELD"]) == ("station", "at", "revision")

    def test_a_table_that_is_given_is_written_to(self) -> None:
        stack = new_stack()
        arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/theirs"
        theirs = dynamodb.Table.from_table_arn(stack, "Theirs", arn)
        writer = BufferedWriter(stack, "Readings", table=theirs)
        template = Template.from_stack(stack)
        template.resource_count_is("AWS::DynamoDB::Table", 0)
        assert writer.table is theirs
        assert allowed(template, "dynamodb:") == {"dynamodb:PutItem": [arn]}
        assert variables(template)["TABLE"] == "theirs"


class TestLosingNothing:
    def test_only_what_was_not_written_comes_back(self, template: Template) -> None:
        assert source(template)["FunctionResponseTypes"] == ["ReportBatchItemFailures"]

    def test_nobody_else_gets_a_message_that_is_being_written(self, template: Template) -> None:
        assert work(template)[1]["VisibilityTimeout"] == 180
        assert only(resources(template, "AWS::Lambda::Function"))["Timeout"] == 30
        slower = build(function_timeout_seconds=60, batching_window_seconds=5)
        assert work(slower)[1]["VisibilityTimeout"] == 365
        assert work(build(visibility_timeout_seconds=45))[1]["VisibilityTimeout"] == 45

    def test_a_poison_item_becomes_a_dead_letter_after_half_an_hour_of_trying(self, template: Template) -> None:
        _, queue = work(template)
        (dead_letters,) = set(resources(template, "AWS::SQS::Queue")) - {work(template)[0]}
        assert queue["RedrivePolicy"] == {
            "deadLetterTargetArn": {"Fn::GetAtt": [dead_letters, "Arn"]},
            "maxReceiveCount": 10,
        }

    def test_no_item_is_taken_that_the_table_never_would(self, template: Template) -> None:
        assert work(template)[1]["MaximumMessageSize"] == 409_600

    def test_in_order_where_it_is_asked_for(self) -> None:
        template = build(fifo=Fifo(content_based_deduplication=True))
        _, queue = work(template)
        assert (queue["FifoQueue"], queue["ContentBasedDeduplication"]) == (True, True)
        assert "MaximumBatchingWindowInSeconds" not in source(template)

    def test_what_would_be_missed_outlives_the_stack(self, template: Template) -> None:
        for type_name in ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Logs::LogGroup"):
            for found in resources(template, type_name).values():
                assert found["DeletionPolicy"] == "Retain"

    def test_destroy_leaves_nothing(self) -> None:
        everything = build(removal_policy=cdk.RemovalPolicy.DESTROY).to_json()["Resources"]
        assert [name for name, found in everything.items() if found.get("DeletionPolicy") == "Retain"] == []


class TestAccess:
    def test_the_function_may_write_and_read_the_queue_and_nothing_else(self, template: Template) -> None:
        (table,) = resources(template, "AWS::DynamoDB::Table")
        assert allowed(template, "dynamodb:") == {"dynamodb:PutItem": [{"Fn::GetAtt": [table, "Arn"]}]}
        queue, _ = work(template)
        found = allowed(template, "sqs:")
        assert set(found) == {
            "sqs:ReceiveMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueUrl",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
        }
        for resource in found.values():
            assert resource == {"Fn::GetAtt": [queue, "Arn"]}

    def test_producers_are_let_in_by_name(self) -> None:
        stack = new_stack()
        writer = BufferedWriter(stack, "Readings")
        writer.grant_send_messages(iam.Role(stack, "Station", assumed_by=iam.AccountRootPrincipal()))
        assert "sqs:SendMessage" in allowed(Template.from_stack(stack), "sqs:")

    def test_a_customers_key_encrypts_queue_and_table(self) -> None:
        stack = new_stack()
        BufferedWriter(stack, "Readings", encryption_key=kms.Key(stack, "Key"))
        template = Template.from_stack(stack)
        (key,) = resources(template, "AWS::KMS::Key")
        table = only(resources(template, "AWS::DynamoDB::Table"))
        assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
        assert work(template)[1]["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
        assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(allowed(template, "kms:"))


class TestOperation:
    def test_operators_are_told_of_every_way_to_lose_time(self) -> None:
        stack = new_stack()
        BufferedWriter(stack, "Readings", alarm_topic=sns.Topic(stack, "Operators"))
        template = Template.from_stack(stack)
        alarms = [found["Properties"] for found in resources(template, "AWS::CloudWatch::Alarm").values()]
        own = {(one.get("Namespace"), one.get("MetricName")) for one in alarms if one.get("Namespace") != "AWS/SQS"}
        assert {("AWS/Lambda", "Errors"), ("AwsPatterns/BufferedWriter", "ItemsNotWritten")} <= own
        (topic,) = resources(template, "AWS::SNS::Topic")
        for alarm in alarms:
            assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]

    def test_the_alarm_looks_at_what_the_function_tells(self, template: Template) -> None:
        told = variables(template)
        alarm = only(resources(template, "AWS::CloudWatch::Alarm", {"MetricName": "ItemsNotWritten"}))
        assert alarm["Namespace"] == told["POWERTOOLS_METRICS_NAMESPACE"]
        assert alarm["Dimensions"] == [{"Name": "service", "Value": told["POWERTOOLS_SERVICE_NAME"]}]

    def test_the_dashboard_shows_what_became_of_items(self, template: Template) -> None:
        body = json.dumps(only(resources(template, "AWS::CloudWatch::Dashboard"))["DashboardBody"])
        for metric in ("ItemsWritten", "RepetitionsSkipped", "OutdatedSkipped", "ItemsNotWritten"):
            assert metric in body


class TestComposition:
    def test_twice_in_one_stack_each_with_its_own_metrics(self, stack: cdk.Stack) -> None:
        BufferedWriter(stack, "Readings")
        BufferedWriter(stack, "Faults")
        template = Template.from_stack(stack)
        functions = resources(template, "AWS::Lambda::Function").values()
        names = {found["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for found in functions}
        assert names == {"S/Readings", "S/Faults"}

    def test_in_a_stage_of_a_known_environment(self, app: cdk.App) -> None:
        stage = cdk.Stage(app, "Prod", env=cdk.Environment(account="111122223333", region="eu-west-1"))
        stack = cdk.Stack(stage, "S")
        BufferedWriter(stack, "Readings")
        Template.from_stack(stack).resource_count_is("AWS::Lambda::EventSourceMapping", 1)

    def test_values_known_only_at_deployment_are_let_through(self, stack: cdk.Stack) -> None:
        number = cdk.Token.as_number(cdk.CfnParameter(stack, "Number", type="Number").value)
        BufferedWriter(stack, "Readings", maximum_concurrency=int(number))
        assert source(Template.from_stack(stack))["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "Number"}}


class TestMistakes:
    def test_all_are_reported_at_once(self, stack: cdk.Stack) -> None:
        message = (
            "BufferedWriter S/Readings can't be built:\n"
            "  - partition_key and sort_key must be different fields, got 'at' for both\n"
            "  - maximum_concurrency must be between 2 and 1000 functions at a time, got 1 functions at a time\n"
            "  - batch_size must be between 1 and 10000 messages, got 0 messages\n"
            "  - function_timeout_seconds must be between 1 and 900 seconds, got 0 seconds\n"
            "  - max_receive_count must be between 1 and 1000, got 0"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            BufferedWriter(
                stack,
                "Readings",
                partition_key="at",
                sort_key="at",
                maximum_concurrency=1,
                batch_size=0,
                function_timeout_seconds=0,
                max_receive_count=0,
            )
        assert len(stack.node.find_all()) == 2, "nothing is created before the checks"
