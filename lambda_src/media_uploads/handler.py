"""Routes the HTTP API's requests and writes its replies, every one of them JSON that only the page may read."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from functools import cache

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.typing import LambdaContext

from http_api.handler import Reply, failure
from http_api.logic import text_of
from media_uploads.gateway import Gateway
from media_uploads.logic import folder, is_id, manifest_of, progress, read_request

_UPLOADS = "POST /uploads"
_UPLOAD = "GET /uploads/{id}"

logger = Logger()
# The SDK's other patches would be imported at every cold start, for clients that are not used here.
tracer = Tracer(patch_modules=["botocore"])


class Api:
    """The HTTP API: ``POST /uploads`` and ``GET /uploads/{id}``."""

    def __init__(
        self, gateway: Gateway, *, prefix: str, maximum_bytes: int, page_origin: str, new_id: Callable[[], str]
    ) -> None:
        self._gateway = gateway
        self._prefix = prefix
        self._maximum_bytes = maximum_bytes
        self._page_origin = page_origin
        self._new_id = new_id
        self._routes: Mapping[str, Callable[[APIGatewayProxyEventV2], tuple[int, Mapping[str, object]]]] = {
            _UPLOADS: self._start,
            _UPLOAD: self._follow,
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Api:
        return cls(
            Gateway.from_environment(environment),
            prefix=environment["PREFIX"],
            maximum_bytes=int(environment["MAXIMUM_BYTES"]),
            page_origin=environment["PAGE_ORIGIN"],
            new_id=lambda: secrets.token_hex(16),
        )

    def answer(self, request: APIGatewayProxyEventV2) -> Reply:
        """The reply to any request; no failure leaves it as an exception."""
        answer = self._routes.get(str(request.get("routeKey")), _not_found)
        try:
            status, body = answer(request)
        except Exception as error:
            status, body = failure(error, refusal="The upload can't be taken like this")
        return self._reply(status, body)

    def _start(self, request: APIGatewayProxyEventV2) -> tuple[int, Mapping[str, object]]:
        upload = read_request(
            text_of(request.body, is_base64=request.is_base64_encoded), maximum_bytes=self._maximum_bytes
        )
        id = self._new_id()
        form = self._gateway.form(f"{folder(self._prefix, id)}{upload.name}", upload)
        logger.info("upload signed", extra={"upload": id, "type": upload.type, "bytes": upload.bytes})
        return 201, {"id": id, "form": form}

    def _follow(self, request: APIGatewayProxyEventV2) -> tuple[int, Mapping[str, object]]:
        id = str((request.path_parameters or {}).get("id"))
        if not is_id(id):
            return 404, {"error": "There is no upload with this id"}
        where = folder(self._prefix, id)
        # In this order: a manifest is never older than the object that it is about.
        uploaded = self._gateway.uploaded(where)
        manifest = manifest_of(self._gateway.made(where))
        content = self._gateway.read(manifest.key) if manifest else b""
        found = progress(uploaded, manifest, content)
        renditions = [
            {
                "name": each.name,
                "url": self._gateway.link(each),
                "type": each.content_type,
                "width": each.width,
                "height": each.height,
                "bytes": each.bytes,
            }
            for each in found.renditions
        ]
        return 200, {"id": id, "state": found.state, "renditions": renditions, "reason": found.reason}

    def _reply(self, status: int, body: Mapping[str, object]) -> Reply:
        headers = {
            "Content-Type": "application/json",
            "Access-Control-Allow-Origin": self._page_origin,
            "Vary": "Origin",
            # A state is true for a moment only, and a form is for one upload.
            "Cache-Control": "no-store",
        }
        return Reply(statusCode=status, headers=headers, body=json.dumps(body))


@cache
def _api() -> Api:
    return Api.from_environment(os.environ)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], context: LambdaContext) -> Reply:  # noqa: ARG001 - Lambda's signature
    """Lambda's entry point."""
    return _api().answer(APIGatewayProxyEventV2(event))


def _not_found(request: APIGatewayProxyEventV2) -> tuple[int, Mapping[str, object]]:  # noqa: ARG001 - a route
    return 404, {"error": f"No such resource: use {_UPLOADS} or {_UPLOAD}"}


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the clients are made there rather than in the first request.
    _api()
