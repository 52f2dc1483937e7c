"""Answers the switch's HTTP API."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TypedDict

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.typing import LambdaContext

from recovery_state.gateway import StateError
from recovery_state.logic import InvalidStateError
from traffic_switch.gateway import Gateway
from traffic_switch.logic import Answer, Asked, answer

logger = Logger()
# The SDK's other patches would be imported at every cold start, for clients that are not used here.
tracer = Tracer(patch_modules=["botocore"])

# No 2xx and no 404: a health check must not take trouble for an answer.
_UNKNOWN = Answer(status=503, body={"error": "Nobody knows at the moment which Region serves: please try again"})


class Reply(TypedDict):
    """A reply in the form that an HTTP API expects."""

    statusCode: int
    headers: dict[str, str]
    body: str


def reply(gateway: Gateway, request: APIGatewayProxyEventV2) -> Reply:
    """The reply to any request; no failure leaves it as an exception."""
    try:
        asked = Asked(method=request.request_context.http.method, path=request.raw_path, query=request.raw_query_string)
        told = answer(asked, gateway.state())
    except (StateError, InvalidStateError) as error:
        logger.error("state not read", extra={"reason": str(error)})
        told = _UNKNOWN
    except Exception:
        logger.exception("unexpected failure")
        told = _UNKNOWN
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if told.location is not None:
        headers["Location"] = told.location
    return Reply(statusCode=told.status, headers=headers, body=json.dumps(told.body))


@cache
def _gateway() -> Gateway:
    return Gateway.from_environment(os.environ)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], context: LambdaContext) -> Reply:  # noqa: ARG001 - Lambda's signature
    """Lambda's entry point."""
    return reply(_gateway(), APIGatewayProxyEventV2(event))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the client is made there rather than in the first request.
    _gateway()
