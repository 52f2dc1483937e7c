"""The S3 website endpoint: index and error documents, which the emulator stores but does not serve."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from local_aws.launcher import aws

_HOST = re.compile(r"^(?P<bucket>[a-z0-9.-]+?)\.s3-website[.-]")


@dataclass(frozen=True, slots=True)
class Page:
    """What a website endpoint answers."""

    status: int
    content_type: str
    body: bytes
    location: str | None = None


def bucket_of(host: str) -> str | None:
    """The bucket that a website host names."""
    found = _HOST.match(host)
    return found["bucket"] if found else None


def serve(bucket: str, path: str) -> Page:
    """The object behind a path, its folder's index document, or the error document."""
    s3 = aws.s3()
    try:
        configuration = s3.get_bucket_website(Bucket=bucket)
    except s3.exceptions.ClientError as error:
        return _missing(str(error.response["Error"]["Code"]))
    index = configuration.get("IndexDocument", {}).get("Suffix", "index.html")
    key = path.lstrip("/")
    if not key or key.endswith("/"):
        key += index
    if page := _read(bucket, key, HTTPStatus.OK):
        return page
    if _exists(bucket, f"{key}/{index}"):
        return Page(HTTPStatus.FOUND, "text/html", b"", location=f"/{key}/")
    error_key = configuration.get("ErrorDocument", {}).get("Key")
    page = _read(bucket, error_key, HTTPStatus.NOT_FOUND) if error_key else None
    return page or _missing("NoSuchKey")


def _read(bucket: str, key: str, status: HTTPStatus) -> Page | None:
    s3 = aws.s3()
    try:
        found = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.ClientError:
        return None
    return Page(status, found["ContentType"], found["Body"].read(), found.get("WebsiteRedirectLocation"))


def _exists(bucket: str, key: str) -> bool:
    s3 = aws.s3()
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except s3.exceptions.ClientError:
        return False
    return True


def _missing(code: str) -> Page:
    body = f"<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1>{code}</body></html>"
    return Page(HTTPStatus.NOT_FOUND, "text/html", body.encode())
