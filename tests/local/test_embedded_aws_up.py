"""``up`` from nothing, again with nothing changed, after a crash; and what it shows."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from local_aws import state
from local_aws.project import Workspace
from local_aws.server import Server
from local_aws.state import State
from local_aws.up import up

STACK = "PetCuddleOTron"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A folder of one's own; the server in it is stopped in the end."""
    workspace = Workspace(tmp_path / "local_aws")
    yield workspace
    known = state.load(workspace)
    if known:
        known.server.stop()


def shown_by_up(workspace: Workspace) -> str:
    """What ``up`` writes."""
    output = io.StringIO()
    up([STACK], workspace, Console(file=output, width=120))
    return output.getvalue()


def running(workspace: Workspace) -> State:
    found = state.load(workspace)
    assert found is not None
    return found


def test_up_deploys_then_only_looks_and_recovers_from_a_crash(workspace: Workspace) -> None:
    shown = shown_by_up(workspace)

    first = running(workspace)
    assert f"http://127.0.0.1:{first.server.port}" in shown
    assert f".cloudfront.localhost:{first.server.port}" in shown
    assert "CREATE_COMPLETE AWS::StepFunctions::StateMachine" in shown
    assert "make local-down" in shown

    started = time.monotonic()
    again = shown_by_up(workspace)
    assert time.monotonic() - started < 3
    assert "AWS::" not in again
    assert running(workspace) == first

    os.killpg(first.server.pid, 9)
    shown_by_up(workspace)
    assert running(workspace).server != first.server
    assert running(workspace).server.is_healthy()


def test_a_server_that_runs_an_older_launcher_is_replaced(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("local_aws.cdk.Cdk.bootstrap", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shown_by_up(workspace)
    old = running(workspace)
    state.save(workspace, replace(old, runs="something older"))

    with pytest.raises(KeyboardInterrupt):
        shown_by_up(workspace)

    assert not old.server.is_running()
    assert running(workspace).server.is_healthy()


def test_a_deployment_that_was_interrupted_is_taken_up_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("local_aws.cdk.Cdk.deploy", interrupted)
        with pytest.raises(KeyboardInterrupt):
            shown_by_up(workspace)
    left: Server = running(workspace).server
    assert left.is_healthy()
    assert running(workspace).fingerprint == ""

    shown = shown_by_up(workspace)

    assert running(workspace).server == left
    assert "CREATE_COMPLETE AWS::StepFunctions::StateMachine" in shown
    assert running(workspace).fingerprint


def test_a_stack_of_two_regions_is_deployed_to_both_and_shown(workspace: Workspace) -> None:
    output = io.StringIO()
    up(["ReplicatedBucket"], workspace, Console(file=output, width=120))
    shown, known = output.getvalue(), running(workspace)
    assert "Bootstrap the emulated account in us-east-1, us-west-2" in shown
    assert known.regions == ("us-east-1", "us-west-2")
    assert set(known.outputs) == {"ReplicatedBucket", "ReplicatedBucketReplica"}
    assert [line for line in shown.splitlines() if "ReplicatedBucketReplica" in line and "executes" in line]
