"""Which conditions of a template are known to be true or false."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_patterns.review._values import is_intrinsic


def known_outcomes(definitions: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, bool]:
    """The conditions whose outcome follows from what is known of parameters."""
    found: dict[str, bool | None] = {}

    def of(name: str) -> bool | None:
        if name not in found:
            found[name] = None  # A condition in terms of itself is not known.
            found[name] = evaluate(definitions.get(name))
        return found[name]

    def evaluate(value: Any) -> bool | None:
        if not isinstance(value, Mapping) or len(value) != 1:
            return None
        ((function, argument),) = value.items()
        return functions[function](argument) if function in functions else None

    functions: Mapping[str, Callable[[Any], bool | None]] = {
        "Condition": lambda argument: of(str(argument)),
        "Fn::Not": lambda argument: _opposite(evaluate(argument[0])),
        "Fn::And": lambda argument: _all([evaluate(each) for each in argument]),
        "Fn::Or": lambda argument: _opposite(_all([_opposite(evaluate(each)) for each in argument])),
        "Fn::Equals": lambda argument: _equal(*(_text(each, known) for each in argument)),
    }
    return {name: outcome for name in definitions if (outcome := of(name)) is not None}


def _opposite(outcome: bool | None) -> bool | None:
    return None if outcome is None else not outcome


def _all(outcomes: list[bool | None]) -> bool | None:
    if False in outcomes:
        return False
    return None if None in outcomes else True


def _equal(left: str | None, right: str | None) -> bool | None:
    return None if left is None or right is None else left == right


def _text(value: Any, known: Mapping[str, str]) -> str | None:
    if is_intrinsic(value):
        return known.get(str(value["Ref"])) if "Ref" in value else None
    return None if isinstance(value, Mapping | list) else str(value)
