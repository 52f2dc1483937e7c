"""What is answered and what is logged when a request is not met."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TypedDict

from aws_lambda_powertools import Logger

from http_api.gateway import AwsError
from http_api.logic import RefusedError

_logger = Logger(child=True)


class Reply(TypedDict):
    """A reply in the form that API Gateway expects."""

    statusCode: int
    headers: dict[str, str]
    body: str


def log_failure(error: Exception) -> HTTPStatus:
    """Log why a request was not met, with nothing of what was sent in it; returns the status that says so."""
    if isinstance(error, RefusedError):
        _logger.info("request refused", extra={"fields": [problem.field for problem in error.problems]})
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, AwsError):
        _logger.warning("AWS trouble", extra={"operation": error.operation, "code": error.code})
        return HTTPStatus.SERVICE_UNAVAILABLE
    # Uncaught, or with its text, what somebody has sent would reach the log.
    _logger.error("unexpected failure", extra={"type": type(error).__name__, "where": _origin(error)})
    return HTTPStatus.INTERNAL_SERVER_ERROR


def failure(error: Exception, *, refusal: str) -> tuple[HTTPStatus, Mapping[str, object]]:
    """Status and body for a request that was not met, and a line in the log.

    Args:
        error: Why.
        refusal: What is said about a request that can't be taken, before its problems.
    """
    status = log_failure(error)
    if isinstance(error, RefusedError):
        problems = [{"field": problem.field, "reason": problem.reason} for problem in error.problems]
        return status, {"error": refusal, "problems": problems}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return status, {"error": "The service is busy at the moment: please try again in a few seconds"}
    return status, {"error": "Something went wrong on our side"}


def _origin(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
