"""Sends the mail of one reminder, called by the state machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from pet_cuddle_otron_email.gateway import Gateway
from pet_cuddle_otron_email.logic import Delivery, SendError

logger = Logger()
# Patched, the SDK would copy SES's error texts into the trace, and those name addresses.
tracer = Tracer(auto_patch=False)


def deliver(gateway: Gateway, event: Mapping[str, object], context: LambdaContext) -> dict[str, str]:
    """Send what the payload asks for; the result goes into the execution's history.

    Raises:
        TransientSendError: When a later attempt may succeed.
        PermanentSendError: When it would not.
    """
    execution: str | None = None
    try:
        delivery = Delivery.of(event)
        execution = delivery.execution_name
        message_id = gateway.deliver(delivery, context)
    except SendError as error:
        logger.warning(
            "mail not sent", extra={"execution": execution, "error": type(error).__name__, "code": error.code}
        )
        raise
    logger.info("mail sent", extra={"execution": execution, "messageId": message_id})
    return {"channel": "email", "messageId": message_id}


@cache
def _gateway() -> Gateway:
    return Gateway.from_environment(os.environ)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], context: LambdaContext) -> dict[str, str]:
    """Lambda's entry point."""
    return deliver(_gateway(), event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the clients are made there rather than in the first request.
    _gateway()
