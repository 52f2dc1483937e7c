"""What the tests of the embedded AWS share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local_aws import template_stacks
from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack, Template, TemplateStack


@pytest.fixture
def create_stack() -> Iterator[CreateStack]:
    """Creates stacks from templates and deletes those that a test leaves."""
    created: list[TemplateStack] = []

    def create(aws: EmbeddedAws, name: str, template: Template) -> TemplateStack:
        created.append(template_stacks.create_stack(aws, name, template))
        return created[-1]

    yield create
    for stack in reversed(created):
        if stack.settled() != "DELETE_COMPLETE":
            stack.delete()
