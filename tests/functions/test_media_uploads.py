"""What may be uploaded, how an upload is doing, and what of it the API says."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from http_api.gateway import AwsError
from http_api.handler import Reply
from http_api.logic import Problem, RefusedError
from media_uploads import gateway as media_uploads_gateway
from media_uploads import handler
from media_uploads.gateway import Gateway
from media_uploads.handler import Api
from media_uploads.logic import (
    TYPES,
    ManifestError,
    Progress,
    Rendition,
    Stored,
    Upload,
    is_id,
    manifest_of,
    progress,
    read_request,
    safe_name,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_s3 import S3Client

MAXIMUM = 50_000_000
ID = "0123456789abcdef" * 2
KEY = f"uploads/{ID}/cat.jpg"
PAGE = "https://d1.cloudfront.net"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LISTED = {
    "name": "small",
    "key": f"{KEY}/small.webp",
    "content_type": "image/webp",
    "width": 64,
    "height": 48,
    "bytes": 999,
}
SMALL = Rendition(**LISTED)  # type: ignore[arg-type]  # as a manifest lists it


def body(**changes: object) -> str:
    return json.dumps({"name": "cat.jpg", "type": "image/jpeg", "bytes": 1_000, **changes})


def problems_of(text: str | None) -> list[Problem]:
    with pytest.raises(RefusedError) as raised:
        read_request(text, maximum_bytes=MAXIMUM)
    return list(raised.value.problems)


def stored(key: str, *, seconds: int = 0) -> Stored:
    return Stored(key=key, modified=NOON + timedelta(seconds=seconds))


MANIFEST = stored(f"{KEY}/renditions.json", seconds=60)


class TestRequest:
    @pytest.mark.parametrize("kind", TYPES)
    def test_of_each_kind_of_image_is_taken(self, kind: str) -> None:
        assert read_request(body(type=kind), maximum_bytes=MAXIMUM) == Upload(name="cat.jpg", type=kind, bytes=1_000)

    @pytest.mark.parametrize("size", [1, MAXIMUM])
    def test_of_every_size_up_to_the_maximum_is_taken(self, size: int) -> None:
        assert read_request(body(bytes=size), maximum_bytes=MAXIMUM).bytes == size

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"name": None}, Problem(field="name", reason="must be the file's name, got nothing")),
            ({"name": " "}, Problem(field="name", reason='must be the file\'s name, got " "')),
            ({"name": ["x"]}, Problem(field="name", reason="must be the file's name, got a list")),
            ({"type": {}}, Problem(field="type", reason=f"must be one of {', '.join(TYPES)}, got an object")),
            (
                {"type": "image/svg+xml"},
                Problem(field="type", reason=f'must be one of {", ".join(TYPES)}, got "image/svg+xml"'),
            ),
            (
                {"type": "x" * 99},
                Problem(field="type", reason=f'must be one of {", ".join(TYPES)}, got "{"x" * 36}...'),
            ),
            *(
                (
                    {"bytes": size},
                    Problem(
                        field="bytes",
                        reason=f"must be the file's size, a whole number from 1 to {MAXIMUM}, got {json.dumps(size)}",
                    ),
                )
                for size in (0, -1, MAXIMUM + 1, 1.5, "1", True)
            ),
        ],
    )
    def test_that_does_not_fit_is_refused_with_the_field_and_what_it_may_be(
        self, changes: dict[str, object], problem: Problem
    ) -> None:
        assert problems_of(body(**changes)) == [problem]

    def test_is_refused_with_all_that_is_wrong_at_once(self) -> None:
        assert [problem.field for problem in problems_of("{}")] == ["name", "type", "bytes"]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (None, "is missing: send a JSON object with name, type and bytes"),
            ("", "is missing: send a JSON object with name, type and bytes"),
            ("{", "is not valid JSON"),
            ("[" * 4_000, "is not valid JSON"),
            ("[]", "must be a JSON object with name, type and bytes"),
            (f'"{"x" * 4_095}"', "must have at most 4096 characters, has 4097: the file itself is not sent here"),
        ],
    )
    def test_that_is_no_form_is_refused(self, text: str | None, reason: str) -> None:
        assert problems_of(text) == [Problem(field="body", reason=reason)]

    @given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
    def test_of_any_kind_is_taken_or_refused(self, text: str) -> None:
        with suppress(RefusedError):
            read_request(text, maximum_bytes=MAXIMUM)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "safe"),
        [
            ("cat.jpg", "cat.jpg"),
            ("C:\\pictures\\My Cat (1).JPG", "My-Cat-1-.JPG"),
            ("../../etc/passwd", "passwd"),
            ("Käthe & Zoë.png", "Kathe-Zoe.png"),
            ("猫.jpg", "jpg"),
            ("..", "image"),
            ("a" * 100 + ".jpeg", "a" * 75 + ".jpeg"),
            ("${filename}", "filename"),
        ],
    )
    def test_become_parts_of_keys(self, name: str, safe: str) -> None:
        assert safe_name(name) == safe

    @given(st.text())
    def test_of_any_kind_are_safe(self, name: str) -> None:
        safe = safe_name(name)
        assert 1 <= len(safe) <= 80
        assert set(safe) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert not safe.startswith((".", "-"))


class TestIds:
    @pytest.mark.parametrize("text", ["", "x", ID[:-1], ID + "0", ID.upper(), ID[:-1] + "\n", "../" + ID[3:]])
    def test_are_32_small_hexadecimal_digits(self, text: str) -> None:
        assert is_id(ID)
        assert not is_id(text)


class TestProgress:
    ORIGINAL = stored(KEY)

    def test_waits_for_the_upload(self) -> None:
        assert progress([], None, b"") == Progress(state="waiting")

    def test_knows_that_it_is_uploaded(self) -> None:
        assert progress([self.ORIGINAL], None, b"") == Progress(state="uploaded")

    @pytest.mark.parametrize("originals", [[ORIGINAL], []])
    def test_is_done_with_a_manifest_even_when_the_original_has_gone(self, originals: list[Stored]) -> None:
        content = json.dumps({"source": {}, "renditions": [LISTED]}).encode()
        assert progress(originals, MANIFEST, content) == Progress(state="done", renditions=(SMALL,))

    def test_is_refused_with_the_reason_in_the_manifest(self) -> None:
        content = b'{"refused": "not-an-image"}'
        assert progress([self.ORIGINAL], MANIFEST, content) == Progress(state="refused", reason="not-an-image")

    def test_of_an_image_that_was_replaced_is_not_that_of_the_one_before(self) -> None:
        content = b'{"refused": "not-an-image"}'
        assert progress([stored(KEY, seconds=61)], MANIFEST, content) == Progress(state="uploaded")
        assert progress([stored(KEY, seconds=60)], MANIFEST, content).state == "refused"

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{}",
            b"7",
            b"null",
            b"\xff",
            b"[" * 100_000,
            b'{"renditions": 7}',
            b'{"renditions": [7]}',
            b'{"renditions": [{"name": "small"}]}',
            json.dumps({"renditions": [{**LISTED, "width": "wide"}]}).encode(),
            json.dumps({"renditions": [{**LISTED, "key": "uploads/somebody-elses/small.webp"}]}).encode(),
        ],
    )
    def test_cannot_be_told_from_what_no_worker_wrote(self, content: bytes) -> None:
        with pytest.raises(ManifestError):
            progress([self.ORIGINAL], MANIFEST, content)

    def test_finds_the_manifest_among_the_renditions(self) -> None:
        assert manifest_of([stored(f"{KEY}/large.jpeg"), MANIFEST, stored(f"{KEY}/small.webp")]) == MANIFEST
        assert manifest_of([stored(f"{KEY}/large.jpeg"), stored(f"{KEY}/x-renditions.json")]) is None


@dataclass
class FakeGateway:
    """The two buckets of a test."""

    originals: list[Stored] = field(default_factory=list)
    results: dict[str, tuple[Stored, bytes]] = field(default_factory=dict)
    trouble: Exception | None = None
    signed: list[tuple[str, Upload]] = field(default_factory=list)

    def form(self, key: str, upload: Upload) -> Mapping[str, object]:
        self._fail()
        self.signed.append((key, upload))
        return {"url": "https://master.example", "fields": {"key": key}, "expiresIn": 900}

    def uploaded(self, folder: str) -> list[Stored]:
        self._fail()
        return [each for each in self.originals if each.key.startswith(folder)]

    def made(self, folder: str) -> list[Stored]:
        return [about for key, (about, _) in self.results.items() if key.startswith(folder)]

    def read(self, key: str) -> bytes:
        return self.results[key][1]

    def link(self, rendition: Rendition) -> str:
        return f"https://transcode.example/{rendition.key}?signed"

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Everything that the function's logger writes."""
    written = io.StringIO()
    handlers = [each for each in handler.logger.handlers if isinstance(each, logging.StreamHandler)]
    assert handlers
    streams = [each.setStream(written) for each in handlers]
    yield written
    for each, stream in zip(handlers, streams, strict=True):
        if stream is not None:
            each.setStream(stream)


