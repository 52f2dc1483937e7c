"""Media uploads deployed by the real ``cdk deploy``, under an IAM that is enforced: what a browser may upload, and what
it is told of it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest

from queue_worker.job import RefusedError
from tests.local.uploads import PHOTO, Uploads, deployed

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from local_aws.embedded import EmbeddedAws

ANY_PAGE = "https://somewhere.example.org"


@pytest.fixture(scope="module")
def uploads(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Uploads]:
    with deployed(session_aws_enforcing_iam, project, tmp_path_factory.mktemp("uploads")) as running:
        yield running


def test_an_image_is_waited_for_uploaded_worked_on_and_done(uploads: Uploads) -> None:
    signed = uploads.sign(name="Käthe & cat.jpg")
    assert signed.key == f"uploads/{signed.id}/Kathe-cat.jpg"
    assert uploads.state(signed) == {"id": signed.id, "state": "waiting", "renditions": [], "reason": None}
    reply = uploads.send(signed)
    assert reply.status == 201, reply.text
    assert uploads.state(signed)["state"] == "uploaded"
    uploads.work(signed.key)
    told = uploads.state(signed)
    assert told["state"] == "done"
    assert [(each["name"], each["type"], each["width"], each["height"]) for each in told["renditions"]] == [
        ("thumbnail", "image/webp", 160, 80),
        ("small", "image/webp", 400, 200),
        ("large", "image/jpeg", 400, 200),
    ]
    for each in told["renditions"]:
        got = uploads.aws.http("GET", each["url"])
        assert (got.status, got.headers["content-type"], len(got.body)) == (200, each["type"], each["bytes"])


def test_what_is_stored_is_the_file_byte_for_byte_under_the_type_that_was_signed(uploads: Uploads) -> None:
    signed = uploads.sign()
    uploads.send(signed)
    found = uploads.aws.client("s3").get_object(Bucket=uploads.outputs["MasterBucket"], Key=signed.key)
    assert (found["Body"].read(), found["ContentType"]) == (PHOTO, "image/jpeg")


@pytest.mark.parametrize(("body", "reason"), [(b"no image", "not-an-image"), (PHOTO[:500], "corrupt-image")])
def test_what_is_no_image_is_refused_with_the_reason(uploads: Uploads, body: bytes, reason: str) -> None:
    signed = uploads.sign(body)
    assert uploads.send(signed, body).status == 201
    with pytest.raises(RefusedError, match=reason):
        uploads.work(signed.key)
    assert uploads.state(signed) == {"id": signed.id, "state": "refused", "renditions": [], "reason": reason}


@pytest.mark.parametrize(
    ("body", "changed", "code"),
    [
        (PHOTO + b"x", {}, "EntityTooLarge"),
        (PHOTO[:-1], {}, "EntityTooSmall"),
        (PHOTO, {"Content_Type": "text/html"}, "AccessDenied"),
        (PHOTO, {"key": "uploads/somebody-elses/cat.jpg"}, "AccessDenied"),
        (PHOTO, {"x_amz_meta_more": "than was signed"}, "AccessDenied"),
        (PHOTO, {"x_amz_signature": "0" * 64}, "SignatureDoesNotMatch"),
    ],
)
def test_s3_takes_nothing_but_what_was_signed(
    uploads: Uploads, body: bytes, changed: dict[str, str], code: str
) -> None:
    signed = uploads.sign()
    reply = uploads.send(signed, body, **changed)
    assert 400 <= reply.status < 500
    assert f"<Code>{code}</Code>" in reply.text
    assert not uploads.uploaded(signed)
    assert uploads.state(signed)["state"] == "waiting"


def test_what_is_signed_ends_after_minutes_and_is_one_key_one_type_and_one_size(uploads: Uploads) -> None:
    signed = uploads.sign()
    policy = json.loads(base64.b64decode(signed.fields["policy"]))
    conditions = {json.dumps(each) for each in policy["conditions"]}
    assert conditions >= {
        json.dumps(each)
        for each in (
            {"bucket": uploads.outputs["MasterBucket"]},
            {"key": signed.key},
            {"Content-Type": "image/jpeg"},
            ["content-length-range", len(PHOTO), len(PHOTO)],
        )
    }
    assert "x-amz-security-token" in signed.fields, "signed as the function's role"


@pytest.mark.parametrize(
    ("name", "kind", "size", "field"),
    [
        ("", "image/jpeg", 1, "name"),
        ("page.html", "text/html", 1, "type"),
        ("drawing.svg", "image/svg+xml", 1, "type"),
        ("cat.jpg", "image/jpeg", 100_001, "bytes"),
        ("cat.jpg", "image/jpeg", 0, "bytes"),
    ],
)
def test_the_api_signs_nothing_else(uploads: Uploads, *, name: str, kind: str, size: int, field: str) -> None:
    reply = uploads.ask(name, kind, size)
    assert reply.status == 400
    assert [problem["field"] for problem in cast("Any", reply.json())["problems"]] == [field]


def test_only_the_page_may_read_the_apis_answers(uploads: Uploads) -> None:
    signed = uploads.sign()
    url = f"{uploads.outputs['ApiUrl']}/{signed.id}"
    for origin in (uploads.page_origin, ANY_PAGE):
        reply = uploads.aws.http("GET", url, headers={"Origin": origin})
        allowed = str(urlsplit(reply.headers["access-control-allow-origin"]).hostname)
        assert allowed.startswith(_distribution(uploads))
        assert "access-control-allow-credentials" not in reply.headers
    asked = {"Origin": ANY_PAGE, "Access-Control-Request-Method": "POST"}
    preflight = uploads.aws.http("OPTIONS", uploads.outputs["ApiUrl"], headers=asked)
    assert preflight.status >= 400
    assert "access-control-allow-origin" not in preflight.headers


def _distribution(uploads: Uploads) -> str:
    """The distribution's own part of its host name, which is the same under its local name."""
    return str(urlsplit(uploads.page_origin).hostname).partition(".")[0] + ".cloudfront."


