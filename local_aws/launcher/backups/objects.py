"""What a backup of an S3 bucket holds, and writing it to a bucket: the latest version of each object.

Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-s3.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from local_aws.launcher import aws, hooks
from local_aws.launcher.backups.permissions import JobFailedError

BUCKET_BACKUP_ACTIONS = (
    "s3:GetBucketVersioning",
    "s3:GetBucketLocation",
    "s3:GetBucketTagging",
    "s3:GetBucketNotification",
    "s3:PutBucketNotification",
    "s3:GetInventoryConfiguration",
    "s3:PutInventoryConfiguration",
    "s3:ListBucket",
    "s3:ListBucketVersions",
)
OBJECT_BACKUP_ACTIONS = (
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionTagging",
)
BUCKET_RESTORE_ACTIONS = ("s3:CreateBucket", "s3:ListBucket", "s3:GetBucketVersioning", "s3:PutBucketVersioning")
OBJECT_RESTORE_ACTIONS = ("s3:PutObject", "s3:PutObjectTagging", "s3:GetObject")
_KEPT = ("ContentType", "ContentEncoding", "ContentLanguage", "ContentDisposition", "CacheControl", "Metadata")
_HOME = "us-east-1"


@dataclass(frozen=True, slots=True)
class Stored:
    """One object."""

    key: str
    body: bytes
    about: Mapping[str, Any]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BucketContent:
    """The objects of a bucket as they were."""

    bucket: str
    objects: tuple[Stored, ...]

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(len(stored.body) for stored in self.objects)

    def restore_metadata(self) -> dict[str, str]:
        """What the API tells of it."""
        return {"DestinationBucketName": self.bucket, "NewBucket": "false"}


def read(arn: str) -> BucketContent:
    """The bucket as it is. Raises JobFailedError."""
    s3, bucket = aws.s3(), arn.rpartition(":")[2]
    try:
        if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
            raise JobFailedError(f"Versioning must be enabled on the bucket {bucket} to back it up.")
        keys = [
            found["Key"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            for found in page.get("Contents", [])
        ]
        return BucketContent(bucket, tuple(_stored(bucket, key) for key in keys))
    except ClientError as error:
        raise JobFailedError(str(error)) from None


def restore(content: BucketContent, metadata: Mapping[str, str]) -> str:
    """Write the objects to a bucket, whose ARN is given; what is there already stays. Raises JobFailedError."""
    s3, bucket = aws.s3(), _target(metadata)
    if not bucket:
        raise JobFailedError("The restore metadata lack DestinationBucketName.")
    given = {name.lower(): value for name, value in metadata.items()}
    try:
        if given.get("newbucket", "false").lower() == "true":
            region = hooks.region()
            place: Any = {} if region == _HOME else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=bucket, **place)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        there = {
            found["Key"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            for found in page.get("Contents", [])
        }
        for stored in content.objects:
            if stored.key not in there:
                tags: Any = {"Tagging": urlencode(stored.tags)} if stored.tags else {}
                s3.put_object(Bucket=bucket, Key=stored.key, Body=stored.body, **stored.about, **tags)
    except ClientError as error:
        raise JobFailedError(str(error)) from None
    return f"arn:aws:s3:::{bucket}"


def target_arn(metadata: Mapping[str, str]) -> str:
    """Of the bucket that a restore writes to."""
    return f"arn:aws:s3:::{_target(metadata)}"


def delete(arn: str) -> None:
    """Delete a bucket that was restored for a test, and all that is in it."""
    s3, bucket = aws.s3(), arn.rpartition(":")[2]
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for found in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            s3.delete_object(Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"])
    s3.delete_bucket(Bucket=bucket)


def _stored(bucket: str, key: str) -> Stored:
    s3 = aws.s3()
    found = s3.get_object(Bucket=bucket, Key=key)
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}
    about: Mapping[str, Any] = {name: value for name, value in found.items() if name in _KEPT and value}
    return Stored(key, found["Body"].read(), about, tags)


def _target(metadata: Mapping[str, str]) -> str:
    return next((value for name, value in metadata.items() if name.lower() == "destinationbucketname"), "")
