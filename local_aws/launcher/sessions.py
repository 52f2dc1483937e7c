"""Lets several functions get the credentials of their roles at the same moment.

Each new session looks through all of them for those that have ended; the emulator does so in many threads at once, and
a function whose look met the session of another one did not run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record


def install() -> None:
    """Register sessions one after the other."""
    register = cast("Callable[[str, Record], None]", hooks.REGISTER_SESSION.get())
    turn = threading.Lock()

    def register_in_turn(access_key: str, session: Record) -> None:
        with turn:
            register(access_key, session)

    hooks.REGISTER_SESSION.replace(register_in_turn)
