"""`python -m benchmarks`: measure, and write the results."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.measure import PROJECT, interleaved, run
from benchmarks.report import Walled, page, worker_page
from benchmarks.suite import cases, rows
from benchmarks.worker import measured
from stacks.registry import STACKS


@dataclass(frozen=True, slots=True)
class Whole:
    """A command that a person types: its name in the results, and what goes before and after it untimed."""

    what: str
    command: str
    before: str = ""
    after: str = ""


_WHOLE = {
    "check": Whole("`make check` again", "make check", "make check"),
    "local": Whole("`make local` again, with nothing changed", "make local", "make local", "make local-down"),
    "test": Whole("`make test`", "make test"),
}


def main() -> None:
    """Measure what was asked for and write it to a page."""
    names = [entry.name for entry in STACKS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--stack", choices=names, default=names[0], help="the stack to look at closely")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is run (default: 5)")
    parser.add_argument("--wall", nargs="+", choices=_WHOLE, default=[], help="also time whole commands, once each")
    parser.add_argument("--date", default="", help="what to write as the date of the run")
    parser.add_argument(
        "--worker", action="store_true", help="measure the worker program instead: benchmarks/worker.md"
    )
    parser.add_argument("--output", type=Path, help="the page to write (default: benchmarks/results.md)")
    options = parser.parse_args()
    entry = STACKS[names.index(options.stack)]
    output = options.output or PROJECT / "benchmarks" / ("worker.md" if options.worker else "results.md")
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])

    load = os.getloadavg()[0]
    if load > 1:
        sys.stderr.write(f"The machine is busy (load {load:.1f}), and the spread will show it.\n")
    if options.worker:
        with TemporaryDirectory() as folder:
            contest = measured(options.rounds, Path(folder))
        _write(output, worker_page(command=command, date=options.date, rounds=options.rounds, contest=contest))
        return
    # First, since these may fail: nothing measured is lost then.
    seconds = {_WHOLE[name].what: _seconds(_WHOLE[name]) for name in options.wall}
    with TemporaryDirectory() as folder:
        costs = interleaved(cases(entry), options.rounds, Path(folder))
    beside = median(cost.wall for cost in costs["F"])
    walled = [Walled(what, taken, taken / beside) for what, taken in seconds.items()]
    content = page(
        command=command,
        date=options.date,
        rounds=options.rounds,
        rows=rows(costs, entry),
        costs=costs,
        walled=walled,
    )
    _write(output, content)


def _write(output: Path, content: str) -> None:
    output.write_text(content, encoding="utf-8")
    sys.stdout.write(content)


def _seconds(whole: Whole) -> float:
    if whole.before:
        run(whole.before.split())
    sys.stderr.write(f"{whole.command} ...\n")
    try:
        return run(whole.command.split()).wall
    finally:
        if whole.after:
            run(whole.after.split())


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as failed:
        sys.exit(str(failed))
