"""S3 of another Region, as setting a bucket's rules needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bucket_replication_back.logic import Wanted
from custom_resource.gateway import attempts
from custom_resource.logic import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ReplicationConfigurationTypeDef

_Answer = TypeVar("_Answer")

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})

# A role, a permission and the versioning of a bucket that were made a moment ago are not known everywhere yet
# (IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency); somebody else may be at work.
_PASSING = frozenset({"AccessDenied", "InvalidRequest", "OperationAborted"})
_NO_RULES = "ReplicationConfigurationNotFoundError"
_NO_BUCKET = "NoSuchBucket"


class Gateway:
    """Reads, sets and removes the replication rules of buckets."""

    def client(self, region: str) -> S3Client:
        """S3 of a Region."""
        return boto3.session.Session().client("s3", region_name=region, config=_CONFIG)

    def rules(self, wanted: Wanted) -> set[str]:
        """Ids of the rules that the bucket has; none, where there is no bucket either.

        Raises:
            RefusedError: When S3 does not say.
        """
        s3 = self.client(wanted.region)
        try:
            found = _patiently(wanted, lambda: s3.get_bucket_replication(Bucket=wanted.bucket))
        except ClientError as error:
            if error.response["Error"]["Code"] in {_NO_RULES, _NO_BUCKET}:
                return set()
            raise _refused(wanted, error) from None
        return {rule.get("ID", "(without a name)") for rule in found["ReplicationConfiguration"]["Rules"]}

    def set(self, wanted: Wanted) -> None:
        """Give the bucket these rules in the place of those that it has.

        Raises:
            RefusedError: When S3 does not take them.
        """
        s3 = self.client(wanted.region)
        rules = cast("ReplicationConfigurationTypeDef", {"Role": wanted.role, "Rules": wanted.rules})
        try:
            _patiently(wanted, lambda: s3.put_bucket_replication(Bucket=wanted.bucket, ReplicationConfiguration=rules))
        except ClientError as error:
            raise _refused(wanted, error) from None

    def remove(self, wanted: Wanted) -> None:
        """Take all rules from the bucket; done, where there is none any more.

        Raises:
            RefusedError: When S3 keeps them.
        """
        s3 = self.client(wanted.region)
        try:
            _patiently(wanted, lambda: s3.delete_bucket_replication(Bucket=wanted.bucket))
        except ClientError as error:
            if error.response["Error"]["Code"] != _NO_BUCKET:
                raise _refused(wanted, error) from None


def _patiently(wanted: Wanted, ask: Callable[[], _Answer]) -> _Answer:
    """What S3 answers in the end."""
    for is_last in attempts():
        try:
            return ask()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _PASSING or is_last:
                raise
        except BotoCoreError as error:
            raise RefusedError(f"{wanted.bucket} in {wanted.region}: {error}") from None
    raise AssertionError  # The last attempt has returned or raised.


def _refused(wanted: Wanted, error: ClientError) -> RefusedError:
    told = error.response["Error"]
    return RefusedError(f"{wanted.bucket} in {wanted.region}: {told['Code']}: {told['Message']}")
