"""The first mistake a newcomer can make: a source root that looks like a package."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.architecture.conftest import Sketch


def test_a_source_root_that_hides_the_cdks_package_is_said_in_one_clear_sentence(sketch: Sketch, project: Path) -> None:
    folder = sketch("constructs/__init__.py", "")
    sketch("pyproject.toml", f'[tool.pytest.ini_options]\npythonpath = [".", "{project}"]\n')
    sketch("tests/test_a.py", "def test_a(): pass\n")
    shutil.copy(project / "tests" / "conftest.py", folder / "tests")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, (done.stdout + done.stderr).strip()) == (
        pytest.ExitCode.USAGE_ERROR,
        "ERROR: Remove constructs/__init__.py: it hides the package `constructs` that the CDK needs.",
    )
    (folder / "constructs" / "__init__.py").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
