"""Settings of the stack ReplicatedBucket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from aws_patterns._validation import Problems
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.storage.data_bucket_options import Lifecycle, LockMode, ObjectLock, check_data_bucket
from aws_patterns.storage.replicated_bucket_options import (
    Replica,
    ReplicaClass,
    check_replicated_bucket,
    recovery_of,
)
from stacks.settings._shared import exactly, renamed, topic_problems

REPLICA = "Replica"
# Any account: the names are as long for each.
_ACCOUNT = "111122223333"
# Of the 63 letters of a bucket's name account and Region take 13 and up to 16 with their hyphens.
_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{1,28}[a-z0-9]", re.ASCII)

# What the parts call it, and what it is called here.
_NAMES = {
    **exactly({"replicas[0].region": "replica_region", "object_lock.days": "locked_days"}),
    r"^removal_policy must be RETAIN with object_lock": "removal_policy must be retain with locked_days",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplicatedBucketSettings:
    """What may be chosen about the bucket whose objects are copied to another Region.

    Args:
        bucket_prefix: What the names of both buckets begin with; the account follows, and for the copy its Region.
        replica_region: Where the copies are; another Region than that of the stack.
        customer_managed_keys: Whether each side has a KMS key of its own, or (false) the keys that S3 owns.
        delete_markers: Whether what is deleted disappears from the copy too.
        time_control: Whether S3 is to copy 99.99 % of the objects within 15 minutes, which costs more; its service
            level agreement promises 99.9 %.
        replica_class: Storage class of the copies.
        lifecycle: How soon objects must be at hand as they age, on both sides.
        retention_days: At which age objects are deleted, on both sides. Default: as the lifecycle says.
        earlier_version_days: How long what was deleted or written over can be had back, on both sides. Default: as the
            lifecycle says.
        locked_days: How long no version can be deleted, on both sides. Can't be taken back. Default: not locked.
        lock_mode: Who may end that earlier: those with a permission of their own (GOVERNANCE) or nobody (COMPLIANCE).
        alarm_topic_arn: SNS topic that is told of failures. Default: alarms change colour and tell nobody.
        replica_alarm_topic_arn: SNS topic of the other Region that is told when copies are late. Default: likewise.
        removal_policy: Whether objects outlive the stacks (retain) or go with them (destroy).
    """

    bucket_prefix: str = "documents"
    replica_region: str = "us-west-2"
    customer_managed_keys: bool = True
    delete_markers: bool = False
    time_control: bool = True
    replica_class: ReplicaClass = ReplicaClass.STANDARD
    lifecycle: Lifecycle = Lifecycle.READY
    retention_days: int | None = None
    earlier_version_days: int | None = None
    locked_days: int | None = None
    lock_mode: LockMode = LockMode.GOVERNANCE
    alarm_topic_arn: str | None = None
    replica_alarm_topic_arn: str | None = None
    removal_policy: Literal["retain", "destroy"] = "retain"

    def bucket_name(self, account: str) -> str:
        """Of the bucket with the originals."""
        return f"{self.bucket_prefix}-{account}"

    def replica(self, account: str) -> Replica:
        """The bucket with the copies, as both stacks know it."""
        return Replica(
            bucket_name=f"{self.bucket_prefix}-{account}-{self.replica_region}",
            region=self.replica_region,
            key=f"alias/{self.bucket_prefix}-replica" if self.customer_managed_keys else None,
            storage_class=self.replica_class,
            delete_markers=self.delete_markers,
            without_time_control=not self.time_control,
        )

    def object_lock(self) -> ObjectLock | None:
        """That no version is deleted before its time."""
        return None if self.locked_days is None else ObjectLock(days=self.locked_days, mode=self.lock_mode)

    def recovery(self) -> Mapping[str, RecoveryCharacteristics]:
        """What follows from the loss of something."""
        return {"Bucket": recovery_of([self.replica(_ACCOUNT)], self.lifecycle, region=None)}

    def further_regions(self) -> Mapping[str, str]:
        """The stack of the other Region: what its name ends in, and the setting that says where."""
        return {REPLICA: "replica_region"}

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("ReplicatedBucket")
        if not _PREFIX.fullmatch(self.bucket_prefix):
            problems.add(
                "bucket_prefix must be 3 to 30 lowercase letters, digits and hyphens, with a letter or a digit at both "
                f"ends, got {self.bucket_prefix!r}: account and Region follow in the names of the buckets"
            )
            return [*problems.found, *replace(self, bucket_prefix="fitting").problems()]
        check_data_bucket(
            problems,
            lifecycle=self.lifecycle,
            retention_days=self.retention_days,
            earlier_version_days=self.earlier_version_days,
            object_lock=self.object_lock(),
            destroy=self.removal_policy == "destroy",
        )
        check_replicated_bucket(problems, bucket_name=self.bucket_name(_ACCOUNT), replicas=[self.replica(_ACCOUNT)])
        return [
            *renamed(problems.found, _NAMES),
            *topic_problems(self.alarm_topic_arn),
            *topic_problems(self.replica_alarm_topic_arn, name="replica_alarm_topic_arn"),
        ]
