"""Registers a Region's endpoint: a custom resource, called by CloudFormation."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from custom_resource import handler as custom_resource
from custom_resource.logic import RequestType, request_type
from recovery_registration.gateway import Gateway
from recovery_registration.logic import Registration, registration_id

logger = Logger()
tracer = Tracer(auto_patch=False)


def settle(gateway: Gateway, event: Mapping[str, object]) -> None:
    """Register or deregister, and answer."""
    custom_resource.settle(event, lambda event: _act(gateway, event), registration_id)


def _act(gateway: Gateway, event: Mapping[str, object]) -> dict[str, object]:
    kind = request_type(event)
    if kind is RequestType.DELETE and event.get("PhysicalResourceId") == "no-registration":
        return {}  # It was never understood, so that nothing was written.
    wanted = Registration.of(event.get("ResourceProperties"))
    if kind is RequestType.DELETE:
        gateway.deregister(wanted)
    else:
        gateway.register(wanted)
    logger.info("endpoint settled", extra={"role": str(wanted.role), "request": str(kind)})
    return {}


# The event holds an address that may be written to by whoever knows it: it is not logged.
@logger.inject_lambda_context(log_event=False)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], _context: LambdaContext) -> None:
    """Lambda's entry point."""
    settle(Gateway(), event)
