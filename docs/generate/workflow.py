"""The diagram of a state machine, out of the definition in the template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count

from docs.generate import dot
from docs.generate.template import at, entries, items, text

_OPERATORS = {
    "Equals": "=",
    "GreaterThan": ">",
    "GreaterThanEquals": "\u2265",
    "LessThan": "<",
    "LessThanEquals": "\u2264",
    "Matches": "matches",
}
_OPERATOR = re.compile(r"(?:String|Numeric|Timestamp|Boolean)(\w+?)(?:Path)?")
_COLORS = {"Task": "#c75b00", "Wait": "#7136c9", "Choice": "#37475a", "Succeed": "#2e7d32", "Fail": dot.FAILURE}
_OTHER = "#475569"


def draw(definition: Mapping[str, object]) -> tuple[str, str]:
    """The diagram in Graphviz's language, and the same in words."""
    drawing = _Drawing()
    lines = drawing.scope(definition)
    start = text(definition.get("StartAt"))
    first = drawing.names[start]
    arrows = [
        'start [shape=circle style=filled fillcolor="#37475a" color="#37475a" label="" width=0.18 height=0.18]',
        f"start -> {first}",
    ]
    head = dot.header(rankdir="TB", nodesep="0.45", ranksep="0.42", compound="true")
    return "\n".join([*head, *lines, *arrows, *drawing.arrows, "}"]), " ".join(
        [f"Starts with {start}.", *drawing.words]
    )


class _Drawing:
    """States get short names as they come; two branches may have states of the same name."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.arrows: list[str] = []
        self.words: list[str] = []
        self._numbers = count(1)

    def scope(self, definition: object) -> list[str]:
        """The nodes of the states on one level; their arrows are kept for the end."""
        states = entries(at(definition, "States"))
        names = {state: f"s{next(self._numbers)}" for state, _ in states}
        self.names = names
        lines = []
        for state, body in states:
            inner = [*items(at(body, "Branches")), *items(at(body, "ItemProcessor")), *items(at(body, "Iterator"))]
            lines += (
                self._container(names[state], state, body, inner) if inner else [self._state(names[state], state, body)]
            )
        self.names = names
        for state, body in states:
            self._leave(names, state, body)
        return lines

    def _state(self, name: str, title: str, body: object) -> str:
        state_type = text(at(body, "Type"))
        color = _COLORS.get(state_type, _OTHER)
        if state_type == "Choice":
            return dot.box(name, title, "", color, shape="diamond", style="filled", margin="0.02,0.02")
        retries = [attempts for one in items(at(body, "Retry")) if isinstance(attempts := at(one, "MaxAttempts"), int)]
        notes = [_what(state_type, body)]
        if retries:
            notes.append(f"\u21bb retried up to {max(retries)} times")
        return dot.box(name, title, "\n".join(filter(None, notes)), color)

    def _container(self, name: str, title: str, body: object, branches: list[object]) -> list[str]:
        kind = "at the same time" if text(at(body, "Type")) == "Parallel" else "for each item"
        point = 'shape=point width=0.08 color="#64748b"'
        lines = [f"{name} [{point}]", f"{name}_end [{point}]"]
        for branch in branches:
            lines += self.scope(branch)
            self.arrows.append(f"{name} -> {self.names[text(at(branch, 'StartAt'))]}")
            self.arrows += [f"{self.names[state]} -> {name}_end" for state in _ends(branch)]
            self.words.append(f"{title} runs {text(at(branch, 'StartAt'))}.")
        return dot.cluster(name, f"{title}: {kind}", lines, dashed=True)

    def _leave(self, names: Mapping[str, str], state: str, body: object) -> None:
        contains = at(body, "Branches") or at(body, "ItemProcessor") or at(body, "Iterator")
        source = f"{names[state]}_end" if contains else names[state]
        for target, label, failure in _ways(body):
            look = {"label": f"  {label}  "} if label else {}
            if failure:
                look |= {"style": "dashed", "color": dot.FAILURE, "fontcolor": dot.FAILURE}
            self.arrows.append(f"{source} -> {names[target]} {dot.attribute_list(look)}")
            self.words.append(f"{state} to {target}{f': {label}' if label else ''}.")


def _what(state_type: str, body: object) -> str:
    match state_type:
        case "Wait":
            seconds = _expression(text(at(body, "Seconds") or at(body, "SecondsPath")))
            moment = _expression(text(at(body, "Timestamp") or at(body, "TimestampPath")))
            return (
                f"waits for {seconds} {'seconds' * seconds.isdigit()}".strip() if seconds else f"waits until {moment}"
            )
        case "Task":
            arn = text(at(body, "Resource"))
            return arn.rpartition(":::")[2].removeprefix("aws-sdk:") if ":::" in arn else "lambda"
        case "Fail":
            return text(at(body, "Error"))
    return "" if state_type == "Succeed" else state_type.lower()


def _ways(body: object) -> Iterator[tuple[str, str, bool]]:
    for choice in items(at(body, "Choices")):
        yield text(at(choice, "Next")), _condition(choice), False
    if default := text(at(body, "Default")):
        yield default, "otherwise", False
    if following := text(at(body, "Next")):
        yield following, "", False
    for catch in items(at(body, "Catch")):
        errors = [text(one) for one in items(at(catch, "ErrorEquals"))]
        yield text(at(catch, "Next")), "any error" if errors == ["States.ALL"] else "\n".join(errors), True


def _condition(choice: object) -> str:
    if written := text(at(choice, "Condition")):
        return _expression(written)
    for joint in ("And", "Or"):
        if parts := items(at(choice, joint)):
            return f" {joint.lower()}\n".join(_condition(part) for part in parts)
    if (inner := at(choice, "Not")) is not None:
        return f"not {_condition(inner)}"
    variable = _expression(text(at(choice, "Variable")))
    for key, value in entries(choice):
        if found := _OPERATOR.fullmatch(key):
            return f"{variable} {_OPERATORS.get(found[1], found[1])} {_expression(text(value))}"
        if key.startswith("Is"):
            return f"{variable} {' '.join(part.lower() for part in re.findall('[A-Z][a-z]+', key))}"
    return variable


def _expression(written: str) -> str:
    return written.removeprefix("{%").removesuffix("%}").strip().removeprefix("$.").replace("$states.", "")


def _ends(scope: object) -> list[str]:
    return [name for name, body in entries(at(scope, "States")) if at(body, "End") is True]
