"""What protected data and does so no longer: backups, versions, locks, encryption, copies, time to live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from aws_patterns.review._schemas import values_at
from aws_patterns.review.changes import Area, Finding, Severity

if TYPE_CHECKING:
    from aws_patterns.review._stack import Resource, Stack

# Where, what it is when it protects, what it is when nobody says, and what is off otherwise.
_SWITCHES: Final[Mapping[str, tuple[tuple[str, str, str, str], ...]]] = {
    "AWS::Cognito::UserPool": (("DeletionProtection", "ACTIVE", "INACTIVE", "deletion protection"),),
    "AWS::DynamoDB::Table": (
        ("DeletionProtectionEnabled", "true", "false", "deletion protection"),
        ("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", "true", "false", "point-in-time recovery"),
    ),
    "AWS::EFS::FileSystem": (("BackupPolicy.Status", "ENABLED", "DISABLED", "automatic backups"),),
    "AWS::KMS::Key": (
        ("EnableKeyRotation", "true", "false", "rotation of the key"),
        ("Enabled", "true", "true", "the key, and with it all that it encrypted,"),
    ),
    "AWS::RDS::DBCluster": (("DeletionProtection", "true", "false", "deletion protection"),),
    "AWS::RDS::DBInstance": (("DeletionProtection", "true", "false", "deletion protection"),),
    "AWS::S3::Bucket": (("VersioningConfiguration.Status", "Enabled", "Suspended", "versioning"),),
}
# Days or hours of which fewer mean that less can be brought back.
_LENGTHS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "AWS::DynamoDB::Table": (("PointInTimeRecoverySpecification.RecoveryPeriodInDays", "recovery period"),),
    "AWS::DynamoDB::GlobalTable": (
        ("Replicas.*.PointInTimeRecoverySpecification.RecoveryPeriodInDays", "recovery period"),
    ),
    "AWS::Backup::BackupPlan": (
        ("BackupPlan.BackupPlanRule.*.Lifecycle.DeleteAfterDays", "retention of backups"),
        ("BackupPlan.BackupPlanRule.*.CopyActions.*.Lifecycle.DeleteAfterDays", "retention of copies"),
    ),
    "AWS::Events::Archive": (("RetentionDays", "retention of events"),),
    "AWS::KMS::Key": (("PendingWindowInDays", "time to stop its deletion"),),
    "AWS::Kinesis::Stream": (("RetentionPeriodHours", "retention of records"),),
    "AWS::Logs::LogGroup": (("RetentionInDays", "retention of logs"),),
    "AWS::RDS::DBCluster": (("BackupRetentionPeriod", "retention of backups"),),
    "AWS::RDS::DBInstance": (("BackupRetentionPeriod", "retention of backups"),),
    "AWS::SQS::Queue": (("MessageRetentionPeriod", "retention of messages"),),
    "AWS::ElastiCache::ReplicationGroup": (("SnapshotRetentionLimit", "retention of snapshots"),),
}
# Protects by being there at all.
_PARTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "AWS::Backup::BackupVault": (("LockConfiguration", "lock of the vault"), ("AccessPolicy", "access policy")),
    "AWS::S3::Bucket": (
        ("BucketEncryption", "encryption by the bucket's own settings"),
        ("ObjectLockConfiguration", "object lock"),
        ("ReplicationConfiguration", "replication"),
    ),
    "AWS::DynamoDB::Table": (("SSESpecification", "encryption by a key of the account"),),
    "AWS::SNS::Topic": (("KmsMasterKeyId", "encryption"), ("ArchivePolicy", "archive")),
    "AWS::SQS::Queue": (("KmsMasterKeyId", "encryption by a key of the account"), ("RedrivePolicy", "dead letters")),
    "AWS::Logs::LogGroup": (("KmsKeyId", "encryption by a key of the account"),),
}
# Deletes data as time goes by.
_ENDINGS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "AWS::DynamoDB::GlobalTable": (("TimeToLiveSpecification.AttributeName", "items end by a time to live"),),
    "AWS::DynamoDB::Table": (("TimeToLiveSpecification.AttributeName", "items end by a time to live"),),
    "AWS::S3::Bucket": (
        ("LifecycleConfiguration.Rules.*.ExpirationInDays", "objects end after days"),
        ("LifecycleConfiguration.Rules.*.NoncurrentVersionExpiration", "older versions end"),
    ),
}
# Protects others by being there at all.
_GUARDS: Final = {
    "AWS::Backup::BackupPlan": "backups are made no longer",
    "AWS::Backup::BackupSelection": "what it selects is backed up no longer",
    "AWS::Backup::RestoreTestingPlan": "restores are tested no longer",
    "AWS::CloudTrail::Trail": "nobody records who did what",
    "AWS::SecretsManager::RotationSchedule": "the secret is rotated no longer",
    "AWS::WAFv2::WebACLAssociation": "requests are filtered no longer",
}


def protection_findings(old: Stack, new: Stack, renamed: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for each protection that is gone or less."""
    for name, before in old.resources.items():
        after = new.resources.get(renamed.get(name, name))
        if after is None and before.type in _GUARDS:
            yield _finding(name, _GUARDS[before.type])
        elif after is not None and after.type == before.type:
            yield from (_finding(name, text) for text in _weaker(before, after))


def _weaker(before: Resource, after: Resource) -> Iterator[str]:
    kind, was, will_be = before.type, before.properties, after.properties
    for path, protecting, unsaid, what in _SWITCHES.get(kind, ()):
        if _one(was, path, unsaid) == protecting != _one(will_be, path, unsaid):
            yield f"{what} is off"
    for path, what in _LENGTHS.get(kind, ()):
        longest, left = _longest(was, path), _longest(will_be, path)
        if longest and left and left < longest:
            yield f"{what} {longest} -> {left}"
    for path, what in _PARTS.get(kind, ()):
        if _at(was, path) and not _at(will_be, path):
            yield f"{what} is gone"
    for path, what in _ENDINGS.get(kind, ()):
        if _at(will_be, path) and not _at(was, path):
            yield what
    if kind == "AWS::DynamoDB::GlobalTable":
        yield from _replicas(was, will_be)


def _replicas(was: Mapping[str, Any], will_be: Mapping[str, Any]) -> Iterator[str]:
    """A replica that is taken out is deleted in its Region."""
    there = {each.get("Region"): each for each in will_be.get("Replicas", []) if isinstance(each, Mapping)}
    for replica in was.get("Replicas", []):
        region = replica.get("Region") if isinstance(replica, Mapping) else None
        if region is None:
            continue
        if region not in there:
            yield f"the replica in {region} is deleted"
            continue
        for path, what in _OF_A_REPLICA:
            if _one(replica, path, "false") == "true" != _one(there[region], path, "false"):
                yield f"{what} in {region} is off"


_OF_A_REPLICA = (
    ("DeletionProtectionEnabled", "deletion protection"),
    ("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", "point-in-time recovery"),
)


def _at(properties: Mapping[str, Any], path: str) -> list[Any]:
    return values_at(properties, tuple(path.split(".")))


def _one(properties: Mapping[str, Any], path: str, unsaid: str) -> str:
    return next((str(each) for each in _at(properties, path)), unsaid)


def _longest(properties: Mapping[str, Any], path: str) -> int:
    return max((int(each) for each in _at(properties, path) if str(each).isdigit()), default=0)


def _finding(name: str, text: str) -> Finding:
    return Finding(area=Area.PROTECTION, severity=Severity.LOOK, logical_id=name, text=text)
