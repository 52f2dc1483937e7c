"""What a run may do, what comes of its steps, and what is undone when one fails. Pure: no AWS, no clock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from recovery_state.logic import Lock, Role, Serving

Json = dict[str, Any]


class Mode(StrEnum):
    """What a run is for."""

    READINESS = "readiness"
    DRILL = "drill"
    FAILOVER = "failover"
    FAILBACK = "failback"

    @property
    def moves_traffic_to(self) -> Role | None:
        """The Region that serves when it is done; ``None``: traffic stays where it is."""
        return {Mode.FAILOVER: Role.RECOVERY, Mode.FAILBACK: Role.PRIMARY}.get(self)


class Capacity(StrEnum):
    """How much of a Region's compute runs."""

    FULL = "full"
    STANDBY = "standby"
    NONE = "none"


class StepFailedError(Exception):
    """A step that would fail again in the same way. Its text is for whoever runs the runbook."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a step is.

    Attributes:
        done: Whether the next one may begin.
        skipped: Whether there was nothing to do.
        reason: In words: what was done, why nothing, or what is waited for.
    """

    done: bool = True
    skipped: bool = False
    reason: str = ""


def waiting(reason: str) -> Progress:
    """It is looked at again soon."""
    return Progress(done=False, reason=reason)


def skipped(reason: str) -> Progress:
    """There was nothing to do."""
    return Progress(skipped=True, reason=reason)


