"""Work that is repeated as long as the server runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

_log = logging.getLogger("local_aws")
_STOP_SECONDS = 5.0


@contextmanager
def repeating(tasks: Sequence[Callable[[], None]], seconds: float) -> Generator[None]:
    """Do the tasks again and again in the background, so many seconds apart, until the block ends.

    A task that fails is logged and done again next time.
    """
    stopping = threading.Event()

    def repeat() -> None:
        while not stopping.wait(seconds):
            for task in tasks:
                try:
                    task()
                except Exception:  # whatever goes wrong here must not end it for the rest of the run
                    _log.exception("%s failed", task.__qualname__)

    thread = threading.Thread(target=repeat, name="local-aws-periodic", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(_STOP_SECONDS)
