"""Orders are taken, found and refused, and health says what it depends on."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from http_api.logic import RefusedError
from regional_orders import handler
from regional_orders.gateway import Gateway
from regional_orders.handler import Api
from regional_orders.logic import Order, from_page, read_order, to_page

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

REGION, NOW = "eu-west-3", "2026-01-01T12:00:00.000+00:00"
PLACE = {"region": REGION, "role": "recovery"}
ORDER = Order(id="a-1", product="tea", quantity=2, written_in="eu-west-1", written_at=NOW)
TOLD = {"id": "a-1", "product": "tea", "quantity": 2, "writtenIn": "eu-west-1", "writtenAt": NOW}
BUSY = {"error": "The service is busy at the moment: please try again in a few seconds", **PLACE}
HEALTH_KEY = {"TableName": "orders", "Key": {"id": {"S": "health"}}, "ConsistentRead": True}
HEALTH_LIST = {"Bucket": "documents", "Prefix": "orders/", "MaxKeys": 1}


def item(order: Order) -> dict[str, dict[str, str]]:
    return {
        "id": {"S": order.id},
        "product": {"S": order.product},
        "quantity": {"N": str(order.quantity)},
        "writtenIn": {"S": order.written_in},
        "writtenAt": {"S": order.written_at},
    }


@dataclass
class Service:
    """The API in front of a table and a bucket that expect certain calls, in order, and no others."""

    api: Api
    table: Stubber
    bucket: Stubber
    context: LambdaContext

    def ask(
        self, method: str, path: str, body: object = None, *, next: str | None = None, is_base64: bool = False
    ) -> tuple[int, dict[str, Any]]:
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        if is_base64 and text is not None:
            text = base64.b64encode(text.encode()).decode()
        return self.send(method, path, text, next=next, is_base64=is_base64)

    def send(
        self, method: str, path: str, text: str | None, *, next: str | None = None, is_base64: bool = False
    ) -> tuple[int, dict[str, Any]]:
        event: dict[str, object] = {
            "version": "2.0",
            "routeKey": "ANY",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {},
            "queryStringParameters": {"next": next} if next else None,
            "requestContext": {"requestId": "r", "stage": "$default", "http": {"method": method, "path": path}},
            "body": text,
            "isBase64Encoded": is_base64,
        }
        reply: Mapping[str, Any] = self.api.answer(event, self.context)
        assert reply["headers"]["Cache-Control"] == "no-store"
        return reply["statusCode"], json.loads(reply["body"])

    def keeps(self, order: Order) -> None:
        document = {
            "Bucket": "documents",
            "Key": f"orders/{order.id}.txt",
            "Body": order.document.encode(),
            "ContentType": "text/plain",
        }
        self.bucket.add_response("put_object", {}, document)
        self.table.add_response("put_item", {}, {"TableName": "orders", "Item": item(order)})

    def has(self, order: Order | None) -> None:
        found = {"Item": item(order)} if order else {}
        wanted = {"TableName": "orders", "Key": {"id": {"S": "a-1"}}, "ConsistentRead": True}
        self.table.add_response("get_item", found, wanted)

    def has_document(self, text: str) -> None:
        body = StreamingBody(io.BytesIO(text.encode()), len(text.encode()))
        self.bucket.add_response("get_object", {"Body": body}, {"Bucket": "documents", "Key": "orders/a-1.txt"})


@pytest.fixture
def service(context: LambdaContext) -> Iterator[Service]:
    session = boto3.session.Session("test", "test", region_name=REGION)
    dynamodb, s3 = session.client("dynamodb"), session.client("s3")
    gateway = Gateway(dynamodb, s3, table="orders", bucket="documents")
    api = Api(gateway, region=REGION, role="recovery", now=lambda: NOW)
    with Stubber(dynamodb) as table, Stubber(s3) as bucket:
        yield Service(api, table, bucket, context)
        table.assert_no_pending_responses()
        bucket.assert_no_pending_responses()


class TestOrders:
    @pytest.mark.parametrize("is_base64", [False, True])
    def test_an_order_is_acknowledged_once_both_are_kept(self, service: Service, is_base64: bool) -> None:
        service.keeps(Order(id="a-1", product="tea", quantity=2, written_in=REGION, written_at=NOW))
        answer = service.ask("PUT", "/orders/a-1", {"product": " tea ", "quantity": 2}, is_base64=is_base64)
        assert answer == (200, {"order": {**TOLD, "writtenIn": REGION}, **PLACE})

    def test_an_order_without_a_document_is_not_kept(self, service: Service) -> None:
        service.bucket.add_client_error("put_object", "AccessDenied")
        assert service.ask("PUT", "/orders/a-1", {"product": "tea", "quantity": 2}) == (503, BUSY)

    def test_an_order_that_the_table_does_not_take_is_not_acknowledged(self, service: Service) -> None:
        service.bucket.add_response("put_object", {})
        service.table.add_client_error("put_item", "ThrottlingException")
        assert service.ask("PUT", "/orders/a-1", {"product": "tea", "quantity": 2}) == (503, BUSY)

    def test_an_order_is_told_with_its_document_and_where_it_was_written(self, service: Service) -> None:
        service.has(ORDER)
        service.has_document(ORDER.document)
        assert service.ask("GET", "/orders/a-1") == (
            200,
            {"order": TOLD, "document": "Order a-1: 2 x tea\n", **PLACE},
        )

    def test_a_document_that_has_not_arrived_yet_hides_no_order(self, service: Service) -> None:
        service.has(ORDER)
        service.bucket.add_client_error("get_object", "NoSuchKey")
        assert service.ask("GET", "/orders/a-1") == (200, {"order": TOLD, "document": None, **PLACE})

    def test_a_bucket_that_refuses_is_no_missing_document(self, service: Service) -> None:
        service.has(ORDER)
        service.bucket.add_client_error("get_object", "AccessDenied")
        assert service.ask("GET", "/orders/a-1") == (503, BUSY)

    def test_there_may_be_no_such_order(self, service: Service) -> None:
        service.has(None)
        assert service.ask("GET", "/orders/a-1") == (404, {"error": "There is no order a-1", **PLACE})

    def test_the_list_comes_in_pages(self, service: Service) -> None:
        page = {"TableName": "orders", "Limit": 100}
        service.table.add_response("scan", {"Items": [item(ORDER)], "LastEvaluatedKey": {"id": {"S": "a-1"}}}, page)
        status, first = service.ask("GET", "/orders")
        assert (status, first["orders"]) == (200, [TOLD])
        service.table.add_response("scan", {"Items": []}, {**page, "ExclusiveStartKey": {"id": {"S": "a-1"}}})
        assert service.ask("GET", "/orders", next=first["next"]) == (200, {"orders": [], "next": None, **PLACE})


class TestHealth:
    def test_both_are_asked(self, service: Service) -> None:
        service.table.add_response("get_item", {}, HEALTH_KEY)
        service.bucket.add_response("list_objects_v2", {}, HEALTH_LIST)
        answer = {"healthy": True, "table": "answers", "bucket": "answers", **PLACE}
        assert service.ask("GET", "/health") == (200, answer)

    def test_a_table_that_refuses_is_told_and_the_bucket_is_asked_all_the_same(self, service: Service) -> None:
        service.table.add_client_error("get_item", "InternalServerError")
        service.bucket.add_response("list_objects_v2", {}, HEALTH_LIST)
        answer = {"healthy": False, "table": "GetItem: InternalServerError", "bucket": "answers", **PLACE}
        assert service.ask("GET", "/health") == (503, answer)

    def test_a_bucket_that_refuses_is_told(self, service: Service) -> None:
        service.table.add_response("get_item", {}, HEALTH_KEY)
        service.bucket.add_client_error("list_objects_v2", "SlowDown")
        answer = {"healthy": False, "table": "answers", "bucket": "ListObjectsV2: SlowDown", **PLACE}
        assert service.ask("GET", "/health") == (503, answer)

    def test_what_does_not_answer_is_told(self, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
        def call(**_: object) -> None:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

        monkeypatch.setattr(service.table.client, "get_item", call)
        service.bucket.add_response("list_objects_v2", {}, HEALTH_LIST)
        status, answer = service.ask("GET", "/health")
        assert (status, answer["table"]) == (503, "GetItem: EndpointConnectionError")


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "body", "problems"),
        [
            ("a-1", None, {"body": "is missing: send a JSON object with product and quantity"}),
            ("a-1", "{", {"body": "is not valid JSON"}),
            ("a-1", "[" * 4_000, {"body": "is not valid JSON"}),
            ("a-1", "[]", {"body": "must be a JSON object with product and quantity"}),
            ("a-1", f'"{"x" * 4_095}"', {"body": "must have at most 4096 characters, has 4097"}),
            (
                "a.1",
                {"quantity": 0},
                {
                    "id": 'must be 1 to 64 letters, digits, - and _, got "a.1"',
                    "product": "must be a text of 1 to 200 characters, got nothing",
                    "quantity": "must be a whole number from 1 to 1000, got 0",
                },
            ),
            (
                "a-1",
                {"product": " ", "quantity": True},
                {
                    "product": 'must be a text of 1 to 200 characters, got " "',
                    "quantity": "must be a whole number from 1 to 1000, got true",
                },
            ),
            (
                "a-1",
                {"product": "tea\nOrder b", "quantity": 1},
                {"product": 'must not hold control characters or broken Unicode, got "tea\\nOrder b"'},
            ),
            (
                "a-1",
                '{"product": "tea \\ud800", "quantity": 1}',
                {"product": 'must not hold control characters or broken Unicode, got "tea \\ud800"'},
            ),
            (
                "a-1",
                {"product": "x" * 201, "quantity": [1]},
                {
                    "product": f'must be a text of 1 to 200 characters, got "{"x" * 36}...',
                    "quantity": "must be a whole number from 1 to 1000, got a list",
                },
            ),
        ],
    )
    def test_a_request_is_refused_with_all_that_is_wrong(
        self, service: Service, path: str, body: object, problems: Mapping[str, str]
    ) -> None:
        told = [{"field": field, "reason": reason} for field, reason in problems.items()]
        answer = {"error": "The request can't be taken like this", "problems": told, **PLACE}
        assert service.ask("PUT", f"/orders/{path}", body) == (400, answer)

    def test_no_page_is_made_up(self, service: Service) -> None:
        status, answer = service.ask("GET", "/orders", next="made up")
        reason = 'must be what the answer to the last request had as next, got "made up"'
        assert (status, answer["problems"]) == (400, [{"field": "next", "reason": reason}])

    def test_an_id_that_can_be_none_is_not_looked_for(self, service: Service) -> None:
        assert service.ask("GET", "/orders/a.1")[0] == 400

    @pytest.mark.parametrize(("method", "path"), [("DELETE", "/orders/a-1"), ("GET", "/"), ("POST", "/orders")])
    def test_what_there_is_not_is_told(self, service: Service, method: str, path: str) -> None:
        assert service.ask(method, path) == (404, {"error": "There is nothing here", **PLACE})

    def test_a_body_that_is_no_text_is_refused(self, service: Service) -> None:
        status, answer = service.send("PUT", "/orders/a-1", base64.b64encode(b"\xff\xfe").decode(), is_base64=True)
        assert (status, answer["problems"]) == (400, [{"field": "body", "reason": "is not valid JSON"}])

    def test_a_mistake_of_our_own_is_an_answer_too(self, service: Service) -> None:
        service.table.add_response("scan", {"Items": [{"id": {"S": "a-1"}}]})
        assert service.ask("GET", "/orders") == (500, {"error": "Something went wrong on our side", **PLACE})


@given(
    st.text() | st.just("a-1"),
    st.text()
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)
    | st.fixed_dictionaries({"product": st.text(), "quantity": st.integers()}).map(json.dumps),
)
def test_whatever_is_sent_is_an_order_or_refused(id: str, body: str) -> None:
    with suppress(RefusedError):
        assert read_order(id, body, region=REGION, now=NOW).document.encode()


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_a_page_begins_where_the_last_one_ended(id: str) -> None:
    assert from_page(to_page(id)) == id


@given(st.text())
def test_whatever_names_a_page_is_an_id_or_refused(page: str) -> None:
    with suppress(RefusedError):
        assert from_page(page)


def test_lambda_calls_it_with_what_the_construct_sets(monkeypatch: pytest.MonkeyPatch, context: LambdaContext) -> None:
    for name, value in {
        "TABLE_NAME": "orders",
        "BUCKET_NAME": "documents",
        "ROLE": "primary",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    handler._api.cache_clear()
    event: dict[str, object] = {
        "version": "2.0",
        "rawPath": "/nowhere",
        "headers": {},
        "requestContext": {"requestId": "r", "stage": "$default", "http": {"method": "GET", "path": "/nowhere"}},
    }
    reply = handler.handle(event, context)
    handler._api.cache_clear()
    assert json.loads(str(reply["body"])) == {
        "error": "There is nothing here",
        "region": REGION,
        "role": "primary",
    }
