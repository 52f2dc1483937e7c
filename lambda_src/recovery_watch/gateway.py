"""Heartbeats in the tables and buckets of both Regions. The only module that calls AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recovery_runbook.gateway import Aws, AwsError
from recovery_runbook.markers import PREFIX, smallest
from recovery_watch.logic import Beat

Part = Mapping[str, Any]

KINDS = frozenset({"global-table", "two-way-bucket"})
_NAME = "heartbeat"
_WRITTEN = "written"
# Without the right to list a bucket, what is not there is forbidden.
_NOT_THERE = frozenset({"404", "403", "NoSuchKey", "AccessDenied"})


class UnmeasurableError(Exception):
    """Nothing can be written there that would tell; says why."""


class Heart:
    """Writes heartbeats in the primary Region, and looks for them in the recovery Region.

    Args:
        aws: AWS in both.
        primary: The primary Region.
        recovery: The recovery Region.

    Every method raises AwsError and LostError.
    """

    def __init__(self, aws: Aws, *, primary: str, recovery: str) -> None:
        self._aws = aws
        self._primary = primary
        self._recovery = recovery
        self._keys: dict[str, Mapping[str, Any]] = {}

    def send(self, part: Part, beat: Beat, now: str) -> Beat:
        """Write one. Raises UnmeasurableError."""
        if part["kind"] == "two-way-bucket":
            return self._send_object(part["primary"], beat, now)
        item = {**self._key(part["name"]), _WRITTEN: {"S": now}}
        self._aws.call("dynamodb", self._primary, "put_item", TableName=part["name"], Item=item)
        return replace(beat, since=beat.since or now, sent=now)

    def look(self, part: Part, beat: Beat) -> tuple[Beat, str]:
        """When that was written which has arrived last; empty: none has."""
        if part["kind"] == "two-way-bucket":
            return self._look_for_object(part["recovery"], beat)
        key = self._key(part["name"])
        found = self._aws.call(
            "dynamodb", self._recovery, "get_item", TableName=part["name"], Key=key, ConsistentRead=True
        )
        return beat, str(found.get("Item", {}).get(_WRITTEN, {}).get("S", ""))

    def _send_object(self, bucket: str, beat: Beat, now: str) -> Beat:
        found = self._aws.call(
            "s3", self._primary, "put_object", Bucket=bucket, Key=_object(), Body=b"", Metadata={_WRITTEN: now}
        )
        self._take_away(self._primary, bucket, beat.sent_version)
        return replace(beat, since=beat.since or now, sent=now, sent_version=str(found.get("VersionId", "")))

    def _look_for_object(self, bucket: str, beat: Beat) -> tuple[Beat, str]:
        try:
            found = self._aws.call("s3", self._recovery, "head_object", Bucket=bucket, Key=_object())
        except AwsError as error:
            if error.code in _NOT_THERE:
                return beat, ""
            raise
        version = str(found.get("VersionId", ""))
        if version != beat.seen_version:
            self._take_away(self._recovery, bucket, beat.seen_version)
        return replace(beat, seen_version=version), str(found.get("Metadata", {}).get(_WRITTEN, ""))

    def _take_away(self, region: str, bucket: str, version: str) -> None:
        """An older heartbeat: a versioned bucket would keep one for every minute. A locked one stays."""
        if not version:
            return
        try:
            self._aws.call("s3", region, "delete_object", Bucket=bucket, Key=_object(), VersionId=version)
        except AwsError as error:
            if error.code not in _NOT_THERE:
                raise

    def _key(self, table: str) -> Mapping[str, Any]:
        if table not in self._keys:
            found = self._aws.call("dynamodb", self._recovery, "describe_table", TableName=table)["Table"]
            types = {each["AttributeName"]: each["AttributeType"] for each in found["AttributeDefinitions"]}
            by_kind = {each["KeyType"]: each["AttributeName"] for each in found["KeySchema"]}
            if types[by_kind["HASH"]] != "S":
                raise UnmeasurableError(f"table {table} has a partition key that is no text")
            rest = {by_kind["RANGE"]: smallest(types[by_kind["RANGE"]])} if "RANGE" in by_kind else {}
            self._keys[table] = {by_kind["HASH"]: {"S": f"{PREFIX}#{_NAME}"}, **rest}
        return self._keys[table]


def _object() -> str:
    return f"{PREFIX}/{_NAME}"


def name_of(part: Part) -> str:
    """Of a table or a bucket, as the state names it."""
    return str(part["primary"] if part["kind"] == "two-way-bucket" else part["name"])
