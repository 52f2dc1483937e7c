"""The results as a page."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Spread
from benchmarks.suite import Costs, Row
from benchmarks.worker import Contest, ratios
from stacks._node import use_environment_node

_INTRODUCTION = """\
# Results

F is an app with one SQS queue and the CDK's template validation off; the stacks of the project are built the same way.
Everything is CPU time of whole processes, Node.js included, user and system. The cases ran one after the other in
every round; a ratio is taken within its round, and the table gives the median of the rounds with the smallest and
the largest in brackets. Compare ratios, not seconds: those are this machine's on that day."""


_WORKER_INTRODUCTION = """\
# The worker program's results

Messages a second off a queue of the embedded AWS, on this machine beside it, counted from outside once a program is at
work. The bare loop is one process that receives ten messages and deletes ten, again and again; the worker does that,
has each message's job done in another process, holds what it has and loses nothing. All took the same number of
messages, one after the other in every round; a ratio is taken within its round, and the table gives the median of the
rounds with the smallest and the largest in brackets. Compare ratios, not rates: those are this machine's, of that
day."""


@dataclass(frozen=True, slots=True)
class Walled:
    """How long a whole command took, and how many times as long as F that is."""

    what: str
    seconds: float
    ratio: float


def page(*, command: str, date: str, rounds: int, rows: Sequence[Row], costs: Costs, walled: Sequence[Walled]) -> str:
    """The whole page in Markdown."""
    about = [
        f"- Command: `{command}`, {rounds} rounds after one to warm up{f', {date}' if date else ''}",
        f"- Machine: {os.cpu_count()} x {_processor()}, {platform.system()} {platform.machine()}",
        f"- Versions: {_versions()}",
        f"- F took {Spread(tuple(cost.cpu for cost in costs['F'])).written(' s')} CPU,"
        f" {Spread(tuple(cost.wall for cost in costs['F'])).written(' s')} by the clock",
    ]
    table = _table(
        ("What", "Against", "Result", "Target, at most", "CPU seconds"),
        [(row.what, row.against, row.result.written(), row.target or "\u2013", _seconds(row, costs)) for row in rows],
    )
    sections = [_INTRODUCTION, "\n".join(about), table]
    if walled:
        timed = [(each.what, f"{each.seconds:.1f}", f"{each.ratio:.1f}") for each in walled]
        sections += ["Whole commands, once each, by the clock:", _table(("Command", "Seconds", "Times F"), timed)]
    return "\n\n".join(sections) + "\n"


def worker_page(*, command: str, date: str, rounds: int, contest: Contest) -> str:
    """The page about the worker program, in Markdown."""
    about = [
        f"- Command: `{command}`, {rounds} rounds{f', {date}' if date else ''}",
        f"- Machine: {os.cpu_count()} x {_processor()}, {platform.system()} {platform.machine()}",
        f"- Versions: Python {platform.python_version()}, boto3 {version('boto3')}, ministack {version('ministack')}",
    ]
    trivial = [("the bare loop", Spread(tuple(contest.bare)).written(digits=0), "1", "\u2013")]
    for concurrency, rates in contest.trivial.items():
        rate = Spread(tuple(rates)).written(digits=0)
        trivial.append((f"{concurrency}", rate, ratios(rates, contest.bare).written(), "0.9"))
    busy = [
        _busy("the worker", contest.busy),
        _busy("the same computing, without a queue", contest.alone),
    ]
    sections = [
        _WORKER_INTRODUCTION,
        "\n".join(about),
        "Jobs that do nothing, by the worker's concurrency:",
        _table(("Concurrency", "Messages a second", "Against the bare loop", "Target, at least"), trivial),
        "Jobs that compute for some tens of milliseconds:",
        _table(("What", "One process, jobs a second", "Two processes", "Two against one"), busy),
    ]
    return "\n\n".join(sections) + "\n"


def _busy(what: str, rates: Mapping[int, Sequence[float]]) -> Sequence[str]:
    counted = (Spread(tuple(rates[number])).written(digits=0) for number in (1, 2))
    return (what, *counted, ratios(rates[2], rates[1]).written())


def _seconds(row: Row, costs: Costs) -> str:
    return Spread(tuple(cost.cpu for cost in costs[row.case])).written() if row.case else "\u2013"


def _processor() -> str:
    try:
        listed = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        listed = ""
    found = re.search(r"^model name\s*:\s*(.+)$", listed, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or "unnamed processor"


def _versions() -> str:
    use_environment_node()
    command = [os.environ.get("JSII_NODE", "node"), "--version"]
    node = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)  # noqa: S603 - fixed command
    named = [f"{name} {version(name)}" for name in ("aws-cdk-lib", "constructs", "jsii")]
    return ", ".join([f"Python {platform.python_version()}", f"Node.js {node.stdout.strip().lstrip('v')}", *named])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rows])
