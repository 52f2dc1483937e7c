"""How a run begins and ends: the lock, who is told, what is measured."""

from __future__ import annotations

import json

from recovery_runbook.gateway import AwsError
from recovery_runbook.logic import Json, Mode, Progress, Situation, told
from recovery_runbook.probing import down
from recovery_runbook.report import Report
from recovery_runbook.run import Run, last_item
from recovery_state.gateway import StateTable
from recovery_state.logic import WATCH, Lock, Role, Serving, read, written

_RUNNING = "RUNNING"
# What stays true for the next run of the mode when this one does not come to its end.
_KEPT = ("promoted", "asked_for", "restored", "names_before", "primary_was_healthy")
_KEPT_GOING_ON = ("first_started", "lost_since", "recovery_point_seconds", "unserved_since")


def begin(run: Run) -> Json:
    """Take the lock, unless the run has to be refused."""
    known = run.state.run(run.asked.execution)
    if known is not None:
        # This is asked again: Step Functions did not hear the answer.
        return _answer(Report(known))
    situation = _situation(run)
    refusal = situation.refusal(run.asked)
    if refusal is not None:
        run.state.release_lock(run.asked.execution)
        run.report.end("refused", refusal, run.now())
        run.save()
        _put_metrics(run)
        return _answer(run.report)
    _carry_on(run, situation)
    run.save()
    run.state.put(last_item(run.asked.mode), {"execution": run.asked.execution})
    return _answer(run.report)


def approve(run: Run) -> Progress:
    """Ask a person. Their answer goes to Step Functions, which waits for it."""
    run.report.values["approval"] = {"token": run.asked.token, "asked": written(run.now())}
    run.save()
    _tell(
        run,
        f"{run.plan['name']}: the {run.asked.mode} waits for approval",
        f"{run.asked.mode} {run.asked.execution} was started: {run.asked.reason or 'no reason given'}.\n"
        f"Approve it: python -m aws_patterns.disaster_recovery approve {run.plan['name']} "
        f"--region {run.region(Role.RECOVERY)}\n",
    )
    return Progress(reason="waits for approval")


def move_traffic(run: Run) -> Progress:
    """Let the other Region serve."""
    role = Mode(run.asked.mode).moves_traffic_to
    assert role is not None  # noqa: S101 - no other mode has this step
    known = run.state.serving()
    if known.role is role:
        return Progress(skipped=known.execution != run.asked.execution, reason=f"the {role} Region serves")
    run.state.move_traffic(Serving(role=role, since=written(run.now()), execution=run.asked.execution))
    return Progress(reason=f"the {role} Region serves")


def finish(run: Run) -> Json:
    """The run has done all it should."""
    if run.report.values["outcome"] == "running":
        run.report.end("succeeded", run.asked.reason, run.now())
        run.save()
    if run.asked.mode == Mode.DRILL:
        run.state.put(last_item("successful drill"), {"ended": run.report.values["ended"]})
    return _ended(run)


def stopped(run: Run) -> Json:
    """The run has failed for good, and what was half-done is set right."""
    step = run.asked.failed_step or "the run"
    if run.report.values["outcome"] == "running":
        why = told(run.asked.error, step=step)
        left = [each for each in run.report.facts.get("left", []) if each]
        run.report.end("stopped", "; ".join([f"{step}: {why}", *left]), run.now())
        run.save()
    return _ended(run)


def measure_drill_age(state: StateTable, run: Run) -> Json:
    """How long ago the last successful drill was; where there was none, how long this is known."""
    name = last_item("successful drill")
    known = state.get(name)
    if known is None:
        known = {"ended": written(run.now())}
        state.put(name, known)
    days = (run.now() - read(str(known["ended"]))).total_seconds() / 86_400
    run.publish("DaysSinceSuccessfulDrill", "None", max(days, 0.0), {"Workload": run.plan["name"]})
    return {"days": days}


def _situation(run: Run) -> Situation:
    mode, execution = run.asked.mode, run.asked.execution
    if mode not in set(Mode) or mode == Mode.READINESS:
        return Situation(serving=run.state.serving())
    holder = _take_lock(run, Lock(execution=execution, mode=mode, since=written(run.now())))
    serving = run.state.serving()
    if holder is not None:
        return Situation(serving=serving, holder=holder)
    health = down(run, Role.PRIMARY) if mode == Mode.FAILOVER else None
    run.report.facts["primary_was_healthy"] = mode == Mode.FAILOVER and health is None
    return Situation(
        serving=serving,
        mover=run.state.run(serving.execution) if serving.execution else None,
        primary_health=health,
        primary_lost=_lost(run) if mode == Mode.FAILBACK else None,
    )


