"""Looks up the primary of a multi-Region key: a custom resource, called by CloudFormation."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from custom_resource import handler as custom_resource
from regional_key_lookup.gateway import Gateway
from regional_key_lookup.logic import key_id, primary_arn, wanted

logger = Logger()
tracer = Tracer(auto_patch=False)


def settle(gateway: Gateway, event: Mapping[str, object]) -> None:
    """Look it up and answer."""
    custom_resource.settle(event, lambda event: _look_up(gateway, event), key_id)


def _look_up(gateway: Gateway, event: Mapping[str, object]) -> dict[str, object]:
    asked = wanted(event)
    if asked is None:
        return {}
    arn = primary_arn(asked, gateway.describe(asked))
    logger.info("key looked up", extra={"key": arn})
    return {"Arn": arn}


# The event holds an address that may be written to by whoever knows it: it is not logged.
@logger.inject_lambda_context(log_event=False)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], _context: LambdaContext) -> None:
    """Lambda's entry point."""
    settle(Gateway(), event)
