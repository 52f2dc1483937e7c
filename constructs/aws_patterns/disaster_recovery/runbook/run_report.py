"""What a run of the runbook has done, as data. Needs no CDK and no AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """What the runbook can do.

    Attributes:
        READINESS: Say whether a failover would work; read only.
        DRILL: Let the recovery Region start and answer, without users.
        FAILOVER: Let the recovery Region serve.
        FAILBACK: Let the primary serve again.
    """

    READINESS = "readiness"
    DRILL = "drill"
    FAILOVER = "failover"
    FAILBACK = "failback"


SUCCEEDED = "succeeded"
RUNNING = "running"


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """A recovery time and a recovery point, in seconds; ``None``: not known, or there is none."""

    recovery_time_seconds: float | None = None
    recovery_point_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of a run.

    Attributes:
        name: As the state machine has it.
        title: For people.
        started: When, in ISO 8601.
        ended: Likewise; blank while it is under way.
        began_seconds: From the beginning of the run to that of the step.
        seconds: How long it took; ``None`` while it is under way.
        outcome: ``done``, ``skipped`` or ``failed``; blank while it is under way.
        reason: In words: what was done, why nothing, what failed or what is waited for.
    """

    name: str
    title: str
    started: str
    ended: str
    began_seconds: float
    seconds: float | None
    outcome: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunReport:
    """One run.

    Attributes:
        execution: Its name.
        mode: What it is for.
        outcome: ``running``, ``succeeded``, ``stopped`` or ``refused``.
        reason: Why it was started, or why it has ended as it did.
        forced: Whether it was to go on where it would be refused.
        started: When, in ISO 8601.
        ended: Likewise; blank while it is under way.
        seconds: How long it took; ``None`` while it is under way.
        steps: In the order in which they began.
        measured: What it has come to.
        objective: What it is held against.
    """

    execution: str
    mode: str
    outcome: str
    reason: str
    forced: bool
    started: str
    ended: str
    seconds: float | None
    steps: Sequence[Step]
    measured: Times
    objective: Times

    @property
    def succeeded(self) -> bool:
        """Whether it has done what it is for."""
        return self.outcome == SUCCEEDED

    @property
    def missed(self) -> Mapping[str, tuple[float, float]]:
        """What was measured and is beyond the objective: both numbers, by ``recovery time`` and ``recovery point``."""
        pairs = {
            "recovery time": (self.measured.recovery_time_seconds, self.objective.recovery_time_seconds),
            "recovery point": (self.measured.recovery_point_seconds, self.objective.recovery_point_seconds),
        }
        return {
            name: (measured, objective)
            for name, (measured, objective) in pairs.items()
            if measured is not None and objective is not None and measured > objective
        }
