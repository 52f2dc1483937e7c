"""CDK's ``Custom::CDKBucketDeployment``, whose own function needs an AWS CLI layer that can't run here.

Follows aws-cdk-lib's ``bucket-deployment-handler/index.py``. Differences: files in which a marker was replaced
get local host names in the place of public AWS ones, and no CloudFront invalidation is made (nothing is cached).
"""

from __future__ import annotations

import fnmatch
import io
import json
import mimetypes
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from local_aws.hosts import localize
from local_aws.launcher import aws
from local_aws.launcher.hooks import Attributes, Handler, Properties, Provisioned
from local_aws.launcher.values import flag, items, mapping, text, texts

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PutObjectRequestTypeDef

# CDK's names for object headers (as the AWS CLI spells them) and S3's.
_SYSTEM_METADATA = {
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-type": "ContentType",
    "sse": "ServerSideEncryption",
    "sse-kms-key-id": "SSEKMSKeyId",
    "storage-class": "StorageClass",
    "website-redirect": "WebsiteRedirectLocation",
    "acl": "ACL",
}
_UNKNOWN_CONTENT = "binary/octet-stream"


def handler(port: int) -> Handler:
    """The resource type for a server on this port."""

    def create(_logical_id: str, properties: Properties, _stack: str) -> Provisioned:
        return f"aws.cdk.s3deployment.{uuid.uuid4()}", _deploy(properties, port)

    def update(physical_id: str, old: Properties, new: Properties, _stack: str) -> Provisioned:
        moved = _destination(old) != _destination(new)
        if moved and not flag(old, "RetainOnDelete", default=True):
            _empty(old)
        return physical_id, _deploy(new, port)

    def delete(_physical_id: str, properties: Properties) -> None:
        if not flag(properties, "RetainOnDelete", default=True) and not _still_deployed_to(properties):
            _empty(properties)

    return Handler(create=create, update=update, delete=delete)


def _deploy(properties: Properties, port: int) -> Attributes:
    s3 = aws.s3()
    bucket, prefix = _destination(properties)
    wanted = dict(_files(s3, properties, port))
    deployed: dict[str, str] = {}
    for name, body in wanted.items():
        if _selected(name, properties):
            deployed[prefix + name] = _put(s3, bucket, prefix + name, body, properties)
    if flag(properties, "Prune", default=True):
        for key in list(_keys(s3, bucket, prefix)):
            # As `aws s3 sync --delete`: an excluded file is left alone, wherever it came from.
            if key not in deployed and _selected(key.removeprefix(prefix), properties):
                s3.delete_object(Bucket=bucket, Key=key)
    sources = texts(properties, "SourceObjectKeys")
    attributes: dict[str, object] = {
        "DestinationBucketArn": properties.get("DestinationBucketArn") or f"arn:aws:s3:::{bucket}",
        "SourceObjectKeys": sources if flag(properties, "OutputObjectKeys", default=True) else [],
    }
    if flag(properties, "OutputObjectVersionIds", default=False):
        attributes["SourceObjectVersionIds"] = [deployed.get(prefix + PurePosixPath(key).name, "") for key in sources]
    return attributes


def _files(s3: S3Client, properties: Properties, port: int) -> Iterator[tuple[str, bytes]]:
    buckets, keys = texts(properties, "SourceBucketNames"), texts(properties, "SourceObjectKeys")
    markers, configs = items(properties, "SourceMarkers"), items(properties, "SourceMarkersConfig")
    for index, (bucket, key) in enumerate(zip(buckets, keys, strict=True)):
        content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        if not flag(properties, "Extract", default=True):
            yield PurePosixPath(key).name, content
            continue
        config = mapping(configs[index]) if index < len(configs) else {}
        replacements = _replacements(
            mapping(markers[index]) if index < len(markers) else {},
            json_escape=flag(config, "jsonEscape", default=False),
        )
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    yield entry.filename, _fill_in(archive.read(entry), replacements, port)


def _replacements(markers: Mapping[str, object], *, json_escape: bool) -> dict[bytes, bytes]:
    filled: dict[bytes, bytes] = {}
    for marker, value in markers.items():
        if json_escape:
            serialized = json.dumps(value)
            plain = serialized[1:-1] if isinstance(value, str) else serialized
        else:
            plain = str(value)
        filled[marker.encode()] = plain.encode()
    return filled


def _fill_in(body: bytes, replacements: Mapping[bytes, bytes], port: int) -> bytes:
    filled = body
    for marker, value in replacements.items():
        filled = filled.replace(marker, value)
    if filled == body:
        return body
    try:
        return localize(filled.decode(), port).encode()
    except UnicodeDecodeError:
        return filled


def _selected(name: str, properties: Properties) -> bool:
    """Later filters win, and CDK passes every exclusion before every inclusion."""
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in texts(properties, "Include")):
        return True
    return not any(fnmatch.fnmatchcase(name, pattern) for pattern in texts(properties, "Exclude"))


def _put(s3: S3Client, bucket: str, key: str, body: bytes, properties: Properties) -> str:
    request: PutObjectRequestTypeDef = {
        "Bucket": bucket,
        "Key": key,
        "Body": body,
        "ContentType": mimetypes.guess_type(key)[0] or _UNKNOWN_CONTENT,
        "Metadata": {name.lower(): str(value) for name, value in mapping(properties.get("UserMetadata")).items()},
    }
    headers = {
        _SYSTEM_METADATA[name.lower()]: str(value)
        for name, value in mapping(properties.get("SystemMetadata")).items()
        if name.lower() in _SYSTEM_METADATA
    }
    return s3.put_object(**{**request, **headers}).get("VersionId", "")  # type: ignore[arg-type] # plain text values


def _destination(properties: Properties) -> tuple[str, str]:
    prefix = text(properties, "DestinationBucketKeyPrefix").strip("/")
    return text(properties, "DestinationBucketName"), f"{prefix}/" if prefix else ""


def _keys(s3: S3Client, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            yield entry["Key"]


def _empty(properties: Properties) -> None:
    s3 = aws.s3()
    bucket, prefix = _destination(properties)
    for key in list(_keys(s3, bucket, prefix)):
        s3.delete_object(Bucket=bucket, Key=key)


def _still_deployed_to(properties: Properties) -> bool:
    """Whether another deployment owns the destination: CDK tags the bucket with each one's address."""
    s3 = aws.s3()
    bucket, prefix = _destination(properties)
    tag = "aws-cdk:cr-owned" + (f":{prefix.rstrip('/')}" if prefix else "")
    try:
        tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except s3.exceptions.ClientError:
        return False
    return any(entry["Key"].startswith(tag) for entry in tags)
