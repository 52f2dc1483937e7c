"""The command line says what is wrong and what to do, and ends with an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local_aws import cli, state
from local_aws.embedded import EmbeddedAws
from local_aws.project import Workspace
from local_aws.server import Server
from local_aws.state import State


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A folder of one's own in the place of the project's."""
    workspace = Workspace(tmp_path / "local_aws")
    monkeypatch.setattr(cli, "LOCAL", workspace)
    return workspace


def test_an_unknown_stack_is_refused_before_anything_is_started(workspace: Workspace) -> None:
    result = CliRunner().invoke(cli.app, ["up", "petcuddleotron"])

    assert result.exit_code == 1
    assert "There is no stack 'petcuddleotron'. Did you mean PetCuddleOTron?" in result.stderr
    assert not workspace.folder.exists()


@pytest.mark.parametrize("command", ["inbox", "status"])
def test_looking_at_what_does_not_run_says_how_to_start_it(command: str, workspace: Workspace) -> None:
    result = CliRunner().invoke(cli.app, [command])

    assert result.exit_code == 1
    assert result.stderr.strip() == "The embedded AWS does not run. Start it with make local."


def test_down_is_harmless_where_nothing_runs_and_removes_what_a_crash_left(workspace: Workspace) -> None:
    assert CliRunner().invoke(cli.app, ["down"]).stdout.strip() == "Nothing was running."
    workspace.create()
    gone = State(server=Server(2**22 + 1, 4566, "local-aws-gone"), runs="")
    state.save(workspace, gone)

    assert CliRunner().invoke(cli.app, ["down"]).exit_code == 0

    assert not workspace.folder.exists()


def test_the_inbox_is_available_to_programs(
    workspace: Workspace, embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded_aws.client("sns").publish(PhoneNumber="+15550177", Message="for programs")
    workspace.create()
    state.save(workspace, State(server=Server(1, embedded_aws.port, "any"), runs=""))
    monkeypatch.setattr(Server, "is_running", lambda _server: True)

    result = CliRunner().invoke(cli.app, ["inbox", "--json"])

    messages = json.loads(result.stdout)
    assert {"channel": "sms", "to": "+15550177", "subject": "", "text": "for programs"} in [
        {key: value for key, value in message.items() if key != "time"} for message in messages
    ]
