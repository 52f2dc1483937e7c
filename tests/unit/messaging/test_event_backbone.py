"""What an event backbone promises to producers, to targets, and to whoever answers for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.assertions import Annotations, Template

from aws_patterns.messaging.comparisons import Numeric
from aws_patterns.messaging.event_backbone import EventBackbone
from aws_patterns.messaging.event_backbone_options import (
    EVERY_EVENT,
    BusLog,
    EventArchive,
    EventPattern,
    EventRule,
    Producer,
)
from aws_patterns.messaging.event_targets import (
    BusTarget,
    FunctionTarget,
    QueueTarget,
    Retry,
    StateMachineTarget,
    TopicTarget,
)
from aws_patterns.messaging.work_queue import WorkQueue
from aws_patterns.messaging.work_queue_options import Fifo

Properties = Mapping[str, Any]
OTHER_BUS = "arn:aws:events:eu-west-1:111122223333:event-bus/theirs"
LARGE = EventPattern(source="shop.orders", detail={"total": Numeric(at_least=1000)})


def of_type(template: Template, kind: str) -> dict[str, Properties]:
    return {name: found.get("Properties", {}) for name, found in template.find_resources(kind).items()}


def one(template: Template, kind: str) -> Properties:
    (found,) = of_type(template, kind).values()
    return found


def the_id(template: Template, kind: str) -> str:
    (found,) = template.find_resources(kind)
    return found


def statements(template: Template, kind: str) -> list[Properties]:
    return [found for policy in of_type(template, kind).values() for found in policy["PolicyDocument"]["Statement"]]


def build(**props: Any) -> Template:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    EventBackbone(stack, "Events", **props)
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def template() -> Template:
    """One rule with a target of each kind."""
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    function = lambda_.Function(
        stack, "Fn", code=lambda_.InlineCode("-"), handler="index.handle", runtime=lambda_.Runtime.PYTHON_3_13
    )
    machine = sfn.StateMachine(
        stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "Pass"))
    )
    EventBackbone(
        stack,
        "Events",
        rules=[
            EventRule(
                name="Large",
                pattern=LARGE,
                targets={
                    "Jobs": QueueTarget(queue=sqs.Queue(stack, "Jobs")),
                    "Told": TopicTarget(topic=sns.Topic(stack, "Told"), detail_only=True),
                    "Done": FunctionTarget(function=function, retry=Retry(attempts=3, maximum_age_seconds=600)),
                    "Run": StateMachineTarget(machine=machine),
                    "On": BusTarget(bus=events.EventBus.from_event_bus_arn(stack, "Theirs", OTHER_BUS)),
                },
            )
        ],
    )
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def targets(template: Template) -> list[Properties]:
    return list(one(template, "AWS::Events::Rule")["Targets"])


class TestTheBus:
    def test_keeps_every_event_for_a_month(self) -> None:
        template = build()
        archive = one(template, "AWS::Events::Archive")
        assert archive["SourceArn"] == {"Fn::GetAtt": [the_id(template, "AWS::Events::EventBus"), "Arn"]}
        assert archive["RetentionDays"] == 30
        assert "EventPattern" not in archive

    def test_keeps_what_is_asked_for(self) -> None:
        archive = one(build(archive=EventArchive(retention_days=0, pattern=LARGE)), "AWS::Events::Archive")
        assert archive["RetentionDays"] == 0
        assert archive["EventPattern"] == LARGE.to_json()
        build(archive=None).resource_count_is("AWS::Events::Archive", 0)

    @pytest.mark.parametrize(
        ("log", "types"),
        [
            (BusLog.OFF, []),
            (BusLog.ERRORS, ["ERROR_LOGS"]),
            (BusLog.EVERYTHING, ["ERROR_LOGS", "INFO_LOGS", "TRACE_LOGS"]),
        ],
    )
    def test_records_its_work_and_never_the_events(self, log: BusLog, types: list[str]) -> None:
        template = build(log=log)
        bus = one(template, "AWS::Events::EventBus")
        assert bus["LogConfig"] == {"IncludeDetail": "NONE", "Level": log.value}
        sources = of_type(template, "AWS::Logs::DeliverySource").values()
        assert [source["LogType"] for source in sources] == types
        names = [source["Name"] for source in sources]
        assert [
            delivery["DeliverySourceName"] for delivery in of_type(template, "AWS::Logs::Delivery").values()
        ] == names
        groups = of_type(template, "AWS::Logs::LogGroup").values()
        assert [group["RetentionInDays"] for group in groups] == [30] * bool(types)

    def test_learns_schemas_where_asked(self) -> None:
        build().resource_count_is("AWS::EventSchemas::Discoverer", 0)
        template = build(schema_discovery=True)
        bus = {"Fn::GetAtt": [the_id(template, "AWS::Events::EventBus"), "Arn"]}
        assert one(template, "AWS::EventSchemas::Discoverer")["SourceArn"] == bus


class TestARule:
    def test_compares_what_it_says(self, template: Template) -> None:
        rule = one(template, "AWS::Events::Rule")
        assert rule["EventPattern"] == {"source": ["shop.orders"], "detail": {"total": [{"numeric": [">=", 1000]}]}}
        assert rule["EventBusName"] == {"Ref": the_id(template, "AWS::Events::EventBus")}

    def test_tries_for_a_day_and_keeps_what_no_target_took(self, template: Template, targets: list[Properties]) -> None:
        queues = of_type(template, "AWS::SQS::Queue")
        kept = [target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] for target in targets]
        assert len(set(kept)) == 5
        assert {queues[name]["MessageRetentionPeriod"] for name in kept} == {1_209_600}
        tried = [tuple(target["RetryPolicy"].values()) for target in targets]
        assert tried == [(86_400, 185), (86_400, 185), (600, 3), (86_400, 185), (86_400, 185)]

    def test_sends_the_detail_alone_where_asked(self, targets: list[Properties]) -> None:
        assert [target.get("InputPath") for target in targets] == [None, "$.detail", None, None, None]

    def test_is_the_only_one_that_its_queues_and_topics_let_in(self, template: Template) -> None:
        rule = {"Fn::GetAtt": [the_id(template, "AWS::Events::Rule"), "Arn"]}
        policies = [*statements(template, "AWS::SQS::QueuePolicy"), *statements(template, "AWS::SNS::TopicPolicy")]
        allowed = [found for found in policies if found["Effect"] == "Allow"]
        assert sorted(found["Action"] for found in allowed) == ["sns:Publish", *["sqs:SendMessage"] * 6]
        for found in allowed:
            assert found["Principal"] == {"Service": "events.amazonaws.com"}
            assert found["Condition"] == {"ArnEquals": {"aws:SourceArn": rule}}
        assert one(template, "AWS::Lambda::Permission")["SourceArn"] == rule

    def test_has_a_role_for_what_takes_no_policy(self, template: Template, targets: list[Properties]) -> None:
        roles = [target["RoleArn"]["Fn::GetAtt"][0] for target in targets if "RoleArn" in target]
        allowed = {
            policy["Roles"][0]["Ref"]: policy["PolicyDocument"]["Statement"]
            for policy in of_type(template, "AWS::IAM::Policy").values()
        }
        (run,), (send,) = (allowed[role] for role in roles)
        machine = {"Ref": the_id(template, "AWS::StepFunctions::StateMachine")}
        assert (run["Action"], run["Resource"]) == ("states:StartExecution", machine)
        assert (send["Action"], send["Resource"]) == ("events:PutEvents", OTHER_BUS)

    def test_may_send_to_a_work_queue_in_order(self, stack: cdk.Stack) -> None:
        work = WorkQueue(stack, "Ordered", fifo=Fifo(content_based_deduplication=True))
        target = QueueTarget(queue=work.queue, message_group="all")
        EventBackbone(stack, "Events", rules=[EventRule(name="R", pattern=EVERY_EVENT, targets={"Q": target})])
        (found,) = one(Template.from_stack(stack), "AWS::Events::Rule")["Targets"]
        assert found["SqsParameters"] == {"MessageGroupId": "all"}

    def test_can_come_later(self, stack: cdk.Stack) -> None:
        backbone = EventBackbone(stack, "Events")
        rule = EventRule(name="R", pattern=EVERY_EVENT, targets={"Q": QueueTarget(queue=sqs.Queue(stack, "Q"))})
        assert backbone.rules == {"R": backbone.add_rule(rule)}
        assert set(backbone.undelivered) == {("R", "Q")}
        with pytest.raises(ValueError, match="can't be built") as raised:
            backbone.add_rule(rule)
        assert str(raised.value) == (
            "EventBackbone S/Events can't be built:\n  - rules must have names of their own, got 'R' again"
        )

    def test_says_when_it_can_not_let_itself_in(self, stack: cdk.Stack) -> None:
        arn = "arn:aws:sqs:eu-west-1:111122223333:theirs"
        target = QueueTarget(queue=sqs.Queue.from_queue_arn(stack, "Theirs", arn))
        EventBackbone(stack, "Events", rules=[EventRule(name="R", pattern=EVERY_EVENT, targets={"Q": target})])
        (warning,) = Annotations.from_stack(stack).find_warning("/S/Events/Rules/R/Q", cdk.assertions.Match.any_value())
        assert f"The policy of {arn} is not part of this app" in json.dumps(warning.entry.data)


class TestWhoSends:
    def test_another_account_sends_as_its_own_sources_only(self) -> None:
        template = build(producers=[Producer(account="111122223333", sources=["shop.orders", "shop.returns"])])
        policy = one(template, "AWS::Events::EventBusPolicy")["Statement"]
        assert policy["Action"] == "events:PutEvents"
        assert json.dumps(policy["Principal"]).count(":iam::111122223333:root") == 1
        assert policy["Resource"] == {"Fn::GetAtt": [the_id(template, "AWS::Events::EventBus"), "Arn"]}
        assert policy["Condition"] == {"StringEquals": {"events:source": ["shop.orders", "shop.returns"]}}

    def test_an_organization_sends_from_inside_only(self) -> None:
        template = build(producers=[Producer(organization="o-a1b2c3d4e5", sources=["shop"])])
        policy = one(template, "AWS::Events::EventBusPolicy")["Statement"]
        assert policy["Principal"] == "*"
        assert policy["Condition"] == {
            "StringEquals": {"events:source": ["shop"], "aws:PrincipalOrgID": ["o-a1b2c3d4e5"]}
        }

    def test_an_account_that_is_known_later_can_be_named(self, stack: cdk.Stack) -> None:
        account = cdk.CfnParameter(stack, "Account").value_as_string
        EventBackbone(stack, "Events", producers=[Producer(account=account, sources=["shop"])])
        assert one(Template.from_stack(stack), "AWS::Events::EventBusPolicy")["StatementId"] == "cdk-Producer0"

    @pytest.mark.parametrize(
        ("sources", "condition"), [(["shop"], {"StringEquals": {"events:source": ["shop"]}}), ([], None)]
    )
    def test_a_role_of_this_account_sends_to_this_bus(
        self, stack: cdk.Stack, sources: list[str], condition: object
    ) -> None:
        backbone = EventBackbone(stack, "Events")
        backbone.grant_put_events(iam.Role(stack, "Shop", assumed_by=iam.AccountRootPrincipal()), *sources)
        (found,) = statements(Template.from_stack(stack), "AWS::IAM::Policy")
        assert (found["Action"], found.get("Condition")) == ("events:PutEvents", condition)
        assert found["Resource"] == stack.resolve(backbone.bus.event_bus_arn)


class TestAKeyOfOnesOwn:
    def test_encrypts_bus_archive_and_what_was_not_taken(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Mine")
        jobs = sqs.Queue(stack, "Jobs", encryption_master_key=key)
        rule = EventRule(name="R", pattern=EVERY_EVENT, targets={"Q": QueueTarget(queue=jobs)})
        backbone = EventBackbone(stack, "Events", rules=[rule], encryption_key=key)
        template = Template.from_stack(stack)
        arn = stack.resolve(key.key_arn)
        assert one(template, "AWS::Events::EventBus")["KmsKeyIdentifier"] == arn
        assert one(template, "AWS::Events::Archive")["KmsKeyIdentifier"] == arn
        queues = of_type(template, "AWS::SQS::Queue").values()
        assert [queue.get("KmsMasterKeyId") for queue in queues].count(arn) == 2
        for statement in one(template, "AWS::KMS::Key")["KeyPolicy"]["Statement"][1:]:
            assert statement["Principal"] == {"Service": "events.amazonaws.com"}
            assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
        assert set(backbone.alarms) == {"Unencrypted", "Undelivered:R:Q", "Lost:R"}

    def test_that_fails_loses_no_event(self, stack: cdk.Stack) -> None:
        backbone = EventBackbone(stack, "Events", encryption_key=kms.Key(stack, "Mine"))
        assert backbone.unencrypted is not None
        template = Template.from_stack(stack)
        queue = the_id(template, "AWS::SQS::Queue")
        assert one(template, "AWS::Events::EventBus")["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue, "Arn"]}}
        assert one(template, "AWS::SQS::Queue")["SqsManagedSseEnabled"] is True
        (allowed,) = [found for found in statements(template, "AWS::SQS::QueuePolicy") if found["Effect"] == "Allow"]
        bus = {"Fn::GetAtt": [the_id(template, "AWS::Events::EventBus"), "Arn"]}
        assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": bus}}

    def test_of_a_topic_lets_eventbridge_in(self, stack: cdk.Stack) -> None:
        told = sns.Topic(stack, "Told", master_key=kms.Key(stack, "Theirs"))
        rule = EventRule(name="R", pattern=EVERY_EVENT, targets={"T": TopicTarget(topic=told)})
        EventBackbone(stack, "Events", rules=[rule])
        _, found = one(Template.from_stack(stack), "AWS::KMS::Key")["KeyPolicy"]["Statement"]
        assert found["Principal"] == {"Service": "events.amazonaws.com"}


def test_alarms_tell_of_every_way_to_lose_an_event(stack: cdk.Stack) -> None:
    operators = sns.Topic(stack, "Operators")
    # Names that would run into each other.
    rules = [
        EventRule(name=name, pattern=EVERY_EVENT, targets={target: QueueTarget(queue=sqs.Queue(stack, f"{name}Q"))})
        for name, target in (("A", "BC"), ("AB", "C"))
    ]
    backbone = EventBackbone(stack, "Events", rules=rules, alarm_topic=operators)
    assert set(backbone.alarms) == {"Undelivered:A:BC", "Undelivered:AB:C", "Lost:A", "Lost:AB"}
    template = Template.from_stack(stack)
    assert len(template.find_resources("AWS::CloudWatch::Alarm")) == 4
    template.all_resources_properties("AWS::CloudWatch::Alarm", {"AlarmActions": [stack.resolve(operators.topic_arn)]})
    template.has_resource_properties(
        "AWS::CloudWatch::Alarm", {"MetricName": "InvocationsFailedToBeSentToDlq", "Namespace": "AWS/Events"}
    )


def test_two_are_two_and_a_stage_holds_one(app: cdk.App, stack: cdk.Stack) -> None:
    EventBackbone(stack, "Events")
    EventBackbone(stack, "Others")
    Template.from_stack(stack).resource_count_is("AWS::Events::EventBus", 2)
    staged = cdk.Stack(cdk.Stage(app, "Production"), "S")
    EventBackbone(staged, "Events")
    ours = {bus["Name"] for bus in of_type(Template.from_stack(stack), "AWS::Events::EventBus").values()}
    assert one(Template.from_stack(staged), "AWS::Events::EventBus")["Name"] not in ours


def test_a_function_of_another_stack_can_be_a_target(app: cdk.App, stack: cdk.Stack) -> None:
    other = cdk.Stack(app, "Other")
    function = lambda_.Function(
        other, "Fn", code=lambda_.InlineCode("-"), handler="index.handle", runtime=lambda_.Runtime.PYTHON_3_13
    )
    rule = EventRule(name="R", pattern=EVERY_EVENT, targets={"F": FunctionTarget(function=function)})
    EventBackbone(stack, "Events", rules=[rule])
    Template.from_stack(stack).resource_count_is("AWS::Lambda::Permission", 1)


@pytest.mark.parametrize(
    ("policy", "expected"), [(cdk.RemovalPolicy.RETAIN, "Retain"), (cdk.RemovalPolicy.DESTROY, "Delete")]
)
def test_what_would_be_missed_is_removed_as_asked(stack: cdk.Stack, policy: cdk.RemovalPolicy, expected: str) -> None:
    told = TopicTarget(topic=sns.Topic(stack, "Told"))
    rule = EventRule(name="R", pattern=EVERY_EVENT, targets={"T": told})
    EventBackbone(stack, "Events", rules=[rule], removal_policy=policy)
    template = Template.from_stack(stack)
    for kind in ("AWS::SQS::Queue", "AWS::Logs::LogGroup"):
        (found,) = template.find_resources(kind).values()
        assert found["DeletionPolicy"] == expected


def test_every_problem_is_named_at_once(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        EventBackbone(
            stack,
            "Events",
            rules=[EventRule(name="R", pattern=EventPattern(), targets={})],
            producers=[Producer(account="me", sources=["shop"])],
        )
    assert str(raised.value) == (
        "EventBackbone S/Events can't be built:\n"
        "  - rules['R'].pattern must compare something, got nothing: EVERY_EVENT says that all are meant\n"
        "  - rules['R'].targets must be 1 to 5, got 0: let another rule with the same pattern have the others\n"
        "  - producers[0].account must be 12 digits, got 'me'"
    )
