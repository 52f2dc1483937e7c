"""The workflows of GitHub Actions are valid, and give away nothing that they need not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LINTERS = {
    "schema": ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
    # Without GitHub: what it says of a workflow is the same with and without a network.
    "security": ["zizmor", "--offline", "--quiet", "--no-progress", "--color", "never"],
}


@pytest.fixture
def workflows(project: Path) -> Path:
    return project / ".github" / "workflows"


def lint(name: str, folder: Path) -> tuple[int, str]:
    program, *options = LINTERS[name]
    files = [str(path) for path in sorted(folder.glob("*.yml"))]
    assert files
    done = subprocess.run(
        [str(Path(sys.executable).with_name(program)), *options, *files],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("linter", LINTERS)
def test_no_linter_has_a_finding(workflows: Path, linter: str) -> None:
    code, said = lint(linter, workflows)
    assert code == 0, said


@pytest.mark.parametrize(
    ("linter", "change", "finding"),
    [
        ("schema", ("    runs-on: ubuntu-24.04\n", "    runs_on: ubuntu-24.04\n"), "runs_on"),
        ("schema", ("permissions: {}\n", "permissions: [write]\n"), "permissions"),
        ("security", ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7"), "unpinned-uses"),
        ("security", ("          persist-credentials: false\n", "          fetch-depth: 1\n"), "artipacked"),
        ("security", ("  pull_request:\n", "  pull_request_target:\n"), "dangerous-triggers"),
        (
            "security",
            ('- run: make synth STACKS="$STACKS"', "- run: echo ${{ github.event.pull_request.title }}"),
            "template-injection",
        ),
    ],
)
def test_a_mistake_would_be_found(
    workflows: Path, tmp_path: Path, linter: str, change: tuple[str, str], finding: str
) -> None:
    line, instead = change
    shutil.copy(workflows / "pull-request.yml", tmp_path)
    text = (tmp_path / "pull-request.yml").read_text()
    assert line in text
    (tmp_path / "pull-request.yml").write_text(text.replace(line, instead, 1))
    code, said = lint(linter, tmp_path)
    assert code != 0
    assert finding in said
