"""Tests that a template is the one somebody looked at. In the ``conftest.py`` at the top of a project::

    pytest_plugins = ["aws_patterns.review.pytest_plugin"]

and in a test::

    def test_orders(template_review):
        template = Template.from_stack(OrdersStack(cdk.App(), "Orders")).to_json()
        template_review(template, "tests/accepted/Orders.json")

A template that differs fails with the review of the difference; one that would lose data, with a message of its own.
``pytest --accept-templates`` writes the files, after a look. Code of functions is left out: it changes all the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

from aws_patterns.review.accepted import accept, differs_from_accepted

_OPTION = "--accept-templates"


class TemplateReview(Protocol):
    """Fails unless the template is the one in the file; a relative path is below pytest's root."""

    def __call__(self, template: Mapping[str, Any], file: str | Path, *, region: str | None = None) -> None: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the only way to accept a template."""
    parser.addoption(_OPTION, action="store_true", help="accept the templates of template_review as they are")


@pytest.fixture
def template_review(request: pytest.FixtureRequest) -> TemplateReview:
    """Compares a template with the one that was accepted."""

    def check(template: Mapping[str, Any], file: str | Path, *, region: str | None = None) -> None:
        __tracebackhide__ = True
        place = request.config.rootpath / file
        if request.config.getoption(_OPTION):
            accept(template, place)
        elif problem := differs_from_accepted(template, place, region=region):
            pytest.fail(f"{problem}\n\nAfter a look: pytest {_OPTION}", pytrace=False)

    return check
