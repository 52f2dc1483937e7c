"""What a value may be compared with, in a filter of a fan-out or a pattern of an event backbone. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

Scalar = str | float | bool | None
Json = Scalar | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class _OfOneText:
    text: str
    operator: ClassVar[str]

    def to_json(self) -> Json:
        """As SNS and EventBridge write it."""
        return {self.operator: self.text}


@dataclass(frozen=True, slots=True)
class Prefix(_OfOneText):
    """Begins with it: ``Prefix("eu-")``."""

    operator: ClassVar[str] = "prefix"


@dataclass(frozen=True, slots=True)
class Suffix(_OfOneText):
    """Ends with it: ``Suffix(".png")``."""

    operator: ClassVar[str] = "suffix"


@dataclass(frozen=True, slots=True)
class EqualsIgnoreCase(_OfOneText):
    """Is it, in capitals or not: ``EqualsIgnoreCase("alice")``."""

    operator: ClassVar[str] = "equals-ignore-case"


@dataclass(frozen=True, slots=True)
class Wildcard(_OfOneText):
    """Looks like it; ``*`` stands for any characters: ``Wildcard("orders/*/paid")``."""

    operator: ClassVar[str] = "wildcard"


@dataclass(frozen=True, slots=True)
class Cidr(_OfOneText):
    """Is an address of that network: ``Cidr("10.0.0.0/24")``."""

    operator: ClassVar[str] = "cidr"


@dataclass(frozen=True, slots=True)
class Exists:
    """Is there, whatever it is. ``Exists(False)``: is not there."""

    operator: ClassVar[str] = "exists"
    present: bool = True

    def to_json(self) -> Json:
        """As SNS and EventBridge write it."""
        return {self.operator: self.present}


@dataclass(frozen=True, kw_only=True, slots=True)
class Numeric:
    """Is a number: ``Numeric(equals=0)``, ``Numeric(above=0, at_most=100)``."""

    operator: ClassVar[str] = "numeric"
    equals: float | None = None
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None

    @property
    def bounds(self) -> Mapping[str, float]:
        """What was given, by its sign, the lower bound first."""
        given = {"=": self.equals, ">": self.above, ">=": self.at_least, "<": self.below, "<=": self.at_most}
        return {sign: number for sign, number in given.items() if number is not None}

    def to_json(self) -> Json:
        """As SNS and EventBridge write it."""
        return {self.operator: [part for pair in self.bounds.items() for part in pair]}


@dataclass(frozen=True, slots=True, init=False)
class AnythingBut:
    """Is there, and is none of these: ``AnythingBut("test", "draft")``, ``AnythingBut(Prefix("test-"))``."""

    operator: ClassVar[str] = "anything-but"
    values: tuple[str | float | Prefix | Suffix | EqualsIgnoreCase | Wildcard, ...]

    def __init__(self, *values: str | float | Prefix | Suffix | EqualsIgnoreCase | Wildcard) -> None:
        object.__setattr__(self, "values", values)

    def to_json(self) -> Json:
        """As SNS and EventBridge write it."""
        values: list[Json] = [value.to_json() if isinstance(value, _OfOneText) else value for value in self.values]
        return {self.operator: values[0] if isinstance(self.values[0], _OfOneText) else values}


Matcher = Prefix | Suffix | EqualsIgnoreCase | Wildcard | Cidr | Exists | Numeric | AnythingBut
MATCHERS = (Prefix, Suffix, EqualsIgnoreCase, Wildcard, Cidr, Exists, Numeric, AnythingBut)
Value = Scalar | Matcher
# One value, or several of which one must fit. A mapping goes one level deeper.
Values = Value | Sequence[Value]
Properties = Mapping[str, "Values | Properties"]


def listed(values: Values) -> Sequence[Value]:
    """One value as a list of one."""
    if isinstance(values, Sequence) and not isinstance(values, str):
        return values
    return [values]


def properties_json(properties: Properties, any_of: Sequence[Properties] = ()) -> dict[str, Json]:
    """As SNS and EventBridge write it: lists of values, below their keys."""
    found: dict[str, Json] = {}
    for key, value in properties.items():
        found[key] = properties_json(value) if isinstance(value, Mapping) else values_json(value)
    if any_of:
        found["$or"] = [properties_json(one) for one in any_of]
    return found


def values_json(values: Values) -> list[Json]:
    """As SNS and EventBridge write it: a list of values."""
    return [value.to_json() if isinstance(value, MATCHERS) else value for value in listed(values)]
