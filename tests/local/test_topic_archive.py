"""The archive of a topic deployed by the real ``cdk deploy``: what is published lands in the bucket."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import boto3
import pytest

from local_aws.project import REGION
from tests.local.programs import eventually

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from aws_patterns.messaging.fanout_options import AttributeFilter
from aws_patterns.messaging.topic_archive import TopicArchive

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Archives")
topic = sns.Topic(stack, "Orders", enforce_ssl=True)
archive = TopicArchive(
    stack,
    "Archive",
    topic=topic,
    filter_policy=AttributeFilter({"kind": "order"}),
    removal_policy=cdk.RemovalPolicy.DESTROY,
)
cdk.CfnOutput(stack, "Topic", value=topic.topic_arn)
cdk.CfnOutput(stack, "BucketName", value=archive.bucket.bucket_name)
cdk.CfnOutput(stack, "Undelivered", value=archive.undelivered.queue_arn)
cdk.CfnOutput(stack, "UndeliveredUrl", value=archive.undelivered.queue_url)
app.synth()
"""


class Archive(NamedTuple):
    """A deployed archive."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    def subscription(self) -> Mapping[str, str]:
        sns = self.aws.client("sns")
        (found,) = sns.list_subscriptions_by_topic(TopicArn=self.outputs["Topic"])["Subscriptions"]
        attributes = sns.get_subscription_attributes(SubscriptionArn=found["SubscriptionArn"])["Attributes"]
        return {**attributes, "Protocol": found["Protocol"], "Endpoint": found["Endpoint"]}

    def objects(self) -> Mapping[str, bytes]:
        s3, bucket = self.aws.client("s3"), self.outputs["BucketName"]
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {entry["Key"]: s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read() for entry in found}


@pytest.fixture(scope="module")
def archive(session_aws: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """The stack; destroyed afterwards with its bucket, and gone."""
    folder = tmp_path_factory.mktemp("archives")
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    app = shlex.join([sys.executable, "app.py"])
    outputs = session_aws.deploy("Archives", app=app, folder=folder)
    yield Archive(session_aws, outputs)
    session_aws.destroy("Archives", app=app, folder=folder)
    buckets = session_aws.client("s3").list_buckets()["Buckets"]
    assert outputs["BucketName"] not in {bucket["Name"] for bucket in buckets}


def test_the_topic_gives_what_the_filter_lets_through_to_the_stream(archive: Archive) -> None:
    subscription = archive.subscription()
    assert subscription["Protocol"] == "firehose"
    assert ":deliverystream/" in subscription["Endpoint"]
    assert ":role/" in subscription["SubscriptionRoleArn"]
    assert json.loads(subscription["FilterPolicy"]) == {"kind": ["order"]}
    assert json.loads(subscription["RedrivePolicy"]) == {"deadLetterTargetArn": archive.outputs["Undelivered"]}


def test_a_message_lands_in_the_bucket_below_its_day(archive: Archive) -> None:
    before = datetime.now(UTC)
    for kind in ("order", "refund"):
        archive.aws.client("sns").publish(
            TopicArn=archive.outputs["Topic"],
            Message=f"{kind} 1",
            MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}},
        )
    eventually(lambda: bool(archive.objects()), "object in the bucket")
    ((key, body),) = archive.objects().items()
    days = {f"messages/{day:%Y/%m/%d}/" for day in (before, datetime.now(UTC))}
    assert any(key.startswith(day) for day in days), key
    message = json.loads(body)
    assert (message["Message"], message["TopicArn"]) == ("order 1", archive.outputs["Topic"])
    assert message["MessageAttributes"] == {"kind": {"Type": "String", "Value": "order"}}


def test_what_firehose_does_not_take_is_kept(archive: Archive) -> None:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    firehose = session.client("firehose", endpoint_url=archive.aws.endpoint_url)
    firehose.delete_delivery_stream(DeliveryStreamName=archive.subscription()["Endpoint"].rpartition("/")[2])
    firehose.close()
    archive.aws.client("sns").publish(
        TopicArn=archive.outputs["Topic"],
        Message="order 2",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "order"}},
    )
    sqs = archive.aws.client("sqs")
    (message,) = sqs.receive_message(QueueUrl=archive.outputs["UndeliveredUrl"], WaitTimeSeconds=0)["Messages"]
    assert json.loads(message["Body"])["Message"] == "order 2"
