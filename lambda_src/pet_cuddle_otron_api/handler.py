"""Routes the REST API's requests and writes its replies, every one of them JSON with CORS."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from http_api.handler import Reply, log_failure
from http_api.logic import Problem, RefusedError
from pet_cuddle_otron_api.form import body_bytes, read_request
from pet_cuddle_otron_api.gateway import Gateway, KeyReusedError
from pet_cuddle_otron_api.logic import Policy, is_execution_name, progress, send_at

_REMINDERS = "/petcuddleotron"
_REMINDER = "/petcuddleotron/{executionId}"

logger = Logger()
# The SDK's other patches would be imported at every cold start, for clients that are not used here.
tracer = Tracer(patch_modules=["botocore"])


class Api:
    """The REST API: ``POST /petcuddleotron`` and ``GET /petcuddleotron/{executionId}``."""

    def __init__(self, gateway: Gateway, policy: Policy, now: Callable[[], datetime]) -> None:
        self._gateway = gateway
        self._policy = policy
        self._now = now
        self._routes: Mapping[str, tuple[str, Callable[[APIGatewayProxyEvent, LambdaContext], Reply]]] = {
            _REMINDERS: ("POST", self._start),
            _REMINDER: ("GET", self._follow),
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Api:
        policy = Policy.from_lists(
            channels=environment["CHANNELS"],
            email_domains=environment.get("ALLOWED_EMAIL_DOMAINS", ""),
            phone_prefixes=environment.get("ALLOWED_PHONE_PREFIXES", ""),
        )
        return cls(Gateway.from_environment(environment), policy, lambda: datetime.now(UTC))

    def answer(self, request: APIGatewayProxyEvent, context: LambdaContext) -> Reply:
        """The reply to any request; no failure leaves it as an exception."""
        method, answer = self._routes.get(str(request.get("resource")), ("", _not_found))
        if method and request.get("httpMethod") != method:
            reply = _error(405, f"This resource answers {method} only")
            reply["headers"]["Allow"] = method
            return reply
        try:
            return answer(request, context)
        except Exception as error:
            return _failure(error)

    def _start(self, request: APIGatewayProxyEvent, context: LambdaContext) -> Reply:
        body = body_bytes(request.body, is_base64=bool(request.is_base64_encoded))
        reminder, claim = read_request(body, request.headers.get("Idempotency-Key"), self._policy)
        try:
            name = self._gateway.execution_name(claim, context)
        except KeyReusedError:
            reason = "was used for a different reminder: send a new key, or the same body"
            raise RefusedError([Problem(field="Idempotency-Key", reason=reason)]) from None
        started = self._gateway.start(name, reminder)
        logger.info("reminder accepted", extra={"execution": name, "channels": reminder.channels})
        return _success(
            ExecutionId=name, SendAt=send_at(started, reminder.wait_seconds), Channels=list(reminder.channels)
        )

    def _follow(self, request: APIGatewayProxyEvent, context: LambdaContext) -> Reply:  # noqa: ARG002 - a route
        name = str(request.path_parameters.get("executionId"))
        execution = self._gateway.describe(name) if is_execution_name(name) else None
        if execution is None:
            return _error(404, "There is no reminder with this id, or it was done with more than 90 days ago")
        found = progress(execution, self._now())
        return _success(ExecutionId=name, State=found.state, SendAt=found.send_at, Channels=dict(found.channels))


@cache
def _api() -> Api:
    return Api.from_environment(os.environ)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], context: LambdaContext) -> Reply:
    """Lambda's entry point."""
    return _api().answer(APIGatewayProxyEvent(event), context)


def _not_found(request: APIGatewayProxyEvent, context: LambdaContext) -> Reply:  # noqa: ARG001 - a route
    return _error(404, f"No such resource: use POST {_REMINDERS} or GET {_REMINDER}")


def _success(**fields: object) -> Reply:
    return _reply(200, {"Status": "Success", **fields})


def _failure(error: Exception) -> Reply:
    status = log_failure(error)
    if isinstance(error, RefusedError):
        problems = [{"Field": problem.field, "Reason": problem.reason} for problem in error.problems]
        reason = "; ".join(f"{problem.field} {problem.reason}" for problem in error.problems)
        return _reply(status, {"Status": "Error", "Reason": reason, "Problems": problems})
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return _error(status, "The service is busy or unavailable at the moment: please try again in a few seconds")
    return _error(status, "Something went wrong on our side; the reminder may not have been accepted")


def _error(status: int, reason: str) -> Reply:
    return _reply(status, {"Status": "Error", "Reason": reason})


def _reply(status: int, body: Mapping[str, object]) -> Reply:
    headers = {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": "*",
        # A status is true for a moment only.
        "Cache-Control": "no-store",
    }
    return Reply(statusCode=int(status), headers=headers, body=json.dumps(body))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the clients are made there rather than in the first request.
    _api()
