"""Looks how old the newest recovery points are, and publishes the worst age."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from recovery_point_watch.gateway import Gateway
from recovery_point_watch.logic import Ages, Point, ages, watched

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))
metrics = Metrics()


class Vault(Protocol):
    """What is asked of AWS Backup."""

    def points(self, vault: str, resource: str) -> Iterable[Point]:
        """Those of a resource that could be restored."""


def look(backup: Vault, environment: Mapping[str, str], now: datetime) -> Ages:
    """Look once, and publish."""
    vault, resources = environment["VAULT"], watched(environment["RESOURCES"])
    found = ages(resources, (point for arn in resources for point in backup.points(vault, arn)), now)
    metrics.add_dimension(name="Vault", value=vault)
    metrics.add_dimension(name="Watch", value=environment["WATCH"])
    metrics.add_metric(name="RecoveryPointsMissing", unit=MetricUnit.Count, value=len(found.missing))
    if found.worst is not None:
        metrics.add_metric(name="RecoveryPointAge", unit=MetricUnit.Seconds, value=found.worst)
    told = {"vault": vault, "seconds": dict(found.seconds), "missing": list(found.missing)}
    # Without an age the alarm tells: nothing is as bad as none.
    (logger.warning if found.missing else logger.info)("recovery points looked at", extra=told)
    return found


@logger.inject_lambda_context(log_event=False)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics
def handle(_event: dict[str, object], _context: LambdaContext) -> dict[str, object]:
    """Lambda's entry point."""
    found = look(Gateway(), os.environ, datetime.now(UTC))
    return {"seconds": dict(found.seconds), "missing": list(found.missing)}
