"""`python -m benchmarks`: measure, and write the results."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import PROJECT, interleaved, run
from benchmarks.report import Walled, page
from benchmarks.suite import cases, rows
from stacks.registry import STACKS

# The second run of `make local` is the one of interest: the first may have everything to install and deploy.
_WALL = {"check": ("make check",), "local": ("make local", "make local"), "test": ("make test",)}


def main() -> None:
    """Measure what was asked for and write it to a page."""
    names = [entry.name for entry in STACKS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--stack", choices=names, default=names[0], help="the stack to look at closely")
    parser.add_argument("--rounds", type=int, default=7, help="how often everything is run (default: 7)")
    parser.add_argument("--wall", nargs="+", choices=_WALL, default=[], help="also time whole commands, once each")
    parser.add_argument("--date", default="", help="what to write as the date of the run")
    parser.add_argument("--output", type=Path, default=PROJECT / "benchmarks" / "results.md", help="the page to write")
    options = parser.parse_args()
    entry = STACKS[names.index(options.stack)]

    load = os.getloadavg()[0]
    if load > 1:
        sys.stderr.write(f"The machine is busy (load {load:.1f}), and the spread will show it.\n")
    with TemporaryDirectory() as folder:
        costs = interleaved(cases(entry), options.rounds, Path(folder))
        beside = min(cost.wall for cost in costs["F"])
    walled = []
    for name in options.wall:
        for command in _WALL[name]:
            sys.stderr.write(f"{command} ...\n")
            seconds = run(command.split()).wall
        walled.append(
            Walled(f"{command}`, again, `nothing changed" if name == "local" else command, seconds, seconds / beside)
        )
    content = page(
        command=shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
        date=options.date,
        rounds=options.rounds,
        rows=rows(costs, entry),
        costs=costs,
        walled=walled,
    )
    options.output.write_text(content, encoding="utf-8")
    sys.stdout.write(content)


if __name__ == "__main__":
    main()
