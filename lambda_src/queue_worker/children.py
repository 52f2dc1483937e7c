"""Jobs run in processes of their own: one that crashes, hangs or eats its memory takes nothing else with it."""

from __future__ import annotations

import select
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol, TypeAlias

from queue_worker.job import Facts, Job, Message, RefusedError, load
from queue_worker.logic import Done, Failed, Interrupted, Outcome, Refused

_READY = "ready"
_ENDING_SECONDS = 2.0


class UnfitError(Exception):
    """A process can't run the job at all: nothing is wrong with any message. Its text is a code only."""


class Process(Protocol):
    """What is needed of ``multiprocessing.Process``."""

    @property
    def exitcode(self) -> int | None:
        """What it ended with."""

    def kill(self) -> None:
        """End it, now."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""


Spawn: TypeAlias = Callable[[], tuple[Process, Connection]]


class _Silence(Enum):
    YET = "said nothing yet"
    FOR_EVER = "ended"


class _Line:
    """To a process."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        # The connection's own poll would make one of these each time, which takes longer than a short job.
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def hear(self, seconds: float) -> object:
        """What the process says within so many seconds; of silence, which one it is."""
        try:
            return self.connection.recv() if self._poll.poll(seconds * 1_000) else _Silence.YET
        except (OSError, EOFError):
            return _Silence.FOR_EVER

    def ask(self, message: Message, seconds: float) -> object:
        """What the process says to a message."""
        # A process that is gone by now says so when it is listened to.
        with suppress(OSError):
            self.connection.send(message)
        return self.hear(seconds)


class Child:
    """One job at a time, in a process that is started anew whenever it ended."""

    def __init__(self, spawn: Spawn, *, start_seconds: float = 60) -> None:
        self._spawn = spawn
        self._start_seconds = start_seconds
        self._running: tuple[Process, _Line] | None = None
        self._cut = False

    def start(self) -> None:
        """Have a process that is ready for a job.

        Raises:
            UnfitError: When there can't be one.
        """
        if self._running is not None:
            if self._running[1].hear(0) is _Silence.YET:
                return
            self._end()
        try:
            process, connection = self._spawn()
        except OSError as error:
            raise UnfitError(type(error).__name__) from None
        self._running = process, _Line(connection)
        word = self._running[1].hear(self._start_seconds)
        if word != _READY:
            ended = self._end()
            raise UnfitError(word if isinstance(word, str) else f"exit code {ended}")

    def run(self, message: Message, seconds: float) -> Outcome:
        """Do the job, within so many seconds. Wants a process that is ready: ``start`` goes before."""
        if self._running is None:
            return Interrupted()
        answer = self._running[1].ask(message, seconds)
        if isinstance(answer, Done | Refused | Failed):
            return answer
        code = self._end()
        if self._cut:
            return Interrupted()
        return Failed(kind="timed out") if answer is _Silence.YET else Failed(kind=f"process ended with {code}")

    def cut(self) -> None:
        """End the process and what it is doing, for good. From any thread."""
        self._cut = True
        if (running := self._running) is not None:
            running[0].kill()

    def close(self) -> None:
        """End the process; a job is not under way."""
        if self._running is not None:
            self._end()

    def _end(self) -> int | None:
        assert self._running is not None  # noqa: S101 - for the type checker
        process, line = self._running
        self._running = None
        if line.hear(0) is _Silence.FOR_EVER:
            # It ends by itself, and its own exit code says more than ours would.
            process.join(_ENDING_SECONDS)
        line.connection.close()
        process.kill()
        process.join(_ENDING_SECONDS)
        return process.exitcode


def serve(connection: Connection, entry: str, environment: Mapping[str, str]) -> None:
    """What a process does: make the job, then do it for each message, until nobody sends any."""
    with suppress(OSError):
        # When memory runs out, the kernel is to end this process rather than the one that holds the messages.
        Path("/proc/self/oom_score_adj").write_text("1000")
    with suppress(OSError, EOFError):
        try:
            job = load(entry)(environment)
        except Exception as error:
            connection.send(_named(error))
            return
        connection.send(_READY)
        while True:
            connection.send(perform(job, connection.recv()))


def perform(job: Job, message: Message) -> Outcome:
    """Do a job, and say what came of it: codes and numbers, and nothing that an exception may quote."""
    try:
        return Done(facts=_told(job(message)))
    except RefusedError as refused:
        return Refused(reason=refused.reason)
    except Exception as error:
        return Failed(kind=type(error).__name__, where=_where(error))


def _told(facts: Facts | None) -> Facts:
    # A job is somebody else's code: what can't travel or be logged must not look like a failure of the job.
    return {str(name): value for name, value in (facts or {}).items() if type(value) in (int, float, str, bool)}


def _named(error: Exception) -> str:
    return f"{type(error).__name__} {_where(error)}".strip()


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
