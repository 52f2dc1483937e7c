"""Runs processes and says what they cost."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from stacks._node import use_environment_node

PROJECT = Path(__file__).resolve().parent.parent

# What would make a process of this run differ from the same command in a fresh shell.
_NOT_PASSED_ON = ("CDK_", "CONTEXT_OVERFLOW", "PYTHON", "NODE_OPTIONS", "AWS_")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a process cost, its children included."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something to be measured.

    Attributes:
        name: What the results call it.
        command: Arguments of the environment's Python; `{out}` becomes the output folder.
        fresh: Whether each run has an output folder of its own, or finds what the one before left.
    """

    name: str
    command: tuple[str, ...]
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """A number that was measured several times."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of the values."""
        return median(self.values)

    def written(self, unit: str = "", digits: int = 2) -> str:
        """The median, with the smallest and largest value behind it."""
        low, high = min(self.values), max(self.values)
        return f"{self.median:.{digits}f}{unit} ({low:.{digits}f}\u2013{high:.{digits}f})"


def python(case: Case, folder: Path, number: int) -> Cost:
    """Run a case once; `number` tells its runs apart."""
    out = folder / "-".join([*case.name.split(), *([str(number)] if case.fresh else [])])
    command = [part.replace("{out}", str(out)) for part in case.command]
    return run([sys.executable, *command], {"CDK_OUTDIR": str(out)} if "app.py" in command else {})


def run(command: Sequence[str], more: Mapping[str, str] | None = None) -> Cost:
    """Run a command in the project's folder to its end.

    Raises:
        RuntimeError: The command failed.
    """
    environment = {**_environment(), **(more or {})}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the commands are those of this package
        command, cwd=PROJECT, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return Cost(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall)


def interleaved(cases: Sequence[Case], rounds: int, folder: Path) -> dict[str, list[Cost]]:
    """Run every case once a round, so that whatever else the machine does falls on all of them alike.

    A round before the first fills the caches and is not counted.
    """
    costs: dict[str, list[Cost]] = {case.name: [] for case in cases}
    for number in range(rounds + 1):
        start = number % len(cases)
        for case in [*cases[start:], *cases[:start]]:
            cost = python(case, folder, number)
            if number:
                costs[case.name].append(cost)
        sys.stderr.write(f"round {number} of {rounds}\n" if number else "warmed up\n")
    return costs


def _environment() -> dict[str, str]:
    use_environment_node()
    passed = {key: value for key, value in os.environ.items() if not key.startswith(_NOT_PASSED_ON)}
    return {**passed, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{passed['PATH']}"}
