"""What a fan-out promises to publishers, to each subscriber, and to whoever answers for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Template

from aws_patterns.messaging.fanout import Fanout
from aws_patterns.messaging.fanout_options import AttributeFilter, BodyFilter, DeliveryLog, FifoTopic, Subscriber

Properties = Mapping[str, Any]
TWO = {"Billing": Subscriber(), "Shipping": Subscriber()}


def build(**props: Any) -> Template:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    Fanout(stack, "Orders", **{"subscribers": TWO, **props})
    return Template.from_stack(stack)


def of_type(template: Template, kind: str) -> dict[str, Properties]:
    return {name: found.get("Properties", {}) for name, found in template.find_resources(kind).items()}


def one(template: Template, kind: str) -> Properties:
    (found,) = of_type(template, kind).values()
    return found


def the_id(template: Template, kind: str) -> str:
    (found,) = template.find_resources(kind)
    return found


def statements(template: Template, kind: str) -> list[Properties]:
    key = "KeyPolicy" if kind == "AWS::KMS::Key" else "PolicyDocument"
    return [found for policy in of_type(template, kind).values() for found in policy[key]["Statement"]]


def subscriptions(template: Template) -> list[Properties]:
    return list(of_type(template, "AWS::SNS::Subscription").values())


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


@pytest.fixture(scope="module")
def fifo() -> Template:
    return build(fifo=FifoTopic(high_throughput=True, archive_days=7))


class TestTheTopic:
    def test_is_encrypted_with_a_key_that_changes_every_year(self, template: Template) -> None:
        key = the_id(template, "AWS::KMS::Key")
        assert one(template, "AWS::SNS::Topic")["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
        assert one(template, "AWS::KMS::Key")["EnableKeyRotation"] is True

    def test_takes_messages_over_tls_only(self, template: Template) -> None:
        (refused,) = statements(template, "AWS::SNS::TopicPolicy")
        assert (refused["Effect"], refused["Action"], refused["Principal"]) == ("Deny", "sns:Publish", "*")
        assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    def test_records_failures_only_and_for_a_month(self, template: Template) -> None:
        (log,) = one(template, "AWS::SNS::Topic")["DeliveryStatusLogging"]
        assert set(log) == {"Protocol", "FailureFeedbackRoleArn"}
        groups = of_type(template, "AWS::Logs::LogGroup").values()
        assert [group["RetentionInDays"] for group in groups] == [30, 30]
        (topic,) = template.find_resources("AWS::SNS::Topic")
        named = [group["LogGroupName"]["Fn::Join"][1] for group in groups]
        name = [
            "sns/",
            {"Ref": "AWS::Region"},
            "/",
            {"Ref": "AWS::AccountId"},
            "/",
            {"Fn::GetAtt": [topic, "TopicName"]},
        ]
        assert named == [name, [*name, "/Failure"]]

    def test_may_write_to_its_own_two_logs_only(self, template: Template) -> None:
        groups = [{"Fn::GetAtt": [name, "Arn"]} for name in template.find_resources("AWS::Logs::LogGroup")]
        (allowed,) = statements(template, "AWS::IAM::Policy")
        assert allowed["Resource"] == groups

    @pytest.mark.parametrize(("log", "expected"), [(DeliveryLog(success_percent=5), "5"), (None, None)])
    def test_records_as_much_as_is_asked_for(self, log: DeliveryLog | None, expected: str | None) -> None:
        topic = one(build(delivery_log=log), "AWS::SNS::Topic")
        rates = [entry["SuccessFeedbackSampleRate"] for entry in topic.get("DeliveryStatusLogging", [])]
        assert rates == ([expected] if expected else [])

    def test_of_fifo_keeps_order_and_its_own_archive(self, fifo: Template) -> None:
        topic = one(fifo, "AWS::SNS::Topic")
        assert topic["FifoTopic"] is True
        assert topic["FifoThroughputScope"] == "MessageGroup"
        assert topic["ArchivePolicy"] == {"MessageRetentionPeriod": 7}
        assert topic["TopicName"].endswith(".fifo")
        assert "ContentBasedDeduplication" not in topic

    def test_of_fifo_drops_equal_bodies_where_asked(self) -> None:
        topic = one(build(fifo=FifoTopic(content_based_deduplication=True)), "AWS::SNS::Topic")
        assert topic["ContentBasedDeduplication"] is True
        assert "FifoThroughputScope" not in topic


class TestEachSubscriber:
    def test_has_a_work_queue_of_its_own_with_dead_letters(self, template: Template) -> None:
        queues = of_type(template, "AWS::SQS::Queue")
        endpoints = [found["Endpoint"]["Fn::GetAtt"][0] for found in subscriptions(template)]
        assert len(set(endpoints)) == 2
        letters = [queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for name in endpoints]
        assert len(set(letters)) == 2

    def test_keeps_what_could_not_be_delivered_apart_for_fourteen_days(self, template: Template) -> None:
        queues = of_type(template, "AWS::SQS::Queue")
        kept = [found["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for found in subscriptions(template)]
        assert len(set(kept)) == 2
        for name in kept:
            assert queues[name]["MessageRetentionPeriod"] == 1_209_600
            assert queues[name]["SqsManagedSseEnabled"] is True
            assert queues[name]["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}

    def test_is_sent_to_by_this_topic_only(self, template: Template) -> None:
        topic = {"Ref": the_id(template, "AWS::SNS::Topic")}
        allowed = [found for found in statements(template, "AWS::SQS::QueuePolicy") if found["Effect"] == "Allow"]
        assert len(allowed) == 4
        for found in allowed:
            assert found["Action"] == "sqs:SendMessage"
            assert found["Principal"] == {"Service": "sns.amazonaws.com"}
            assert found["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}

    def test_is_subscribed_when_its_queues_take_messages(self, template: Template) -> None:
        policies = {
            policy["Properties"]["Queues"][0]["Ref"]: name
            for name, policy in template.find_resources("AWS::SQS::QueuePolicy").items()
        }
        for found in template.find_resources("AWS::SNS::Subscription").values():
            ends = [found["Properties"]["Endpoint"], found["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]]
            assert {policies[end["Fn::GetAtt"][0]] for end in ends} <= set(found["DependsOn"])

    def test_is_sent_messages_as_they_were_published(self, template: Template) -> None:
        for found in subscriptions(template):
            assert found["RawMessageDelivery"] is True
            assert "FilterPolicy" not in found

    @pytest.mark.parametrize(
        ("policy", "scope"),
        [(AttributeFilter({"kind": "order"}), "MessageAttributes"), (BodyFilter({"kind": "order"}), "MessageBody")],
    )
    def test_is_sent_what_its_filter_lets_through(self, policy: AttributeFilter | BodyFilter, scope: str) -> None:
        subscribers = {"Billing": Subscriber(filter_policy=policy, raw_delivery=False)}
        (found,) = subscriptions(build(subscribers=subscribers))
        assert (found["FilterPolicy"], found["FilterPolicyScope"]) == ({"kind": ["order"]}, scope)
        assert found["RawMessageDelivery"] is False

    def test_is_worked_on_as_it_says(self) -> None:
        subscriber = Subscriber(
            visibility_timeout_seconds=90, retention_seconds=7200, delay_seconds=5, max_receive_count=3
        )
        template = build(subscribers={"Billing": subscriber})
        (found,) = subscriptions(template)
        queue = of_type(template, "AWS::SQS::Queue")[found["Endpoint"]["Fn::GetAtt"][0]]
        assert (queue["VisibilityTimeout"], queue["MessageRetentionPeriod"], queue["DelaySeconds"]) == (90, 7200, 5)
        assert queue["RedrivePolicy"]["maxReceiveCount"] == 3

    def test_of_fifo_has_fifo_queues_throughout(self, fifo: Template) -> None:
        queues = of_type(fifo, "AWS::SQS::Queue").values()
        assert len(queues) == 6
        assert {queue["FifoQueue"] for queue in queues} == {True}
        assert {queue["FifoThroughputLimit"] for queue in queues if "QueueName" in queue} == {"perMessageGroupId"}

    def test_can_come_later(self, stack: cdk.Stack) -> None:
        fanout = Fanout(stack, "Orders")
        work = fanout.add_subscriber("Billing")
        assert fanout.queues == {"Billing": work}
        assert set(fanout.alarms) == {"Lost", "Unreadable", "Undelivered:Billing"}
        with pytest.raises(ValueError, match="can't be built") as raised:
            fanout.add_subscriber("Billing", Subscriber(retention_seconds=1))
        assert str(raised.value) == (
            "Fanout S/Orders can't be built:\n"
            "  - subscribers must have names of their own, got 'Billing' again\n"
            "  - subscribers['Billing'].retention_seconds must be between 60 and 1209600 seconds, got 1 seconds"
        )


class TestAKeyOfOnesOwn:
    def test_encrypts_topic_and_queues_and_lets_sns_use_it(self, stack: cdk.Stack) -> None:
        Fanout(stack, "Orders", subscribers=TWO, encryption_key=kms.Key(stack, "Mine"))
        template = Template.from_stack(stack)
        key = {"Fn::GetAtt": [the_id(template, "AWS::KMS::Key"), "Arn"]}
        encrypted = [*of_type(template, "AWS::SQS::Queue").values(), one(template, "AWS::SNS::Topic")]
        assert [found["KmsMasterKeyId"] for found in encrypted] == [key] * 7
        _, sns_may = statements(template, "AWS::KMS::Key")
        assert sns_may["Principal"] == {"Service": "sns.amazonaws.com"}
        assert sns_may["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
        assert sns_may["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}

    def test_from_elsewhere_is_warned_about(self, stack: cdk.Stack) -> None:
        arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        Fanout(stack, "Orders", encryption_key=kms.Key.from_key_arn(stack, "Theirs", arn))
        Annotations.from_stack(stack).has_warning(
            "/S/Orders",
            f"The policy of {arn} is not part of this app: let sns.amazonaws.com use kms:Decrypt, kms:GenerateDataKey* "
            "there, or nothing is delivered [ack: aws-patterns:keyPolicy:sns.amazonaws.com]",
        )


class TestWhoPublishes:
    def test_a_publisher_may_publish_and_encrypt_and_nothing_else(self, stack: cdk.Stack) -> None:
        fanout = Fanout(stack, "Orders", delivery_log=None)
        fanout.grant_publish(iam.Role(stack, "Shop", assumed_by=iam.AccountRootPrincipal()))
        template = Template.from_stack(stack)
        publish, encrypt = statements(template, "AWS::IAM::Policy")
        assert (publish["Action"], publish["Resource"]) == ("sns:Publish", {"Ref": the_id(template, "AWS::SNS::Topic")})
        assert encrypt["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
        assert encrypt["Resource"] == {"Fn::GetAtt": [the_id(template, "AWS::KMS::Key"), "Arn"]}

    def test_a_bucket_of_this_account_may_and_no_other(self, stack: cdk.Stack) -> None:
        fanout = Fanout(stack, "Orders")
        fanout.add_bucket_source(s3.Bucket(stack, "Uploads"), prefix="in/", suffix=".json")
        template = Template.from_stack(stack)
        bucket = the_id(template, "AWS::S3::Bucket")
        (found,) = [entry for entry in statements(template, "AWS::SNS::TopicPolicy") if entry["Effect"] == "Allow"]
        assert found["Action"] == "sns:Publish"
        assert found["Principal"] == {"Service": "s3.amazonaws.com"}
        assert found["Condition"] == {
            "ArnLike": {"aws:SourceArn": {"Fn::GetAtt": [bucket, "Arn"]}},
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        }
        _, s3_may = statements(template, "AWS::KMS::Key")
        assert s3_may["Principal"] == {"Service": "s3.amazonaws.com"}
        ((name, source),) = template.find_resources("Custom::S3BucketNotifications").items()
        assert name
        (topic,) = source["Properties"]["NotificationConfiguration"]["TopicConfigurations"]
        assert topic["TopicArn"] == {"Ref": the_id(template, "AWS::SNS::Topic")}
        assert topic["Events"] == ["s3:ObjectCreated:*"]
        assert [rule["Value"] for rule in topic["Filter"]["Key"]["FilterRules"]] == [".json", "in/"]
        assert the_id(template, "AWS::SNS::TopicPolicy") in source["DependsOn"]

    def test_several_buckets_may(self, stack: cdk.Stack) -> None:
        fanout = Fanout(stack, "Orders")
        uploads = s3.Bucket(stack, "Uploads")
        fanout.add_bucket_source(uploads, prefix="a/")
        fanout.add_bucket_source(uploads, event=s3.EventType.OBJECT_REMOVED)
        fanout.add_bucket_source(s3.Bucket(stack, "Others"))
        template = Template.from_stack(stack)
        assert len(statements(template, "AWS::KMS::Key")) == 2
        template.resource_count_is("Custom::S3BucketNotifications", 2)

    def test_a_bucket_can_not_where_order_matters(self, stack: cdk.Stack) -> None:
        fanout = Fanout(stack, "Orders", fifo=FifoTopic())
        with pytest.raises(ValueError, match="can't be built") as raised:
            fanout.add_bucket_source(s3.Bucket(stack, "Uploads"))
        assert str(raised.value) == (
            "Fanout S/Orders can't be built:\n"
            "  - add_bucket_source needs a standard topic: S3 publishes to no FIFO topic. Leave fifo out"
        )


class TestAnotherAccount:
    def test_may_subscribe_exactly_the_named_queues(self) -> None:
        arns = [f"arn:aws:sqs:eu-west-1:{account}:orders" for account in ("111122223333", "444455556666")]
        template = build(external_queues=[*arns, f"{arns[0]}-too"])
        first, second = [entry for entry in statements(template, "AWS::SNS::TopicPolicy") if entry["Effect"] == "Allow"]
        assert first["Action"] == second["Action"] == "sns:Subscribe"
        assert json.dumps(first["Principal"]).count("111122223333:root") == 1
        assert first["Condition"] == {
            "StringEquals": {"sns:Protocol": "sqs", "sns:Endpoint": [arns[0], f"{arns[0]}-too"]}
        }
        assert second["Condition"] == {"StringEquals": {"sns:Protocol": "sqs", "sns:Endpoint": [arns[1]]}}


class TestTheAlarms:
    def test_tell_of_every_way_to_lose_a_message(self, stack: cdk.Stack) -> None:
        operators = sns.Topic(stack, "Operators")
        fanout = Fanout(stack, "Orders", subscribers=TWO, alarm_topic=operators)
        assert set(fanout.alarms) == {"Lost", "Unreadable", "Undelivered:Billing", "Undelivered:Shipping"}
        template = Template.from_stack(stack)
        told = stack.resolve(operators.topic_arn)
        alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
        assert len(alarms) == 4 + 2 * 5
        assert [alarm["AlarmActions"] for alarm in alarms] == [[told]] * 14
        template.has_resource_properties(
            "AWS::CloudWatch::Alarm",
            {
                "MetricName": "NumberOfNotificationsFailedToRedriveToDlq",
                "Threshold": 1,
            },
        )


class TestInOtherPlaces:
    def test_two_are_two(self, stack: cdk.Stack) -> None:
        Fanout(stack, "Orders", subscribers=TWO)
        Fanout(stack, "Refunds", subscribers=TWO, fifo=FifoTopic())
        Template.from_stack(stack).resource_count_is("AWS::SNS::Topic", 2)

    def test_a_stage_holds_one(self, app: cdk.App) -> None:
        stage = cdk.Stage(app, "Production", env=cdk.Environment(account="111122223333", region="eu-west-1"))
        stack = cdk.Stack(stage, "S")
        Fanout(stack, "Orders", subscribers=TWO)
        Template.from_stack(stack).resource_count_is("AWS::SQS::Queue", 6)

    @pytest.mark.parametrize(
        ("policy", "expected"), [(cdk.RemovalPolicy.RETAIN, "Retain"), (cdk.RemovalPolicy.DESTROY, "Delete")]
    )
    def test_what_would_be_missed_is_removed_as_asked(self, policy: cdk.RemovalPolicy, expected: str) -> None:
        template = build(removal_policy=policy)
        for kind in ("AWS::SQS::Queue", "AWS::KMS::Key", "AWS::Logs::LogGroup"):
            policies = {found["DeletionPolicy"] for found in template.find_resources(kind).values()}
            assert policies == {expected}


def test_every_problem_is_named_at_once(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        Fanout(
            stack,
            "Orders",
            subscribers={"A": Subscriber(delay_seconds=901)},
            external_queues=["orders"],
            delivery_log=DeliveryLog(success_percent=-1),
        )
    assert str(raised.value) == (
        "Fanout S/Orders can't be built:\n"
        "  - subscribers['A'].delay_seconds must be between 0 and 900 seconds, got 901 seconds\n"
        "  - external_queues must hold ARNs of queues such as arn:aws:sqs:eu-west-1:111122223333:orders, without "
        "wildcards, got 'orders'\n"
        "  - delivery_log.success_percent must be between 0 and 100 percent, got -1 percent"
    )
