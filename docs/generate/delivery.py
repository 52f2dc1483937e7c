"""The diagram of a pipeline, stage by stage, out of its definition in the template."""

from __future__ import annotations

from itertools import pairwise

from docs.generate import dot
from docs.generate.template import at, items, text

_PLAIN, _DEPLOYS, _WAITS = "#475569", "#c75b00", "#7136c9"
# CDK Pipelines deploys a stack by two actions, whose names begin with the stack's.
_PREPARE, _DEPLOY = ".Prepare", ".Deploy"

# More of one kind, as there are assets, are counted.
_LISTED = 4


def draw(stages: object) -> tuple[str, str]:
    """The diagram in Graphviz's language, and the same in words."""
    lines = dot.header(rankdir="LR", nodesep="0.3", ranksep="0.45")
    words: list[str] = []
    names: list[str] = []
    for number, stage in enumerate(items(stages), 1):
        title, done, waits = text(at(stage, "Name")), _in_order(stage), _waits(stage)
        deploys = any(line.startswith("deploy ") for line in done)
        notes = [*done, *(["\u21ba goes back when that fails"] if at(stage, "OnFailure") else [])]
        color = _WAITS if waits else _DEPLOYS if deploys else _PLAIN
        names.append(f"s{number}")
        lines.append(dot.box(names[-1], title, "\n".join(notes), color))
        words.append(f"{title}: {', '.join(notes)}.")
    lines += [f"{one} -> {other}" for one, other in pairwise(names)]
    return "\n".join([*lines, "}"]), " ".join(words)


def _waits(stage: object) -> bool:
    return any(text(at(action, "ActionTypeId.Category")) == "Approval" for action in items(at(stage, "Actions")))


def _in_order(stage: object) -> list[str]:
    """What a stage does; what is done side by side stands on one line."""
    steps: dict[int, list[str]] = {}
    for action in items(at(stage, "Actions")):
        order = at(action, "RunOrder")
        name = _told(text(at(action, "Name")), text(at(action, "ActionTypeId.Category")))
        if name:
            steps.setdefault(order if isinstance(order, int) else 1, []).append(name)
    return [_line(names) for _, names in sorted(steps.items())]


def _told(name: str, category: str) -> str:
    if category == "Approval":
        return "a person agrees"
    if name.endswith(_PREPARE):
        return ""
    return f"deploy {name.removesuffix(_DEPLOY)}" if name.endswith(_DEPLOY) else name


def _line(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _LISTED else f"{len(names)} side by side"
