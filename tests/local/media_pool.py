"""The stack MediaWorkerPool, deployed for a test, with what a test asks it."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.local.worker_process import reason

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from local_aws.embedded import EmbeddedAws

STACK = "MediaWorkerPool"
MANIFEST = "renditions.json"

# Small enough to be made in a moment.
RENDITIONS = ("thumbnail=64x64.webp", "large=256x256.jpeg")
MAXIMUM_PIXELS = 4_000_000

_SETTINGS = {
    "removal_policy": "destroy",
    "renditions": ",".join(RENDITIONS),
    "maximum_pixels": str(MAXIMUM_PIXELS),
}

# What ties a worker to an instance. Without them it is a process like any other.
_OF_AN_INSTANCE = ("HOST", "SCALE_IN_PROTECTION", "TERMINATION_HOOK")


@dataclass(frozen=True)
class MediaPool:
    """The deployed stack."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    @property
    def master(self) -> str:
        return self.outputs["MasterBucketName"]

    @property
    def transcode(self) -> str:
        return self.outputs["TranscodeBucketName"]

    @property
    def queue(self) -> str:
        return self.outputs["QueueUrl"]

    @property
    def dead_letters(self) -> str:
        return self.outputs["DeadLetterQueueUrl"]

    def upload(self, key: str, body: bytes) -> None:
        """Put an image into the Master bucket; S3 tells of it."""
        self.aws.client("s3").put_object(Bucket=self.master, Key=key, Body=body)

    def made(self) -> dict[str, str]:
        """The MD5 of each object in the Transcode bucket, by its key."""
        pages = self.aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.transcode)
        return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}

    def manifest(self, key: str) -> dict[str, Any]:
        """What the workers say about an image."""
        found = self.aws.client("s3").get_object(Bucket=self.transcode, Key=f"{key}/{MANIFEST}")
        return dict(json.loads(found["Body"].read()))

    def depth(self) -> tuple[int, int]:
        """Messages that wait, and those that are hidden."""
        found = self.aws.client("sqs").get_queue_attributes(
            QueueUrl=self.queue, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        )["Attributes"]
        return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])

    def buried(self) -> list[tuple[str, str | None]]:
        """The key that each dead letter is about, and its reason; taken out."""
        sqs = self.aws.client("sqs")
        found: list[MessageTypeDef] = []
        while more := sqs.receive_message(
            QueueUrl=self.dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
        ).get("Messages"):
            found += more
            for message in more:
                sqs.delete_message(QueueUrl=self.dead_letters, ReceiptHandle=message["ReceiptHandle"])
        return [(_key_of(letter["Body"]), reason(letter)) for letter in found]

    def instances(self) -> list[str]:
        """The ids of the instances that there are."""
        groups = self.aws.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.outputs["AutoScalingGroupName"]]
        )["AutoScalingGroups"]
        return [instance["InstanceId"] for group in groups for instance in group["Instances"]]

    @cached_property
    def _launch_template(self) -> Mapping[str, Any]:
        (group,) = self.aws.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.outputs["AutoScalingGroupName"]]
        )["AutoScalingGroups"]
        (version,) = self.aws.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=group["LaunchTemplate"]["LaunchTemplateId"], Versions=["$Latest"]
        )["LaunchTemplateVersions"]
        return version["LaunchTemplateData"]

    def variables(self) -> dict[str, str]:
        """What an instance of the pool finds in its file."""
        script = base64.b64decode(self._launch_template["UserData"]).decode()
        text = script.split("<<'VARIABLES'\n")[1].split("\nVARIABLES")[0]
        return dict(word.split("=", 1) for word in shlex.split(text))

    def worker_settings(self) -> dict[str, str]:
        """The same for a `WorkerProcess` that stands for no instance."""
        return {name: value for name, value in self.variables().items() if name not in _OF_AN_INSTANCE}

    def role_arn(self) -> str:
        """Of the instances."""
        profile = self._launch_template["IamInstanceProfile"]["Arn"].rpartition("/")[2]
        found = self.aws.client("iam").get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]
        return found["Roles"][0]["Arn"]


@contextmanager
def media_pool(aws: EmbeddedAws, **settings: str) -> Iterator[MediaPool]:
    """The stack, deployed by the real ``cdk deploy`` with small renditions; destroyed afterwards, and gone."""
    before = what_is_there(aws)
    context = {**_SETTINGS, **settings}
    pool = MediaPool(aws, aws.deploy(STACK, context=context))
    try:
        yield pool
    finally:
        aws.destroy(STACK, context=context)
    left = {kind: names - before[kind] for kind, names in what_is_there(aws).items()}
    assert not any(left.values()), f"left behind: {left}"


def what_is_there(aws: EmbeddedAws) -> Mapping[str, set[str]]:
    """Names of all that the stack is made of, by kind. The CDK's own bucket and roles stay."""
    ec2, alarms = aws.client("ec2"), aws.client("cloudwatch").describe_alarms()
    found = {
        "alarms": {alarm["AlarmName"] for alarm in alarms["MetricAlarms"]},
        "buckets": {bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]},
        "functions": {found["FunctionName"] for found in aws.client("lambda").list_functions()["Functions"]},
        "groups": {
            found["AutoScalingGroupName"]
            for found in aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        },
        "logs": {found["logGroupName"] for found in aws.client("logs").describe_log_groups()["logGroups"]},
        "networks": {found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"]},
        "queues": set(aws.client("sqs").list_queues().get("QueueUrls", [])),
        "roles": {found["RoleName"] for found in aws.client("iam").list_roles()["Roles"]},
        "topics": {found["TopicArn"] for found in aws.client("sns").list_topics()["Topics"]},
    }
    return {kind: {name for name in names if "cdk-hnb659fds" not in name} for kind, names in found.items()}


def _key_of(body: str) -> str:
    from media_renditions.references import references

    (found,) = references(body)
    return found.key
