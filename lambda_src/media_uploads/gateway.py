"""The two buckets, as the API needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from http_api.gateway import SOMEBODY_WAITS, asking
from media_uploads.logic import Rendition, Stored, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# What is signed must name the Region's own host, which is the one that the page's content security policy allows.
_CONFIG = SOMEBODY_WAITS.merge(
    Config(signature_version="s3v4", s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"})
)
_SUCCESS = "201"


class Gateway:
    """Signs forms for the one bucket and links to the other, and lists both."""

    def __init__(self, s3: S3Client, *, master: str, transcode: str, form_seconds: int, link_seconds: int) -> None:
        self._s3 = s3
        self._master = master
        self._transcode = transcode
        self._form_seconds = form_seconds
        self._link_seconds = link_seconds

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Gateway:
        return cls(
            boto3.session.Session().client("s3", config=_CONFIG),
            master=environment["MASTER_BUCKET"],
            transcode=environment["TRANSCODE_BUCKET"],
            form_seconds=int(environment["FORM_SECONDS"]),
            link_seconds=int(environment["LINK_SECONDS"]),
        )

    def form(self, key: str, upload: Upload) -> Mapping[str, object]:
        """Address and fields of a form with which exactly this can be uploaded, for a while."""
        fields = {"Content-Type": upload.type, "success_action_status": _SUCCESS}
        conditions: list[object] = [
            *({name: value} for name, value in fields.items()),
            ["content-length-range", upload.bytes, upload.bytes],
        ]
        signed = self._s3.generate_presigned_post(
            Bucket=self._master, Key=key, Fields=fields, Conditions=conditions, ExpiresIn=self._form_seconds
        )
        return {"url": signed["url"], "fields": signed["fields"], "expiresIn": self._form_seconds}

    def uploaded(self, folder: str) -> list[Stored]:
        """What there is in that folder of the Master bucket."""
        return self._list(self._master, folder)

    def made(self, folder: str) -> list[Stored]:
        """What there is in that folder of the Transcode bucket."""
        return self._list(self._transcode, folder)

    def read(self, key: str) -> bytes:
        """Something of the Transcode bucket."""
        with asking("GetObject"):
            return self._s3.get_object(Bucket=self._transcode, Key=key)["Body"].read()

    def link(self, rendition: Rendition) -> str:
        """An address at which everybody who has it sees the rendition, for a while."""
        parameters = {"Bucket": self._transcode, "Key": rendition.key}
        return self._s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=self._link_seconds)

    def _list(self, bucket: str, folder: str) -> list[Stored]:
        with asking("ListObjectsV2"):
            # A folder holds one original, or its renditions: far fewer than a page of the list.
            found = self._s3.list_objects_v2(Bucket=bucket, Prefix=folder)
        return [Stored(key=each["Key"], modified=each["LastModified"]) for each in found.get("Contents", [])]
