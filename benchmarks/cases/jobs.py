"""Jobs for the worker program: ``JOB=benchmarks.cases.jobs:trivial``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queue_worker.job import Job, Message

ROUNDS = 40_000


def trivial(_environment: Mapping[str, str]) -> Job:
    """Nothing at all."""
    return lambda _message: None


def busy(_environment: Mapping[str, str]) -> Job:
    """Some tens of milliseconds of one CPU."""

    def work(message: Message) -> None:
        spend(message.body)

    return work


def spend(text: str) -> None:
    """The same amount of computing each time."""
    hashlib.pbkdf2_hmac("sha256", text.encode(), b"salt", ROUNDS)
