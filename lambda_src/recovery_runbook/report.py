"""What a run has done, as it is written into the state after every step. Pure: times come from outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from recovery_runbook.logic import Asked, Json, Mode, Progress
from recovery_state.logic import read, written

# What only the runbook itself needs of a report.
_OWN = ("facts", "approval", "execution", "resumes")


class Report:
    """Of one run.

    Attributes:
        values: As it is written into the state.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values: Json = {**values, "steps": [dict(step) for step in values.get("steps", [])]}
        self.values["facts"] = dict(values.get("facts", {}))

    @classmethod
    def begun(cls, asked: Asked) -> Report:
        """Of a run that has done nothing yet."""
        plan = asked.plan
        return cls(
            {
                "execution": asked.execution,
                "mode": asked.mode,
                "outcome": "running",
                "reason": asked.reason,
                "forced": asked.forced,
                "started": asked.started,
                "ended": None,
                "measured": {"recovery_time_seconds": None, "recovery_point_seconds": None},
                "objective": {
                    "recovery_time_seconds": plan["recovery_time_seconds"],
                    "recovery_point_seconds": plan["recovery_point_seconds"],
                },
            }
        )

    @property
    def facts(self) -> Json:
        """What later steps, and later runs, must know."""
        facts: Json = self.values["facts"]
        return facts

    @property
    def begun_steps(self) -> set[str]:
        """Names of the steps that were begun."""
        return {step["name"] for step in self.values["steps"]}

    def step(self, name: str) -> Json | None:
        """What is known of a step: of its last time, where a run does it twice."""
        found = [step for step in self.values["steps"] if step["name"] == name]
        return found[-1] if found else None

    def is_done(self, name: str) -> bool:
        """Whether it was the last step, and is done: then Step Functions has not heard of it."""
        steps = self.values["steps"]
        return bool(steps) and steps[-1]["name"] == name and steps[-1]["outcome"] in {"done", "skipped"}

    def begin(self, name: str, title: str, now: datetime) -> Json:
        """A step that begins or goes on. What was open before it is done: nothing else lets this one begin."""
        known = self.step(name)
        if known is not None and known["ended"] is None:
            return known
        for before in self.values["steps"]:
            if before["ended"] is None:
                before |= {"ended": written(now), "outcome": "done"}
        step: Json = {
            "name": name,
            "title": title,
            "started": written(now),
            "ended": None,
            "outcome": None,
            "reason": "",
        }
        self.values["steps"].append(step)
        return step

    def goes_on(self, step: Json, progress: Progress, now: datetime) -> None:
        """What has come of a look at a step."""
        step["reason"] = progress.reason
        if progress.done:
            step |= {"ended": written(now), "outcome": "skipped" if progress.skipped else "done"}

    def fail(self, name: str, title: str, reason: str, now: datetime) -> None:
        """A step has failed for good."""
        step = self.begin(name, title, now)
        step |= {"ended": written(now), "outcome": "failed", "reason": reason}

    def end(self, outcome: str, reason: str, now: datetime) -> None:
        """The run is over."""
        self.values |= {"outcome": outcome, "reason": reason, "ended": written(now)}
        self.values["measured"] = self.measured()

    def measured(self) -> Json:
        """How long it took until the workload served, and how much of the last changes was lost, in seconds."""
        return {
            "recovery_time_seconds": self._recovery_time(),
            "recovery_point_seconds": self._recovery_point(),
        }

    def result(self) -> Json:
        """What the run tells whoever started it."""
        return {key: value for key, value in self.values.items() if key not in _OWN}

    def _recovery_point(self) -> float | None:
        """A failback moves nobody before everything has been seen to arrive."""
        if self.values["mode"] != Mode.FAILBACK:
            known: float | None = self.facts.get("recovery_point_seconds")
            return known
        moved = self.step("VerifyFrontDoor") is not None
        return 0.0 if moved and self.facts.get("all_arrived") else None

    def _recovery_time(self) -> float | None:
        """From the loss, where it was seen, or else from the start; of a failback: how long nobody was served."""
        mode = self.values["mode"]
        begins: Mapping[str, Any] = {
            Mode.FAILOVER: self.facts.get("lost_since") or self.facts.get("first_started") or self.values["started"],
            Mode.DRILL: self.values["started"],
            Mode.FAILBACK: self.facts.get("unserved_since"),
        }
        last = self.step("VerifyRecovery" if mode == Mode.DRILL else "VerifyFrontDoor")
        begin = begins.get(mode)
        if begin is None or last is None or last["outcome"] != "done":
            return None
        return round((read(last["ended"]) - read(begin)).total_seconds(), 3)
