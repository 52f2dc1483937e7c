"""The server process: on the loopback only, without the user's credentials, gone when it is stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws import processes, server, state
from local_aws.project import Workspace
from local_aws.server import Server, ServerError
from local_aws.state import State


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A folder of one's own."""
    return Workspace(tmp_path / "local_aws")


@pytest.fixture
def running(workspace: Workspace) -> Iterator[Server]:
    """A server of one's own."""
    started = server.start(workspace)
    yield started
    started.stop()


def accepts(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def has_members(group: int) -> bool:
    """Whether a process group has any process in it."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_stopped_server_leaves_no_process_no_open_port_and_no_file(running: Server, workspace: Workspace) -> None:
    assert running.is_healthy()
    assert accepts("127.0.0.1", running.port)

    running.stop()
    state.remove(workspace)

    assert not running.is_running()
    assert not has_members(running.pid)
    assert not accepts("127.0.0.1", running.port)
    assert not workspace.folder.exists()


def test_the_server_listens_on_the_loopback_only(running: Server) -> None:
    # A server on every interface would answer at the loopback's other addresses too.
    assert accepts("127.0.0.1", running.port)
    assert not accepts("127.0.0.2", running.port)


def test_the_preferred_port_is_taken_only_when_it_is_free() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]

        assert processes.free_port(taken) != taken
    assert processes.free_port(taken) == taken


def test_another_process_that_got_the_servers_number_is_left_alone() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        stale = Server(other.pid, 4566, "local-aws-0123456789abcdef")

        stale.stop()

        assert not stale.is_running()
        other.communicate(b"\n")
    # It came to its own end, by no signal.
    assert other.returncode == 0


def test_stopping_a_server_that_is_gone_does_nothing(running: Server) -> None:
    running.stop()
    running.stop()

    assert not running.is_running()


def test_a_server_that_ends_at_once_is_reported_with_the_end_of_its_log(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such luck\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))

    with pytest.raises(ServerError) as caught:
        server.start(workspace)

    assert str(caught.value) == (f"The embedded AWS ended at once (exit code 3):\n  no such luck\nLog: {workspace.log}")


def test_nothing_of_the_users_home_and_aws_settings_reaches_a_program(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "HOME",
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "CDK_DEFAULT_ACCOUNT",
        "HTTPS_PROXY",
    ):
        monkeypatch.setenv(name, "mine")

    monkeypatch.setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", "/cache")

    environment = workspace.environment(4567)

    assert "mine" not in environment.values()
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4567"
    assert {environment["AWS_CONFIG_FILE"], environment["AWS_SHARED_CREDENTIALS_FILE"]} == {os.devnull}


def test_temporary_files_stay_in_the_workspace(workspace: Workspace, running: Server) -> None:
    assert workspace.environment(running.port)["TMPDIR"] == str(workspace.temporary)
    assert workspace.temporary.is_dir()


def test_the_state_survives_being_written_and_read(workspace: Workspace) -> None:
    workspace.create()
    known = State(
        server=Server(1, 4566, "mark"),
        runs="r",
        fingerprint="f",
        stacks=("A",),
        outputs={"A": {"SiteUrl": "https://x"}},
    )

    state.save(workspace, known)

    assert state.load(workspace) == known


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"server": {"pid": 1}}'])
def test_a_state_file_that_can_not_be_read_counts_as_none(content: str, workspace: Workspace) -> None:
    workspace.create()
    workspace.state_file.write_text(content)

    assert state.load(workspace) is None


def test_a_killed_server_is_noticed(running: Server) -> None:
    os.killpg(running.pid, 9)
    deadline = time.monotonic() + 10

    while running.is_running() and time.monotonic() < deadline:
        time.sleep(0.01)

    assert not running.is_healthy()
