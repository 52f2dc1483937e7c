"""Sets and removes what a bucket copies back: a custom resource, called by CloudFormation."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from bucket_replication_back.gateway import Gateway
from bucket_replication_back.logic import Wanted, are_ours, check_rules_are_ours, resource_id
from custom_resource import handler as custom_resource
from custom_resource.logic import InvalidRequestError, RequestType, request_type

logger = Logger()
tracer = Tracer(auto_patch=False)


def settle(gateway: Gateway, event: Mapping[str, object]) -> None:
    """Set or remove the rules, and answer."""
    custom_resource.settle(event, lambda event: _act(gateway, event), resource_id)


def _act(gateway: Gateway, event: Mapping[str, object]) -> dict[str, object]:
    deletes = request_type(event) is RequestType.DELETE
    try:
        wanted = Wanted.of(event.get("ResourceProperties"))
    except InvalidRequestError:
        if deletes:
            # Nothing was ever set for properties like these: whoever deploys gets rid of the resource.
            return {}
        raise
    found = gateway.rules(wanted)
    if not deletes:
        check_rules_are_ours(wanted, found)
        gateway.set(wanted)
    elif are_ours(wanted, found):
        gateway.remove(wanted)
    logger.info("rules", extra={"bucket": wanted.bucket, "region": wanted.region, "removed": deletes})
    return {}


# The event holds an address that may be written to by whoever knows it: it is not logged.
@logger.inject_lambda_context(log_event=False)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], _context: LambdaContext) -> None:
    """Lambda's entry point."""
    settle(Gateway(), event)
