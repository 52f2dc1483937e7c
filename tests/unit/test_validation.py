"""Problems are collected, and come out together."""

from __future__ import annotations

import re

import aws_cdk as cdk
import pytest

from aws_patterns._validation import Problems, is_token


def test_every_problem_comes_out_at_once() -> None:
    message = (
        "Thing S/T can't be built:\n"
        "  - size must be between 1 and 9 GB, got 10 GB\n"
        "  - colour must be one of red, green, got 'blue'"
    )

    def check() -> None:
        with Problems("Thing S/T") as problems:
            problems.between("size", 10, 1, 9, " GB")
            problems.between("weight", 9, 1, 9)
            problems.one_of("colour", "blue", ("red", "green"))

    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check()


def test_what_is_no_number_is_told_like_one_out_of_range() -> None:
    problems = Problems("Thing")
    problems.between("size", "3", 1, 9, " GB")  # type: ignore[arg-type]  # the mistake
    assert problems.found == ["size must be a number between 1 and 9 GB, got '3'"]


def test_an_object_that_the_cdk_has_never_seen_is_no_token() -> None:
    assert not is_token(object())
    assert not is_token(None)
    assert is_token(cdk.Token.as_list({"Ref": "Sizes"}))
    assert is_token(cdk.Fn.ref("Size"))


def test_nothing_wrong_means_nothing_raised() -> None:
    with Problems("Thing") as problems:
        problems.between("size", 1, 1, 9)
        problems.one_of("colour", "red", ("red", "green"))
    assert problems.found == []


def test_an_error_inside_is_not_replaced() -> None:
    def check() -> None:
        with Problems("Thing") as problems:
            problems.add("never seen")
            raise KeyError("the real one")

    with pytest.raises(KeyError, match="the real one"):
        check()


def test_values_known_only_at_deployment_are_let_through() -> None:
    number = cdk.Token.as_number({"Ref": "Size"})
    name = cdk.Token.as_string({"Ref": "Colour"})
    with Problems("Thing") as problems:
        problems.between("size", number, 1, 9)
        problems.one_of("colour", name, ("red", "green"))
    assert problems.found == []
    assert is_token(name)
    assert not is_token("red")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_out_of_range(number: float) -> None:
    """It would also end the process that knows the tokens."""
    problems = Problems("Thing")
    problems.between("size", number, 1, 9)
    assert problems.found == [f"size must be between 1 and 9, got {number:.15g}"]
