"""Media uploads deployed by the real ``cdk deploy``, under an IAM that is enforced: what a browser may upload, and what
it is told of it.

The job of the workers runs in this process, with the permissions of a role as workers have it.
"""

from __future__ import annotations

import base64
import json
import secrets
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest

from local_aws.embedded import EmbeddedAws, Response
from media_renditions.gateway import Buckets
from media_renditions.logic import transcode
from media_renditions.recipe import Recipe
from queue_worker.job import Message, RefusedError
from tests import images
from tests.local.roles import assumed

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

APP = """
import sys

sys.path[:0] = [LIBRARY, PROJECT]
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_patterns.serverless.media_uploads import MediaUploads

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Uploads")
gone = {"removal_policy": cdk.RemovalPolicy.DESTROY}
master, transcode = (
    s3.Bucket(stack, name, enforce_ssl=True, auto_delete_objects=True, **gone) for name in ("Master", "Transcode")
)
uploads = MediaUploads(stack, "Uploads", master=master, transcode=transcode, maximum_bytes=100_000, **gone)
worker = iam.Role(stack, "Worker", assumed_by=iam.AccountRootPrincipal())
for bucket, actions in ((master, ["s3:GetObject"]), (transcode, ["s3:GetObject", "s3:PutObject"])):
    objects = iam.PolicyStatement(actions=actions, resources=[bucket.arn_for_objects("*")])
    worker.add_to_policy(objects)
    worker.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]))
cdk.CfnOutput(stack, "SiteUrl", value=uploads.site.url)
cdk.CfnOutput(stack, "ApiUrl", value=uploads.api_url)
cdk.CfnOutput(stack, "FunctionRole", value=uploads.function.role.role_name)
cdk.CfnOutput(stack, "WorkerRole", value=worker.role_arn)
cdk.CfnOutput(stack, "MasterBucket", value=master.bucket_name)
cdk.CfnOutput(stack, "TranscodeBucket", value=transcode.bucket_name)
app.synth()
"""

PHOTO = images.encoded(images.picture(400, 200), "JPEG")
ANY_PAGE = "https://somewhere.example.org"
FILE = "file"


def form_data(fields: Mapping[str, str], body: bytes, name: str, kind: str) -> tuple[bytes, str]:
    """What a browser sends for a form with a file in it, and its content type."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    about = f'Content-Disposition: form-data; name="{FILE}"; filename="{name}"\r\nContent-Type: {kind}'
    parts.append(f"--{boundary}\r\n{about}\r\n\r\n".encode())
    parts += [body, f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


@dataclass(frozen=True, slots=True)
class Signed:
    """An upload that the API has signed."""

    id: str
    url: str
    fields: Mapping[str, str]

    @property
    def key(self) -> str:
        return self.fields["key"]


@dataclass(frozen=True, slots=True)
class Uploads:
    """The deployed API, as a page uses it, and a worker."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    def ask(self, name: str, kind: str, size: int) -> Response:
        body = json.dumps({"name": name, "type": kind, "bytes": size})
        headers = {"Content-Type": "text/plain;charset=UTF-8", "Origin": self.page_origin}
        return self.aws.http("POST", self.outputs["ApiUrl"], body=body, headers=headers)

    def sign(self, body: bytes = PHOTO, *, name: str = "cat.jpg", kind: str = "image/jpeg") -> Signed:
        reply = self.ask(name, kind, len(body))
        assert reply.status == 201, reply.text
        told = cast("Any", reply.json())
        return Signed(told["id"], told["form"]["url"], told["form"]["fields"])

    def send(self, signed: Signed, body: bytes = PHOTO, *, origin: str | None = None, **changed: str) -> Response:
        fields = {**signed.fields, **{name.replace("_", "-"): value for name, value in changed.items()}}
        content, content_type = form_data(fields, body, "cat.jpg", "image/jpeg")
        headers = {"Content-Type": content_type, "Origin": origin or self.page_origin}
        return self.aws.http("POST", signed.url, body=content, headers=headers)

    def state(self, signed: Signed) -> dict[str, Any]:
        reply = self.aws.http("GET", f"{self.outputs['ApiUrl']}/{signed.id}", headers={"Origin": self.page_origin})
        assert reply.status == 200, reply.text
        return dict(reply.json())

    def work(self, signed: Signed) -> None:
        """What a worker does when it hears of the upload."""
        s3 = assumed(self.aws, self.outputs["WorkerRole"]).client("s3", endpoint_url=self.aws.endpoint_url)
        store = Buckets(s3, master=self.outputs["MasterBucket"], transcode=self.outputs["TranscodeBucket"])
        transcode(Message(id="1", body=json.dumps({"bucket": store.master, "key": signed.key})), store, Recipe.of({}))
        s3.close()

    def uploaded(self, signed: Signed) -> bool:
        listed = self.aws.client("s3").list_objects_v2(Bucket=self.outputs["MasterBucket"], Prefix=signed.key)
        return listed["KeyCount"] > 0

    @property
    def page_origin(self) -> str:
        return self.outputs["SiteUrl"].rstrip("/")


@pytest.fixture(scope="module")
def uploads(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Uploads]:
    folder = tmp_path_factory.mktemp("uploads")
    text = APP.replace("LIBRARY", repr(str(project / "constructs"))).replace("PROJECT", repr(str(project)))
    (folder / "app.py").write_text(text)
    app = shlex.join([sys.executable, "app.py"])
    outputs = session_aws_enforcing_iam.deploy("Uploads", app=app, folder=folder)
    yield Uploads(session_aws_enforcing_iam, outputs)
    session_aws_enforcing_iam.destroy("Uploads", app=app, folder=folder)


def test_an_image_is_waited_for_uploaded_worked_on_and_done(uploads: Uploads) -> None:
    signed = uploads.sign(name="Käthe & cat.jpg")
    assert signed.key == f"uploads/{signed.id}/Kathe-cat.jpg"
    assert uploads.state(signed) == {"id": signed.id, "state": "waiting", "renditions": [], "reason": None}
    reply = uploads.send(signed)
    assert reply.status == 201, reply.text
    assert uploads.state(signed)["state"] == "uploaded"
    uploads.work(signed)
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
        uploads.work(signed)
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
    uploads.work(signed)
    (url, *_) = (each["url"] for each in uploads.state(signed)["renditions"])
    reply = uploads.aws.http("GET", url, headers={"Origin": uploads.page_origin})
    assert reply.status == 200
    assert "access-control-allow-origin" not in reply.headers


def test_nobody_gets_at_the_buckets_without_a_signature(uploads: Uploads) -> None:
    signed = uploads.sign()
    uploads.send(signed)
    uploads.work(signed)
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
