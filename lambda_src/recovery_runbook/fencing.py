"""Scales each Region as the step of a run needs it, keeps the primary out, and sets right what was left half-done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recovery_runbook.compute import Compute
from recovery_runbook.gateway import AwsError, LostError
from recovery_runbook.logic import Capacity, Mode, Progress, StepFailedError, Undo, skipped, undoing, waiting
from recovery_runbook.probing import down
from recovery_runbook.run import Run
from recovery_state.logic import Role, read, written

# Of what may pass while users wait.
_PATIENCE_SECONDS = 10


def scale(run: Run, role: Role, capacity: Capacity) -> Progress:
    """Let a Region have that capacity."""
    try:
        return Compute(run.aws, run.region(role), run.plan["compute"]).scale(capacity)
    except LostError as error:
        if role is Role.PRIMARY:
            raise StepFailedError(f"the primary Region does not answer: {error}") from None
        raise


def fence_primary(run: Run) -> Progress:
    """Let nothing write in the primary any more: as far as its Region can be reached, for it may be gone.

    As long as the primary can't be fenced and still serves, this is not done: both Regions would.
    """
    try:
        progress = Compute(run.aws, run.region(Role.PRIMARY), run.plan["compute"]).scale(Capacity.NONE)
    except (AwsError, StepFailedError) as error:
        run.note(fenced=False)
        if run.state.endpoint(Role.PRIMARY) is not None and down(run, Role.PRIMARY) is None:
            return waiting(f"the primary still serves and can't be fenced, both Regions would: {error}")
        if not isinstance(error, LostError) and _waited_seconds(run) < _PATIENCE_SECONDS:
            # The Region is there: what it refuses now it may do in a moment.
            return waiting(str(error))
        return skipped(f"the primary does not serve, and can't be fenced: {error}")
    run.note(fenced=True)
    return progress


def fence_recovery(run: Run) -> Progress:
    """Let nothing write in the recovery Region any more: from now on nobody is served until the traffic has moved."""
    if "unserved_since" not in run.report.facts:
        run.note(unserved_since=written(run.now()))
    return scale(run, Role.RECOVERY, Capacity.NONE)


def stop_safely(run: Run) -> Progress:
    """Set right what the run has left half-done, and note in words what could not be."""
    serving = run.state.serving()
    todo, where = undoing(
        Mode(run.asked.mode),
        run.report.begun_steps,
        moved=serving.execution == run.asked.execution,
        promoted=bool(run.report.facts.get("promoted")),
    )
    undo: Mapping[Undo, Callable[[], Progress]] = {
        Undo.UNFENCE_PRIMARY: lambda: scale(run, Role.PRIMARY, Capacity.FULL),
        Undo.FENCE_PRIMARY: lambda: scale(run, Role.PRIMARY, Capacity.NONE),
        Undo.UNFENCE_RECOVERY: lambda: scale(run, Role.RECOVERY, Capacity.FULL),
        Undo.SCALE_RECOVERY_BACK: lambda: scale(run, Role.RECOVERY, Capacity.STANDBY),
    }
    if serving.role is Role.RECOVERY:
        # Whatever was meant to be a drill: users are there.
        todo = [each for each in todo if each is not Undo.SCALE_RECOVERY_BACK]
    # A primary that was never fenced has nothing to be undone, and a lost one would only be waited for.
    if run.report.facts.get("fenced") is not True:
        todo = [each for each in todo if each is not Undo.UNFENCE_PRIMARY]
    failed = []
    for each in todo:
        try:
            undo[each]()
        except (AwsError, StepFailedError) as error:
            failed.append(f"could not {each}: {error}")
    run.note(left=[where, *failed])
    return waiting("; ".join(failed)) if failed else Progress(reason=where)


def _waited_seconds(run: Run) -> float:
    step = run.report.step(run.asked.step)
    return 0.0 if step is None else (run.now() - read(step["started"])).total_seconds()
