"""Buckets of templates: with encryption, Object Lock and replication, which the emulator's CloudFormation passes by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from local_aws.launcher import aws
from local_aws.launcher.added_types.shapes import fit
from local_aws.launcher.hooks import Handler, Properties, Provisioned
from local_aws.launcher.values import items, mapping, text

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TYPE = "AWS::S3::Bucket"


def handlers(known: Mapping[str, Handler]) -> dict[str, Handler]:
    """The emulator's handler, extended. It calls the emulator's own API, and has to run on a thread of its own."""
    original = known[TYPE]

    def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        name, attributes = original["create"](logical_id, properties, stack)
        try:
            _configure(name, {}, properties)
        except (ClientError, ValueError):
            original["delete"](name, properties)
            raise
        return name, attributes

    def update(physical_id: str, old: Properties, new: Properties, stack: str) -> Provisioned:
        name, attributes = original["update"](physical_id, old, new, stack)
        _configure(name, old if name == physical_id else {}, new)
        return name, attributes

    def delete(physical_id: str, properties: Properties) -> None:
        # Or the next bucket of that name has them.
        _configure(physical_id, properties, {})
        original["delete"](physical_id, properties)

    return {TYPE: Handler(create=create, update=update, delete=delete)}


def _configure(name: str, old: Properties, new: Properties) -> None:
    s3 = aws.s3()
    rules = [mapping(rule) for rule in items(mapping(new.get("BucketEncryption")), "ServerSideEncryptionConfiguration")]
    default = [mapping(rule.get("ServerSideEncryptionByDefault")) for rule in rules]
    # The emulator has no key of AWS's own for S3, and refuses objects that ask for it.
    if rules and not any(one.get("SSEAlgorithm") == "aws:kms" and not one.get("KMSMasterKeyID") for one in default):
        applied = [
            {**rule, "ApplyServerSideEncryptionByDefault": one} for rule, one in zip(rules, default, strict=True)
        ]
        _call(s3, "PutBucketEncryption", name, "ServerSideEncryptionConfiguration", {"Rules": applied})
    if lock := mapping(new.get("ObjectLockConfiguration")):
        _call(s3, "PutObjectLockConfiguration", name, "ObjectLockConfiguration", lock)
    if replication := mapping(new.get("ReplicationConfiguration")):
        _refuse_missing_destinations(s3, replication)
        _call(s3, "PutBucketReplication", name, "ReplicationConfiguration", replication)
    elif "ReplicationConfiguration" in old:
        try:
            s3.delete_bucket_replication(Bucket=name)
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise


def _call(s3: S3Client, operation: str, bucket: str, member: str, value: Mapping[str, object]) -> None:
    shape = s3.meta.service_model.operation_model(operation).input_shape
    arguments = mapping(fit(shape, {"Bucket": bucket, member: value}))
    cast("dict[str, object]", s3._make_api_call(operation, arguments))  # type: ignore[attr-defined]  # by its name in the API


def _refuse_missing_destinations(s3: S3Client, replication: Mapping[str, object]) -> None:
    """In S3's words; the emulator takes rules to a bucket that is not there."""
    for rule in items(replication, "Rules"):
        bucket = text(mapping(mapping(rule).get("Destination")), "Bucket").rpartition(":")[2]
        try:
            s3.head_bucket(Bucket=bucket)
        except s3.exceptions.ClientError as error:
            raise ValueError("Destination bucket must exist.") from error
