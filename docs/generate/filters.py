"""What a filter policy of SNS or an event pattern of EventBridge lets through, in words: they are written alike."""

from __future__ import annotations

import json
from collections.abc import Iterator

from docs.generate.template import entries, items, text

EVERYTHING = "everything"
_LONGEST = 36
_LINES = 3
_VALUES = 2
_SIGNS = {">=": "\u2265", "<=": "\u2264"}
# What every event has, and everybody knows.
_SAYINGS = {"source": "from {}", "detail-type": "{}"}
_OPERATORS = {
    "prefix": "{}\u2026",
    "suffix": "\u2026{}",
    "wildcard": "{}",
    "cidr": "in {}",
    "equals-ignore-case": "{}",
}


def lines(pattern: object) -> tuple[str, ...]:
    """A line for each thing that must fit; ``("everything",)`` where nothing must."""
    found = [line for line in _conditions(pattern, ()) if line]
    shown = found if len(found) <= _LINES else [*found[: _LINES - 1], f"and {len(found) - _LINES + 1} more"]
    return tuple(_short(line) for line in shown) or (EVERYTHING,)


def _conditions(pattern: object, path: tuple[str, ...]) -> Iterator[str]:
    for key, value in entries(pattern):
        if key == "$or":
            ways = [", ".join(_conditions(one, path)) for one in items(value)]
            yield " or ".join(filter(None, ways))
        elif isinstance(value, dict):
            # All that a sender has to say is in an event's detail; naming it each time tells nothing.
            yield from _conditions(value, () if (key, path) == ("detail", ()) else (*path, key))
        else:
            yield _condition(".".join((*path, key)), items(value))


def _condition(name: str, values: list[object]) -> str:
    if not _asks(values):
        return ""
    match values:
        case [{"exists": bool(there)}] if name == "replay-name":
            return "only replayed" if there else "not replayed"
        case [{"exists": bool(there)}]:
            return f"with {name}" if there else f"without {name}"
        case [{"numeric": list(comparisons)}]:
            return f"{name} {_numeric(comparisons)}"
        case [{"anything-but": refused}]:
            return f"{name} not {_listed(items(refused))}"
    return _SAYINGS.get(name, f"{name}: {{}}").format(_listed(values))


def _asks(values: list[object]) -> bool:
    """Whether there is anything that would not fit: every text begins with nothing."""
    return {"prefix": ""} not in values


def _listed(values: list[object]) -> str:
    shown = [_value(value) for value in values[:_VALUES]]
    return " or ".join(shown) + (" \u2026" if len(values) > _VALUES else "")


def _value(value: object) -> str:
    match value:
        case {"numeric": list(comparisons)}:
            return _numeric(comparisons)
        case {"anything-but": refused}:
            return f"not {_listed(items(refused))}"
        case {"exists": bool(there)}:
            return "any" if there else "none"
        case bool() | None:
            return json.dumps(value)
    for operator, operand in entries(value):
        return _OPERATORS.get(operator, "{}").format(_value(operand) if isinstance(operand, dict) else text(operand))
    return text(value)


def _numeric(comparisons: list[object]) -> str:
    pairs = zip(comparisons[::2], comparisons[1::2], strict=False)
    return " and ".join(f"{_SIGNS.get(text(sign), text(sign))} {text(limit)}" for sign, limit in pairs)


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}\u2026"
