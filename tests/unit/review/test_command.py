"""``python -m aws_patterns.review OLD NEW``: what it reads, what it prints, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from aws_patterns.review.__main__ import app
from aws_patterns.review.documents import UnreadableError, read_documents
from tests.unit.review.templates import resource, template

if TYPE_CHECKING:
    from pathlib import Path

BUCKET = template(It=resource("S3::Bucket", {"BucketName": "a"}))
OTHER_BUCKET = template(It=resource("S3::Bucket", {"BucketName": "b"}))
TOPIC = template(It=resource("SNS::Topic", {"TopicName": "a"}))
OTHER_TOPIC = template(It=resource("SNS::Topic", {"TopicName": "b"}))
TOLD_TOPIC = template(It=resource("SNS::Topic", {"TopicName": "a", "DisplayName": "A"}))


def written(file: Path, content: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def run(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(map(str, arguments)))
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("old", "new", "options", "code"),
    [
        (BUCKET, BUCKET, [], 0),
        (TOPIC, TOLD_TOPIC, [], 0),
        (TOPIC, OTHER_TOPIC, [], 1),
        (BUCKET, OTHER_BUCKET, [], 3),
        (TOPIC, OTHER_TOPIC, ["--fail-on", "data-loss"], 0),
        (BUCKET, OTHER_BUCKET, ["--fail-on", "data-loss"], 3),
        (BUCKET, OTHER_BUCKET, ["--fail-on", "never"], 0),
    ],
)
def test_the_exit_code_is_for_pipelines(
    old: dict[str, Any], new: dict[str, Any], options: list[str], code: int, tmp_path: Path
) -> None:
    assert run(written(tmp_path / "a.json", old), written(tmp_path / "b.json", new), *options)[0] == code


def test_two_templates_are_compared_whatever_they_are_called(tmp_path: Path) -> None:
    _, said = run(written(tmp_path / "Old.template.json", TOPIC), written(tmp_path / "New.template.json", TOLD_TOPIC))
    assert said.splitlines() == [
        "0 changes lose data, 0 need a look, 1 more.",
        "",
        "New",
        "  Other changes: 1 changed in place",
    ]


def test_everything_is_listed_on_request_and_markdown_is_for_comments(tmp_path: Path) -> None:
    both = written(tmp_path / "a.json", TOPIC), written(tmp_path / "b.json", TOLD_TOPIC)
    assert "    AWS::SNS::Topic It: changed in place (DisplayName = A)" in run(*both, "--all")[1]
    assert run(*both, "--markdown")[1].startswith("### Template review\n")


def test_values_of_parameters_decide_about_conditions(tmp_path: Path) -> None:
    parts = {
        "Parameters": {"On": {"Type": "String"}},
        "Conditions": {"IsOn": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
    }
    old = written(tmp_path / "a.json", template(parts))
    new = written(tmp_path / "b.json", template(parts, It=resource("SNS::Topic", Condition="IsOn")))
    assert "1 may be added" in run(old, new)[1]
    assert "Nothing changes." in run(old, new, "--parameter", "On=no")[1]
    assert "1 added" in run(old, new, "--parameter", "On=yes")[1]


def synthesized(folder: Path, stacks: dict[str, dict[str, Any]], environment: str = "aws://1/eu-west-1") -> Path:
    artifacts: dict[str, Any] = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": environment,
            "properties": {"templateFile": f"{name}.template.json"},
        }
        for name in stacks
    }
    for name, content in stacks.items():
        written(folder / f"{name}.template.json", content)
    written(folder / "manifest.json", {"artifacts": artifacts | {"Tree": {"type": "cdk:tree"}}})
    return folder


class TestFolders:
    def test_stacks_are_compared_by_name(self, tmp_path: Path) -> None:
        old = synthesized(tmp_path / "old", {"Same": TOPIC, "Gone": TOPIC})
        new = synthesized(tmp_path / "new", {"Same": TOPIC, "Come": TOPIC})
        code, said = run(old, new)
        assert code == 1
        assert said.splitlines() == [
            "0 changes lose data, 1 needs a look, 1 more.",
            "",
            "Come",
            "  Other changes: 1 added",
            "",
            "Gone",
            "  Needs a look",
            "    Parameters and exports: Gone: this stack is not in the app any more: nothing changes it until someone "
            "destroys it, by hand",
        ]

    def test_stages_and_nested_stacks_are_found_and_regions_read(self, tmp_path: Path) -> None:
        folder = synthesized(tmp_path / "out", {"Top": TOPIC})
        written(folder / "TopInner1A2B.nested.template.json", BUCKET)
        synthesized(folder / "assembly-Production", {"ProductionTop": TOPIC}, "aws://unknown-account/unknown-region")
        manifest = json.loads((folder / "manifest.json").read_text())
        stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Production"}}
        written(folder / "manifest.json", {"artifacts": {**manifest["artifacts"], "assembly-Production": stage}})
        assert {name: document.region for name, document in read_documents(folder).items()} == {
            "Top": "eu-west-1",
            "TopInner1A2B.nested": "eu-west-1",
            "Production/ProductionTop": None,
        }

    def test_a_folder_of_templates_will_do_as_what_is_deployed_is_saved(self, tmp_path: Path) -> None:
        written(tmp_path / "A.template.json", TOPIC)
        written(tmp_path / "assembly-Production" / "B.template.json", TOPIC)
        written(tmp_path / "asset.0123" / "C.template.json", "code of a function")
        assert list(read_documents(tmp_path)) == ["A", "Production/B"]

    def test_nothing_is_deployed_yet(self, tmp_path: Path) -> None:
        (tmp_path / "deployed").mkdir()
        code, said = run(tmp_path / "deployed", synthesized(tmp_path / "new", {"A": TOPIC}))
        assert (code, said.splitlines()[-1]) == (0, "  Other changes: 1 added")
        assert run(tmp_path / "new", tmp_path / "deployed")[0] == 2

    def test_a_nested_stack_that_can_not_be_compared_is_told(self, tmp_path: Path) -> None:
        old, new = (synthesized(tmp_path / name, {"A": TOPIC}) for name in ("old", "new"))
        written(new / "AInner.nested.template.json", TOPIC)
        code, said = run(old, new)
        assert code == 1
        assert (
            "    Parameters and exports: AInner.nested: this nested stack has no template to be compared with: "
            "it is told as if it were new"
        ) in said.splitlines()


class TestUnreadable:
    @pytest.mark.parametrize(
        ("content", "why"),
        [
            ("{]", "{file} is neither JSON nor YAML: "),
            ("[]", "{file} is no template of CloudFormation: it has no Resources."),
            ('{"Resources": []}', "{file} is no template of CloudFormation: it has no Resources."),
        ],
    )
    def test_a_file(self, content: str, why: str, tmp_path: Path) -> None:
        file = written(tmp_path / "a.json", content)
        code, said = run(file, file)
        assert code == 2
        assert said.startswith(why.format(file=file))

    def test_a_place(self, tmp_path: Path) -> None:
        with pytest.raises(
            UnreadableError, match="is neither a template nor a folder with templates: run cdk synth first"
        ):
            read_documents(tmp_path / "nowhere")


def test_short_forms_of_yaml_are_read(tmp_path: Path) -> None:
    file = written(
        tmp_path / "a.yaml", "Resources:\n  It: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref A}}\n"
    )
    new = written(tmp_path / "b.json", template(It=resource("SNS::Topic", {"DisplayName": {"Ref": "A"}})))
    assert run(file, new) == (0, "Nothing changes.\n")


def test_it_starts_as_a_module_and_needs_no_cdk(tmp_path: Path) -> None:
    file = written(tmp_path / "a.json", BUCKET)
    code = (
        "import runpy, sys\n"
        "try:\n    runpy.run_module('aws_patterns.review', run_name='__main__')\n"
        "finally:\n    assert not {'aws_cdk', 'jsii', 'boto3'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file), str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "Nothing changes.\n", "")
