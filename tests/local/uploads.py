"""Media uploads as an app of their own, used the way their page uses them, and the job of their workers.

The job runs in the test's own process, with the permissions of a role as workers have it.
"""

from __future__ import annotations

import json
import secrets
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from local_aws.embedded import EmbeddedAws, Response
from media_renditions.gateway import Buckets
from media_renditions.logic import transcode
from media_renditions.recipe import Recipe
from queue_worker.job import Message
from tests import images
from tests.local.roles import assumed

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

    def work(self, key: str) -> None:
        """What a worker does when it hears of an upload."""
        s3 = assumed(self.aws, self.outputs["WorkerRole"]).client("s3", endpoint_url=self.aws.endpoint_url)
        store = Buckets(s3, master=self.outputs["MasterBucket"], transcode=self.outputs["TranscodeBucket"])
        transcode(Message(id="1", body=json.dumps({"bucket": store.master, "key": key})), store, Recipe.of({}))
        s3.close()

    def uploaded(self, signed: Signed) -> bool:
        listed = self.aws.client("s3").list_objects_v2(Bucket=self.outputs["MasterBucket"], Prefix=signed.key)
        return listed["KeyCount"] > 0

    @property
    def page_origin(self) -> str:
        return self.outputs["SiteUrl"].rstrip("/")


@contextmanager
def deployed(aws: EmbeddedAws, project: Path, folder: Path) -> Iterator[Uploads]:
    """The app, for as long as the block lasts."""
    text = APP.replace("LIBRARY", repr(str(project / "constructs"))).replace("PROJECT", repr(str(project)))
    (folder / "app.py").write_text(text)
    app = shlex.join([sys.executable, "app.py"])
    yield Uploads(aws, aws.deploy("Uploads", app=app, folder=folder))
    aws.destroy("Uploads", app=app, folder=folder)
