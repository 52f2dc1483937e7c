"""The server process: started in the background, found again, stopped without leaving anything."""

from __future__ import annotations

import http.client
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_aws import processes
from local_aws.project import ROOT, Workspace

_START_SECONDS = 60
_STOP_SECONDS = 10
_HEALTH_SECONDS = 2
_POLL_SECONDS = 0.05
_LOG_TAIL_LINES = 15
_ATTEMPTS = 3


class ServerError(RuntimeError):
    """The server did not start; says what it wrote last and where its log is."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its process, port, and a mark that tells its process from any other."""

    pid: int
    port: int
    instance: str

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_running(self) -> bool:
        """Whether the process is there and is this server, not another that got its number."""
        return self.instance in processes.command_line(self.pid)

    def is_healthy(self) -> bool:
        """Whether it answers."""
        return self.is_running() and _answers(self.port)

    def stop(self) -> None:
        """End it and everything it started; returns when it is gone."""
        processes.end_session(self.pid, self.instance, _STOP_SECONDS)
        for process in [kept for kept in _KEPT if kept.pid == self.pid]:
            process.wait()
            _KEPT.remove(process)


def start(
    workspace: Workspace,
    *,
    preferred_port: int | None = None,
    enforce_iam: bool = False,
    wait_scale: float = 1.0,
    programs: bool = False,
    on_spawn: Callable[[Server], None] = lambda _server: None,
) -> Server:
    """Start a server in the background and wait until it answers. Raises ServerError.

    Args:
        preferred_port: Taken if it is free.
        enforce_iam: Deny what the policies of the functions' roles do not allow.
        wait_scale: Factor on the waits and retry delays of Step Functions.
        programs: Run programs of this project in the place of instances that would install them.
        on_spawn: Told of the process before it answers, so that it is not forgotten if this one is killed.
    """
    workspace.create()
    for attempt in range(_ATTEMPTS):
        # Another program may take the port between the look and the start.
        port = processes.free_port(preferred_port if attempt == 0 else None)
        try:
            return _start(workspace, port, on_spawn, enforce_iam=enforce_iam, wait_scale=wait_scale, programs=programs)
        except _PortTakenError:
            continue
    raise ServerError(f"The embedded AWS found no port that stays free. Its log: {workspace.log}")


class _PortTakenError(RuntimeError):
    pass


def _start(
    workspace: Workspace,
    port: int,
    on_spawn: Callable[[Server], None],
    *,
    enforce_iam: bool,
    wait_scale: float,
    programs: bool,
) -> Server:
    instance = f"local-aws-{secrets.token_hex(8)}"
    command = [sys.executable, "-m", "local_aws.launcher", "--port", str(port), "--instance", instance]
    command += ["--wait-scale", str(wait_scale), *(["--enforce-iam"] if enforce_iam else [])]
    command += ["--programs"] if programs else []
    with workspace.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 # our own program
            command,
            cwd=ROOT,
            env=workspace.environment(port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process.pid, port, instance)
    _KEPT.append(process)
    try:
        on_spawn(server)
        _wait_until_healthy(server, process, workspace)
    except BaseException:
        server.stop()
        raise
    return server


# A process object that is forgotten while its process runs makes Python warn.
_KEPT: list[subprocess.Popen[bytes]] = []


def _wait_until_healthy(server: Server, process: subprocess.Popen[bytes], workspace: Workspace) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if (code := process.poll()) is not None:
            ending = log_tail(workspace.log)
            if "can't be opened" in ending:
                raise _PortTakenError
            raise ServerError(f"The embedded AWS ended at once (exit code {code}):\n{ending}\nLog: {workspace.log}")
        if _answers(server.port):
            return
        time.sleep(_POLL_SECONDS)
    raise ServerError(
        f"The embedded AWS did not answer on port {server.port} within {_START_SECONDS} s:\n"
        f"{log_tail(workspace.log)}\nLog: {workspace.log}"
    )


def log_tail(log: Path) -> str:
    """The last lines of a log, indented."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(f"  {line}" for line in lines[-_LOG_TAIL_LINES:]) or "  (the log is empty)"


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_HEALTH_SECONDS)
    try:
        connection.request("GET", "/_local_aws/health")
        return bool(json.loads(connection.getresponse().read()) == {"status": "ready"})
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