def _take_lock(run: Run, wanted: Lock) -> Lock | None:
    """The other run that holds it. That of a run which has ended without a word is taken over."""
    held = run.state.take_lock(wanted)
    if held.execution != wanted.execution and not _is_under_way(run, held.execution):
        run.state.release_lock(held.execution)
        held = run.state.take_lock(wanted)
    return None if held.execution == wanted.execution else held


def _is_under_way(run: Run, execution: str) -> bool:
    machine = run.settings.machine_arn.replace(":stateMachine:", ":execution:")
    try:
        found = run.call("stepfunctions", Role.RECOVERY, "describe_execution", executionArn=f"{machine}:{execution}")
    except AwsError as error:
        if error.code == "ExecutionDoesNotExist":
            return False
        raise
    return bool(found["status"] == _RUNNING)


def _lost(run: Run) -> str | None:
    """Why the primary's Region can't be worked with."""
    try:
        run.call("cloudformation", Role.PRIMARY, "describe_stacks", StackName=run.plan["primary_stack"])
    except AwsError as error:
        return str(error)
    return None


def _lost_since(run: Run) -> str:
    """Since when the primary has not served: as the watch has seen it, or else from now on."""
    seen = run.state.get(WATCH) or {}
    since = seen.get("since") if seen.get("primary_healthy") is False else None
    return since if isinstance(since, str) and since else run.asked.started


def _carry_on(run: Run, situation: Situation) -> None:
    """What an earlier run of the mode has left, where it has not come to its end."""
    facts, mode = run.report.facts, run.asked.mode
    facts["first_started"] = run.asked.started
    if mode == Mode.FAILOVER and situation.primary_health is not None:
        facts["lost_since"] = _lost_since(run)
    name = (run.state.get(last_item(mode)) or {}).get("execution")
    earlier = run.state.run(str(name)) if name and mode != Mode.DRILL else None
    if earlier is None or earlier.get("outcome") == "succeeded":
        return
    left = Report(earlier).facts
    going_on = mode in set(Mode) and (situation.goes_on(Mode(mode)) or left.get("promoted"))
    for fact in (*_KEPT, *(_KEPT_GOING_ON if going_on else ())):
        if left.get(fact) is not None:
            facts[fact] = left[fact]
    run.report.values["resumes"] = str(name)


def _answer(report: Report) -> Json:
    refused = report.values["outcome"] == "refused"
    return {"done": True, "refused": refused, "result": report.result()}


def _ended(run: Run) -> Json:
    """Everything that may be done twice, and in this order: who is told can start the next run."""
    result = run.report.result()
    _put_metrics(run)
    run.state.release_lock(run.asked.execution)
    name, mode, outcome = run.plan["name"], run.asked.mode, result["outcome"]
    _tell(run, f"{name}: {mode} {outcome}", f"{result['reason']}\n\n{json.dumps(result, indent=2)}")
    return {"done": True, "result": result}


def _put_metrics(run: Run) -> None:
    values, mode = run.report.values, run.asked.mode
    outcome = {"succeeded": "RunsSucceeded", "stopped": "RunsStopped", "refused": "RunsRefused"}[values["outcome"]]
    found = [(outcome, "Count", 1.0)]
    for metric, name in (("RecoveryTime", "recovery_time_seconds"), ("RecoveryPoint", "recovery_point_seconds")):
        if values["measured"][name] is not None:
            found.append((metric, "Seconds", float(values["measured"][name])))
    for metric, unit, value in found:
        # Over all modes for the alarms, and by mode for whoever compares.
        run.publish(metric, unit, value, {"Workload": run.plan["name"]})
        if mode in set(Mode):
            run.publish(metric, unit, value, {"Workload": run.plan["name"], "Mode": mode})


def _tell(run: Run, subject: str, text: str) -> None:
    if run.settings.topic_arn:
        run.call("sns", Role.RECOVERY, "publish", TopicArn=run.settings.topic_arn, Subject=subject[:99], Message=text)
