"""Collects an instance's logs before it is terminated, called by EventBridge."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from fleet_termination_logs.gateway import Gateway, SystemClock
from fleet_termination_logs.logic import (
    NOT_COLLECTED,
    Clock,
    Fleet,
    Outcome,
    Patience,
    Result,
    Termination,
    release,
)

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))
metrics = Metrics()

# Enough to complete the hook, with its retries, before Lambda ends the function.
_RESERVE_SECONDS = 20


def collect(
    fleet: Fleet, clock: Clock, event: EventBridgeEvent, context: LambdaContext, environment: Mapping[str, str]
) -> Outcome:
    """Collect the logs, let the instance go, and tell what became of them."""
    termination = Termination.of(event.detail, event.time)
    of_lambda = context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
    patience = Patience(
        seconds=max(min(float(environment["TIMEOUT_SECONDS"]), of_lambda), 0),
        heartbeat_seconds=float(environment["HEARTBEAT_SECONDS"]),
    )
    outcome = release(termination, fleet, clock, patience)
    metrics.add_dimension(name="AutoScalingGroupName", value=termination.group)
    metrics.add_metric(name="LogsCollected", unit=MetricUnit.Count, value=outcome.result is Result.COLLECTED)
    metrics.add_metric(name="LogsNotCollected", unit=MetricUnit.Count, value=outcome.result in NOT_COLLECTED)
    told = {"group": termination.group, "instance": termination.instance, "key": termination.key(), **asdict(outcome)}
    if outcome.result in NOT_COLLECTED:
        logger.warning("logs not collected", extra=told)
    else:
        logger.info("logs collected", extra=told)
    return outcome


@cache
def _gateway() -> Gateway:
    return Gateway.from_environment(os.environ)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@event_source(data_class=EventBridgeEvent)
def handle(event: EventBridgeEvent, context: LambdaContext) -> dict[str, str]:
    """Lambda's entry point."""
    return {"result": collect(_gateway(), SystemClock(), event, context, os.environ).result}


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the clients are made there rather than in the first event.
    _gateway()
