"""Functions that begin at the same moment all get their roles' credentials."""

from __future__ import annotations

from collections.abc import Callable

# Sessions registered by many threads.
_SIDE_BY_SIDE = """
import sys
from concurrent.futures import ThreadPoolExecutor

from local_aws.launcher import hooks, sessions

sessions.install()
sys.setswitchinterval(1e-6)
register = hooks.REGISTER_SESSION.get()
with ThreadPoolExecutor(8) as threads:
    list(threads.map(lambda number: register(f"ASIA{number}", {"Arn": "role", "Expiration": 9e12}), range(2_000)))
"""


def test_sessions_are_registered_side_by_side(run_in_launcher: Callable[[str], str]) -> None:
    run_in_launcher(_SIDE_BY_SIDE)
