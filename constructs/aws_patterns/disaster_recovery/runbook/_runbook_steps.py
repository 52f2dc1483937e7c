"""The steps of each mode of a runbook, in their order. Needs no CDK.

Their names are those that ``lambda_src/recovery_runbook`` knows; people read the titles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.disaster_recovery.runbook.recovery_runbook_options import RunbookTimeouts


class Actor(StrEnum):
    """The functions of a runbook: one for each set of permissions. Each is a construct id."""

    CONTROL = "Control"
    CHECKS = "Checks"
    COMPUTE = "Compute"
    DATA = "Data"
    PROBE = "Probe"
    TRAFFIC = "Traffic"
    RESTORE = "Restore"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step.

    Attributes:
        name: As the function knows it.
        title: For people.
        actor: The function that takes it.
        timeout_seconds: After which it has failed.
        look_seconds: Between two looks at whether it is done, at least: they get rarer the longer it takes.
    """

    name: str
    title: str
    actor: Actor
    timeout_seconds: int
    look_seconds: int = 5


# Of restores and updates of stacks, which take minutes to hours.
_SELDOM_SECONDS = 30


class Steps:
    """The steps of a runbook.

    Args:
        strategy: By which the workload recovers.
        approval: Whether a person is asked before something is moved.
        timeouts: For how long each step may take.
    """

    def __init__(self, strategy: Strategy, *, approval: bool, timeouts: RunbookTimeouts) -> None:
        self._restores = strategy is Strategy.BACKUP_AND_RESTORE
        self._approval = approval
        self._timeouts = timeouts

    def by_mode(self) -> Mapping[str, Sequence[Step]]:
        """Those of each mode, between its beginning and its end."""
        return {
            "readiness": [self._readiness()],
            "drill": [self._readiness(), *self._start(drill=True), *self._end_drill()],
            "failover": [*self._approve(), self._fence(), *self._start(drill=False), *self._move()],
            "failback": [*self._approve(), *self._bring_back(), *self._move_back()],
        }

    def begin(self) -> Step:
        """What every mode begins with."""
        return Step(name="Begin", title="Begin", actor=Actor.CONTROL, timeout_seconds=self._timeouts.move)

    def finish(self) -> Step:
        """What every mode ends with."""
        return Step(name="Finish", title="Report", actor=Actor.CONTROL, timeout_seconds=self._timeouts.move)

    def after_failure(self) -> Sequence[Step]:
        """What is done when a step has failed for good; the last one tells of it."""
        undo = Step(
            name="StopSafely",
            title="Set right what is half-done",
            actor=Actor.COMPUTE,
            timeout_seconds=self._timeouts.undo,
        )
        take_out = self._stop_workload("StopRestored", "Take what was restored out of the recovery Region")
        tell = Step(name="Stopped", title="Report", actor=Actor.CONTROL, timeout_seconds=self._timeouts.move)
        return [undo, *([take_out] if self._restores else []), tell]

    def _approve(self) -> list[Step]:
        title, seconds = "Wait for approval", self._timeouts.approval
        step = Step(name="Approve", title=title, actor=Actor.CONTROL, timeout_seconds=seconds)
        return [step] if self._approval else []

    def _readiness(self) -> Step:
        title = "Check that the recovery Region could take over"
        return Step(name="Readiness", title=title, actor=Actor.CHECKS, timeout_seconds=self._timeouts.move)

    def _fence(self) -> Step:
        return Step(
            name="FencePrimary",
            title="Keep the primary Region from writing",
            actor=Actor.COMPUTE,
            timeout_seconds=self._timeouts.fence,
        )

    def _start(self, *, drill: bool) -> list[Step]:
        restore = self._seldom("RestoreData", "Restore the tables in the recovery Region", self._timeouts.restore)
        start = self._seldom("StartWorkload", "Make the workload in the recovery Region", self._timeouts.stack)
        promote = Step(
            name="PromoteData",
            title="Let the recovery Region write",
            actor=Actor.DATA,
            timeout_seconds=self._timeouts.promotion,
        )
        data = [restore, start] if self._restores else [] if drill else [promote]
        return [
            *data,
            Step(
                name="ScaleCompute",
                title="Scale the recovery Region to full capacity",
                actor=Actor.COMPUTE,
                timeout_seconds=self._timeouts.scaling,
            ),
            Step(
                name="WaitForHealth",
                title="Wait until the recovery Region is healthy",
                actor=Actor.PROBE,
                timeout_seconds=self._timeouts.health,
            ),
        ]

    def _end_drill(self) -> list[Step]:
        verify = Step(
            name="VerifyRecovery",
            title="Verify that the recovery Region could serve",
            actor=Actor.PROBE,
            timeout_seconds=self._timeouts.health,
        )
        take_out = self._stop_workload("StopWorkload", "Take the workload out of the recovery Region")
        back = Step(
            name="ScaleBack",
            title="Scale the recovery Region back",
            actor=Actor.COMPUTE,
            timeout_seconds=self._timeouts.scaling,
        )
        return [verify, take_out if self._restores else back]

    def _move(self) -> list[Step]:
        again = Step(
            name="KeepPrimaryFenced",
            title="Keep the primary Region from writing, should it have come back",
            actor=Actor.COMPUTE,
            timeout_seconds=self._timeouts.fence,
        )
        return [again, *self._move_traffic("recovery")]

    def _move_traffic(self, to: str) -> list[Step]:
        return [
            Step(
                name="MoveTraffic",
                title=f"Send users to the {to} Region",
                actor=Actor.TRAFFIC,
                timeout_seconds=self._timeouts.move,
            ),
            Step(
                name="VerifyFrontDoor",
                title=f"Verify that users reach the {to} Region",
                actor=Actor.PROBE,
                timeout_seconds=self._timeouts.front_door,
            ),
        ]

    def _bring_back(self) -> list[Step]:
        scale = Step(
            name="ScalePrimary",
            title="Scale the primary Region to full capacity",
            actor=Actor.COMPUTE,
            timeout_seconds=self._timeouts.scaling,
        )
        healthy = Step(
            name="WaitForPrimaryHealth",
            title="Wait until the primary Region is healthy",
            actor=Actor.PROBE,
            timeout_seconds=self._timeouts.health,
        )
        fence = Step(
            name="FenceRecovery",
            title="Keep the recovery Region from writing",
            actor=Actor.COMPUTE,
            timeout_seconds=self._timeouts.scaling,
        )
        data = Step(
            name="WaitForData",
            title="Wait until everything written is in the primary Region",
            actor=Actor.DATA,
            timeout_seconds=self._timeouts.data,
        )
        return [scale, healthy, fence, data, *(self._restore_back() if self._restores else [])]

    def _restore_back(self) -> list[Step]:
        return [
            self._seldom("RestoreBack", "Restore the tables in the primary Region", 2 * self._timeouts.restore),
            self._seldom("UpdatePrimary", "Let the primary Region work with them", self._timeouts.stack),
            Step(
                name="VerifyPrimary",
                title="Wait until the primary Region is healthy with them",
                actor=Actor.PROBE,
                timeout_seconds=self._timeouts.health,
            ),
        ]

    def _move_back(self) -> list[Step]:
        take_out = self._stop_workload("StopWorkload", "Take the workload out of the recovery Region")
        back = Step(
            name="ScaleRecoveryToStandby",
            title="Scale the recovery Region back",
            actor=Actor.COMPUTE,
            timeout_seconds=self._timeouts.scaling,
        )
        return [*self._move_traffic("primary"), take_out if self._restores else back]

    def _stop_workload(self, name: str, title: str) -> Step:
        return self._seldom(name, title, self._timeouts.stack)

    def _seldom(self, name: str, title: str, seconds: int) -> Step:
        return Step(name=name, title=title, actor=Actor.RESTORE, timeout_seconds=seconds, look_seconds=_SELDOM_SECONDS)
