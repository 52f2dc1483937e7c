"""Whether options are of the types that they are declared with, told like every other problem. Needs no CDK.

Type checkers know this before anything runs, but not everybody has one: ``"3"`` for ``3``, or one certificate for a
list of certificates, would otherwise end in the trace of whoever first counts with it.
"""

from __future__ import annotations

import builtins
import collections.abc
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache, wraps
from types import ModuleType, NoneType, UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from aws_patterns._validation import Problems, is_token

P = ParamSpec("P")
R = TypeVar("R")

_PLAIN = {bool: "True or False", int: "a whole number", float: "a number", str: "a text", NoneType: "None"}
_NUMBERS: Mapping[Any, Any] = {int: int, float: int | float}
# What nothing of the CDK's is.
_NEVER_OF_CDK = (bool, int, float, bytes, NoneType, list, tuple, set, dict)


def typed(check: Callable[P, R]) -> Callable[P, R | None]:
    """Let a check begin with the types of what it is given: ``@typed`` on ``check(problems, ..., **options)``.

    An option of another type is told, and left at its default for the rest, so that this is told at once as well.
    """
    signature = inspect.signature(check)

    @wraps(check)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R | None:
        bound = signature.bind(*args, **kwargs)
        problems = bound.arguments["problems"]
        assert isinstance(problems, Problems)  # noqa: S101 - for the type checker
        kinds = _kinds_of(check)
        for name, value in list(bound.arguments.items()):
            if name == "problems":
                continue
            misfits = list(_misfits(_label(signature, bound, name), value, kinds[name]))
            if misfits:
                problems.found.extend(misfits)
                del bound.arguments[name]
                if signature.parameters[name].default is inspect.Parameter.empty:
                    return None
        return check(*bound.args, **bound.kwargs)

    return checked


def _label(signature: inspect.Signature, bound: inspect.BoundArguments, name: str) -> str:
    """What the user calls it: a check that is told a name has that of its positional argument."""
    parameter = signature.parameters[name]
    if parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD or "name" not in signature.parameters:
        return name
    return str(bound.arguments.get("name", signature.parameters["name"].default))


def _misfits(name: str, value: object, kind: Any) -> Iterator[str]:
    """What is wrong with the type of a value, and with those of its parts."""
    arms = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    alone = len([arm for arm in arms if arm is not NoneType]) == 1
    for arm in arms:
        if _fits(value, arm, alone=alone):
            yield from _misfits_inside(name, value, arm)
            return
    if is_token(value):
        return
    wanted = " or ".join(dict.fromkeys(map(_described, arms)))
    fix = f": write [{value!r}]" if isinstance(value, str) and wanted.startswith("a list") else ""
    yield f"{name} must be {wanted}, got {_shown(value)}{fix}"


def _fits(value: object, kind: Any, *, alone: bool) -> bool:
    """Whether a value is of that type itself, whatever is inside of it; ``alone`` where it is the only one allowed."""
    origin = get_origin(kind) or kind
    if origin in {Any, object}:
        return True
    if origin in _NUMBERS:
        return isinstance(value, _NUMBERS[origin]) and not isinstance(value, bool)
    if origin in {Sequence, tuple, list}:
        return isinstance(value, list | tuple)
    if issubclass(origin, _OfCdk):
        # A text may stand for it where options are judged before there is a CDK: the ARN of a certificate.
        return not isinstance(value, _NEVER_OF_CDK) and (alone or not isinstance(value, str))
    if issubclass(origin, StrEnum):
        # A text that is none of them is told of by its check, which knows what is allowed there.
        unknown = alone and isinstance(value, str) and value not in set(origin)
        return unknown or isinstance(value, origin)
    return isinstance(value, origin)


def _misfits_inside(name: str, value: object, kind: Any) -> Iterator[str]:
    inner = get_args(kind)
    if isinstance(value, list | tuple) and inner:
        for position, part in enumerate(value):
            yield from _misfits(f"{name}[{position}]", part, inner[0])
    elif isinstance(value, Mapping) and inner:
        for key, part in value.items():
            yield from _misfits(f"every key of {name}", key, inner[0])
            yield from _misfits(
                f"{name}[{key!r}]" if isinstance(key, str) else f"every value of {name}", part, inner[1]
            )
    elif is_dataclass(value) and not isinstance(value, type):
        kinds = _kinds_of(type(value))
        for field in fields(value):
            yield from _misfits(f"{name}.{field.name}", getattr(value, field.name), kinds[field.name])


def _described(kind: Any) -> str:
    origin = get_origin(kind) or kind
    if origin in _PLAIN:
        return _PLAIN[origin]
    if origin in {Sequence, tuple, list}:
        return "a list"
    if origin is Mapping:
        return "a mapping"
    if issubclass(origin, StrEnum):
        return f"one of {', '.join(f'{origin.__name__}.{member.name}' for member in origin)}"
    return str(origin.__name__)


def _shown(value: object) -> str:
    """Short, and the same in every run."""
    if isinstance(value, str | int | float | NoneType) or value in ([], {}, ()):
        return repr(value)
    return type(value).__name__


class _OfCdk:
    """Stands for a type that is imported for type checkers alone."""


class _Unimported(type):
    """Of what stands for a name that is imported for type checkers alone: a class, or a module full of them."""

    def __getattr__(cls, name: str) -> type[_OfCdk]:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (_OfCdk,), {})


class _Names(dict[str, Any]):
    """What the names in a module's annotations mean."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__()
        self._module = module

    def __missing__(self, name: str) -> Any:
        for place in (self._module, builtins, collections.abc):
            if hasattr(place, name):
                return getattr(place, name)
        return _Unimported(name, (_OfCdk,), {})


@cache
def _kinds_of(declared: Any) -> Mapping[str, Any]:
    return get_type_hints(declared, localns=_Names(sys.modules[declared.__module__]))
