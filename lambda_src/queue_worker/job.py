"""What a job is, for those who write one: what it is given, how it says no, and how it is found. Pure.

A job is a function of a message. It is made once in each process by what ``JOB`` names, a ``module:function`` that is
given the environment: settings are checked and clients made there.

>>> def make(environment):
...     def greet(message):
...         if not message.body:
...             raise RefusedError("empty")
...         return {"letters": len(message.body)}
...     return greet
>>> make({})(Message(id="1", body="Hello"))
{'letters': 5}

- It returns: the message is done and deleted. What it returns, numbers and codes, is logged; ``None`` is only counted.
- It raises ``RefusedError``: trying again would not help. The message becomes a dead letter that says the reason.
- It raises anything else, takes too long or takes its process with it: the message is tried again, later each time,
  until the queue's maximum of attempts is reached.

Everything may run twice, so a job that ran before must do no harm.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

_REASON = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_REASON = 64
_ENTRY = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<function>[A-Za-z_]\w*)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message off the queue.

    Attributes:
        id: SQS's.
        body: As it was sent.
        attributes: The sender's, those that are text or numbers.
        receive_count: How often it was handed out, this time included.
        group: Of a FIFO queue's messages.
    """

    id: str
    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    receive_count: int = 1
    group: str | None = None


class RefusedError(Exception):
    """The job will never succeed with this message.

    Args:
        reason: A code of small letters, digits and hyphens, for instance ``not-an-image``. It is logged and goes to
            the dead-letter queue, so nothing of the message belongs into it.
    """

    def __init__(self, reason: str) -> None:
        if len(reason) > _LONGEST_REASON or not _REASON.fullmatch(reason):
            raise ValueError(f"a reason must be a code like not-an-image of at most {_LONGEST_REASON} characters")
        super().__init__(reason)
        self.reason = reason


Facts: TypeAlias = Mapping[str, int | float | str]
Job: TypeAlias = Callable[[Message], Facts | None]
MakeJob: TypeAlias = Callable[[Mapping[str, str]], Job]


def is_entry(text: str) -> bool:
    """Whether a text looks like ``package.module:function``."""
    return _ENTRY.fullmatch(text) is not None


def load(entry: str) -> MakeJob:
    """What makes the jobs.

    Raises:
        ValueError: When there is nothing of that name; whatever importing the module raises, besides.
    """
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise ValueError(f"a job must look like package.module:function, got {entry!r}")
    make: MakeJob | None = getattr(importlib.import_module(found["module"]), found["function"], None)
    if make is None or not callable(make):
        raise ValueError(f"{found['module']} has no function {found['function']}")
    return make
