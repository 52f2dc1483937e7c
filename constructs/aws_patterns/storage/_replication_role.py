"""Whom S3 is when it copies objects, and what it may do then: these buckets, these keys, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns.storage.replicated_bucket_options import Replica

_EVERY_OBJECT = "Of this bucket: whoever writes chooses the names of objects."
_BY_ALIAS = "By its alias, which the condition names: the key is in another Region, and its id is not known here."


def replication_role(
    scope: Construct, id: str, *, source: Replica, destinations: Sequence[Replica], locked: bool
) -> iam.Role:
    """The role. It knows the buckets by their names, because the source waits for what it may do.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    role = iam.Role(scope, id, assumed_by=iam.ServicePrincipal("s3.amazonaws.com"))
    originals = bucket_arn(source.bucket_name)
    _allow(role, ["s3:GetReplicationConfiguration", "s3:ListBucket"], [originals])
    objects = f"{originals}/*"
    read = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
    _allow(role, [*read, *(["s3:GetObjectRetention", "s3:GetObjectLegalHold"] if locked else [])], [objects])
    reasons = {wildcard(scope, objects): _EVERY_OBJECT}
    for replica in destinations:
        copies = f"{bucket_arn(replica.bucket_name)}/*"
        deleted = ["s3:ReplicateDelete"] if replica.delete_markers else []
        _allow(role, ["s3:ReplicateObject", "s3:ReplicateTags", *deleted], [copies])
        reasons[wildcard(scope, copies)] = _EVERY_OBJECT
    if source.key is not None:
        reasons |= _allow_key(role, scope, source, ["kms:Decrypt"])
        for replica in destinations:
            # It also reads the S3 Bucket Key that it has made, to see that it is whole
            # (AmazonS3/latest/userguide/replication-config-for-kms-objects.html).
            reasons |= _allow_key(role, scope, replica, ["kms:Encrypt", "kms:GenerateDataKey", "kms:Decrypt"])
    acknowledge(role, reasons)
    return role


def bucket_arn(name: str) -> str:
    """Of a bucket: it names no Region."""
    return f"arn:{Aws.PARTITION}:s3:::{name}"


def replica_key_arn(scope: Construct, replica: Replica) -> str | None:
    """Of what encrypts the copies, in the form that a replication rule takes."""
    if replica.key is None or not replica.key.startswith("alias/"):
        return replica.key
    return _in_region(scope, replica, replica.key)


def _allow_key(role: iam.Role, scope: Construct, place: Replica, actions: Sequence[str]) -> Mapping[str, str]:
    """Let S3 use the key of a bucket for its objects; why the statement has a wildcard, where it has one."""
    conditions = _through_s3(place.region, bucket_arn(place.bucket_name))
    if place.key is None or not place.key.startswith("alias/"):
        _allow(role, actions, [str(place.key)], conditions)
        return {}
    keys = _in_region(scope, place, "key/*")
    by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": place.key}}
    _allow(role, actions, [keys], {**conditions, **by_alias})
    return {wildcard(scope, keys): _BY_ALIAS}


def _through_s3(region: str, bucket_arn: str) -> Mapping[str, object]:
    """Only for objects of that bucket: each with its own key, or with the S3 Bucket Key."""
    return {
        "StringEquals": {"kms:ViaService": f"s3.{region}.{Aws.URL_SUFFIX}"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, f"{bucket_arn}/*"]},
    }


def _in_region(scope: Construct, replica: Replica, resource: str) -> str:
    return Stack.of(scope).format_arn(
        service="kms", region=replica.region, resource=resource, arn_format=ArnFormat.NO_RESOURCE_NAME
    )


def _allow(
    role: iam.Role, actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None
) -> None:
    role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions))
