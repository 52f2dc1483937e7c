"""The Master and the Transcode bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from media_renditions.logic import Source, SupersededError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4})
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED = frozenset({"412", "PreconditionFailed"})


class Buckets:
    """Reads the one, writes the other.

    Attributes:
        master: The name of the one.
    """

    def __init__(self, s3: S3Client, *, master: str, transcode: str) -> None:
        self._s3 = s3
        self.master = master
        self._transcode = transcode

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Buckets:
        """Of ``MASTER_BUCKET`` and ``TRANSCODE_BUCKET``."""
        s3 = boto3.session.Session().client("s3", config=_CONFIG)
        return cls(s3, master=environment["MASTER_BUCKET"], transcode=environment["TRANSCODE_BUCKET"])

    def describe(self, key: str) -> Source | None:
        """An image, if it is there. Without the permission to list the bucket, S3 does not say that it is not."""
        try:
            answer = self._s3.head_object(Bucket=self.master, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        return Source(size=answer["ContentLength"], etag=answer["ETag"])

    def read(self, key: str, etag: str) -> bytes:
        """The image in that version."""
        try:
            return self._s3.get_object(Bucket=self.master, Key=key, IfMatch=etag)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT | _CHANGED:
                raise SupersededError from None
            raise

    def stamp(self, key: str) -> str | None:
        """What a manifest was stamped with."""
        try:
            return self._s3.head_object(Bucket=self._transcode, Key=key)["Metadata"].get("stamp")
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise

    def write(self, key: str, body: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        """Put something into the Transcode bucket."""
        self._s3.put_object(
            Bucket=self._transcode, Key=key, Body=body, ContentType=content_type, Metadata=dict(metadata)
        )
