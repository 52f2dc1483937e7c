"""Options of another type than they are declared with are told like every other problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm

from aws_patterns._types import typed
from aws_patterns._validation import Problems

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    size: int = 1
    names: Sequence[str] = ()


@typed
def check(
    problems: Problems,
    *,
    count: int = 1,
    share: float = 0.5,
    name: str | None = None,
    on: bool = False,
    colour: Colour = Colour.RED,
    part: Part = Part(),
    parts: Sequence[Part] = (),
    by_name: Mapping[str, Part] | None = None,
    topic: sns.ITopic | None = None,
    metric: Colour | sns.ITopic = Colour.RED,
) -> None:
    problems.between("count", count, 1, 9)
    problems.one_of("colour", colour, tuple(Colour))


def problems(**options: Any) -> list[str]:
    found = Problems("Thing")
    check(found, **options)
    return found.found


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"count": "3"}, "count must be a whole number, got '3'"),
        ({"count": 2.5}, "count must be a whole number, got 2.5"),
        ({"count": float("nan")}, "count must be a whole number, got nan"),
        ({"count": None}, "count must be a whole number, got None"),
        ({"count": True}, "count must be a whole number, got True"),
        ({"share": "half"}, "share must be a number, got 'half'"),
        ({"name": 3}, "name must be a text or None, got 3"),
        ({"on": "no"}, "on must be True or False, got 'no'"),
        ({"colour": "green"}, "colour must be one of Colour.RED, Colour.GREEN, got 'green'"),
        ({"colour": "blue"}, "colour must be one of red, green, got 'blue'"),
        ({"part": {"size": 1}}, "part must be Part, got dict"),
        ({"part": object()}, "part must be Part, got object"),
        ({"part": Part(size="1")}, "part.size must be a whole number, got '1'"),  # type: ignore[arg-type]  # the mistake
        ({"part": Part(names="abc")}, "part.names must be a list, got 'abc': write ['abc']"),
        ({"parts": Part()}, "parts must be a list, got Part"),
        ({"parts": [Part(), None]}, "parts[1] must be Part, got None"),
        ({"by_name": {"A": 3}}, "by_name['A'] must be Part, got 3"),
        ({"by_name": {3: Part()}}, "every key of by_name must be a text, got 3"),
        ({"by_name": []}, "by_name must be a mapping or None, got []"),
        ({"topic": 3}, "topic must be ITopic or None, got 3"),
        ({"metric": "topic"}, "metric must be one of Colour.RED, Colour.GREEN or ITopic, got 'topic'"),
    ],
)
def test_another_type_is_told_with_what_is_wanted(options: Mapping[str, Any], problem: str) -> None:
    assert problems(**options) == [problem]


def test_what_else_is_wrong_is_told_at_once() -> None:
    assert problems(count=10, name=3, colour="blue") == [
        "name must be a text or None, got 3",
        "count must be between 1 and 9, got 10",
        "colour must be one of red, green, got 'blue'",
    ]


def test_what_is_declared_is_accepted() -> None:
    stack = cdk.Stack(cdk.App())
    certificate = acm.Certificate.from_certificate_arn(stack, "C", "arn:aws:acm:eu-west-1:111122223333:certificate/0-1")
    assert problems(count=2, share=1, name="x", part=Part(names=("a",)), parts=(Part(),), topic=certificate) == []
    # Settings are judged before there is a CDK, by what will become its object.
    assert problems(topic="arn:aws:sns:eu-west-1:111122223333:topic") == []


def test_values_known_only_at_deployment_are_let_through() -> None:
    reference = {"Ref": "Any"}
    number: Any = cdk.Token.as_number(reference)
    text = cdk.Token.as_string(reference)
    assert (
        problems(count=number, share=number, name=text, part=Part(size=number, names=cdk.Token.as_list(reference)))
        == []
    )
    assert problems(count=text) == []


def test_without_what_is_needed_nothing_else_is_judged() -> None:
    @typed
    def needs(problems: Problems, sizes: Sequence[int], *, name: str = "sizes") -> int:
        return sum(sizes)

    found = Problems("Thing")
    assert needs(found, [1, 2]) == 3
    assert needs(found, "12", name="widths") is None  # type: ignore[arg-type]  # the mistake
    assert found.found == ["widths must be a list, got '12': write ['12']"]
