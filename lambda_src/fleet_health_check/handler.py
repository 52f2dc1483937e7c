"""Checks the instances of a fleet, called by EventBridge at a fixed rate."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from fleet_health_check.gateway import Gateway
from fleet_health_check.logic import Group, Instance, Verdict, judge
from fleet_health_check.probe import Probe, probe_all

logger = Logger()
# The SDK only: probes come from threads that belong to no trace.
tracer = Tracer(patch_modules=("botocore",))
metrics = Metrics()

# Enough to mark what was found before Lambda ends the function.
_RESERVE_SECONDS = 15


class Fleet(Protocol):
    """What is asked of AWS."""

    def in_service(self) -> Group:
        """The group's instances in service."""

    def mark(self, instance: str) -> bool:
        """Tell Auto Scaling to replace an instance; ``False`` when it is gone already."""


def check(
    fleet: Fleet, answers: Callable[[Instance], bool], context: LambdaContext, environment: Mapping[str, str]
) -> Verdict:
    """Probe the fleet once, and mark those that fail unless too many do."""
    judged = fleet.in_service()
    seconds = context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
    probed = probe_all(judged.judged(datetime.now(UTC)), answers, seconds)
    verdict = judge(probed.instances, probed.failing, int(environment["MAXIMUM_UNHEALTHY_PERCENT"]))
    marked = [instance for instance in verdict.to_mark if fleet.mark(instance)]

    metrics.add_dimension(name="AutoScalingGroupName", value=environment["GROUP"])
    for name, value in (
        ("InstancesChecked", verdict.judged),
        ("UnhealthyInstances", len(verdict.unhealthy)),
        ("InstancesMarked", len(marked)),
        ("ReplacementsHeldBack", int(verdict.held_back)),
    ):
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    told = {"group": environment["GROUP"], "checked": verdict.judged, "unhealthy": verdict.unhealthy, "marked": marked}
    if verdict.held_back:
        logger.error("too many instances fail: none is marked", extra=told)
    elif verdict.unhealthy:
        logger.warning("instances fail", extra=told)
    else:
        logger.info("instances are well", extra=told)
    return verdict


@cache
def _gateway() -> Gateway:
    return Gateway.from_environment(os.environ)


@cache
def _probe() -> Probe:
    return Probe(
        port=int(os.environ["PORT"]),
        path=os.environ["HEALTH_PATH"],
        tls=os.environ["TLS"] == "true",
        attempts=int(os.environ["ATTEMPTS"]),
        timeout_seconds=float(os.environ["ATTEMPT_TIMEOUT_SECONDS"]),
    )


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handle(_event: dict[str, object], context: LambdaContext) -> dict[str, object]:
    """Lambda's entry point."""
    verdict = check(_gateway(), _probe().answers, context, os.environ)
    return {"checked": verdict.judged, "unhealthy": list(verdict.unhealthy), "heldBack": verdict.held_back}


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the clients are made there rather than in the first check.
    _gateway()