@pytest.fixture
def buckets() -> FakeGateway:
    return FakeGateway()


@dataclass
class Client:
    """Sends what an HTTP API would hand to the function."""

    api: Api

    def __call__(self, route: str, *, body: str | None = None, id: str | None = None, base64: bool = False) -> Reply:
        event: dict[str, object] = {"version": "2.0", "routeKey": route, "isBase64Encoded": base64}
        if body is not None:
            event["body"] = body
        if id is not None:
            event["pathParameters"] = {"id": id}
        return self.api.answer(APIGatewayProxyEventV2(event))

    def post(self, text: str | None, *, base64: bool = False) -> tuple[int, dict[str, Any]]:
        return _read(self("POST /uploads", body=text, base64=base64))

    def get(self, id: str) -> tuple[int, dict[str, Any]]:
        return _read(self("GET /uploads/{id}", id=id))


def _read(reply: Reply) -> tuple[int, dict[str, Any]]:
    return reply["statusCode"], json.loads(reply["body"])


@pytest.fixture
def client(buckets: FakeGateway) -> Client:
    api = Api(cast("Gateway", buckets), prefix="uploads/", maximum_bytes=MAXIMUM, page_origin=PAGE, new_id=lambda: ID)
    return Client(api)


class TestApi:
    def test_signs_an_upload_under_an_id_of_its_own(self, client: Client, buckets: FakeGateway) -> None:
        status, answer = client.post(body(name="../Käthe.jpg", key="mine", id="mine"))
        form = {"url": "https://master.example", "fields": {"key": f"uploads/{ID}/Kathe.jpg"}, "expiresIn": 900}
        assert (status, answer) == (201, {"id": ID, "form": form})
        assert buckets.signed == [(f"uploads/{ID}/Kathe.jpg", Upload(name="Kathe.jpg", type="image/jpeg", bytes=1_000))]

    def test_reads_a_body_that_the_gateway_took_for_binary(self, client: Client) -> None:
        assert client.post(base64.b64encode(body().encode()).decode(), base64=True)[0] == 201
        assert client.post(base64.b64encode(b"\xff").decode(), base64=True)[0] == 400

    def test_refuses_with_every_problem(self, client: Client, buckets: FakeGateway) -> None:
        status, answer = client.post(body(type="text/html", bytes=0))
        assert status == 400
        assert [problem["field"] for problem in answer["problems"]] == ["type", "bytes"]
        assert buckets.signed == []
        assert client.post(None)[0] == 400

    def test_tells_how_an_upload_is_doing(self, client: Client, buckets: FakeGateway) -> None:
        assert client.get(ID) == (200, {"id": ID, "state": "waiting", "renditions": [], "reason": None})
        buckets.originals = [stored(KEY), stored(f"uploads/{'0' * 32}/dog.jpg")]
        assert client.get(ID)[1]["state"] == "uploaded"
        content = json.dumps({"renditions": [LISTED]}).encode()
        buckets.results[MANIFEST.key] = (MANIFEST, content)
        small = {
            "name": "small",
            "url": f"https://transcode.example/{KEY}/small.webp?signed",
            "type": "image/webp",
            "width": 64,
            "height": 48,
            "bytes": 999,
        }
        assert client.get(ID)[1] == {"id": ID, "state": "done", "renditions": [small], "reason": None}
        buckets.results[MANIFEST.key] = (MANIFEST, b'{"refused": "corrupt-image"}')
        assert client.get(ID)[1] == {"id": ID, "state": "refused", "renditions": [], "reason": "corrupt-image"}

    @pytest.mark.parametrize("id", ["", "x", "../" + ID])
    def test_looks_for_nothing_that_cannot_be_an_upload(self, client: Client, buckets: FakeGateway, id: str) -> None:
        buckets.trouble = AssertionError("asked")
        assert client.get(id) == (404, {"error": "There is no upload with this id"})
        assert _read(client("GET /uploads/{id}"))[0] == 404

    def test_knows_no_other_resource(self, client: Client) -> None:
        assert _read(client("DELETE /uploads/{id}")) == (
            404,
            {"error": "No such resource: use POST /uploads or GET /uploads/{id}"},
        )

    def test_asks_to_try_again_when_aws_is_busy(self, client: Client, buckets: FakeGateway) -> None:
        buckets.trouble = AwsError("ListObjectsV2", "SlowDown")
        assert client.get(ID) == (
            503,
            {"error": "The service is busy at the moment: please try again in a few seconds"},
        )

    @pytest.mark.parametrize("trouble", [ValueError("cat.jpg"), ManifestError()])
    def test_lets_no_failure_out_and_logs_nothing_of_it(
        self, client: Client, buckets: FakeGateway, trouble: Exception, logs: io.StringIO
    ) -> None:
        buckets.trouble = trouble
        assert client.post(body()) == (500, {"error": "Something went wrong on our side"})
        (line,) = map(json.loads, logs.getvalue().splitlines())
        assert (line["level"], line["type"]) == ("ERROR", type(trouble).__name__)
        assert "test_media_uploads.py:" in line["where"]
        assert "cat.jpg" not in logs.getvalue()

    def test_logs_what_was_decided_and_no_name_of_a_file(
        self, client: Client, buckets: FakeGateway, logs: io.StringIO
    ) -> None:
        client.post(body(name="ann-at-the-beach.jpg"))
        client.post(body(name="ann-at-the-beach.jpg", bytes=0))
        buckets.trouble = AwsError("ListObjectsV2", "SlowDown")
        client.get(ID)
        signed, refused, busy = map(json.loads, logs.getvalue().splitlines())
        assert (signed["message"], signed["upload"], signed["bytes"]) == ("upload signed", ID, 1_000)
        assert (refused["message"], refused["fields"]) == ("request refused", ["bytes"])
        assert (busy["level"], busy["operation"], busy["code"]) == ("WARNING", "ListObjectsV2", "SlowDown")
        assert "ann" not in logs.getvalue()

    def test_is_what_lambda_calls(
        self, monkeypatch: pytest.MonkeyPatch, context: LambdaContext, logs: io.StringIO
    ) -> None:
        for name, value in {**CREDENTIALS, **ENVIRONMENT}.items():
            monkeypatch.setenv(name, value)
        handler._api.cache_clear()
        event: dict[str, object] = {
            "routeKey": "POST /uploads",
            "requestContext": {"requestId": "gateway-request"},
            "body": body(),
        }
        assert handler.handle(event, context)["statusCode"] == 201
        assert json.loads(logs.getvalue())["correlation_id"] == "gateway-request"
        handler._api.cache_clear()

    def test_lets_only_the_page_read_its_answers_and_nobody_keep_them(self, client: Client) -> None:
        for reply in (client("POST /uploads", body=body()), client("POST /uploads"), client("GET /")):
            assert reply["headers"] == {
                "Content-Type": "application/json",
                "Access-Control-Allow-Origin": PAGE,
                "Vary": "Origin",
                "Cache-Control": "no-store",
            }

    def test_is_made_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in CREDENTIALS.items():
            monkeypatch.setenv(name, value)
        ids = {
            _read(Client(Api.from_environment(ENVIRONMENT))("POST /uploads", body=body()))[1]["id"] for _ in range(3)
        }
        assert len(ids) == 3
        assert all(is_id(id) for id in ids)


CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_DEFAULT_REGION": "us-east-1",
}
ENVIRONMENT = {
    "MASTER_BUCKET": "master",
    "TRANSCODE_BUCKET": "transcode",
    "PREFIX": "uploads/",
    "MAXIMUM_BYTES": str(MAXIMUM),
    "FORM_SECONDS": "900",
    "LINK_SECONDS": "600",
    "PAGE_ORIGIN": PAGE,
}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    client = boto3.session.Session().client("s3", config=media_uploads_gateway._CONFIG)
    yield client
    client.close()


@pytest.fixture
def gateway(s3: S3Client) -> Gateway:
    return Gateway(s3, master="master", transcode="transcode", form_seconds=900, link_seconds=600)


class TestGateway:
    def test_signs_one_key_one_type_and_one_size_for_minutes(self, gateway: Gateway) -> None:
        before = datetime.now(UTC)
        form = cast("dict[str, Any]", gateway.form(KEY, Upload(name="cat.jpg", type="image/jpeg", bytes=1_000)))
        assert form["url"] == "https://master.s3.us-east-1.amazonaws.com/", "as the page's policy names it"
        assert form["expiresIn"] == 900
        assert (
            form["fields"].items() >= {"key": KEY, "Content-Type": "image/jpeg", "success_action_status": "201"}.items()
        )
        policy = json.loads(base64.b64decode(form["fields"]["policy"]))
        ends = datetime.fromisoformat(policy["expiration"])
        assert timedelta(seconds=895) < ends - before < timedelta(seconds=905)
        for condition in (
            {"bucket": "master"},
            {"key": KEY},
            {"Content-Type": "image/jpeg"},
            {"success_action_status": "201"},
            ["content-length-range", 1_000, 1_000],
        ):
            assert condition in policy["conditions"]
        assert not [each for each in policy["conditions"] if isinstance(each, list) and each[0] == "starts-with"]

    def test_links_to_the_regions_own_host_for_minutes(self, gateway: Gateway) -> None:
        link = gateway.link(SMALL)
        assert link.startswith(f"https://transcode.s3.us-east-1.amazonaws.com/{SMALL.key}?")
        assert "X-Amz-Expires=600" in link
        assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link

    def test_lists_each_bucket_by_itself(self, gateway: Gateway, s3: S3Client) -> None:
        with Stubber(s3) as stub:
            stub.add_response(
                "list_objects_v2",
                {"Contents": [{"Key": KEY, "LastModified": NOON}]},
                {"Bucket": "master", "Prefix": f"uploads/{ID}/"},
            )
            stub.add_response("list_objects_v2", {}, {"Bucket": "transcode", "Prefix": f"uploads/{ID}/"})
            assert gateway.uploaded(f"uploads/{ID}/") == [Stored(key=KEY, modified=NOON)]
            assert gateway.made(f"uploads/{ID}/") == []

    def test_says_which_call_failed_and_nothing_of_what_it_was_for(self, gateway: Gateway, s3: S3Client) -> None:
        with Stubber(s3) as stub:
            stub.add_client_error("list_objects_v2", "AccessDenied", f"no list of {KEY}")
            with pytest.raises(AwsError, match=r"^ListObjectsV2: AccessDenied$"):
                gateway.made(f"uploads/{ID}/")
            stub.add_client_error("get_object", "NoSuchKey", KEY)
            with pytest.raises(AwsError, match=r"^GetObject: NoSuchKey$"):
                gateway.read(MANIFEST.key)

    def test_counts_a_lost_connection_as_trouble(self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        def lose(**_: object) -> None:
            raise EndpointConnectionError(endpoint_url="https://example.org")

        monkeypatch.setattr(gateway._s3, "get_object", lose)
        with pytest.raises(AwsError, match=r"^GetObject: EndpointConnectionError$"):
            gateway.read(MANIFEST.key)
