"""Functions that begin at the same moment all get their roles' credentials."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from local_aws.project import ROOT, Workspace

# In a process of its own, for the launcher patches the emulator: sessions registered by many threads.
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


def test_sessions_are_registered_side_by_side(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SIDE_BY_SIDE],
        cwd=ROOT,
        env=Workspace(tmp_path).environment(4566),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
