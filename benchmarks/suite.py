"""What is measured, and what comes out of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

from benchmarks.measure import PROJECT, Case, Cost, Spread
from stacks.registry import STACKS, StackEntry

COPIES = 5

_CASES = "benchmarks.cases"
_BARE = "bare services"
_LIKE = "the CDK's constructs for the same services, one of each"
_CDK = "import aws_cdk"
_MODULES = "import its CDK modules"
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
    same = ("-m", f"{_CASES}.same_stack", entry.name)
    return [
        *_compared(entry, _BARE),
        *(case for other in _others(entry) for case in _compared(other, f"{_BARE} of {other.name}")),
        *(Case(name=other.name, command=("app.py", "-c", f"stacks={other.name}")) for other in _others(entry)),
        Case(name="F", command=("-m", f"{_CASES}.one_resource", "{out}")),
        Case(name="one stack", command=one),
        Case(name="one stack, empty folder", command=one, fresh=True),
        Case(name="all stacks", command=("app.py",)),
        Case(name="same stack once", command=(*same, "1", "{out}")),
        Case(name="same stack often", command=(*same, str(COPIES), "{out}")),
        Case(name="bare Python", command=("-c", "pass")),
        Case(name=_CDK, command=("-c", "import aws_cdk")),
        Case(name="import aws_patterns", command=("-c", "import aws_patterns")),
        Case(name="import both", command=("-c", "import aws_cdk, aws_patterns")),
        Case(name="import the stack", command=("-c", f"import {entry.module}")),
        Case(name=_MODULES, command=("-c", f"import aws_cdk, {', '.join(_used_modules(entry))}")),
        Case(name="import the CDK-free parts", command=("-c", f"{_PURE}, {entry.settings.__module__}")),
    ]


def _others(entry: StackEntry) -> list[StackEntry]:
    return [other for other in STACKS if other.name != entry.name]


def _compared(entry: StackEntry, name: str) -> list[Case]:
    """The bare constructs that a stack is set against, where somebody wrote them down."""
    bare = f"{_CASES}.bare.{entry.module.rpartition('.')[2]}"
    return [Case(name=name, command=("-m", bare, "{out}"))] if find_spec(bare) else []


def rows(costs: Costs, entry: StackEntry) -> list[Row]:
    """The results: each round's numbers are set against one another, and the spread is that of the rounds."""
    result = _Results(costs)

    def ratio(what: str, case: str, against: str = "F", *, named: str = "", target: str = "") -> Row:
        return Row(what, named or against, result.ratio(case, against), target, case)

    one = f"`python app.py -c stacks={entry.name}`"
    listed = [ratio(one, "one stack", target="2.2")]
    if _BARE in costs:
        listed.append(ratio(one, "one stack", _BARE, named=_LIKE))
    others = []
    for other in _others(entry):
        asked = f"`python app.py -c stacks={other.name}`"
        others.append(ratio(asked, other.name, target="2.2"))
        if f"{_BARE} of {other.name}" in costs:
            others.append(ratio(asked, other.name, f"{_BARE} of {other.name}", named=_LIKE))
    return [
        *listed,
        *others,
        ratio(f"{one} into an empty `cdk.out`", "one stack, empty folder"),
        ratio("`python app.py`, all stacks", "all stacks"),
        Row(f"one more {entry.name} in the same app", "F", result.marginal()),
        ratio("`import aws_patterns`", "import aws_patterns", _CDK, named="`import aws_cdk`", target="1.02"),
        ratio("`import aws_cdk, aws_patterns`", "import both", _CDK, named="`import aws_cdk`", target="1.02"),
        ratio(f"`import {entry.module}`", "import the stack", _MODULES, named="the CDK modules that it uses"),
        Row(
            "the parts that need no CDK: checks, registry, settings of one stack",
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
