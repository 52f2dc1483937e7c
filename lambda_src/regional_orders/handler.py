"""Answers the HTTP API: orders, and whether this Region can take any. Every answer says which Region it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from http import HTTPMethod, HTTPStatus

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from http_api.gateway import AwsError
from http_api.handler import failure
from http_api.logic import text_of
from regional_orders.gateway import Gateway
from regional_orders.logic import from_page, read_id, read_order, to_page

logger = Logger()
# The SDK's other patches would be imported at every cold start, for clients that are not used here.
tracer = Tracer(patch_modules=["botocore"])

_Answer = tuple[HTTPStatus, Mapping[str, object]]


class Api:
    """``PUT`` and ``GET /orders/{id}``, ``GET /orders`` and ``GET /health``."""

    def __init__(self, gateway: Gateway, *, region: str, role: str, now: Callable[[], str]) -> None:
        self._gateway = gateway
        self._place = {"region": region, "role": role}
        self._now = now
        self._app = APIGatewayHttpResolver()
        for method, path, answer in (
            (HTTPMethod.PUT, "/orders/<id>", self._put),
            (HTTPMethod.GET, "/orders/<id>", self._get),
            (HTTPMethod.GET, "/orders", self._list),
            (HTTPMethod.GET, "/health", self._health),
        ):
            self._app.route(path, method=method)(self._answering(answer))
        self._app.not_found()(lambda _: self._reply(HTTPStatus.NOT_FOUND, {"error": "There is nothing here"}))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Api:
        return cls(
            Gateway.from_environment(environment),
            region=environment["AWS_REGION"],
            role=environment["ROLE"],
            now=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"),
        )

    def answer(self, event: dict[str, object], context: LambdaContext) -> dict[str, object]:
        """The reply to any request; no failure leaves it as an exception."""
        return self._app.resolve(event, context)

    def _put(self, id: str) -> _Answer:
        event = self._app.current_event
        body = text_of(event.body, is_base64=event.is_base64_encoded)
        order = read_order(id, body, region=self._place["region"], now=self._now())
        self._gateway.put(order)
        return HTTPStatus.OK, {"order": order.to_json()}

    def _get(self, id: str) -> _Answer:
        order = self._gateway.get(read_id(id))
        if order is None:
            return HTTPStatus.NOT_FOUND, {"error": f"There is no order {id}"}
        return HTTPStatus.OK, {"order": order.to_json(), "document": self._gateway.document(id)}

    def _list(self) -> _Answer:
        after = from_page((self._app.current_event.query_string_parameters or {}).get("next"))
        orders, last = self._gateway.list(after)
        return HTTPStatus.OK, {"orders": [order.to_json() for order in orders], "next": to_page(last)}

    def _health(self) -> _Answer:
        found = {}
        for name, check in (("table", self._gateway.check_table), ("bucket", self._gateway.check_bucket)):
            try:
                check()
                found[name] = "answers"
            except AwsError as error:
                logger.warning("unhealthy", extra={"operation": error.operation, "code": error.code})
                found[name] = f"{error.operation}: {error.code}"
        healthy = all(state == "answers" for state in found.values())
        status = HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE
        return status, {"healthy": healthy, **found}

    def _answering(self, answer: Callable[..., _Answer]) -> Callable[..., Response[str]]:
        def answered(**path: str) -> Response[str]:
            try:
                return self._reply(*answer(**path))
            except Exception as error:
                return self._reply(*failure(error, refusal="The request can't be taken like this"))

        return answered

    def _reply(self, status: HTTPStatus, body: Mapping[str, object]) -> Response[str]:
        return Response(
            status_code=int(status),
            content_type="application/json",
            # What is true in one Region at one moment is nobody's to keep.
            headers={"Cache-Control": "no-store"},
            body=json.dumps({**body, **self._place}),
        )


@cache
def _api() -> Api:
    return Api.from_environment(os.environ)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], context: LambdaContext) -> dict[str, object]:
    """Lambda's entry point."""
    return _api().answer(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the clients are made there rather than in the first request.
    _api()
