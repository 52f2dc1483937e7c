"""Templates are made without a word: warnings are for those who deploy."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generate import synthesis


def test_stacks_that_warn_are_built_in_silence(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    warning = "PetCuddleOTron"  # of a placeholder
    assert synthesis.built(project, ["-c", f"stacks={warning}"], [warning]).templates.keys() == {warning}
    assert capfd.readouterr() == ("", "")
