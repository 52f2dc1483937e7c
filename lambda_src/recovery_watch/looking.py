"""One look: at the primary, at replication, and at the fence around the primary while it must not serve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from recovery_runbook.compute import Compute
from recovery_runbook.gateway import Answer, Aws, AwsError, LostError
from recovery_runbook.logic import Capacity, StepFailedError
from recovery_state.gateway import StateTable
from recovery_state.logic import HEARTBEAT, WATCH, Role, Serving, written
from recovery_watch.gateway import KINDS, Heart, Part, UnmeasurableError, name_of
from recovery_watch.logic import (
    FAILBACK,
    Beat,
    Fence,
    Look,
    Primary,
    arrived,
    heartbeat_values,
    must_fence,
    watch_values,
)

_OK = 200
# One answer that is lost on its way is no failure.
_PROBES = 2
# For a heartbeat to arrive; after that it is looked for again in a minute.
_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Watching:
    """Everything that a look may call.

    Attributes:
        plan: ``RecoveryPlan.to_json()``.
        heartbeats: Whether they are written.
        state: The state table.
        aws: AWS in both Regions.
        heart: Writes heartbeats and looks for them.
        ask: Asks an address of the workload.
        now: The time.
        wait: Waits for so many seconds.
    """

    plan: Mapping[str, Any]
    heartbeats: bool
    state: StateTable
    aws: Aws
    heart: Heart
    ask: Callable[[str], Answer]
    now: Callable[[], datetime]
    wait: Callable[[float], None]

    def look(self) -> Look:
        """Look once, and write down what there is to see. Raises StateError."""
        serving, before = self.state.serving(), self.state.get(HEARTBEAT)
        look = Look(at=self.now(), serving=serving.role, primary=self._primary())
        look = replace(look, fence=self._fence(serving))
        if self.heartbeats and serving.role is Role.PRIMARY:
            look = self._measured(look, before or {})
            self.state.put(HEARTBEAT, heartbeat_values(look))
        self.state.put(WATCH, watch_values(look, self.state.get(WATCH)))
        return look

    def _primary(self) -> Primary:
        url = self.state.endpoint(Role.PRIMARY)
        if url is None:
            return Primary(healthy=None, reason="the primary Region has not registered its endpoint")
        answer = self.ask(f"{url}{self.plan['health_path']}")
        for _ in range(_PROBES - 1):
            if answer.status != _OK:
                answer = self.ask(f"{url}{self.plan['health_path']}")
        if answer.status == _OK:
            return Primary(healthy=True, reason="it answers")
        return Primary(healthy=False, reason=f"{answer.url}: {answer.text}")

    def _fence(self, serving: Serving) -> Fence:
        """Keep the former primary out as soon as its Region can be reached again: its own alarms may scale it up."""
        if not must_fence(serving, self.state.lock()):
            return Fence()
        compute = Compute(self.aws, self.plan["primary_region"], self.plan["compute"])
        try:
            progress = compute.scale(Capacity.NONE)
        except (AwsError, StepFailedError) as error:
            return Fence(closed=False, reason=str(error))
        if (lock := self.state.lock()) is not None and lock.mode == FAILBACK:
            # It began in between, and needs what was just taken away.
            compute.scale(Capacity.FULL)
            return Fence(reason=f"{lock.execution} brings the primary back")
        # Where there is nothing to scale, nothing keeps it out.
        return Fence(closed=progress.done and bool(self.plan["compute"]), reason=progress.reason)

    def _measured(self, look: Look, before: Mapping[str, object]) -> Look:
        known = before.get("parts")
        beats = {name: Beat.of(values) for name, values in known.items()} if isinstance(known, Mapping) else {}
        parts = {name_of(part): part for part in self.plan["data"] if part["kind"] in KINDS}
        beats = {name: beats.get(name, Beat()) for name in parts}
        untold: dict[str, str] = {}
        for name, part in parts.items():
            try:
                beats[name] = self.heart.send(part, beats[name], written(self.now()))
            except LostError as error:
                # The others would only be waited for: they are in the same Region.
                untold |= dict.fromkeys((each for each in parts if each not in untold), str(error))
                return replace(look, beats=beats, untold=untold)
            except (AwsError, UnmeasurableError) as error:
                untold[name] = str(error)
        self._look_for(parts, beats, untold)
        return replace(look, beats=beats, untold=untold)

    def _look_for(self, parts: Mapping[str, Part], beats: dict[str, Beat], untold: dict[str, str]) -> None:
        waiting = [name for name in parts if name not in untold]
        waited = 0.0
        while waiting:
            for name in tuple(waiting):
                try:
                    beat, seen = self.heart.look(parts[name], beats[name])
                except AwsError as error:
                    untold[name] = str(error)
                    waiting.remove(name)
                    continue
                beats[name] = arrived(beat, seen, self.now())
                if seen >= beat.sent or waited >= _PATIENCE_SECONDS:
                    waiting.remove(name)
            if waiting:
                self.wait(_LOOK_SECONDS)
                waited += _LOOK_SECONDS
