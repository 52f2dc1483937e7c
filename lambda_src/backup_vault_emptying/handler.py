"""Empties a vault: a custom resource, called by CloudFormation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from backup_vault_emptying.gateway import Gateway
from backup_vault_emptying.logic import PAUSE_SECONDS, RESERVE_SECONDS, identify, to_empty
from custom_resource.handler import settle
from custom_resource.logic import RefusedError

logger = Logger()
tracer = Tracer(auto_patch=False)


class Vaults(Protocol):
    """What is asked of AWS Backup."""

    def points(self, vault: str) -> list[str]:
        """The recovery points of a vault."""

    def delete(self, vault: str, point: str) -> None:
        """Ask for the end of a recovery point."""


def empty(vaults: Vaults, event: Mapping[str, object], seconds_left: Callable[[], float]) -> Mapping[str, object]:
    """Delete until nothing is left.

    Raises:
        RefusedError: Something is still there when the time is over.
    """
    vault = to_empty(event)
    if vault is None:
        return {}
    asked: set[str] = set()
    while points := vaults.points(vault):
        for point in points:
            vaults.delete(vault, point)
        asked.update(points)
        if seconds_left() < RESERVE_SECONDS:
            raise RefusedError(
                f"{vault} still has {len(points)} recovery points: is one being copied or restored? Delete the stack "
                "again when that has ended"
            )
        time.sleep(PAUSE_SECONDS)
    logger.info("vault emptied", extra={"vault": vault, "deleted": len(asked)})
    return {}


# The event holds an address that may be written to by whoever knows it: it is not logged.
@logger.inject_lambda_context(log_event=False)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, object], context: LambdaContext) -> None:
    """Lambda's entry point."""

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    settle(event, lambda asked: empty(Gateway(), asked, seconds_left), identify)
