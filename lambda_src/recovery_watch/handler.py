"""Looks once, when EventBridge Scheduler says so."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from recovery_runbook.gateway import Aws, ask
from recovery_state.gateway import StateTable
from recovery_watch.gateway import Heart
from recovery_watch.logic import Look, metrics
from recovery_watch.looking import Watching

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))
published = Metrics()

_UNITS = {"Count": MetricUnit.Count, "Seconds": MetricUnit.Seconds}


def tell(look: Look, workload: str) -> None:
    """Publish what a look has found, and log it."""
    published.add_dimension(name="Workload", value=workload)
    for name, unit, value in metrics(look):
        published.add_metric(name=name, unit=_UNITS[unit], value=value)
    told = {
        "workload": workload,
        "serving": look.serving,
        "primary": look.primary.reason,
        "fence": look.fence.reason,
        "lag_seconds": look.lag_seconds,
        "untold": dict(look.untold),
    }
    (logger.warning if look.is_outage or look.both_serve or look.untold else logger.info)("looked", extra=told)


@cache
def _heart(aws: Aws, primary: str, recovery: str) -> Heart:
    return Heart(aws, primary=primary, recovery=recovery)


@cache
def _aws(region: str) -> Aws:
    return Aws(region)


@cache
def _state(table: str) -> StateTable:
    return StateTable(table)


def watching(event: Mapping[str, Any], environment: Mapping[str, str]) -> Watching:
    """What a look needs, by what the schedule sends."""
    plan = event["plan"]
    aws = _aws(plan["recovery_region"])
    return Watching(
        plan=plan,
        heartbeats=event["heartbeats"] is True,
        state=_state(environment["STATE_TABLE"]),
        aws=aws,
        heart=_heart(aws, plan["primary_region"], plan["recovery_region"]),
        ask=ask,
        now=lambda: datetime.now(UTC),
        wait=time.sleep,
    )


@logger.inject_lambda_context(log_event=False)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@published.log_metrics
def handle(event: dict[str, Any], _context: LambdaContext) -> dict[str, object]:
    """Lambda's entry point."""
    look = watching(event, os.environ).look()
    tell(look, event["plan"]["name"])
    return {"primary_healthy": look.primary.healthy, "fenced": look.fence.closed, "lag_seconds": look.lag_seconds}
