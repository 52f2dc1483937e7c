"""Batch Replication: jobs of S3 that copy what rules would copy, had it been written now. Current versions only.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-batch.html
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import cast
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from local_aws.launcher import hooks
from local_aws.launcher.buckets import permissions, replication
from local_aws.launcher.hooks import Record

_PATH = "/v20180820/jobs"
_NAMESPACE = "http://awss3control.amazonaws.com/doc/2018-08-20/"
_Reply = tuple[int, dict[str, str], bytes]
_Serve = Callable[..., Awaitable[_Reply | None]]

_jobs: dict[tuple[str, str], dict[str, object]] = {}


def install() -> None:
    """Answer CreateJob and DescribeJob, which the emulator lacks."""
    original = cast("_Serve", hooks.SERVE_S3_CONTROL.get())

    async def serve(path: str, method: str, body: bytes, *rest: object) -> _Reply | None:
        if method == "POST" and path == _PATH:
            return _create(body)
        if method == "GET" and path.startswith(f"{_PATH}/"):
            return _describe(path.removeprefix(f"{_PATH}/"))
        return await original(path, method, body, *rest)

    hooks.SERVE_S3_CONTROL.replace(serve)


def _create(body: bytes) -> _Reply:
    request = ET.fromstring(body)  # noqa: S314 # of this machine's own clients
    if _find(request, "S3ReplicateObject") is None:
        return _refuse("NotImplemented", "Here jobs replicate objects, and do nothing else.")
    bucket = _text(request, "SourceBucket").rpartition(":")[2]
    found = hooks.store(hooks.BUCKETS).get(bucket)
    if found is None:
        return _refuse("InvalidRequest", "The source bucket does not exist.")
    if hooks.store(hooks.REPLICATIONS).get(bucket) is None:
        return _refuse("InvalidRequest", "The source bucket has no replication configuration.")
    wanted = {
        str(one.text) for one in request.iter() if one.tag.rpartition("}")[2] == "member" and one.text is not None
    } or {"NONE", "FAILED"}
    role = _text(request, "RoleArn")
    succeeded = failed = 0
    for key, obj in list(found["objects"].items()):
        tags = cast("Mapping[object, Mapping[str, str]]", hooks.OBJECT_TAGS.get())
        of_object = tags.get((bucket, key, obj.get("version_id"))) or {}
        if (obj.get("replication_status") or "NONE") not in wanted:
            continue
        if not replication.is_eligible(bucket, key, of_object, obj):
            continue
        allowed = permissions.may(role, "s3:InitiateReplication", f"arn:aws:s3:::{bucket}/{key}")
        if allowed and _copied(bucket, key, obj, of_object):
            succeeded += 1
        else:
            failed += 1
    job = str(uuid.uuid4())
    _jobs[hooks.account(), job] = {"succeeded": succeeded, "failed": failed}
    return _answer("CreateJobResult", f"<JobId>{job}</JobId>")


def _copied(bucket: str, key: str, obj: Record, tags: Mapping[str, str]) -> bool:
    read = cast("Callable[[str, str, Record], object]", hooks.READ_OBJECT.get())
    replicate = cast("Callable[..., None]", hooks.REPLICATE.get())
    replicate(bucket, key, obj, read(bucket, key, obj), tags)
    versions = cast("Mapping[tuple[str, str], list[Record]]", hooks.OBJECT_VERSIONS.get()).get((bucket, key), [])
    for version in versions:
        if version["version_id"] == obj.get("version_id"):
            version["replication_status"] = obj.get("replication_status")
    return obj.get("replication_status") == "COMPLETED"


def _describe(job: str) -> _Reply:
    found = _jobs.get((hooks.account(), job))
    if found is None:
        return _refuse("NoSuchJob", "The specified job does not exist.", HTTPStatus.NOT_FOUND)
    succeeded, failed = int(str(found["succeeded"])), int(str(found["failed"]))
    summary = (
        f"<TotalNumberOfTasks>{succeeded + failed}</TotalNumberOfTasks>"
        f"<NumberOfTasksSucceeded>{succeeded}</NumberOfTasksSucceeded>"
        f"<NumberOfTasksFailed>{failed}</NumberOfTasksFailed>"
    )
    return _answer(
        "DescribeJobResult",
        f"<Job><JobId>{job}</JobId><Status>Complete</Status><ProgressSummary>{summary}</ProgressSummary></Job>",
    )


def _find(request: ET.Element, name: str) -> ET.Element | None:
    return next((one for one in request.iter() if one.tag.rpartition("}")[2] == name), None)


def _text(request: ET.Element, name: str) -> str:
    found = _find(request, name)
    return str(found.text or "") if found is not None else ""


def _answer(name: str, content: str) -> _Reply:
    body = f'<{name} xmlns="{_NAMESPACE}">{content}</{name}>'.encode()
    return HTTPStatus.OK, {"Content-Type": "application/xml"}, body


def _refuse(code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> _Reply:
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return status, {"Content-Type": "application/xml"}, f"<ErrorResponse>{error}</ErrorResponse>".encode()
