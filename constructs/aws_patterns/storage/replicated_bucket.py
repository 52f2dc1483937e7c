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

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage._replication_metrics import replication_metric
from aws_patterns.storage._replication_role import bucket_arn, replica_key_arn, replication_role
from aws_patterns.storage.data_bucket import DataBucket
from aws_patterns.storage.data_bucket_options import Lifecycle, ObjectLock, check_data_bucket
from aws_patterns.storage.replicated_bucket_options import Replica, check_replicated_bucket, recovery_of

_REPORTS = "replication-reports/"


class ReplicatedBucket(Construct):
    """A `DataBucket` whose every object S3 copies to one bucket or more, in other Regions or in its own.

    Use it for objects that must be there when a Region is not, or near to readers elsewhere. Each destination is a
    `ReplicaBucket`, which is told the same `Replica`, in a stack of its own Region: deploy that one first, since S3
    refuses rules to a bucket that is not there. Not as a backup: what is written over is written over in both, though
    versions keep it; and not both ways.

    >>> copy = Replica(bucket_name="my-orders-copy", region="eu-central-1")
    >>> ReplicatedBucket(stack, "Orders", bucket_name="my-orders", replicas=[copy])

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
            the other side, where S3 publishes that metric.
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
        self.role = replication_role(self, bucket_name, self.encryption_key, replicas, locked=object_lock is not None)
        self._replicate(replicas)
        self._refuse_other_encryption(self.encryption_key)
        self.batch_role = self._batch_role()
        self.reports_arn = self.access_logs.arn_for_objects(_REPORTS.rstrip("/"))
        region = Stack.of(self).region
        self.recovery: RecoveryCharacteristics = recovery_of(
            replicas, lifecycle, region=None if Token.is_unresolved(region) else region
        )
        alarms = Alarms(self, alarm_topic)
        for replica in replicas:
            alarms.add(
                f"ReplicationFails{''.join(part.capitalize() for part in replica.region.split('-'))}",
                replication_metric("OperationsFailedReplication", bucket_name, replica, statistic="Sum"),
                1,
                f"S3 gave up copying objects to {replica.bucket_name}. Is that bucket there, with versions, and may "
                "the role write to it and use both keys? Mend that, then copy them: "
                f"python -m aws_patterns.storage replicate-existing {bucket_name} --failed-only --role "
                f"{self.batch_role.role_arn} --reports {self.reports_arn}",
            )
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id

    def grant_replicate_existing(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let an operator copy what was there before, with ``python -m aws_patterns.storage replicate-existing``."""
        jobs = Stack.of(self).format_arn(service="s3", resource="job", resource_name="*")
        started = iam.Grant.add_to_principal(grantee=grantee, actions=["s3:CreateJob"], resource_arns=["*"])
        followed = iam.Grant.add_to_principal(grantee=grantee, actions=["s3:DescribeJob"], resource_arns=[jobs])
        read = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:GetReplicationConfiguration", "s3:GetBucketTagging"],
            resource_arns=[self.bucket.bucket_arn],
        )
        passed = self.batch_role.grant_pass_role(grantee.grant_principal)
        principal = grantee.grant_principal
        if isinstance(principal, Construct):
            reasons = {
                "AwsSolutions-IAM5[Resource::*]": "CreateJob knows no resources; what a job may do is its role's.",
                wildcard(self, jobs): "S3 makes up the ids of jobs.",
            }
            acknowledge(principal, reasons)
        return started.combine(followed).combine(read).combine(passed)

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
        resource.replication_configuration = s3.CfnBucket.ReplicationConfigurationProperty(
            role=self.role.role_arn,
            rules=[self._rule(replica, priority) for priority, replica in enumerate(replicas, 1)],
        )
        # Or what is written first is not copied: a role is there before what it may do.
        resource.node.add_dependency(self.role.node.find_child("DefaultPolicy"))

    def _rule(self, replica: Replica, priority: int) -> s3.CfnBucket.ReplicationRuleProperty:
        of_rule = s3.CfnBucket
        key = replica_key_arn(self, replica)
        within = of_rule.ReplicationTimeValueProperty(minutes=defaults.REPLICATION_MINUTES)
        timed = not replica.without_time_control
        return of_rule.ReplicationRuleProperty(
            id=replica.rule_id,
            priority=priority,
            status="Enabled",
            # Without a filter the rule would be of the first edition of the schema, which knows no time control.
            filter=of_rule.ReplicationRuleFilterProperty(prefix=""),
            delete_marker_replication=of_rule.DeleteMarkerReplicationProperty(
                status="Enabled" if replica.delete_markers else "Disabled"
            ),
            source_selection_criteria=of_rule.SourceSelectionCriteriaProperty(
                sse_kms_encrypted_objects=of_rule.SseKmsEncryptedObjectsProperty(status="Enabled")
            )
            if key
            else None,
            destination=of_rule.ReplicationDestinationProperty(
                bucket=bucket_arn(replica.bucket_name),
                storage_class=str(replica.storage_class),
                encryption_configuration=of_rule.EncryptionConfigurationProperty(replica_kms_key_id=key)
                if key
                else None,
                replication_time=of_rule.ReplicationTimeProperty(status="Enabled", time=within) if timed else None,
                metrics=of_rule.MetricsProperty(status="Enabled", event_threshold=within if timed else None),
            ),
        )

    def _refuse_other_encryption(self, key: kms.IKey | None) -> None:
        """S3 passes by, without a word, what is encrypted in another way than its rules speak of."""
        header = "s3:x-amz-server-side-encryption"
        self._refuse("OtherEncryption", header, "aws:kms" if key else "AES256")
        if key is not None:
            self._refuse("OtherKey", f"{header}-aws-kms-key-id", key.key_arn)

    def _refuse(self, sid: str, header: str, unless: str) -> None:
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects("*")],
                # Whoever says nothing gets the bucket's own.
                conditions={"Null": {header: "false"}, "StringNotEquals": {header: unless}},
            )
        )

    def _batch_role(self) -> iam.Role:
        """Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-policies.html."""
        role = iam.Role(
            self,
            "BatchRole",
            assumed_by=iam.ServicePrincipal("batchoperations.s3.amazonaws.com"),
        )
        objects, reports = self.bucket.arn_for_objects("*"), self.access_logs.arn_for_objects(f"{_REPORTS}*")
        for actions, resource in (
            (["s3:InitiateReplication"], objects),
            (["s3:GetReplicationConfiguration", "s3:PutInventoryConfiguration"], self.bucket.bucket_arn),
            (["s3:PutObject"], reports),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
        acknowledge(
            role,
            {
                wildcard(self, objects): "Of this bucket: whoever writes chooses the names of objects.",
                wildcard(self, reports): "S3 chooses the names of its reports, below this prefix.",
            },
        )
        return role
