"""Looking at and ending processes that may not be children of this one."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PREFERRED_PORT = 4566
_POLL_SECONDS = 0.05


def command_line(pid: int) -> str:
    """The command that a process was started with; blank when there is no such process or it has ended."""
    # A child that has ended stays visible until its exit status is taken.
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            return (proc / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    ps = shutil.which("ps")
    if ps is None:
        return ""
    found = subprocess.run([ps, "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)  # noqa: S603 # fixed program
    return "" if "<defunct>" in found.stdout else found.stdout.strip()


def end_session(pid: int, mark: str, grace_seconds: float) -> None:
    """End the process and everything it started, first politely. Does nothing unless its command holds the mark."""
    if mark not in command_line(pid):
        return
    _signal_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while mark in command_line(pid) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    _signal_group(pid, signal.SIGKILL)
    deadline = time.monotonic() + grace_seconds
    while mark in command_line(pid) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def free_port(preferred: int | None = None) -> int:
    """The preferred port of the loopback if it is free, else any free one."""
    for wanted in (preferred, 0):
        if wanted is None:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on the loopback")


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
