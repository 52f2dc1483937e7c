"""A bucket, and in another Region a copy of every object in it."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.storage.replica_bucket import ReplicaBucket
from aws_patterns.storage.replicated_bucket import ReplicatedBucket
from stacks._parts import alarm_topic, in_further_region, outputs, removal_policy
from stacks.settings.replicated_bucket import REPLICA, ReplicatedBucketSettings


class ReplicatedBucketStack(cdk.Stack):
    """The originals; the copies are in a stack beside it, which is deployed first. Wired from the settings.

    Attributes:
        replica: The stack of the other Region.
        recovery: What follows from the loss of something.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: ReplicatedBucketSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="A bucket whose objects are copied to another Region")
        replica, name = settings.replica(self.account), settings.bucket_name(self.account)
        self.replica = in_further_region(
            self, REPLICA, settings.replica_region, description="Copies of the objects of another Region"
        )
        copies = ReplicaBucket(
            self.replica,
            "Bucket",
            replica=replica,
            source_bucket_name=name,
            lifecycle=settings.lifecycle,
            retention_days=settings.retention_days,
            earlier_version_days=settings.earlier_version_days,
            object_lock=settings.object_lock(),
            alarm_topic=alarm_topic(self.replica, settings.replica_alarm_topic_arn),
            removal_policy=removal_policy(settings),
        )
        originals = ReplicatedBucket(
            self,
            "Bucket",
            bucket_name=name,
            replicas=[replica],
            lifecycle=settings.lifecycle,
            retention_days=settings.retention_days,
            earlier_version_days=settings.earlier_version_days,
            object_lock=settings.object_lock(),
            alarm_topic=alarm_topic(self, settings.alarm_topic_arn),
            removal_policy=removal_policy(settings),
        )
        self.recovery = settings.recovery()
        outputs(self.replica, {"ReplicaBucketName": copies.bucket.bucket_name})
        outputs(
            self,
            {
                "BucketName": originals.bucket.bucket_name,
                "BatchRoleArn": originals.batch_role.role_arn,
                "ReportsArn": originals.reports_arn,
            },
        )
