from __future__ import annotations

from enum import StrEnum
from typing import Literal

import pytest

from stacks.settings.convert import UnfitError, convert, describe, stand_in


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("annotation", "given", "read"),
    [
        (str, " me@example.org ", "me@example.org"),
        (int, "10", 10),
        (int, " -3 ", -3),
        (int, 10, 10),
        (int, 10.0, 10),
        (float, "0.5", 0.5),
        (float, "1e3", 1000.0),
        (float, 5, 5.0),
        (bool, "true", True),
        (bool, "false", False),
        (bool, True, True),
        (bool, False, False),
        (Literal["retain", "destroy"], "destroy", "destroy"),
        (Colour, "blue", Colour.BLUE),
        (tuple[str, ...], "a, b,", ("a", "b")),
        (tuple[str, ...], ["a", "b"], ("a", "b")),
        (tuple[str, ...], "", ()),
        (tuple[Colour, ...], "red,blue", (Colour.RED, Colour.BLUE)),
        (tuple[int, ...], ["1", 2], (1, 2)),
        (int | None, "", None),
        (int | None, None, None),
        (int | None, "7", 7),
    ],
)
def test_a_value_reads_as_its_annotation_says(annotation: object, given: object, read: object) -> None:
    converted = convert(annotation, given)
    assert converted == read
    assert type(converted) is type(read)


@pytest.mark.parametrize(
    ("annotation", "given"),
    [
        (str, 123456789012),
        (str, None),
        (str, True),
        (int, "ten"),
        (int, "1.5"),
        (int, 1.5),
        (int, True),
        (int, "9" * 5000),
        (int, "١٢"),
        (int, "1_000"),
        (int, None),
        (float, "fast"),
        (float, "nan"),
        (float, "inf"),
        (float, "1e999"),
        (float, float("inf")),
        (float, True),
        (float, []),
        (bool, "yes"),
        (bool, 1),
        (Literal["retain", "destroy"], "delete"),
        (Literal["retain", "destroy"], 1),
        (Colour, "green"),
        (Colour, ["red"]),
        (tuple[str, ...], 5),
        (tuple[str, ...], {"a": "b"}),
        (tuple[Colour, ...], "red,green"),
        (tuple[Colour, ...], ["red", None]),
        (int | None, "none"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(annotation: object, given: object) -> None:
    with pytest.raises(UnfitError):
        convert(annotation, given)


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (str, "text"),
        (int, "a whole number"),
        (float, "a number"),
        (bool, "one of true, false"),
        (Literal["retain", "destroy"], "one of retain, destroy"),
        (Colour, "one of red, blue"),
        (tuple[Colour, ...], "a list with commas, each one of red, blue"),
        (int | None, "a whole number, or empty"),
    ],
)
def test_what_is_allowed_is_said_in_words(annotation: object, words: str) -> None:
    assert describe(annotation) == words


@pytest.mark.parametrize("annotation", [str, int, float, bool, Literal["retain", "destroy"], Colour])
def test_a_stand_in_is_a_value_of_the_right_kind(annotation: object) -> None:
    value = stand_in(annotation)
    assert convert(annotation, value if isinstance(value, bool | int | float) else str(value)) == value


def test_a_stand_in_for_a_list_is_empty_and_for_an_optional_value_is_none() -> None:
    assert (stand_in(tuple[str, ...]), stand_in(int | None)) == ((), None)