def all_of(parts: Sequence[Progress]) -> Progress:
    """Of a step that has several parts: done when all are."""
    told = "; ".join(part.reason for part in parts if part.reason and (not part.done or all(p.done for p in parts)))
    return Progress(done=all(part.done for part in parts), skipped=all(part.skipped for part in parts), reason=told)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What one state of the machine asks for.

    Attributes:
        step: Name of the step.
        title: For people.
        timeout_seconds: After which the step has failed.
        look_seconds: Between two looks at whether it is done, at least.
        execution: Name of the run.
        mode: Of the run, as it was given.
        forced: Whether the run goes on where it would be refused.
        reason: Why somebody started it.
        started: When it was started.
        plan: ``RecoveryPlan.to_json()``, and ``front_door``: where users call the workload.
        approved: What whoever has approved the run said; blank: nobody was asked.
        error: What a step failed with: ``{"Error", "Cause"}``.
        failed_step: That step.
        token: With which Step Functions waits for somebody's answer.
    """

    step: str
    title: str
    timeout_seconds: float
    look_seconds: float
    execution: str
    mode: str
    forced: bool
    reason: str
    started: str
    plan: Json = field(repr=False)
    approved: str = ""
    error: Mapping[str, str] | None = None
    failed_step: str | None = None
    token: str | None = None

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Asked:
        """From what a state of the machine sends."""
        step, run = event["step"], event["run"]
        return cls(
            step=step["name"],
            title=step["title"],
            timeout_seconds=float(step["timeout_seconds"]),
            look_seconds=float(step["look_seconds"]),
            execution=run["execution"],
            mode=str(run["mode"]),
            forced=run["forced"] is True,
            reason=str(run["reason"]),
            started=run["started"],
            plan=event["plan"],
            approved=str(run.get("approved", "")),
            error=event.get("error") or None,
            failed_step=event.get("failed_step") or None,
            token=event.get("token"),
        )

    @property
    def regions(self) -> Mapping[Role, str]:
        """The Region of each role."""
        return {Role.PRIMARY: self.plan["primary_region"], Role.RECOVERY: self.plan["recovery_region"]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """What a run finds when it begins.

    Attributes:
        serving: Who gets the traffic.
        holder: The other run that is under way; ``None``: there is none.
        mover: What the run that has moved the traffic last has reported; ``None``: there is no such report.
        primary_health: Why the primary can't be said to be healthy; ``None``: it answers as it should.
        primary_lost: Why the primary's Region can't be worked with; ``None``: it can.
    """

    serving: Serving
    holder: Lock | None = None
    mover: Mapping[str, Any] | None = None
    primary_health: str | None = None
    primary_lost: str | None = None

    def refusal(self, asked: Asked) -> str | None:
        """Why the run must not begin; ``None``: it may."""
        if asked.mode not in set(Mode):
            return f"mode must be one of {', '.join(Mode)}, got {asked.mode!r}"
        mode = Mode(asked.mode)
        if mode is not Mode.READINESS and self.holder is not None:
            return (
                f"the {self.holder.mode} {self.holder.execution} has been under way since {self.holder.since}: "
                "wait for its end"
            )
        return None if self.goes_on(mode) else self._refusal(mode, forced=asked.forced)

    def _refusal(self, mode: Mode, *, forced: bool) -> str | None:
        recovery_serves = self.serving.role is Role.RECOVERY
        reasons: Mapping[Mode, Mapping[str, bool]] = {
            Mode.DRILL: {
                "the recovery Region serves: a drill there would be one with users; fail back first": recovery_serves,
            },
            Mode.FAILOVER: {
                f"the recovery Region serves already, since {self.serving.since}": recovery_serves,
                "the primary Region is healthy: to leave it all the same, start the failover with forced": (
                    self.primary_health is None and not forced
                ),
            },
            Mode.FAILBACK: {
                "the primary Region serves already: there is nothing to fail back from": not recovery_serves,
                f"the primary Region can't be worked with yet: {self.primary_lost}": self.primary_lost is not None,
            },
        }
        return next((reason for reason, holds in reasons.get(mode, {}).items() if holds), None)

    def goes_on(self, mode: Mode) -> bool:
        """Whether an earlier run has moved the traffic to where this one would, and has not come to its end."""
        if mode.moves_traffic_to is None or self.serving.role is not mode.moves_traffic_to or self.mover is None:
            return False
        return self.mover.get("mode") == mode and self.mover.get("outcome") != "succeeded"


class Undo(StrEnum):
    """What sets right what a run has left half-done."""

    UNFENCE_PRIMARY = "unfence the primary"
    FENCE_PRIMARY = "fence the primary"
    UNFENCE_RECOVERY = "unfence the recovery Region"
    SCALE_RECOVERY_BACK = "scale the recovery Region back"


def undoing(mode: Mode, begun: set[str], *, moved: bool, promoted: bool) -> tuple[list[Undo], str]:
    """What is to be undone after a step has failed for good, and in words where that leaves things.

    Args:
        mode: Of the run.
        begun: Names of the steps that were begun.
        moved: Whether the run has moved the traffic.
        promoted: Whether it has promoted data, which nothing takes back.
    """
    if moved:
        where = "recovery" if mode is Mode.FAILOVER else "primary"
        return [], f"the traffic is with the {where} Region and stays there: start the {mode} again to finish it"
    if promoted:
        return [], (
            "data is promoted, which can't be undone: the Region that was left stays fenced; "
            f"start the {mode} again to go on"
        )
    pairs = {
        Mode.FAILOVER: [("FencePrimary", Undo.UNFENCE_PRIMARY), ("ScaleCompute", Undo.SCALE_RECOVERY_BACK)],
        Mode.DRILL: [("ScaleCompute", Undo.SCALE_RECOVERY_BACK)],
        Mode.FAILBACK: [("FenceRecovery", Undo.UNFENCE_RECOVERY), ("ScalePrimary", Undo.FENCE_PRIMARY)],
        Mode.READINESS: [],
    }
    where = "recovery" if mode is Mode.FAILBACK else "primary"
    return [undo for step, undo in pairs[mode] if step in begun], f"the traffic has stayed with the {where} Region"


def told(error: Mapping[str, str] | None, *, step: str) -> str:
    """An error of Step Functions in the words of whoever raised it."""
    name, cause = (error or {}).get("Error", ""), (error or {}).get("Cause", "")
    if name in {"States.Timeout", "Sandbox.Timedout"}:
        return "nobody has approved it in time" if step == "Approve" else "the function did not answer in time"
    try:
        found = json.loads(cause)
    except ValueError:
        return cause or name or "unknown error"
    message = found.get("errorMessage") if isinstance(found, dict) else None
    kind = found.get("errorType") if isinstance(found, dict) else None
    if not message:
        return cause
    # Ours say it in words; of all others the name is a part of what is known.
    return str(message) if kind in {"StepFailedError", "AwsError", "LostError"} else f"{kind or name}: {message}"
