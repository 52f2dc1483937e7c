"""The examples in the docstrings of the constructs work as they are printed."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest

import aws_patterns

if TYPE_CHECKING:
    from types import ModuleType


def modules() -> list[ModuleType]:
    names = [found.name for found in pkgutil.walk_packages(aws_patterns.__path__, "aws_patterns.")]
    return [importlib.import_module(name) for name in names]


EXAMPLES = [
    example
    for module in modules()
    for example in doctest.DocTestFinder(exclude_empty=True).find(module)
    if example.examples
]


def test_the_patterns_have_examples() -> None:
    named = {example.name.rpartition(".")[2] for example in EXAMPLES}
    assert {"PetCuddleOTron", "StaticSite"} <= named


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.name))
def test_an_example_works(example: doctest.DocTest, stack: cdk.Stack, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html>")
    names = {**example.globs, "stack": stack, "cdk": cdk}
    for step in example.examples:
        # The CDK looks from where its Node.js was started, which no test can change.
        exec(step.source.replace('"site"', repr(str(site))), names)
    assert len(stack.node.find_all()) > 1, "the example makes something"