@pytest.mark.parametrize(("method", "allowed"), [("POST", True), ("PUT", False), ("GET", False), ("DELETE", False)])
def test_the_master_bucket_lets_browsers_post_forms_and_nothing_else(
    uploads: Uploads, method: str, *, allowed: bool
) -> None:
    url = uploads.sign().url
    asked = {"Origin": uploads.page_origin, "Access-Control-Request-Method": method}
    reply = uploads.aws.http("OPTIONS", url, headers=asked)
    assert (reply.status, reply.headers.get("access-control-allow-origin")) == ((200, "*") if allowed else (403, None))


def test_a_page_may_read_the_answer_to_its_post_but_not_the_transcode_bucket(uploads: Uploads) -> None:
    signed = uploads.sign()
    assert uploads.send(signed).headers["access-control-allow-origin"] == "*"
    uploads.work(signed.key)
    (url, *_) = (each["url"] for each in uploads.state(signed)["renditions"])
    reply = uploads.aws.http("GET", url, headers={"Origin": uploads.page_origin})
    assert reply.status == 200
    assert "access-control-allow-origin" not in reply.headers


def test_nobody_gets_at_the_buckets_without_a_signature(uploads: Uploads) -> None:
    signed = uploads.sign()
    uploads.send(signed)
    uploads.work(signed.key)
    (url, *_) = (each["url"] for each in uploads.state(signed)["renditions"])
    assert uploads.aws.http("GET", url.partition("?")[0]).status == 403
    assert uploads.aws.http("GET", f"{signed.url}/{signed.key}").status == 403


@pytest.mark.parametrize("id", ["0" * 31, "A" * 32, "..%2F..%2F", "x"])
def test_what_cannot_be_an_id_is_not_found(uploads: Uploads, id: str) -> None:
    assert uploads.aws.http("GET", f"{uploads.outputs['ApiUrl']}/{id}").status == 404


def test_a_state_that_cannot_be_read_asks_to_try_again(uploads: Uploads) -> None:
    signed = uploads.sign()
    with _without(uploads, "s3:ListBucket"):
        reply = uploads.aws.http("GET", f"{uploads.outputs['ApiUrl']}/{signed.id}")
    assert reply.status == 503
    assert uploads.state(signed)["state"] == "waiting"


def test_the_functions_role_may_do_nothing_else(uploads: Uploads) -> None:
    found = {
        (action, json.dumps(statement.get("Condition")))
        for _, document in _policies(uploads)
        for statement in document["Statement"]
        for action in _actions(statement)
        if action.startswith("s3:")
    }
    only_uploads = json.dumps({"StringLike": {"s3:prefix": "uploads/*"}})
    assert found == {("s3:PutObject", "null"), ("s3:GetObject", "null"), ("s3:ListBucket", only_uploads)}


@contextmanager
def _without(uploads: Uploads, action: str) -> Iterator[None]:
    """The function's role has lost an action for a while."""
    iam, role = uploads.aws.client("iam"), uploads.outputs["FunctionRole"]
    ((name, whole),) = _policies(uploads)
    left = [statement for statement in whole["Statement"] if action not in _actions(statement)]
    assert left != whole["Statement"]
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**whole, "Statement": left}))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(whole))


def _policies(uploads: Uploads) -> list[tuple[str, dict[str, Any]]]:
    iam: IAMClient = uploads.aws.client("iam")
    role = uploads.outputs["FunctionRole"]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return [
        (name, cast("dict[str, Any]", iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]))
        for name in names
    ]


def _actions(statement: Mapping[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)
