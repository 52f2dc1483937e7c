"""The commands of the page about disaster recovery, run as they are printed, from choosing to a finished failback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_PAGE = Path("docs/patterns/disaster-recovery.md")
_CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
# A clone has neither.
_LEFT_OUT = (".git", ".venv", ".local_aws", "cdk.out", "node_modules", ".*_cache", ".hypothesis", "__pycache__")
# What the Makefile has for these. What `make install` does is there, or this would not run.
_MADE = {
    "make local STACKS=": "python -m local_aws up ",
    "make local-down": "python -m local_aws down",
    "make install": ":",
    "source .venv/bin/activate": ":",
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project as it is, in a folder of its own, so that its embedded AWS is another one."""
    project = Path(__file__).resolve().parents[2]
    folder = tmp_path_factory.mktemp("clone") / "project"
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    (folder / "node_modules").symlink_to(project / "node_modules")
    yield folder
    subprocess.run([sys.executable, "-m", "local_aws", "down"], cwd=folder, check=False, timeout=60)


def commands(page: str) -> str:
    """All that a reader types, in its order, with what it says before each of its answers."""
    typed = "\n".join(_CONSOLE.findall(page))
    for made, does in _MADE.items():
        assert made in typed, f"the page has no {made!r}"
        typed = typed.replace(made, does)
    return typed


def test_the_commands_of_the_page_run_from_choosing_to_a_finished_failback(clone: Path) -> None:
    script = commands((clone / _PAGE).read_text(encoding="utf-8"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        timeout=420,
        check=False,
    )
    told = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, told
    verdicts = re.findall(r"^(Readiness check|Drill|Failover|Failback) succeeded\.$", done.stdout, re.MULTILINE)
    assert verdicts == ["Readiness check", "Drill", "Failover", "Failback"], told
    # Each was acknowledged in another Region, and the primary has both.
    orders = done.stdout[done.stdout.rindex('{"orders"') :].splitlines()[0]
    assert re.findall(r'"id": "(\d)".*?"writtenIn": "([\w-]+)"', orders) == [("1", "us-east-1"), ("2", "us-west-2")]
    assert '"role": "primary"' in orders
    for report in ("strategies.svg", "drill.html", "failover.html", "failback.md", "failback.svg"):
        assert (clone / report).stat().st_size > 1_000
    assert not (clone / ".local_aws").exists()
