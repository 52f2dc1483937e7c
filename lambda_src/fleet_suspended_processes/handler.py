"""Suspends and resumes processes of an Auto Scaling group: a custom resource, called by CloudFormation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from fleet_suspended_processes.gateway import Gateway
from fleet_suspended_processes.logic import (
    InvalidRequestError,
    ProcessesError,
    answer,
    changes,
    nothing_left_to_do,
)

logger = Logger()
tracer = Tracer(auto_patch=False)


def settle(gateway: Gateway, event: Mapping[str, object]) -> None:
    """Do what is asked and answer, whatever happens: an unanswered request would hold up the stack."""
    reason = _reason(gateway, event)
    gateway.answer(str(event["ResponseURL"]), answer(event, reason))


def _reason(gateway: Gateway, event: Mapping[str, object]) -> str | None:
    """Do it, and say why not where it failed."""
    about = {"request": event.get("RequestType"), "resource": event.get("LogicalResourceId")}
    try:
        for change in changes(event):
            gateway.apply(change)
            logger.info(
                "processes changed",
                extra={**about, "verb": change.verb, "group": change.group, "processes": change.processes},
            )
    except ProcessesError as error:
        if nothing_left_to_do(event, error):
            logger.info("group is gone", extra=about)
            return None
        logger.warning("processes not changed", extra={**about, "reason": str(error)})
        return str(error)
    except InvalidRequestError as error:
        logger.warning("request not understood", extra={**about, "reason": str(error)})
        return str(error)
    except Exception as error:
        logger.exception("processes not changed", extra=about)
        return f"{type(error).__name__}: see the function's log"
    return None


@cache
def _gateway() -> Gateway:
    return Gateway.create()


# The event holds an address that may be written to by whoever knows it: it is not logged.
@logger.inject_lambda_context(log_event=False)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], _context: LambdaContext) -> None:
    """Lambda's entry point."""
    settle(_gateway(), event)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the client is made there rather than in the first request.
    _gateway()
