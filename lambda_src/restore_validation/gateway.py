"""AWS Backup, and both sides of a comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from restore_validation.logic import (
    Content,
    NotComparableError,
    digest_of_item,
    is_marker,
    key_of_item,
    written_of_item,
)

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_CONFIG = Config(connect_timeout=3, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})
_READ_AT_ONCE = 100
_CHUNK = 1 << 20
# Larger objects are compared by their size alone.
_HASHED_BYTES = 64 << 20
# There is nothing to compare with, or not the right to: waiting changes neither. All else is tried again.
_FINAL = frozenset({"ResourceNotFoundException", "NoSuchBucket", "AccessDenied", "AccessDeniedException", "404", "403"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """A finished restore job.

    Attributes:
        job: Its id.
        source: The ARN of what was backed up.
        created: The ARN of what was restored.
        kind: ``DynamoDB`` or ``S3``.
        taken: When the backup was made, in seconds since 1970.
    """

    job: str
    source: str
    created: str
    kind: str
    taken: float


class Gateway:
    """Reads both sides, and tells AWS Backup what came of it."""

    def __init__(self, *, bucket_region: str, session: boto3.session.Session | None = None) -> None:
        self._session = session or boto3.session.Session()
        self._bucket_region = bucket_region
        self._backup: BackupClient = self._session.client("backup", config=_CONFIG)

    def job(self, identifier: str) -> Restored:
        """What AWS Backup says of a restore job."""
        found = self._backup.describe_restore_job(RestoreJobId=identifier)
        return Restored(
            job=identifier,
            source=found["SourceResourceArn"],
            created=found["CreatedResourceArn"],
            kind=found["ResourceType"],
            taken=found["RecoveryPointCreationDate"].timestamp(),
        )

    def tell(self, identifier: str, status: str, message: str) -> None:
        """Let the job have the verdict, which can't be changed afterwards."""
        self._backup.put_restore_validation_result(
            RestoreJobId=identifier,
            ValidationStatus=status,  # type: ignore[arg-type] # one of Status
            ValidationStatusMessage=message,
        )

    def last_good(self, plan: str, plan_arn: str) -> datetime:
        """When a test of the plan was good the last time, or when the plan was made."""
        pages = self._backup.get_paginator("list_restore_jobs").paginate(
            ByRestoreTestingPlanArn=plan_arn, ByStatus="COMPLETED"
        )
        ends = [
            job["CompletionDate"]
            for page in pages
            for job in page["RestoreJobs"]
            if job.get("ValidationStatus") == "SUCCESSFUL"
        ]
        if ends:
            return max(ends)
        return self._backup.get_restore_testing_plan(RestoreTestingPlanName=plan)["RestoreTestingPlan"]["CreationTime"]

    def sides(
        self, restored: Restored, most: int, written_attribute: str | None
    ) -> tuple[Mapping[str, Content], Mapping[str, Content]]:
        """What was restored and what it was made of: up to ``most`` of each, and their counterparts.

        Raises:
            NotComparableError: One side is not there, or may not be read.
        """
        try:
            if restored.kind == "DynamoDB":
                return self._tables(restored, most, written_attribute)
            if restored.kind == "S3":
                return self._buckets(restored, most)
        except ClientError as error:
            if error.response["Error"]["Code"] in _FINAL:
                raise NotComparableError(f"Nothing to compare with: {error}") from None
            raise
        raise NotComparableError(f"Nothing here compares {restored.kind}.")

    def _tables(
        self, restored: Restored, most: int, attribute: str | None
    ) -> tuple[Mapping[str, Content], Mapping[str, Content]]:
        new, old = (_Table(self._session, arn, attribute) for arn in (restored.created, restored.source))
        from_new, from_old = new.some(most), old.some(most)
        more_old = old.those({key: raw for key, (raw, _) in from_new.items() if key not in from_old})
        more_new = new.those({key: raw for key, (raw, _) in from_old.items() if key not in from_new})
        return (
            {key: content for key, (_, content) in from_new.items()} | more_new,
            {key: content for key, (_, content) in from_old.items()} | more_old,
        )

    def _buckets(self, restored: Restored, most: int) -> tuple[Mapping[str, Content], Mapping[str, Content]]:
        new = _Bucket(self._session, restored.created, None)
        old = _Bucket(self._session, restored.source, self._bucket_region)
        keys = list(dict.fromkeys([*new.keys(most), *old.keys(most)]))
        return (new.those(keys), old.those(keys))


class _Table:
    """One table, wherever its ARN says that it is."""

    def __init__(self, session: boto3.session.Session, arn: str, attribute: str | None) -> None:
        self._name = arn.rpartition("/")[2]
        self._attribute = attribute
        self._client: DynamoDBClient = session.client("dynamodb", region_name=arn.split(":")[3], config=_CONFIG)
        schema = self._client.describe_table(TableName=self._name)["Table"]["KeySchema"]
        self._key = [str(part["AttributeName"]) for part in schema]

    def some(self, most: int) -> dict[str, tuple[dict[str, Any], Content]]:
        """As many as that, with their keys as DynamoDB takes them."""
        return {
            key_of_item(item, self._key): ({name: item[name] for name in self._key}, self._content(item))
            for item in islice(self._scan(), most)
        }

    def those(self, wanted: Mapping[str, dict[str, Any]]) -> dict[str, Content]:
        """The items with these keys, as far as they are there."""
        found: dict[str, Content] = {}
        keys = list(wanted.values())
        for start in range(0, len(keys), _READ_AT_ONCE):
            asked: Any = {self._name: {"Keys": keys[start : start + _READ_AT_ONCE], "ConsistentRead": True}}
            while asked:
                answer = self._client.batch_get_item(RequestItems=asked)
                for item in answer["Responses"].get(self._name, []):
                    found[key_of_item(item, self._key)] = self._content(item)
                asked = answer.get("UnprocessedKeys")
        return found

    def _scan(self) -> Iterator[dict[str, Any]]:
        for page in self._client.get_paginator("scan").paginate(TableName=self._name, ConsistentRead=True):
            yield from (item for item in page["Items"] if not is_marker(item, self._key))

    def _content(self, item: Mapping[str, Any]) -> Content:
        return Content(digest=digest_of_item(item), written=written_of_item(item, self._attribute))


class _Bucket:
    """One bucket; its ARN names no Region."""

    def __init__(self, session: boto3.session.Session, arn: str, region: str | None) -> None:
        self._name = arn.rpartition(":")[2]
        self._client: S3Client = session.client("s3", region_name=region, config=_CONFIG)

    def keys(self, most: int) -> list[str]:
        """As many as that."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name)
        return [str(found["Key"]) for found in islice((o for page in pages for o in page.get("Contents", [])), most)]

    def those(self, keys: list[str]) -> dict[str, Content]:
        """The objects with these names, as far as they are there."""
        found = {}
        for key in keys:
            try:
                answer = self._client.get_object(Bucket=self._name, Key=key)
            except self._client.exceptions.NoSuchKey:
                continue
            size = answer["ContentLength"]
            digest = hashlib.sha256(str(size).encode())
            with closing(answer["Body"]) as body:
                if size <= _HASHED_BYTES:
                    for chunk in body.iter_chunks(_CHUNK):
                        digest.update(chunk)
            found[key] = Content(digest=digest.hexdigest(), written=answer["LastModified"].timestamp())
        return found
