"""What the operator's tool asks of S3, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from typer.testing import CliRunner, Result

from aws_patterns.storage import __main__ as program
from aws_patterns.storage import existing_objects as tool

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3control import S3ControlClient

ROLE = "arn:aws:iam::111122223333:role/Batch"
REPORTS = "arn:aws:s3:::logs/reports"
JOB = "00e123a4-c0d8-41f4-a0eb-b46f9ba5b07c"


class Script:
    """The calls that S3 expects, in their order, and its answers."""

    def __init__(self) -> None:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
        s3: S3Client = session.client("s3")
        control: S3ControlClient = session.client("s3control")
        self.clients = tool.Clients(s3=s3, s3control=control, account="111122223333")
        self.s3, self.control = Stubber(s3), Stubber(control)
        self.s3.activate()
        self.control.activate()

    def has_rules(self) -> None:
        answer = {"ReplicationConfiguration": {"Role": ROLE, "Rules": []}}
        self.s3.add_response("get_bucket_replication", answer, {"Bucket": "orders"})

    def starts(self, *statuses: str) -> None:
        self.control.add_response(
            "create_job",
            {"JobId": JOB},
            {
                "AccountId": "111122223333",
                "ConfirmationRequired": False,
                "Operation": {"S3ReplicateObject": {}},
                "ManifestGenerator": {
                    "S3JobManifestGenerator": {
                        "ExpectedBucketOwner": "111122223333",
                        "SourceBucket": "arn:aws:s3:::orders",
                        "EnableManifestOutput": False,
                        "Filter": {"EligibleForReplication": True, "ObjectReplicationStatuses": list(statuses)},
                    }
                },
                "Report": {
                    "Enabled": True,
                    "Bucket": "arn:aws:s3:::logs",
                    "Prefix": "reports",
                    "Format": "Report_CSV_20180820",
                    "ReportScope": "FailedTasksOnly",
                },
                "Priority": 10,
                "RoleArn": ROLE,
                "ClientRequestToken": ANY,
                "Description": "Copy existing objects of orders",
            },
        )

    def is_at(self, status: str, succeeded: int = 0, failed: int = 0, total: int = 0, reason: str = "") -> None:
        summary = {
            "TotalNumberOfTasks": total,
            "NumberOfTasksSucceeded": succeeded,
            "NumberOfTasksFailed": failed,
        }
        job: dict[str, Any] = {"JobId": JOB, "Status": status, "ProgressSummary": summary}
        if reason:
            job["FailureReasons"] = [{"FailureCode": "1", "FailureReason": reason}]
        self.control.add_response("describe_job", {"Job": job}, {"AccountId": "111122223333", "JobId": JOB})

    def done(self) -> None:
        self.s3.assert_no_pending_responses()
        self.control.assert_no_pending_responses()


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    found = Script()
    monkeypatch.setattr(tool, "clients_for", lambda _bucket: found.clients)
    monkeypatch.setattr(tool, "_LOOK_SECONDS", 0)
    yield found
    found.done()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(
        program.app, ["replicate-existing", "orders", "--role", ROLE, "--reports", REPORTS, *arguments]
    )


def test_it_copies_what_was_there_before_and_what_failed_and_follows_to_the_end(script: Script) -> None:
    script.has_rules()
    script.starts("NONE", "FAILED")
    for status, succeeded in (("Preparing", 0), ("Active", 2), ("Active", 2), ("Complete", 3)):
        script.is_at(status, succeeded, total=3)
    result = run()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"Job {JOB} copies objects of orders.",
        "Preparing: 0 of 3 copied, 0 failed.",
        "Active: 2 of 3 copied, 0 failed.",
        "Complete: 3 of 3 copied, 0 failed.",
    ]


def test_it_copies_only_what_failed_if_asked_to(script: Script) -> None:
    script.has_rules()
    script.starts("FAILED")
    script.is_at("Complete")
    assert run("--failed-only").exit_code == 0


def test_what_s3_gives_up_on_is_said(script: Script) -> None:
    script.has_rules()
    script.starts("NONE", "FAILED")
    script.is_at("Complete", succeeded=1, failed=2, total=3)
    result = run()
    assert result.exit_code == 1
    assert result.stderr == f"S3 gave up on 2 objects; its report is below {REPORTS}.\n"


def test_a_job_that_fails_as_a_whole_says_why(script: Script) -> None:
    script.has_rules()
    script.starts("NONE", "FAILED")
    script.is_at("Failed", reason="The role can't be assumed")
    result = run()
    assert result.exit_code == 1
    assert result.stderr == f"The job {JOB} is failed: The role can't be assumed.\n"


def test_a_bucket_without_rules_is_told_plainly(script: Script) -> None:
    script.s3.add_client_error("get_bucket_replication", "ReplicationConfigurationNotFoundError")
    result = run()
    assert result.exit_code == 1
    assert result.stderr == "orders has no replication rules, by which S3 would know where to.\n"


def test_a_refusal_says_what_allows_it(script: Script) -> None:
    script.has_rules()
    script.control.add_client_error("create_job", "AccessDenied", "Not for you")
    result = run()
    assert result.exit_code == 1
    assert result.stderr == (
        "S3 refused CreateJob: Not for you. ReplicatedBucket.grant_replicate_existing allows all that this takes.\n"
    )


def test_interrupted_it_says_that_the_job_goes_on(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    script.has_rules()
    script.starts("NONE", "FAILED")

    def interrupted(*_: object) -> Iterator[tool.Progress]:
        yield tool.Progress(status="Active")
        raise KeyboardInterrupt

    monkeypatch.setattr(tool, "follow", interrupted)
    result = run()
    assert result.exit_code == 130
    assert result.stdout.splitlines()[-1] == (
        f"The job goes on: aws s3control describe-job --account-id 111122223333 --job-id {JOB}"
    )
