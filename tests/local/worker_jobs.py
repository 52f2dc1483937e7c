"""Jobs for the tests of the worker program, run in its processes: ``JOB=worker_jobs:make``. Standard library only."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queue_worker.job import Facts, Job, Message


def make(environment: Mapping[str, str]) -> Job:
    """Does what the message says, and keeps a journal of it: a file for each begin and each end."""
    from queue_worker.job import RefusedError

    journal = Path(environment["JOURNAL"])

    def note(event: str, name: str) -> None:
        (journal / f"{event} {name} {time.time_ns()} {uuid.uuid4().hex[:8]}").touch()

    def do(message: Message) -> Facts | None:
        task = json.loads(message.body)
        name = task["name"]
        note("begin", name)
        deed = task.get("do", "")
        if deed.endswith(" until mended"):
            deed = "" if list(journal.glob(f"mended {name} *")) else deed.removesuffix(" until mended")
        if deed == "refuse":
            raise RefusedError("not-wanted")
        if deed == "fail" or (deed == "fail until" and message.receive_count < task["attempt"]):
            raise ValueError(f"nothing of {name} belongs into a log")
        if deed == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if deed == "exit":
            sys.exit(3)
        end = time.monotonic() + task.get("seconds", 0)
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))
        note("end", name)
        return {"seconds_asked": task.get("seconds", 0)}

    return do


def unfit(environment: Mapping[str, str]) -> Job:
    """Can't be made."""
    raise RuntimeError(f"{environment['JOURNAL']} is nobody's business")
