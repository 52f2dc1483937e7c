"""The pipeline's own commands, as the deployed build projects have them: from a checkout to two environments."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local_aws.hosts import localize

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

STACK = "DeliveryPipeline"
SETTINGS = {"stacks": STACK, "repository": "acme/shop", "removal_policy": "destroy"}
STAGES = ("staging", "production")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A deployed pipeline, and a checkout in which its commands are typed."""

    aws: EmbeddedAws
    builds: Mapping[str, Any]
    checkout: Path

    def types(self, build: str, phase: str, **variables: str) -> str:
        """Type the commands of a build project in the checkout, as CodeBuild does: one after the other."""
        (spec,) = (spec for name, spec in self.builds.items() if build in name)
        commands = spec["phases"][phase]["commands"]
        assert commands
        done = subprocess.run(
            ["bash", "-e", "-c", "\n".join(commands)],
            cwd=self.checkout,
            env={**self.aws.environment, **variables},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def path(self, stage: str) -> str:
        return f"{STACK}/Delivery/{stage}/*"


@pytest.fixture(scope="module")
def checkout(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as a build machine has it, whose installation is there already."""
    folder = tmp_path_factory.mktemp("checkout") / "src"
    left = shutil.ignore_patterns(".git", ".venv", "node_modules", "cdk.out", ".*cache", "__pycache__", "tests", "docs")
    shutil.copytree(project, folder, ignore=left)
    for installed in (".venv", "node_modules"):
        (folder / installed).mkdir()
        for part in (project / installed).iterdir():
            if part.name != "installed":
                (folder / installed / part.name).symlink_to(part)
        # Newer than what would be installed, so that `make install` finds nothing to do.
        (folder / installed / "installed").touch()
    # What the pipeline was deployed with is in the repository, or it would change itself back.
    own = {"repository": "acme/shop", "removal_policy": "destroy"}
    settings = json.loads((folder / "cdk.json").read_text())
    settings["context"]["aws_patterns"] |= {"sender": "cats@example.org", STACK: own}
    (folder / "cdk.json").write_text(json.dumps(settings))
    (folder / "environments").mkdir()
    for stage in STAGES:
        text = f'removal_policy = "destroy"\n[tags]\nenvironment = "{stage}"\n'
        (folder / "environments" / f"{stage}.toml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def delivery(session_aws: EmbeddedAws, checkout: Path) -> Iterator[Delivery]:
    """The pipeline deployed; destroyed afterwards, after the environments."""
    session_aws.verify_sender("cats@example.org")
    session_aws.deploy(STACK, context=SETTINGS)
    template = session_aws.client("cloudformation").get_template(StackName=STACK)["TemplateBody"]
    resources = template["Resources"] if isinstance(template, dict) else json.loads(template)["Resources"]
    builds = {
        name: json.loads(found["Properties"]["Source"]["BuildSpec"])
        for name, found in resources.items()
        if found["Type"] == "AWS::CodeBuild::Project" and isinstance(found["Properties"]["Source"]["BuildSpec"], str)
    }
    yield Delivery(session_aws, builds, checkout)
    session_aws.destroy(STACK, context=SETTINGS)


def test_a_commit_becomes_two_environments_by_the_pipelines_own_commands(delivery: Delivery) -> None:
    aws = delivery.aws
    delivery.types("BuildSynth", "install")
    delivery.types("BuildSynth", "build")
    assembly = delivery.checkout / "cdk.out"
    assert (assembly / f"{STACK}.template.json").is_file()

    told = delivery.types("ChecksReview", "build")
    assert "staging-PetCuddleOTron: not deployed yet" in told
    assert f"{STACK}: deployed/{STACK}.template.json" in told

    for stage in STAGES:
        (file,) = assembly.glob(f"assembly-*-{stage}/*.template.json")
        tag = json.dumps({"Key": "environment", "Value": stage})
        assert tag in json.dumps(json.loads(file.read_text())), "which its own settings file says"
        aws.deploy(delivery.path(stage), app=str(assembly))
    stacks = aws.client("cloudformation")
    for stage in STAGES:
        (found,) = stacks.describe_stacks(StackName=f"{stage}-PetCuddleOTron")["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
        url = localize(outputs["SiteUrl"], aws.port)
        delivery.types(f"{stage}SmokeTest", "build", URL=url)

    told = delivery.types("ChecksReview", "build")
    assert "staging-PetCuddleOTron: deployed/" in told
    assert "Nothing changes." in told

    for stage in reversed(STAGES):
        aws.destroy(delivery.path(stage), app=str(assembly))
    left = [each["StackName"] for each in stacks.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]]
    assert not [name for name in left if name.endswith("-PetCuddleOTron")]


def test_a_front_door_that_does_not_answer_fails_the_environment(delivery: Delivery) -> None:
    url = localize("https://nobody.cloudfront.net", delivery.aws.port)
    (spec,) = (spec for name, spec in delivery.builds.items() if "stagingSmokeTest" in name)
    (command,) = spec["phases"]["build"]["commands"]
    # As often as the pipeline would try, but without the waiting between.
    done = subprocess.run(
        ["bash", "-e", "-c", command.replace("--retry 5", "--retry 0")],
        env={**delivery.aws.environment, "URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
