"""Objects that were there before a bucket was replicated, or failed, copied after all. An operator's tool."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3control import S3ControlClient
    from mypy_boto3_s3control.literals import ReplicationStatusType

_LOOK_SECONDS = 5.0
_PRIORITY = 10
_ENDED = frozenset({"Complete", "Failed", "Cancelled"})
_PERMISSIONS = " ReplicatedBucket.grant_replicate_existing allows all that this takes."


class ReplicateError(RuntimeError):
    """Objects can't be copied; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        status: As S3 calls it: Preparing, Active, Complete, Failed and the like.
        total: How many objects there are to copy.
        succeeded: How many are copied.
        failed: How many S3 gave up on.
        reasons: Why the job as a whole failed; blank where it did not.
    """

    status: str
    total: int = 0
    succeeded: int = 0
    failed: int = 0
    reasons: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Clients:
    """What the tool talks to, in the bucket's Region."""

    s3: S3Client
    s3control: S3ControlClient
    account: str


def clients_for(bucket: str) -> Clients:
    """Clients in the bucket's Region, with the credentials of the environment."""
    region = boto3.client("s3").head_bucket(Bucket=bucket).get("BucketRegion")
    return Clients(
        s3=boto3.client("s3", region_name=region),
        s3control=boto3.client("s3control", region_name=region),
        account=boto3.client("sts").get_caller_identity()["Account"],
    )


@contextmanager
def told_plainly() -> Iterator[None]:
    """Make a ReplicateError of whatever S3 or the way to it refuses."""
    try:
        yield
    except ClientError as refusal:
        error = refusal.response["Error"]
        hint = _PERMISSIONS if error["Code"] in {"AccessDenied", "403"} else ""
        said = error.get("Message", error["Code"]).rstrip(".")
        raise ReplicateError(f"S3 refused {refusal.operation_name}: {said}.{hint}") from refusal
    except BotoCoreError as problem:
        raise ReplicateError(str(problem)) from problem


def start(clients: Clients, bucket: str, *, role_arn: str, reports_arn: str, failed_only: bool = False) -> str:
    """Let S3 copy what its rules would copy if it were written now; the id of the job, which goes on by itself.

    Args:
        clients: To talk to.
        bucket: That has the originals.
        role_arn: ``ReplicatedBucket.batch_role``.
        reports_arn: The bucket for the report of what failed, and below which prefix: ``arn:aws:s3:::logs/reports``.
        failed_only: Only what S3 gave up on, and not what was there before the rules.

    Raises:
        ReplicateError: The bucket has no rules.
    """
    try:
        clients.s3.get_bucket_replication(Bucket=bucket)
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] == "ReplicationConfigurationNotFoundError":
            raise ReplicateError(f"{bucket} has no replication rules, by which S3 would know where to.") from refusal
        raise
    statuses: Sequence[ReplicationStatusType] = ["FAILED"] if failed_only else ["NONE", "FAILED"]
    reports, _, prefix = reports_arn.partition("/")
    return clients.s3control.create_job(
        AccountId=clients.account,
        ConfirmationRequired=False,
        Operation={"S3ReplicateObject": {}},
        ManifestGenerator={
            "S3JobManifestGenerator": {
                "ExpectedBucketOwner": clients.account,
                "SourceBucket": f"{reports.rpartition(':')[0]}:{bucket}",
                "EnableManifestOutput": False,
                "Filter": {"EligibleForReplication": True, "ObjectReplicationStatuses": statuses},
            }
        },
        Report={
            "Enabled": True,
            "Bucket": reports,
            "Prefix": prefix.rstrip("/"),
            "Format": "Report_CSV_20180820",
            "ReportScope": "FailedTasksOnly",
        },
        Priority=_PRIORITY,
        RoleArn=role_arn,
        ClientRequestToken=str(uuid.uuid4()),
        Description=f"Copy existing objects of {bucket}",
    )["JobId"]


def follow(clients: Clients, job: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[Progress]:
    """How far the job is, again and again, the end included. Raises ReplicateError where it failed as a whole."""
    while True:
        progress = _progress(clients, job)
        yield progress
        if progress.status in {"Failed", "Cancelled"}:
            reason = progress.reasons or "S3 gives no reason"
            raise ReplicateError(f"The job {job} is {progress.status.lower()}: {reason}.")
        if progress.status in _ENDED:
            return
        sleep(_LOOK_SECONDS)


def _progress(clients: Clients, job: str) -> Progress:
    found = clients.s3control.describe_job(AccountId=clients.account, JobId=job)["Job"]
    counted = found.get("ProgressSummary", {})
    return Progress(
        status=found.get("Status", ""),
        total=counted.get("TotalNumberOfTasks", 0),
        succeeded=counted.get("NumberOfTasksSucceeded", 0),
        failed=counted.get("NumberOfTasksFailed", 0),
        reasons="; ".join(reason.get("FailureReason", "") for reason in found.get("FailureReasons", [])),
    )
