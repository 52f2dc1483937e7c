"""A server as a process that ends with this one, in a folder of its own, without privileges."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from local_aws.processes import free_port
from local_aws.servers.programs import ServerError

_KEEPER = Path(__file__).with_name("keeper.py")
_START_SECONDS = 60.0
_END_SECONDS = 20.0
_POLL_SECONDS = 0.02
_LAST_LINES = 5
_ATTEMPTS = 3
_TAKEN = "Address already in use"

T = TypeVar("T")


class Folder:
    """A folder for one server, and the user that it belongs to.

    Args:
        name: The beginning of its name.
        users: Whoever of these exists is the server's user where this process is the administrator's: servers
            refuse to be one, or should. Otherwise they run as this process does.
    """

    def __init__(self, name: str, users: Sequence[str]) -> None:
        # Not where TMPDIR or a test says: another user must get there, and a socket's address be short.
        self.path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir="/tmp"))
        self.user = next(filter(_exists, users), None) if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.path, self.user)

    def write(self, name: str, text: str) -> Path:
        """A file that only the server's user reads."""
        path = self.path / name
        path.touch(mode=0o600)
        path.write_text(text)
        if self.user:
            shutil.chown(path, self.user)
        return path

    def run(self, *command: str) -> None:
        """Let a command, run as the server's user, prepare something here.

        Raises:
            ServerError: With what the command said.
        """
        done = subprocess.run(  # noqa: S603 - what belongs to a server
            command,
            cwd=self.path,
            user=self.user,
            extra_groups=[] if self.user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_START_SECONDS,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"exit code {done.returncode} from: {' '.join(command)}\n{done.stdout.strip()}")

    def remove(self) -> None:
        """With all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)


class Running:
    """A server that can be stopped, crashed and started again on its data.

    Args:
        name: As a person calls it.
        command: That runs it in the foreground.
        folder: It is removed by ``close()``.
        ready: Whether the server answers.
        stop_signal: What ends it in order.
    """

    def __init__(
        self, name: str, command: Sequence[str], folder: Folder, ready: Callable[[], bool], *, stop_signal: int
    ) -> None:
        self._name = name
        self._folder = folder
        self._ready = ready
        user = folder.user or "-"
        self._command = [sys.executable, "-I", str(_KEEPER), str(folder.path), user, str(int(stop_signal)), *command]
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it answers.

        Raises:
            ServerError: It ended, or did not answer within a minute; with the last lines of its log.
        """
        self._keeper = subprocess.Popen(  # noqa: S603 - as above
            self._command,
            stdin=subprocess.PIPE,
            # Signals to this process's group are not for the keeper: it has to be there until the server is gone.
            start_new_session=True,
        )
        try:
            self._wait_for_it(self._keeper)
        except BaseException:
            self.stop()
            raise

    def _wait_for_it(self, keeper: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + _START_SECONDS
        while not self._ready():
            if keeper.poll() is not None:
                raise ServerError(f"{self._name} ended instead of answering: {self._last_words()}")
            if time.monotonic() > end:
                raise ServerError(f"{self._name} did not answer within {_START_SECONDS:g} s: {self._last_words()}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End it in order; its data stays."""
        self._end(b"s")

    def crash(self) -> None:
        """End it as a machine that fails does; its data stays as it is."""
        self._end(b"k")

    def close(self) -> None:
        """End it and remove its folder."""
        self._end(b"")
        self._folder.remove()

    def _end(self, how: bytes) -> None:
        if self._keeper is None or self._keeper.stdin is None:
            return
        with self._keeper.stdin as told:
            if self._keeper.poll() is None:
                told.write(how)
        self._keeper.wait(_END_SECONDS)
        self._keeper = None

    def _last_words(self) -> str:
        lines = (self._folder.path / "log.txt").read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:]) or "nothing in its log"


def on_a_free_port(start: Callable[[int], T], port: int | None) -> T:
    """What starting something on this port gives, or on any port that is free: somebody else may be quicker there."""
    for _ in range(_ATTEMPTS if port is None else 0):
        try:
            return start(free_port())
        except ServerError as error:
            if _TAKEN not in str(error):
                raise
    return start(port or free_port())


def _exists(user: str) -> bool:
    import pwd  # noqa: PLC0415 - not on every system

    try:
        return bool(pwd.getpwnam(user))
    except KeyError:
        return False
