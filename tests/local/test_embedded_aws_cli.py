"""The command line says what is wrong and what to do, and ends with an error."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
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


@pytest.mark.parametrize("command", ["inbox", "status", "env", "address Orders SiteUrl", "lose us-east-1", "reconnect"])
def test_looking_at_what_does_not_run_says_how_to_start_it(command: str, workspace: Workspace) -> None:
    result = CliRunner().invoke(cli.app, command.split())

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


@pytest.fixture
def running(workspace: Workspace, embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> EmbeddedAws:
    """The tests' embedded AWS in the place of the project's."""
    workspace.create()
    outputs = {"Orders": {"SiteUrl": "https://a1.execute-api.us-east-1.amazonaws.com/x"}}
    state.save(workspace, State(server=Server(1, embedded_aws.port, "any"), runs="", outputs=outputs))
    monkeypatch.setattr(Server, "is_healthy", lambda _server: True)
    return embedded_aws


def test_other_programs_are_told_where_it_is_and_that_it_is_no_account_of_theirs(running: EmbeddedAws) -> None:
    told = CliRunner().invoke(cli.app, ["env"]).stdout
    done = subprocess.run(
        ["/bin/sh", "-c", f"AWS_PROFILE=mine; export AWS_PROFILE\n{told}\nenv"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    assert found["AWS_ENDPOINT_URL"] == running.endpoint_url
    assert found["AWS_CONFIG_FILE"] == "/dev/null"
    assert "AWS_PROFILE" not in found


def test_an_address_is_told_as_it_is_called_here(running: EmbeddedAws) -> None:
    result = CliRunner().invoke(cli.app, ["address", "Orders", "SiteUrl"])
    assert result.stdout == f"http://a1.execute-api.localhost:{running.port}/x\n"


@pytest.mark.parametrize(
    ("stack", "output", "problem"),
    [
        ("Order", "SiteUrl", "There is no stack 'Order'; there are Orders."),
        ("Orders", "Url", "Orders has no output 'Url'; it has SiteUrl."),
    ],
)
def test_an_address_that_there_is_not_is_told(stack: str, output: str, problem: str, running: EmbeddedAws) -> None:
    result = CliRunner().invoke(cli.app, ["address", stack, output])
    assert (result.exit_code, result.stderr.strip()) == (1, problem)


def test_a_region_is_lost_and_comes_back(running: EmbeddedAws) -> None:
    tables = running.clients_in("eu-west-1")("dynamodb")
    assert CliRunner().invoke(cli.app, ["lose", "eu-west-1"]).stdout == "eu-west-1 is lost.\n"
    with pytest.raises(ClientError, match="eu-west-1 is lost"):
        tables.list_tables()
    assert CliRunner().invoke(cli.app, ["reconnect"]).stdout == "Every Region is back.\n"
    tables.list_tables()
    result = CliRunner().invoke(cli.app, ["lose", "mars"])
    assert (result.exit_code, result.stderr.strip()[:16]) == (1, "a Region to lose")
