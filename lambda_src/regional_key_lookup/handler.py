"""Looks up the primary of a multi-Region key: a custom resource, called by CloudFormation."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from regional_key_lookup.gateway import Gateway
from regional_key_lookup.logic import InvalidRequestError, LookupFailedError, answer, primary_arn, wanted

logger = Logger()
tracer = Tracer(auto_patch=False)


def settle(gateway: Gateway, event: Mapping[str, object]) -> None:
    """Look it up and answer, whatever happens: an unanswered request would hold up the stack."""
    gateway.answer(str(event["ResponseURL"]), _answer(gateway, event))


def _answer(gateway: Gateway, event: Mapping[str, object]) -> dict[str, object]:
    about = {"request": event.get("RequestType"), "resource": event.get("LogicalResourceId")}
    try:
        asked = wanted(event)
        arn = primary_arn(asked, gateway.describe(asked)) if asked else None
    except (LookupFailedError, InvalidRequestError) as error:
        logger.warning("key not found", extra={**about, "reason": str(error)})
        return answer(event, reason=str(error))
    except Exception as error:
        logger.exception("key not found", extra=about)
        return answer(event, reason=f"{type(error).__name__}: see the function's log")
    logger.info("key looked up", extra={**about, "key": arn})
    return answer(event, arn=arn)


# The event holds an address that may be written to by whoever knows it: it is not logged.
@logger.inject_lambda_context(log_event=False)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], _context: LambdaContext) -> None:
    """Lambda's entry point."""
    settle(Gateway(), event)
