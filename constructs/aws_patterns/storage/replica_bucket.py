"""The bucket that has the copies."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage._batch_replication import batch_role, grant_replicate_existing, reports_arn
from aws_patterns.storage._other_encryption import refuse_other_encryption
from aws_patterns.storage._replication_alarms import Way, alarm_when_failed, alarm_when_late
from aws_patterns.storage.data_bucket import DataBucket
from aws_patterns.storage.data_bucket_options import Lifecycle, ObjectLock, check_bucket_name, check_data_bucket
from aws_patterns.storage.replicated_bucket_options import Replica, check_replica


class ReplicaBucket(Construct):
    """A `DataBucket` that a `ReplicatedBucket` copies its objects to, with the key that encrypts them here.

    Put it into a stack of the Region that the `Replica` names, deployed before the one with the `ReplicatedBucket`.
    Readers read from it at any time; when the Region of the originals is lost, writers may write to it. What they write
    is copied back if the `Replica` says ``both_ways``: the other stack sets the rules for it when it is deployed.

    >>> copy = Replica(bucket_name="my-orders-copy", region="eu-central-1", key="alias/my-orders-copy")
    >>> ReplicaBucket(stack, "OrdersCopy", replica=copy, source_bucket_name="my-orders")

    Args:
        replica: The same as the other side was told.
        source_bucket_name: Where the originals are.
        lifecycle: How soon copies must be at hand as they age. Default ``Lifecycle.READY``.
        retention_days: At which age copies are deleted, 1 to 36,500. Default: as the lifecycle says.
        earlier_version_days: How long what was deleted or written over can be had back, 1 to 36,500. Default: as the
            lifecycle says.
        encryption_key: The key that the `Replica` names by its ARN. Default: one is made for the alias it names.
        object_lock: That no version is deleted before its time; needed where the originals have it. Default: none.
        event_bridge: Whether EventBridge is told of every change here. Default no.
        access_log_retention_days: How long records of who read and wrote what are kept, 1 to 36,500. Default 90.
        alarm_topic: Of this Region, told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of copies, records and a key of its own; ``DESTROY`` also empties the buckets. Default
            ``RETAIN``.

    Attributes:
        bucket: Holds the copies.
        access_logs: Holds the records.
        encryption_key: Encrypts them; ``None`` where keys that S3 owns do.
        batch_role: Whom S3 is when it copies back what it gave up on; ``None`` where nothing is copied back.
        reports_arn: Where it reports what it gave up on then; ``None`` likewise.
        alarms: By id. ``ReplicationLate``: for five minutes copies have been more than 15 minutes behind.
            ``ReplicationBackFails``: S3 gave up on objects that were to be copied back.
        recovery: What follows from the loss of something.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        replica: Replica,
        source_bucket_name: str,
        lifecycle: Lifecycle = Lifecycle.READY,
        retention_days: int | None = None,
        earlier_version_days: int | None = None,
        encryption_key: kms.IKey | None = None,
        object_lock: ObjectLock | None = None,
        event_bridge: bool = False,
        access_log_retention_days: int = defaults.ACCESS_LOG_DAYS,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        by_alias = replica.key is not None and replica.key.startswith("alias/")
        with Problems(f"ReplicaBucket {self.node.path}") as problems:
            check_replica(problems, name="replica", replica=replica, source_bucket_name=source_bucket_name)
            check_bucket_name(problems, "source_bucket_name", source_bucket_name)
            check_data_bucket(
                problems,
                lifecycle=lifecycle,
                retention_days=retention_days,
                earlier_version_days=earlier_version_days,
                access_log_retention_days=access_log_retention_days,
                object_lock=object_lock,
                destroy=removal_policy == RemovalPolicy.DESTROY,
            )
            if encryption_key is not None and (by_alias or replica.key is None):
                problems.add("encryption_key must be left out unless replica.key is the ARN of that key")
            if encryption_key is None and replica.key is not None and not by_alias:
                problems.add("encryption_key is missing: replica.key is the ARN of a key; give that key itself")
        self.encryption_key = self._new_key(replica.key, removal_policy) if by_alias else encryption_key
        data = DataBucket(
            self,
            "Default",
            bucket_name=replica.bucket_name,
            lifecycle=lifecycle,
            retention_days=retention_days,
            earlier_version_days=earlier_version_days,
            encryption_key=self.encryption_key,
            object_lock=object_lock,
            event_bridge=event_bridge,
            access_log_retention_days=access_log_retention_days,
            removal_policy=removal_policy,
        )
        self.bucket = data.bucket
        self.access_logs = data.access_logs
        self.recovery: RecoveryCharacteristics = data.recovery
        alarms = Alarms(self, alarm_topic)
        there, here = source_bucket_name, replica.bucket_name
        alarm_when_late(alarms, Way(source=there, destination=here, rule_id=replica.rule_id))
        self.batch_role: iam.Role | None = None
        self.reports_arn: str | None = None
        if replica.both_ways:
            refuse_other_encryption(self.bucket, self.encryption_key)
            self.batch_role = batch_role(self, self.bucket, self.access_logs)
            self.reports_arn = reports_arn(self.access_logs)
            alarm_when_failed(
                alarms,
                "ReplicationBackFails",
                Way(source=here, destination=there, rule_id=replica.back_rule_id),
                batch_role=self.batch_role,
                reports_arn=self.reports_arn,
            )
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id

    def grant_replicate_existing(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let an operator copy back what S3 gave up on, with ``python -m aws_patterns.storage replicate-existing``.

        Raises:
            ValueError: Nothing is copied back.
        """
        if self.batch_role is None:
            raise ValueError(f"ReplicaBucket {self.node.path} is not copied back: choose Replica(both_ways=True)")
        return grant_replicate_existing(self, grantee, self.bucket, self.batch_role)

    def _new_key(self, alias: str | None, removal_policy: RemovalPolicy) -> kms.Key:
        return kms.Key(
            self,
            "Key",
            alias=alias,
            description=f"Copies in {self.node.path}",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
