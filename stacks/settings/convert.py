"""Reads one value as its annotation says. On the command line everything is text; in files it has types."""

from __future__ import annotations

import math
import re
from enum import Enum
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Literal, Union, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Callable

_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class UnfitError(Exception):
    """The value can't be read as the annotation says."""


def convert(annotation: object, value: object) -> object:
    """The value as its field wants it.

    Raises:
        UnfitError: The value is not what `describe` speaks of.
    """
    if _is_optional(annotation):
        empty = value is None or (isinstance(value, str) and not value.strip())
        return None if empty else convert(_without_none(annotation), value)
    if get_origin(annotation) is tuple:
        return _list(get_args(annotation)[0], value)
    if choices := _choices(annotation):
        return _choice(choices, value)
    return _READERS[annotation][1](value)


def describe(annotation: object) -> str:
    """What is allowed, to follow the words "must be"."""
    if _is_optional(annotation):
        return f"{describe(_without_none(annotation))}, or empty"
    if get_origin(annotation) is tuple:
        return f"a list with commas, each {describe(get_args(annotation)[0])}"
    if choices := _choices(annotation):
        return f"one of {', '.join(choices)}"
    return _READERS[annotation][0]


def stand_in(annotation: object) -> object:
    """Some value of the right kind, in place of one that could not be read."""
    if _is_optional(annotation):
        return None
    if get_origin(annotation) is tuple:
        return ()
    if choices := _choices(annotation):
        return next(iter(choices.values()))
    return _READERS[annotation][1]("0")


def _is_optional(annotation: object) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _without_none(annotation: object) -> object:
    (only,) = (part for part in get_args(annotation) if part is not NoneType)
    return only


def _choices(annotation: object) -> dict[str, object]:
    if annotation is bool:
        return {"true": True, "false": False}
    if get_origin(annotation) is Literal:
        return {str(choice): choice for choice in get_args(annotation)}
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {str(member.value): member for member in annotation}
    return {}


def _choice(choices: dict[str, object], value: object) -> object:
    text = str(value).lower() if isinstance(value, bool) else value
    if isinstance(text, str) and text.strip() in choices:
        return choices[text.strip()]
    raise UnfitError


def _list(annotation: object, value: object) -> tuple[object, ...]:
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    if isinstance(value, list):
        return tuple(convert(annotation, part) for part in value)
    raise UnfitError


def _text(value: object) -> str:
    # A number in a file may already have lost something: leading zeros of an account, the plus of a prefix.
    if isinstance(value, str):
        return value.strip()
    raise UnfitError


def _whole_number(value: object) -> int:
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise UnfitError


def _number(value: object) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise UnfitError


_READERS: dict[object, tuple[str, Callable[[object], object]]] = {
    str: ("text", _text),
    int: ("a whole number", _whole_number),
    float: ("a number", _number),
}
