"""A rule of replication, in the CDK's words and in those of S3's API."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct

from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage._replication_role import bucket_arn, replica_key_arn
from aws_patterns.storage.replicated_bucket_options import Replica

_ENABLED = {"status": "Enabled"}
# What is not only written with a capital.
_OF_THE_API = {"id": "ID", "replicaKmsKeyId": "ReplicaKmsKeyID"}


def replication_rule(scope: Construct, replica: Replica, *, id: str, priority: int = 1) -> Mapping[str, object]:
    """Everything is copied to a bucket, as the ``Replica`` says; in the CDK's words.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationRule.html
    """
    key = replica_key_arn(scope, replica)
    selected: dict[str, object] = {}
    if key:
        selected["sseKmsEncryptedObjects"] = _ENABLED
    if replica.both_ways:
        # Tags that somebody changes on a copy. It has to be said on both sides
        # (AmazonS3/latest/userguide/replication-for-metadata-changes.html).
        selected["replicaModifications"] = _ENABLED
    return {
        "id": id,
        "priority": priority,
        "status": "Enabled",
        # Without a filter the rule would be of the first edition of the schema, which knows no time control.
        "filter": {"prefix": ""},
        "deleteMarkerReplication": {"status": "Enabled" if replica.delete_markers else "Disabled"},
        **({"sourceSelectionCriteria": selected} if selected else {}),
        "destination": _destination(replica, key),
    }


def in_words_of_the_api(told: object) -> object:
    """The same for S3's API."""
    if isinstance(told, Mapping):
        return {
            _OF_THE_API.get(name, f"{name[0].upper()}{name[1:]}"): in_words_of_the_api(value)
            for name, value in told.items()
        }
    return told


def _destination(replica: Replica, key: str | None) -> Mapping[str, object]:
    within = {"minutes": defaults.REPLICATION_MINUTES}
    timed = not replica.without_time_control
    return {
        "bucket": bucket_arn(replica.bucket_name),
        "storageClass": str(replica.storage_class),
        **({"encryptionConfiguration": {"replicaKmsKeyId": key}} if key else {}),
        **({"replicationTime": {**_ENABLED, "time": within}} if timed else {}),
        "metrics": {**_ENABLED, **({"eventThreshold": within} if timed else {})},
    }
