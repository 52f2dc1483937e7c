"""What is measured, and what comes out of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.measure import PROJECT, Case, Cost, Spread
from stacks.registry import StackEntry

COPIES = 5

_CASES = "benchmarks/cases"
_PURE = "import aws_patterns._validation, stacks.registry, stacks.settings.load"
_USED_MODULES = (
    "import {module}, sys; "
    "print(*(name for name in sys.modules if name.startswith('aws_cdk.aws_') and name.count('.') == 1))"
)

Costs = dict[str, list[Cost]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the results.

    Attributes:
        what: What was measured.
        against: What it is set against.
        result: Of both, round by round.
        target: What it should be at most; empty where nothing was set.
        case: The measured process; empty where the result is of several.
    """

    what: str
    against: str
    result: Spread
    target: str = ""
    case: str = ""


def cases(entry: StackEntry) -> list[Case]:
    """Everything that is run, side by side."""
    one = ("app.py", "-c", f"stacks={entry.name}")
    same = (f"{_CASES}/same_stack.py", entry.name)
    return [
        Case(name="F", command=(f"{_CASES}/one_resource.py", "{out}")),
        Case(name="one stack", command=one),
        Case(name="one stack, empty folder", command=one, fresh=True),
        Case(name="all stacks", command=("app.py",)),
        Case(name="same stack once", command=(*same, "1", "{out}")),
        Case(name="same stack often", command=(*same, str(COPIES), "{out}")),
        Case(name="bare Python", command=("-c", "pass")),
        Case(name="import aws_cdk", command=("-c", "import aws_cdk")),
        Case(name="import aws_patterns", command=("-c", "import aws_patterns")),
        Case(name="import both", command=("-c", "import aws_cdk, aws_patterns")),
        Case(name="import the stack", command=("-c", f"import {entry.module}")),
        Case(name="import its CDK modules", command=("-c", f"import aws_cdk, {', '.join(_used_modules(entry))}")),
        Case(name="import the CDK-free parts", command=("-c", _PURE)),
    ]


def rows(costs: Costs, entry: StackEntry) -> list[Row]:
    """The results: each round's numbers are set against one another, and the spread is that of the rounds."""
    result = _Results(costs)
    return [
        Row(f"`python app.py -c stacks={entry.name}`", "F", result.ratio("one stack"), "2.2", "one stack"),
        Row(
            "the same into an empty `cdk.out`",
            "F",
            result.ratio("one stack, empty folder"),
            "",
            "one stack, empty folder",
        ),
        Row("`python app.py`, all stacks", "F", result.ratio("all stacks"), "", "all stacks"),
        Row(f"one more {entry.name} in the same app", "F", result.marginal()),
        Row(
            "`import aws_patterns`",
            "`import aws_cdk`",
            result.ratio("import aws_patterns", "import aws_cdk"),
            "1.02",
            "import aws_patterns",
        ),
        Row(
            "`import aws_cdk, aws_patterns`",
            "`import aws_cdk`",
            result.ratio("import both", "import aws_cdk"),
            "1.02",
            "import both",
        ),
        Row(
            f"`import {entry.module}`",
            "the CDK modules that it uses",
            result.ratio("import the stack", "import its CDK modules"),
            "",
            "import the stack",
        ),
        Row(
            "the parts that need no CDK: checks, registry, settings",
            "bare Python, difference in seconds",
            result.difference("import the CDK-free parts", "bare Python"),
            "0.1 s",
            "import the CDK-free parts",
        ),
    ]


class _Results:
    def __init__(self, costs: Costs) -> None:
        self._costs = costs

    def ratio(self, case: str, against: str = "F") -> Spread:
        return self._each(lambda cpu: cpu(case) / cpu(against))

    def difference(self, case: str, against: str) -> Spread:
        return self._each(lambda cpu: cpu(case) - cpu(against))

    def marginal(self) -> Spread:
        more = COPIES - 1
        return self._each(lambda cpu: (cpu("same stack often") - cpu("same stack once")) / more / cpu("F"))

    def _each(self, formula: Callable[[Callable[[str], float]], float]) -> Spread:
        return Spread(tuple(formula(partial(self._cpu, number)) for number in range(len(self._costs["F"]))))

    def _cpu(self, number: int, case: str) -> float:
        return self._costs[case][number].cpu


def _used_modules(entry: StackEntry) -> list[str]:
    listing = _USED_MODULES.format(module=entry.module)
    command = [sys.executable, "-c", listing]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", check=True)  # noqa: S603 - own
    return listed.stdout.split()
