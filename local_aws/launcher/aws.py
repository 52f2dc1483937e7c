"""Clients for the emulator's own API, for handlers that run inside it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import botocore.session

from local_aws.launcher import hooks

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_s3 import S3Client

# Building a client is not thread-safe in botocore; using one is.
_building = threading.Lock()


def client(service: str, region: str | None = None) -> BaseClient:
    """A client acting as the root of the account of the request being served, in a region; default: that request's."""
    with _building:
        return _client(service, region or hooks.region(), hooks.account())


def ec2() -> EC2Client:
    """The client of Amazon EC2."""
    return cast("EC2Client", client("ec2"))


def s3() -> S3Client:
    """The client of Amazon S3."""
    return cast("S3Client", client("s3"))


def client_as(service: str, given: Mapping[str, str]) -> BaseClient:
    """A client acting with credentials of ``AssumeRole`` in the region of the request being served."""
    with _building:
        return botocore.session.get_session().create_client(
            service,
            region_name=hooks.region(),
            endpoint_url=_endpoint(),
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )


@lru_cache(maxsize=64)
def _client(service: str, region: str, account: str) -> BaseClient:
    return botocore.session.get_session().create_client(
        service,
        region_name=region,
        endpoint_url=_endpoint(),
        aws_access_key_id=account,
        aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    )


def _endpoint() -> str:
    return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
