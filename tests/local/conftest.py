"""What the tests of the embedded AWS share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_aws import template_stacks
from local_aws.embedded import EmbeddedAws
from local_aws.project import ROOT, Workspace
from local_aws.template_stacks import CreateStack, Template, TemplateStack


@pytest.fixture
def run_in_launcher(tmp_path: Path) -> Callable[[str], str]:
    """Runs statements as the launcher would; what they print.

    In a process of their own: MiniStack changes logging and Hypercorn for the whole process.
    """

    def run(statements: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", statements],
            cwd=ROOT,
            env=Workspace(tmp_path).environment(4566),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


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
