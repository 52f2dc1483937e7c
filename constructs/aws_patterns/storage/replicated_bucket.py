"""A bucket whose objects are copied to buckets of other Regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import RemovalPolicy, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage._batch_replication import batch_role, grant_replicate_existing, reports_arn
from aws_patterns.storage._other_encryption import refuse_other_encryption
from aws_patterns.storage._replication_alarms import Way, alarm_when_failed
from aws_patterns.storage._replication_back import ReplicationBack
from aws_patterns.storage._replication_role import replication_role
from aws_patterns.storage._replication_rules import replication_rule
from aws_patterns.storage.data_bucket import DataBucket
from aws_patterns.storage.data_bucket_options import Lifecycle, ObjectLock, check_data_bucket
from aws_patterns.storage.replicated_bucket_options import Replica, check_replicated_bucket, recovery_of


class ReplicatedBucket(Construct):
    """A `DataBucket` whose every object S3 copies to one bucket or more, in other Regions or in its own.

    Use it for objects that must be there when a Region is not, or near to readers elsewhere. Each destination is a
    `ReplicaBucket`, which is told the same `Replica`, in a stack of its own Region: deploy that one first, since S3
    refuses rules to a bucket that is not there. Not as a backup: what is written over is written over in both, though
    versions keep it.

    >>> copy = Replica(bucket_name="my-orders-copy", region="eu-central-1")
    >>> ReplicatedBucket(stack, "Orders", bucket_name="my-orders", replicas=[copy])
    >>> other = Replica(bucket_name="my-letters-too", region="eu-central-1", delete_markers=True, both_ways=True)
    >>> ReplicatedBucket(stack, "Letters", bucket_name="my-letters", replicas=[other])

    With ``both_ways`` writers may write on either side, and it is in both: a function sets the rules of the way back,
    which this stack takes away again when it goes. Of two objects that both sides write under one key before they know
    of each other, nobody can say which is current afterwards: let each key be written on one side at a time.

    Copied are new objects and versions, changes of their tags and of their locks, and deletions if asked for; never
    the deletion of a version, nor what a lifecycle does, nor what has itself been copied here (no chains). What was
    there before the rules, or failed, is copied by ``python -m aws_patterns.storage replicate-existing BUCKET``.
    Whoever writes an object with other encryption than the bucket's is refused: S3 would not copy it.

    Args:
        bucket_name: Known beforehand, because the other side's alarms and this side's rules name each other.
        replicas: 1 to 10, no two in one Region.
        lifecycle: How soon objects must be at hand as they age; each side has its own. Default ``Lifecycle.READY``.
        retention_days: At which age objects are deleted here, 1 to 36,500. Default: as the lifecycle says.
        earlier_version_days: How long what was deleted or written over here can be had back, 1 to 36,500. Default: as
            the lifecycle says.
        encryption_key: Customer managed key of the originals. Default: one of its own where replicas have keys, else
            those that S3 owns.
        object_lock: That no version is deleted before its time; needs the same on the other side. Default: none.
        event_bridge: Whether EventBridge is told of every change here. Default no.
        access_log_retention_days: How long records and reports are kept, 1 to 36,500. Default 90.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of objects and records; ``DESTROY`` also empties the buckets. Default ``RETAIN``.

    Attributes:
        bucket: Holds the originals.
        access_logs: Holds the records, and below ``replication-reports/`` those of copying what was there before.
        encryption_key: Encrypts them; ``None`` where keys that S3 owns do.
        role: Whom S3 is when it copies.
        batch_role: Whom S3 is when it copies what was there before.
        reports_arn: Where it reports what it gave up on then.
        alarms: By id. ``ReplicationFails<Region>``: S3 gave up on objects. That copies are late is told by an alarm of
            the other side, where S3 publishes that metric; ``ReplicationLate<Region>``, where that side is copied back.
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
        bucket_name: str,
        replicas: Sequence[Replica],
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
        with Problems(f"ReplicatedBucket {self.node.path}") as problems:
            check_data_bucket(
                problems,
                bucket_name=bucket_name,
                lifecycle=lifecycle,
                retention_days=retention_days,
                earlier_version_days=earlier_version_days,
                access_log_retention_days=access_log_retention_days,
                object_lock=object_lock,
                destroy=removal_policy == RemovalPolicy.DESTROY,
            )
            check_replicated_bucket(
                problems, bucket_name=bucket_name, replicas=replicas, encrypted_with_key=encryption_key is not None
            )
        has_keys = any(replica.key is not None for replica in replicas)
        self.encryption_key = encryption_key or (self._new_key(removal_policy) if has_keys else None)
        data = DataBucket(
            self,
            "Default",
            bucket_name=bucket_name,
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
        self.batch_role = batch_role(self, self.bucket, self.access_logs)
        self.reports_arn = reports_arn(self.access_logs)
        region = Stack.of(self).region
        own = Replica(
            bucket_name=bucket_name,
            region=region,
            key=None if self.encryption_key is None else self.encryption_key.key_arn,
        )
        self.role = replication_role(
            self, "ReplicationRole", source=own, destinations=replicas, locked=object_lock is not None
        )
        self._replicate(replicas)
        refuse_other_encryption(self.bucket, self.encryption_key)
        self.recovery: RecoveryCharacteristics = recovery_of(
            replicas, lifecycle, region=None if Token.is_unresolved(region) else region
        )
        alarms = Alarms(self, alarm_topic)
        for replica in replicas:
            place = "".join(part.capitalize() for part in replica.region.split("-"))
            way = Way(source=bucket_name, destination=replica.bucket_name, rule_id=replica.rule_id)
            alarm_when_failed(
                alarms,
                f"ReplicationFails{place}",
                way,
                batch_role=self.batch_role,
                reports_arn=self.reports_arn,
            )
            if replica.both_ways:
                back = ReplicationBack(
                    self,
                    f"BackFrom{place}",
                    originals=own,
                    replica=replica,
                    bucket=self.bucket,
                    locked=object_lock is not None,
                    alarm_topic=alarm_topic,
                    removal_policy=removal_policy,
                )
                alarms.by_id[f"ReplicationLate{place}"] = back.alarms["ReplicationLate"]
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id

    def grant_replicate_existing(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let an operator copy what was there before, with ``python -m aws_patterns.storage replicate-existing``."""
        return grant_replicate_existing(self, grantee, self.bucket, self.batch_role)

    def _new_key(self, removal_policy: RemovalPolicy) -> kms.Key:
        return kms.Key(
            self,
            "Key",
            description=f"Originals in {self.node.path}",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )

    def _replicate(self, replicas: Sequence[Replica]) -> None:
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - for the type checker
        rules = [
            replication_rule(self, replica, id=replica.rule_id, priority=priority)
            for priority, replica in enumerate(replicas, 1)
        ]
        resource.replication_configuration = s3.CfnBucket.ReplicationConfigurationProperty(
            role=self.role.role_arn, rules=Token.as_any(rules)
        )
        # Or what is written first is not copied: a role is there before what it may do.
        resource.node.add_dependency(self.role.node.find_child("DefaultPolicy"))
