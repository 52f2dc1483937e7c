"""What the archive of a topic promises to whoever asks, later, what was published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.messaging.fanout_options import AttributeFilter
from aws_patterns.messaging.topic_archive import TopicArchive
from aws_patterns.messaging.topic_archive_options import Buffer

Properties = Mapping[str, Any]


def build(**props: Any) -> Template:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    TopicArchive(stack, "Archive", topic=sns.Topic(stack, "Orders"), **props)
    return Template.from_stack(stack)


def one(template: Template, kind: str) -> Properties:
    (found,) = template.find_resources(kind).values()
    return dict(found["Properties"])


def the_id(template: Template, kind: str) -> str:
    (found,) = template.find_resources(kind)
    return found


def statements_of(template: Template, role: str) -> list[Properties]:
    """What a role may do."""
    return [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


@pytest.fixture(scope="module")
def destination(template: Template) -> Properties:
    return dict(one(template, "AWS::KinesisFirehose::DeliveryStream")["ExtendedS3DestinationConfiguration"])


class TestWhatIsKept:
    def test_is_every_message_with_its_envelope(self, template: Template) -> None:
        subscription = one(template, "AWS::SNS::Subscription")
        stream = {"Fn::GetAtt": [the_id(template, "AWS::KinesisFirehose::DeliveryStream"), "Arn"]}
        assert (subscription["Protocol"], subscription["Endpoint"]) == ("firehose", stream)
        assert subscription["RawMessageDelivery"] is False
        assert "FilterPolicy" not in subscription

    def test_is_what_a_filter_lets_through(self) -> None:
        subscription = one(build(filter_policy=AttributeFilter({"kind": "order"})), "AWS::SNS::Subscription")
        assert subscription["FilterPolicy"] == {"kind": ["order"]}
        assert subscription["FilterPolicyScope"] == "MessageAttributes"

    def test_is_compressed_into_a_folder_a_day(self, destination: Properties) -> None:
        assert destination["CompressionFormat"] == "GZIP"
        assert destination["Prefix"] == "messages/!{timestamp:yyyy/MM/dd}/"
        assert destination["ErrorOutputPrefix"] == "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
        assert destination["BufferingHints"] == {"IntervalInSeconds": 300, "SizeInMBs": 5}

    def test_is_gathered_as_asked(self) -> None:
        template = build(prefix="orders/", buffer=Buffer(seconds=0, mebibytes=128))
        stream = one(template, "AWS::KinesisFirehose::DeliveryStream")["ExtendedS3DestinationConfiguration"]
        assert stream["Prefix"] == "orders/!{timestamp:yyyy/MM/dd}/"
        assert stream["BufferingHints"] == {"IntervalInSeconds": 0, "SizeInMBs": 128}

    def test_is_private_encrypted_and_deleted_by_age(self, template: Template) -> None:
        bucket = one(template, "AWS::S3::Bucket")
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 366
        assert (
            one(build(retention_days=2557), "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"]
            == 2557
        )
        (refused,) = one(template, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
        assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    def test_is_encrypted_on_the_way(self, template: Template) -> None:
        stream = one(template, "AWS::KinesisFirehose::DeliveryStream")
        assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}


class TestWhatCouldNotBeKept:
    def test_waits_for_fourteen_days(self, template: Template) -> None:
        queue = the_id(template, "AWS::SQS::Queue")
        assert one(template, "AWS::SQS::Queue")["MessageRetentionPeriod"] == 1_209_600
        subscription = one(template, "AWS::SNS::Subscription")
        assert subscription["RedrivePolicy"] == {"deadLetterTargetArn": {"Fn::GetAtt": [queue, "Arn"]}}
        allowed = one(template, "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"][1]
        assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": the_id(template, "AWS::SNS::Topic")}}}

    def test_is_told(self) -> None:
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
        operators = sns.Topic(stack, "Operators")
        archive = TopicArchive(stack, "Archive", topic=operators, alarm_topic=operators)
        assert set(archive.alarms) == {"Undelivered", "Late"}
        template = Template.from_stack(stack)
        template.has_resource_properties(
            "AWS::CloudWatch::Alarm", {"MetricName": "DeliveryToS3.DataFreshness", "Threshold": 1800}
        )
        template.all_resources_properties(
            "AWS::CloudWatch::Alarm", {"AlarmActions": [{"Ref": the_id(template, "AWS::SNS::Topic")}]}
        )


class TestNobodyMayDoMoreThanItsWork:
    def test_sns_puts_records_into_this_stream(self, template: Template) -> None:
        role = one(template, "AWS::SNS::Subscription")["SubscriptionRoleArn"]["Fn::GetAtt"][0]
        (allowed,) = statements_of(template, role)
        assert set(allowed["Action"]) == {
            "firehose:DescribeDeliveryStream",
            "firehose:ListTagsForDeliveryStream",
            "firehose:PutRecord",
            "firehose:PutRecordBatch",
        }
        assert allowed["Resource"] == {"Fn::GetAtt": [the_id(template, "AWS::KinesisFirehose::DeliveryStream"), "Arn"]}

    def test_firehose_writes_to_this_bucket_and_its_log(self, template: Template, destination: Properties) -> None:
        bucket = {"Fn::GetAtt": [the_id(template, "AWS::S3::Bucket"), "Arn"]}
        objects, itself, log = statements_of(template, destination["RoleARN"]["Fn::GetAtt"][0])
        assert "s3:DeleteObject" not in objects["Action"]
        assert objects["Resource"] == {"Fn::Join": ["", [bucket, "/*"]]}
        assert itself["Resource"] == bucket
        assert log["Resource"] == {"Fn::GetAtt": [the_id(template, "AWS::Logs::LogGroup"), "Arn"]}

    def test_the_stream_waits_for_what_it_may_do(self, template: Template) -> None:
        (stream,) = template.find_resources("AWS::KinesisFirehose::DeliveryStream").values()
        assert set(stream["DependsOn"]) <= set(template.find_resources("AWS::IAM::Policy"))


def test_a_key_of_ones_own_encrypts_all_of_it(stack: cdk.Stack) -> None:
    TopicArchive(stack, "Archive", topic=sns.Topic(stack, "Orders"), encryption_key=kms.Key(stack, "Mine"))
    template = Template.from_stack(stack)
    key = {"Fn::GetAtt": [the_id(template, "AWS::KMS::Key"), "Arn"]}
    stream = one(template, "AWS::KinesisFirehose::DeliveryStream")
    assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key}
    (rule,) = one(template, "AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert one(template, "AWS::SQS::Queue")["KmsMasterKeyId"] == key
    role = stream["ExtendedS3DestinationConfiguration"]["RoleARN"]["Fn::GetAtt"][0]
    assert {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Effect": "Allow", "Resource": key} in statements_of(
        template, role
    )


@pytest.mark.parametrize(
    ("policy", "expected"), [(cdk.RemovalPolicy.RETAIN, "Retain"), (cdk.RemovalPolicy.DESTROY, "Delete")]
)
def test_what_would_be_missed_is_removed_as_asked(policy: cdk.RemovalPolicy, expected: str) -> None:
    template = build(removal_policy=policy)
    for kind in ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Logs::LogGroup"):
        (found,) = template.find_resources(kind).values()
        assert found["DeletionPolicy"] == expected


def test_two_topics_have_two(stack: cdk.Stack) -> None:
    for name in ("Orders", "Refunds"):
        TopicArchive(stack, f"{name}Archive", topic=sns.Topic(stack, name))
    Template.from_stack(stack).resource_count_is("AWS::S3::Bucket", 2)


def test_a_topic_from_elsewhere_can_be_archived(app: cdk.App) -> None:
    stack = cdk.Stack(cdk.Stage(app, "Production"), "S")
    arn = "arn:aws:sns:eu-west-1:111122223333:orders"
    TopicArchive(stack, "Archive", topic=sns.Topic.from_topic_arn(stack, "Orders", arn))
    assert one(Template.from_stack(stack), "AWS::SNS::Subscription")["TopicArn"] == arn


def test_every_problem_is_named_at_once(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        TopicArchive(
            stack,
            "Archive",
            topic=sns.Topic(stack, "Orders", fifo=True),
            filter_policy=AttributeFilter(),
            prefix="messages",
            retention_days=0,
            buffer=Buffer(seconds=901, mebibytes=0),
        )
    assert str(raised.value) == (
        "TopicArchive S/Archive can't be built:\n"
        "  - topic must be a standard topic, got a FIFO one, which delivers to queues alone: let the topic keep its "
        "messages itself, with FifoTopic(archive_days=...)\n"
        "  - prefix must be a path that ends with a slash, such as messages/, got 'messages'\n"
        "  - filter_policy must compare something, got nothing: leave it out to let everything through\n"
        "  - retention_days must be between 1 and 36500 days, got 0 days\n"
        "  - buffer.seconds must be between 0 and 900 seconds, got 901 seconds\n"
        "  - buffer.mebibytes must be between 1 and 128 MiB, got 0 MiB"
    )
