"""Takes one step of a runbook, for a state of the machine that calls until it is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Tracer, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from recovery_runbook import control, data, fencing, probing, readiness, restoring
from recovery_runbook.gateway import Aws, ask
from recovery_runbook.logic import Asked, Capacity, Json, Mode, Progress, StepFailedError, told
from recovery_runbook.report import Report
from recovery_runbook.run import Run, Settings
from recovery_state.gateway import StateTable
from recovery_state.logic import Role, read

logger = Logger()
tracer = Tracer(auto_patch=False)


def _serving(run: Run) -> Role:
    role = Mode(run.asked.mode).moves_traffic_to
    assert role is not None  # noqa: S101 - no other mode has such a step
    return role


STEPS: Mapping[str, Callable[[Run], Progress]] = {
    "Approve": control.approve,
    "Readiness": readiness.check,
    "FencePrimary": fencing.fence_primary,
    "KeepPrimaryFenced": fencing.fence_primary,
    "PromoteData": data.promote,
    "RestoreData": restoring.restore,
    "StartWorkload": restoring.start_workload,
    "ScaleCompute": partial(fencing.scale, role=Role.RECOVERY, capacity=Capacity.FULL),
    "ScalePrimary": partial(fencing.scale, role=Role.PRIMARY, capacity=Capacity.FULL),
    "WaitForHealth": partial(probing.wait_for_health, role=Role.RECOVERY),
    "WaitForPrimaryHealth": partial(probing.wait_for_health, role=Role.PRIMARY),
    "VerifyPrimary": partial(probing.wait_for_health, role=Role.PRIMARY),
    "VerifyRecovery": probing.verify_recovery,
    "FenceRecovery": fencing.fence_recovery,
    "WaitForData": data.wait_for_data,
    "RestoreBack": restoring.restore_back,
    "UpdatePrimary": restoring.update_primary,
    "MoveTraffic": control.move_traffic,
    "VerifyFrontDoor": lambda run: probing.verify_front_door(run, _serving(run)),
    "ScaleBack": partial(fencing.scale, role=Role.RECOVERY, capacity=Capacity.STANDBY),
    "ScaleRecoveryToStandby": partial(fencing.scale, role=Role.RECOVERY, capacity=Capacity.STANDBY),
    "StopWorkload": restoring.stop_workload,
    "StopSafely": fencing.stop_safely,
    "StopRestored": restoring.stop_workload,
}
# What tells its result, and writes the report by itself.
ENDS: Mapping[str, Callable[[Run], Json]] = {
    "Begin": control.begin,
    "Finish": control.finish,
    "Stopped": control.stopped,
}
# Of the time that a step has taken so far, as a pause before the next look.
_WAIT_SHARE = 0.05
_UNITS = {"Count": MetricUnit.Count, "Seconds": MetricUnit.Seconds, "None": MetricUnit.NoUnit}
# What is done after a failure must not be taken for a step of the run.
_UNDOING = frozenset({"StopSafely", "StopRestored"})


def take(run: Run) -> Json:
    """Take the step that is asked for, as far as it goes now.

    Raises:
        StepFailedError: It can't be done, or not in time.
    """
    asked, report = run.asked, run.report
    if asked.step in ENDS:
        return ENDS[asked.step](run)
    if asked.step in _UNDOING:
        return _undo(run)
    if report.is_done(asked.step):
        return _answer("", 0, asked, done=True)
    if asked.approved and (approval := report.step("Approve")) is not None:
        approval["reason"] = asked.approved
    step = report.begin(asked.step, asked.title, run.now())
    run.save()
    progress = STEPS[asked.step](run)
    report.goes_on(step, progress, run.now())
    if asked.token:
        # Done when somebody has answered.
        step |= {"ended": None, "outcome": None}
    run.save()
    if not progress.done and _seconds_since(run, step["started"]) > asked.timeout_seconds:
        raise StepFailedError(f"not within {asked.timeout_seconds:.0f} s: {progress.reason}")
    return _answer(progress.reason, _seconds_since(run, step["started"]), asked, done=progress.done)


def _undo(run: Run) -> Json:
    asked, report = run.asked, run.report
    known = report.step(asked.failed_step or "")
    if known is None or known["outcome"] != "failed":
        name, title = asked.failed_step or "", known["title"] if known else asked.failed_step or ""
        report.fail(name, title, told(asked.error, step=name), run.now())
        run.save()
    begins = report.facts.setdefault(f"{asked.step} began", run.now().isoformat())
    run.save()
    progress = STEPS[asked.step](run)
    seconds = _seconds_since(run, begins)
    late = seconds > asked.timeout_seconds
    if late and not progress.done:
        run.note(left=[*report.facts.get("left", []), f"gave up waiting: {progress.reason}"])
    return _answer(progress.reason, seconds, asked, done=progress.done or late)


def _answer(reason: str, seconds: float, asked: Asked, *, done: bool) -> Json:
    # The longer it takes, the less does it matter when its end is seen; and an execution's history has an end, too.
    return {"done": done, "reason": reason, "wait_seconds": int(max(asked.look_seconds, seconds * _WAIT_SHARE))}


def _seconds_since(run: Run, began: str) -> float:
    return (run.now() - read(began)).total_seconds()


@cache
def _state(table: str, region: str) -> StateTable:
    return StateTable(table, region=region)


@cache
def _aws(region: str) -> Aws:
    return Aws(region)


def _publish(name: str, unit: str, value: float, dimensions: Mapping[str, str]) -> None:
    """By a line of the log, in CloudWatch's own format: nothing that could fail."""
    with single_metric(name=name, unit=_UNITS[unit], value=value) as metric:
        for dimension, of in dimensions.items():
            metric.add_dimension(name=dimension, value=of)


def _run(event: Mapping[str, Any], environment: Mapping[str, str], function_arn: str) -> Run:
    _, partition, _, region, account, *_ = function_arn.split(":")
    asked = Asked.of(event)
    state = _state(environment["STATE_TABLE"], region)
    known = state.run(asked.execution)
    return Run(
        asked=asked,
        report=Report(known) if known else Report.begun(asked),
        state=state,
        aws=_aws(region),
        ask=ask,
        publish=_publish,
        settings=Settings(
            partition=partition,
            account=account,
            machine_arn=environment["STATE_MACHINE_ARN"],
            topic_arn=environment.get("TOPIC_ARN"),
            backup_role_arn=environment.get("BACKUP_ROLE_ARN"),
        ),
        now=lambda: datetime.now(UTC),
    )


# The event holds the token with which a run is approved: it is not logged.
@logger.inject_lambda_context(log_event=False)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, Any], context: LambdaContext) -> Json:
    """Lambda's entry point."""
    run = _run(event, os.environ, context.invoked_function_arn)
    about = {"step": run.asked.step, "execution": run.asked.execution, "mode": run.asked.mode}
    if run.asked.step == "MeasureDrillAge":
        return control.measure_drill_age(run.state, run)
    try:
        answer = take(run)
    except Exception:
        logger.exception("step failed", extra=about)
        raise
    logger.info("step taken", extra={**about, "done": answer["done"]})
    return answer
