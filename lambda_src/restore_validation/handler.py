"""Judges restore tests as they end, and tells how long ago the last good one was, called by EventBridge."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from restore_validation.gateway import Gateway, Restored
from restore_validation.logic import Content, NotComparableError, Status, Verdict, judge

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))
metrics = Metrics()


class Backups(Protocol):
    """What is asked of AWS."""

    def job(self, identifier: str) -> Restored:
        """What AWS Backup says of a restore job."""

    def tell(self, identifier: str, status: str, message: str) -> None:
        """Let the job have the verdict."""

    def last_good(self, plan: str, plan_arn: str) -> datetime:
        """When a test of the plan was good the last time."""

    def sides(
        self, restored: Restored, most: int, written_attribute: str | None
    ) -> tuple[Mapping[str, Content], Mapping[str, Content]]:
        """What was restored and what it was made of."""


def validate(backups: Backups, identifier: str, environment: Mapping[str, str]) -> Verdict:
    """Compare what a job restored, and tell. What fails in passing is left to the next attempt, and tells nothing."""
    restored = backups.job(identifier)
    try:
        new, old = backups.sides(
            restored, int(environment["COMPARED_ITEMS"]), environment.get("WRITTEN_ATTRIBUTE") or None
        )
        percent = float(environment["LEAST_IDENTICAL_PERCENT"])
        verdict = judge(new, old, taken=restored.taken, least_identical_percent=percent)
    except NotComparableError as problem:
        verdict = Verdict(status=Status.FAILED, message=str(problem))
    backups.tell(identifier, verdict.status, verdict.message)
    failed = verdict.status is Status.FAILED
    metrics.add_dimension(name="Plan", value=environment["PLAN"])
    metrics.add_metric(name="RestoreTestsFailed", unit=MetricUnit.Count, value=int(failed))
    # Names of tables and buckets, and numbers; nothing of what is in them.
    told = {"job": identifier, "source": restored.source, "kind": restored.kind, "verdict": verdict.message}
    (logger.error if failed else logger.info)("restore test judged", extra=told)
    return verdict


def look(backups: Backups, environment: Mapping[str, str], now: datetime) -> float:
    """Publish how long ago the last good test was, in seconds."""
    age = (now - backups.last_good(environment["PLAN"], environment["PLAN_ARN"])).total_seconds()
    metrics.add_dimension(name="Plan", value=environment["PLAN"])
    metrics.add_metric(name="LastGoodRestoreTestAge", unit=MetricUnit.Seconds, value=age)
    return age


@logger.inject_lambda_context(log_event=False)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics
def handle(event: dict[str, object], _context: LambdaContext) -> dict[str, object]:
    """Lambda's entry point."""
    gateway = Gateway(bucket_region=os.environ["SOURCE_REGION"])
    detail = event.get("detail")
    identifier = detail.get("restoreJobId") if isinstance(detail, Mapping) else None
    if identifier is None:
        return {"lastGoodSeconds": look(gateway, os.environ, datetime.now(UTC))}
    verdict = validate(gateway, str(identifier), os.environ)
    return {"status": str(verdict.status), "message": verdict.message}
