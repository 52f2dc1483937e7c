"""The house rules are functions from a project's folder to the breaches in it: proven on small bad projects first."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class Sketch(Protocol):
    """Writes one module of a small project and returns the project's folder."""

    def __call__(self, path: str, code: str) -> Path: ...


@pytest.fixture
def sketch(tmp_path: Path) -> Sketch:
    def write(path: str, code: str) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(code))
        return tmp_path

    return write
