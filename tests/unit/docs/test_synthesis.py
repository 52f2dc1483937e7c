"""Templates are made without a word: warnings are for those who deploy."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generate import synthesis


def test_stacks_that_warn_are_built_in_silence(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    warning = "PetCuddleOTron"  # of a placeholder
    assert synthesis.built(project, ["-c", f"stacks={warning}"], [warning]).templates.keys() == {warning}
    assert capfd.readouterr() == ("", "")


def test_a_stack_of_two_regions_has_a_template_for_each(project: Path) -> None:
    found = synthesis.built(project, ["-c", "stacks=ReplicatedBucket"], ["ReplicatedBucket"])
    assert found.further == {"ReplicatedBucket": ("ReplicatedBucketReplica",)}
    assert found.templates.keys() == {"ReplicatedBucket", "ReplicatedBucketReplica"}
