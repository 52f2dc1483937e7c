"""The app as its users start it: a process of its own, in a copy of the project with two small stacks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REGISTRY = """
from stacks.registry import StackEntry
import stacks.registry

stacks.registry.STACKS = tuple(
    StackEntry(
        name=name,
        summary="Small.",
        stack_class=f"stacks.{name.lower()}:{name}Stack",
        settings_class="stacks.settings.small:SmallSettings",
        grade="recorded",
    )
    for name in ("One", "Two")
)
"""

SETTINGS = """
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class SmallSettings:
    days: int = 4

    def problems(self) -> list[str]:
        return []
"""

STACK = """
import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs


class {name}Stack(cdk.Stack):
    def __init__(self, scope, id, *, settings, env=None):
        super().__init__(scope, id, env=env)
        sqs.Queue(self, "Queue", retention_period=cdk.Duration.days(settings.days))
"""

SPY = """
import atexit, json, os, sys
atexit.register(lambda: open(os.environ["SPY"], "w").write(json.dumps(sorted(sys.modules))))
import small_registry
import runpy
sys.argv = ["app.py", *sys.argv[1:]]
runpy.run_path("app.py", run_name="__main__")
"""


class SmallApp:
    def __init__(self, folder: Path, project: Path) -> None:
        self.folder = folder
        shutil.copy(project / "app.py", folder)
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(project / "stacks", folder / "stacks", ignore=ignore)
        (folder / "stacks/settings/small.py").write_text(SETTINGS)
        (folder / "small_registry.py").write_text(REGISTRY)
        (folder / "spy.py").write_text(SPY)
        for name in ("One", "Two"):
            (folder / f"stacks/{name.lower()}.py").write_text(STACK.format(name=name))
        cdk_json = json.loads((project / "cdk.json").read_text())
        cdk_json["context"]["aws_patterns"] = {}
        (folder / "cdk.json").write_text(json.dumps(cdk_json))
        self.modules: set[str] = set()

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        spy = self.folder / "modules.json"
        base = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_", "JSII_NODE"))}
        done = subprocess.run(
            [sys.executable, "spy.py", *arguments],
            cwd=self.folder,
            env={**base, "CDK_VALIDATION": "false", "SPY": str(spy), **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.modules = set(json.loads(spy.read_text()))
        return done

    def templates(self, outdir: str = "cdk.out") -> Mapping[str, bytes]:
        found = (self.folder / outdir).glob("*.template.json")
        return {path.name.split(".")[0]: path.read_bytes() for path in found}


@pytest.fixture
def small_app(tmp_path: Path, project: Path) -> SmallApp:
    return SmallApp(tmp_path, project)


def test_a_mistake_is_one_clear_message_and_costs_no_start_of_the_cdk(small_app: SmallApp) -> None:
    done = small_app.run("-c", "dyas=3")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[:2] == [
        "The settings can't be used:",
        "  - dyas is not a setting; did you mean days? (from -c dyas)",
    ]
    assert not {"aws_cdk", "jsii", "constructs"} & small_app.modules
    assert small_app.templates() == {}


def test_only_the_stack_that_is_asked_for_is_imported_and_built(small_app: SmallApp) -> None:
    done = small_app.run("-c", "stacks=Two")
    assert (done.returncode, done.stderr) == (0, "")
    assert set(small_app.templates()) == {"Two"}
    assert "stacks.two" in small_app.modules
    assert "stacks.one" not in small_app.modules


def test_the_same_settings_give_the_same_bytes_by_itself_and_under_the_cli(small_app: SmallApp) -> None:
    small_app.run("-c", "days=3")
    first = dict(small_app.templates())
    small_app.run("-c", "days=3")
    assert dict(small_app.templates()) == first
    assert b'"MessageRetentionPeriod": 259200' in first["One"]
    assert b"AWS::CDK::Metadata" not in first["One"]

    # What the CLI adds to the context of cdk.json; recorded from 2.1148.1.
    context = json.loads((small_app.folder / "cdk.json").read_text())["context"] | {
        "days": "3",
        "aws:cdk:enable-path-metadata": True,
        "aws:cdk:enable-asset-metadata": True,
        "aws:cdk:version-reporting": True,
        "aws:cdk:bundling-stacks": ["**"],
        "@aws-cdk/core:failSynthOnValidationErrors": False,
    }
    done = small_app.run(CDK_CONTEXT_JSON=json.dumps(context), CDK_OUTDIR="cli.out")
    assert (done.returncode, done.stderr) == (0, "")
    assert dict(small_app.templates("cli.out")) == first


def test_account_region_and_tags_reach_every_stack(small_app: SmallApp) -> None:
    small_app.run("-c", "account=111122223333", "-c", "region=eu-west-1", "-c", "tags.team=cats")
    manifest = json.loads((small_app.folder / "cdk.out/manifest.json").read_text())
    for name, template in small_app.templates().items():
        assert manifest["artifacts"][name]["environment"] == "aws://111122223333/eu-west-1"
        (queue,) = [part for part in json.loads(template)["Resources"].values() if part["Type"] == "AWS::SQS::Queue"]
        assert queue["Properties"]["Tags"] == [{"Key": "team", "Value": "cats"}]


def test_the_environments_own_node_is_used_though_the_machine_has_none(small_app: SmallApp) -> None:
    done = small_app.run("-c", "stacks=One", PATH="/nonexistent")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_node_that_the_user_names_is_respected(small_app: SmallApp) -> None:
    done = small_app.run("-c", "stacks=One", JSII_NODE="/nonexistent/node")
    assert done.returncode == 1
    assert "/nonexistent/node" in done.stderr
