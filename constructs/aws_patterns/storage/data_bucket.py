"""A bucket with all that a bucket should have."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns._bucket_notifications import acknowledge_handler
from aws_patterns._log_bucket import log_bucket, record_access
from aws_patterns._validation import Problems
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage.data_bucket_options import (
    Ages,
    Lifecycle,
    LockMode,
    Move,
    ObjectLock,
    ages_of,
    check_data_bucket,
    recovery_of,
)


class DataBucket(Construct):
    """A private bucket: versioned, encrypted, over TLS only, with access logs and a lifecycle that fits its use.

    Use it for whatever is kept as objects. Not for a site that is read by the public (see ``StaticSite``), not for
    objects that must outlive a Region (see ``ReplicatedBucket``), and not where others send files for somebody to be
    told (see ``InboxBucket``, which is one of these).

    >>> DataBucket(stack, "Reports")
    >>> DataBucket(stack, "Photos", lifecycle=Lifecycle.ORIGINALS, event_bridge=True)
    >>> DataBucket(stack, "Ledger", object_lock=ObjectLock(days=3650, mode=LockMode.COMPLIANCE))

    Args:
        bucket_name: Of all buckets on AWS only one has it. Default: CloudFormation makes one up; give one only where
            another Region or account must know it beforehand.
        lifecycle: How soon objects must be at hand as they age. Default ``Lifecycle.READY``.
        retention_days: At which age objects are deleted, 1 to 36,500. Default: as the lifecycle says, mostly never.
        earlier_version_days: How long what was deleted or written over can be had back, 1 to 36,500. Default: as the
            lifecycle says, mostly 30.
        encryption_key: Customer managed key, with an S3 Bucket Key to ask for it rarely. Default: keys that S3 owns.
        object_lock: That no version is deleted or changed before its time. Can't be taken back. Default: none.
        without_versions: Keep nothing of what is deleted or written over: for what can be made again.
        event_bridge: Whether EventBridge is told of every change. Default no.
        access_logs: Bucket for the records of who read and wrote what. Default: one of its own.
        access_log_prefix: Of the records' keys. Default: none.
        access_log_retention_days: How long records are kept in a bucket of its own, 1 to 36,500. Default 90.
        removal_policy: Of the objects and the records; ``DESTROY`` also empties the buckets. Default ``RETAIN``.

    Attributes:
        bucket: Holds the objects.
        access_logs: Holds the records.
        recovery: What follows from the loss of something.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str | None = None,
        lifecycle: Lifecycle = Lifecycle.READY,
        retention_days: int | None = None,
        earlier_version_days: int | None = None,
        encryption_key: kms.IKey | None = None,
        object_lock: ObjectLock | None = None,
        without_versions: bool = False,
        event_bridge: bool = False,
        access_logs: s3.Bucket | None = None,
        access_log_prefix: str = "",
        access_log_retention_days: int = defaults.ACCESS_LOG_DAYS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"DataBucket {self.node.path}") as problems:
            check_data_bucket(
                problems,
                bucket_name=bucket_name,
                lifecycle=lifecycle,
                retention_days=retention_days,
                earlier_version_days=earlier_version_days,
                access_log_retention_days=access_log_retention_days,
                object_lock=object_lock,
                without_versions=without_versions,
                destroy=removal_policy == RemovalPolicy.DESTROY,
            )
        ages = ages_of(lifecycle, retention_days=retention_days, earlier_version_days=earlier_version_days)
        self.recovery: RecoveryCharacteristics = recovery_of(lifecycle)
        self.access_logs = access_logs or log_bucket(
            self, "AccessLogs", retention_days=access_log_retention_days, removal_policy=removal_policy
        )
        # Called so, it has the logical id of this construct, which may take the place of a bucket of somebody else.
        self.bucket = s3.Bucket(
            self,
            "Default",
            bucket_name=bucket_name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS if encryption_key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=encryption_key,
            bucket_key_enabled=True if encryption_key else None,
            enforce_ssl=True,
            versioned=None if without_versions else True,
            object_lock_default_retention=_retention(object_lock),
            event_bridge_enabled=event_bridge or None,
            lifecycle_rules=_rules(ages, versioned=not without_versions),
            removal_policy=removal_policy,
            auto_delete_objects=removal_policy == RemovalPolicy.DESTROY or None,
        )
        acknowledge_handler(self.bucket)
        record_access(self.bucket, self.access_logs, prefix=access_log_prefix)


def _retention(lock: ObjectLock | None) -> s3.ObjectLockRetention | None:
    if lock is None:
        return None
    of_mode = {
        LockMode.GOVERNANCE: s3.ObjectLockRetention.governance,
        LockMode.COMPLIANCE: s3.ObjectLockRetention.compliance,
    }
    return of_mode[lock.mode](Duration.days(lock.days))


def _rules(ages: Ages, *, versioned: bool) -> list[s3.LifecycleRule]:
    unfinished = Duration.days(defaults.UNFINISHED_UPLOAD_DAYS)
    moves = [
        s3.Transition(storage_class=s3.StorageClass(move.storage_class), transition_after=Duration.days(move.days))
        for move in ages.moves
    ]
    expires = None if ages.expires is None else Duration.days(ages.expires)
    if not versioned:
        return [
            s3.LifecycleRule(
                expiration=expires, transitions=moves or None, abort_incomplete_multipart_upload_after=unfinished
            )
        ]
    return [
        s3.LifecycleRule(
            expiration=expires,
            transitions=moves or None,
            noncurrent_version_expiration=Duration.days(ages.earlier_expire),
            noncurrent_version_transitions=[_earlier(move) for move in ages.earlier_moves] or None,
            abort_incomplete_multipart_upload_after=unfinished,
        ),
        # What is left of an object whose every version is gone.
        s3.LifecycleRule(expired_object_delete_marker=True),
    ]


def _earlier(move: Move) -> s3.NoncurrentVersionTransition:
    return s3.NoncurrentVersionTransition(
        storage_class=s3.StorageClass(move.storage_class), transition_after=Duration.days(move.days)
    )
