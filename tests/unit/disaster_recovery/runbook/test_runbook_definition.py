"""The state machine: every step ends somewhere, is tried again, has an end, and is known to the functions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.disaster_recovery.runbook._runbook_definition import definition
from aws_patterns.disaster_recovery.runbook._runbook_steps import Actor, Steps
from aws_patterns.disaster_recovery.runbook.recovery_runbook_options import RunbookTimeouts
from recovery_runbook.handler import ENDS, STEPS
from tests.unit.disaster_recovery.runbook import runbook_plans as plans

KINDS = [(strategy, approval) for strategy in Strategy for approval in (True, False)]
FUNCTIONS = {actor: f"arn:{actor}" for actor in Actor}
# The longest that Step Functions takes (step-functions/latest/dg/service-quotas.html).
LONGEST_NAME, LARGEST_DEFINITION = 80, 1_000_000


def steps(strategy: Strategy, *, approval: bool = False) -> Steps:
    return Steps(strategy, approval=approval, timeouts=RunbookTimeouts())


def machine(strategy: Strategy, *, approval: bool = False) -> Mapping[str, Any]:
    told = {**plans.plan(strategy).to_json(), "front_door": plans.SWITCH_URL}
    return definition(steps(strategy, approval=approval), plan=told, functions=FUNCTIONS)


def following(state: Mapping[str, Any]) -> Iterator[str]:
    for each in [state, *state.get("Choices", []), *state.get("Catch", [])]:
        yield from (each[key] for key in ("Next", "Default") if key in each)


@pytest.mark.parametrize(("strategy", "approval"), KINDS)
class TestMachine:
    def test_every_state_is_reached_and_leads_somewhere(self, strategy: Strategy, approval: bool) -> None:
        states = machine(strategy, approval=approval)["States"]
        reached, waiting = set[str](), ["Plan"]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += following(states[name])
        assert reached == set(states)
        ends = {name for name, state in states.items() if not list(following(state))}
        assert ends == {"Succeeded", "Stopped", "Refused", "Broken"}

    def test_every_task_is_tried_again_and_has_an_end_and_a_way_out(self, strategy: Strategy, approval: bool) -> None:
        for name, state in machine(strategy, approval=approval)["States"].items():
            if state["Type"] != "Task":
                continue
            assert state["TimeoutSeconds"] > 0, name
            assert state["Retry"][-1]["MaxAttempts"] > 0, name
            (caught,) = state["Catch"]
            assert caught["ErrorEquals"] == ["States.ALL"], name
            safe = "Broken" if name.startswith("Stop: ") else "Stop: StopSafely"
            assert caught["Next"] == safe, name

    def test_what_it_asks_for_the_functions_know(self, strategy: Strategy, approval: bool) -> None:
        for state in machine(strategy, approval=approval)["States"].values():
            if state["Type"] == "Task":
                assert state["Arguments"]["Payload"]["step"]["name"] in {**STEPS, **ENDS}

    def test_it_is_within_what_step_functions_takes(self, strategy: Strategy, approval: bool) -> None:
        made = machine(strategy, approval=approval)
        assert len(json.dumps(made)) < LARGEST_DEFINITION
        assert all(len(name) <= LONGEST_NAME for name in made["States"])

    def test_a_drill_asks_nobody_and_moves_nothing(self, strategy: Strategy, approval: bool) -> None:
        names = {step.name for step in steps(strategy, approval=approval).by_mode()["drill"]}
        forbidden = {"Approve", "FencePrimary", "PromoteData", "MoveTraffic", "ScalePrimary", "FenceRecovery"}
        assert not names & forbidden

    def test_the_primary_is_fenced_before_anything_is_promoted_and_before_the_traffic_moves(
        self, strategy: Strategy, approval: bool
    ) -> None:
        names = [step.name for step in steps(strategy, approval=approval).by_mode()["failover"]]
        promote = "RestoreData" if strategy is Strategy.BACKUP_AND_RESTORE else "PromoteData"
        assert names.index("FencePrimary") < names.index(promote) < names.index("ScaleCompute")
        assert names.index("KeepPrimaryFenced") == names.index("MoveTraffic") - 1
        assert names[-1] == "VerifyFrontDoor"


def test_every_step_of_the_functions_is_taken_by_some_machine() -> None:
    used = {
        state["Arguments"]["Payload"]["step"]["name"]
        for strategy, approval in KINDS
        for state in machine(strategy, approval=approval)["States"].values()
        if state["Type"] == "Task"
    }
    assert used == {*STEPS, *ENDS}
