"""Files that no tool checks against each other."""

from __future__ import annotations

import json
import os
import re
import tarfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.architecture.conftest import Sketch


def recommended_flags() -> dict[str, object]:
    """The feature flags that the installed CDK recommends to new projects."""
    cdk = find_spec("aws_cdk")
    assert cdk is not None
    assert cdk.origin is not None
    (archive,) = (Path(cdk.origin).parent / "_jsii").glob("aws-cdk-lib@*.tgz")
    with tarfile.open(archive) as package:
        flags = package.extractfile("package/recommended-feature-flags.json")
        assert flags is not None
        found: dict[str, object] = json.load(flags)
    return found


def unpinned(project: Path) -> list[str]:
    """Lines of requirements.txt that leave a version open."""
    lines = (project / "requirements.txt").read_text().splitlines()
    return [line for line in lines if not re.fullmatch(r"#.*|-e \.|[\w.-]+==[\w.]+", line)]


def unlisted_targets(project: Path) -> set[str]:
    """Commands of the Makefile that `make help` keeps to itself."""
    text = (project / "Makefile").read_text()
    phony = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    return set(" ".join(phony).split()) - set(re.findall(r"^([\w-]+):.* ## \w", text, re.MULTILINE))


def test_the_app_runs_with_the_feature_flags_that_its_cdk_recommends(project: Path) -> None:
    context = json.loads((project / "cdk.json").read_text())["context"]
    assert {key: value for key, value in context.items() if key.startswith("@aws-cdk")} == recommended_flags()


def test_the_environment_is_pinned(project: Path) -> None:
    assert unpinned(project) == []


def test_an_open_version_is_found(sketch: Sketch) -> None:
    assert unpinned(sketch("requirements.txt", "# a\n-e .\na==1.0\nb>=2\nc\n")) == ["b>=2", "c"]


def test_make_help_lists_every_command(project: Path) -> None:
    assert unlisted_targets(project) == set()


def test_an_unlisted_command_is_found(sketch: Sketch) -> None:
    assert unlisted_targets(sketch("Makefile", ".PHONY: a b\na: ## Does a\nb:\n")) == {"b"}


def test_ci_runs_what_everybody_runs(project: Path) -> None:
    script = project / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert [line for line in script.read_text().splitlines() if "make" in line] == ["exec make test"]
    assert "      - run: make test\n" in (project / ".github/workflows/test.yml").read_text()
