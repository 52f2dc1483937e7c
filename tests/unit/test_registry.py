from __future__ import annotations

import inspect
import re
from dataclasses import fields
from typing import get_type_hints

import pytest

from stacks.registry import STACKS, StackEntry
from stacks.settings.convert import describe

EVERY_STACK = pytest.mark.parametrize("entry", STACKS, ids=lambda entry: entry.name)
RESERVED = {"stacks", "settings", "account", "region", "tags", "aws_patterns"}


def test_every_stack_has_a_name_of_its_own() -> None:
    names = [entry.name for entry in STACKS]
    assert len(set(names)) == len(names)


@EVERY_STACK
def test_a_name_can_be_typed_on_the_command_line_and_used_by_cloudformation(entry: StackEntry) -> None:
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,127}", entry.name)


@EVERY_STACK
def test_a_summary_is_one_sentence(entry: StackEntry) -> None:
    assert re.fullmatch(r"[A-Z][^.]*\.", entry.summary)


@EVERY_STACK
def test_every_setting_can_be_read_has_a_name_of_its_own_and_is_explained(entry: StackEntry) -> None:
    hints = get_type_hints(entry.settings)
    explained = "\n".join(kind.__doc__ or "" for kind in entry.settings.__mro__)
    for setting in fields(entry.settings):
        assert describe(hints[setting.name])
        assert setting.name not in RESERVED
        assert re.search(rf"^ +{setting.name}: ", explained, re.MULTILINE)


@EVERY_STACK
def test_the_class_of_a_stack_exists_and_takes_its_settings(entry: StackEntry) -> None:
    constructor = vars(entry.load())["__init__"]
    assert list(inspect.signature(constructor).parameters) == ["self", "scope", "id", "settings", "env"]
    assert get_type_hints(constructor)["settings"] is entry.settings
