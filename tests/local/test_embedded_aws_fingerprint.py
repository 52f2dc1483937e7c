"""A deployment is repeated when anything it is made from has changed, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_aws import catalogue
from local_aws.catalogue import UnknownStackError
from local_aws.fingerprint import fingerprint, server_fingerprint

INPUTS = (
    "app.py",
    "cdk.json",
    "package-lock.json",
    "requirements.txt",
    "stacks/registry.py",
    "constructs/aws_patterns/serverless/sites/page/index.html",
    "lambda_src/function/handler.py",
    "local_aws/cli.py",
    "local_aws/launcher/asgi.py",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one file in every place that counts."""
    for name in INPUTS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    return tmp_path


@pytest.mark.parametrize("changed", INPUTS)
def test_a_change_of_any_input_changes_the_fingerprint(changed: str, project: Path) -> None:
    before = fingerprint(project, ["A"])

    (project / changed).write_text("2")

    assert fingerprint(project, ["A"]) != before


def test_other_stacks_are_another_deployment_whatever_their_order(project: Path) -> None:
    assert fingerprint(project, ["A"]) != fingerprint(project, ["A", "B"])
    assert fingerprint(project, ["A", "B"]) == fingerprint(project, ["B", "A"])


def test_new_files_count_and_compiled_ones_do_not(project: Path) -> None:
    before = fingerprint(project, ["A"])
    compiled = project / "stacks" / "__pycache__" / "registry.cpython-311.pyc"
    compiled.parent.mkdir()
    compiled.write_text("x")
    assert fingerprint(project, ["A"]) == before

    (project / "stacks" / "another.py").write_text("")

    assert fingerprint(project, ["A"]) != before


def test_a_server_is_outdated_by_a_change_of_what_it_runs_and_by_nothing_else(project: Path) -> None:
    before = server_fingerprint(project)
    (project / "stacks" / "registry.py").write_text("2")
    assert server_fingerprint(project) == before

    (project / "local_aws" / "launcher" / "asgi.py").write_text("2")

    assert server_fingerprint(project) != before


def test_without_a_choice_the_pet_cuddle_o_tron_is_deployed() -> None:
    assert catalogue.choose([]) == ("PetCuddleOTron",)


def test_every_unknown_stack_is_named_with_what_was_probably_meant() -> None:
    with pytest.raises(UnknownStackError) as caught:
        catalogue.choose(["petcuddleotron", "Zebra"])

    lines = str(caught.value).splitlines()
    assert lines[0] == "There is no stack 'petcuddleotron'. Did you mean PetCuddleOTron?"
    assert lines[1] == "There is no stack 'Zebra'."
    assert lines[2].startswith("The stacks are: PetCuddleOTron")
