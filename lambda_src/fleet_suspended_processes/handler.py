"""Suspends and resumes processes of an Auto Scaling group: a custom resource, called by CloudFormation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from custom_resource import handler as custom_resource
from custom_resource.logic import RefusedError
from fleet_suspended_processes.gateway import Gateway
from fleet_suspended_processes.logic import changes, nothing_left_to_do, processes_id

logger = Logger()
tracer = Tracer(auto_patch=False)


def settle(gateway: Gateway, event: Mapping[str, object]) -> None:
    """Do what is asked and answer."""
    custom_resource.settle(event, lambda event: _change(gateway, event), processes_id)


def _change(gateway: Gateway, event: Mapping[str, object]) -> dict[str, object]:
    try:
        for change in changes(event):
            gateway.apply(change)
            logger.info(
                "processes changed",
                extra={"verb": change.verb, "group": change.group, "processes": change.processes},
            )
    except RefusedError as error:
        if not nothing_left_to_do(event, error):
            raise
        logger.info("group is gone", extra={"reason": str(error)})
    return {}


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
