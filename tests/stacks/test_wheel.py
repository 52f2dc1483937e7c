"""The wheel is all that somebody else's project needs: constructs, functions and site travel in it."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest


def run(*command: str | Path, folder: Path) -> str:
    """Output of a command that knows nothing of this repository."""
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "JSII_NODE") if key in os.environ}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def elsewhere(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of another project, with the built wheel installed, and not this checkout."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", project, folder=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", packages, wheel, folder=folder)
    # The wheel's dependencies, from the environment at hand. A path listed here has no .pth files of its own read,
    # so this checkout's editable installation stays out.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    return folder


def test_is_imported_from_the_wheel(elsewhere: Path, project: Path) -> None:
    python = elsewhere / "venv" / "bin" / "python"
    found = run(python, "-c", "import aws_patterns; print(aws_patterns.__file__)", folder=elsewhere).strip()
    assert Path(found).is_relative_to(elsewhere)
    paths = run(python, "-c", "import sys; print(*sys.path, sep='\\n')", folder=elsewhere).split()
    assert str(project / "constructs") not in paths


def examples(project: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (project / "README.md").read_text(), re.DOTALL)


def test_the_example_of_the_readme_synthesizes_there(elsewhere: Path, project: Path) -> None:
    example = examples(project)[0]
    (elsewhere / "app.py").write_text(example.replace("cdk.App()", 'cdk.App(outdir="cdk.out")'))
    run(elsewhere / "venv" / "bin" / "python", "app.py", folder=elsewhere)
    template = json.loads((elsewhere / "cdk.out" / "Reminders.template.json").read_text())
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert {"AWS::StepFunctions::StateMachine", "AWS::CloudFront::Distribution", "AWS::Lambda::Function"} <= types
    assets = json.loads((elsewhere / "cdk.out" / "Reminders.assets.json").read_text())["files"]
    sources = [elsewhere / "cdk.out" / asset["source"]["path"] for asset in assets.values()]
    assert [source for source in sources if (source / "index.html").is_file()], "the page is among the assets"
    assert len([source for source in sources if source.suffix == ".zip"]) >= 2, "so are the functions"


def template_of(example: str, folder: Path, name: str) -> dict[str, Any]:
    """Of a stack with an example that needs one."""
    statements = f'import aws_cdk as cdk\napp = cdk.App(outdir="{name}.out")\nstack = cdk.Stack(app, "{name}")\n'
    (folder / f"{name}.py").write_text(f"{statements}{example}\napp.synth()\n")
    run(folder / "venv" / "bin" / "python", f"{name}.py", folder=folder)
    return dict(json.loads((folder / f"{name}.out" / f"{name}.template.json").read_text()))


def test_the_web_tier_of_the_readme_is_one_statement_there(elsewhere: Path, project: Path) -> None:
    template = template_of(examples(project)[1], elsewhere, "Shop")
    listeners = {
        resource["Properties"]["Protocol"]: resource["Properties"]["DefaultActions"][0]["Type"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ElasticLoadBalancingV2::Listener"
    }
    assert listeners == {"HTTPS": "forward", "HTTP": "redirect"}


def test_the_worker_pool_of_the_readme_is_one_statement_there(elsewhere: Path, project: Path) -> None:
    template = template_of(examples(project)[2], elsewhere, "Pictures")
    (scalable,) = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"
    ]
    assert (scalable["MinCapacity"], scalable["MaxCapacity"]) == (0, 10)


def test_the_database_of_the_readme_keeps_its_objective_there(elsewhere: Path, project: Path) -> None:
    template = template_of(examples(project)[3], elsewhere, "Orders")
    (database,) = [one for one in template["Resources"].values() if one["Type"] == "AWS::RDS::DBInstance"]
    assert database["Properties"]["MultiAZ"] is True


def test_the_worker_program_is_installed_from_there(elsewhere: Path, project: Path) -> None:
    app = """
import aws_cdk as cdk
from aws_patterns.messaging.worker_program import WorkerProgram
app = cdk.App(outdir="worker.out")
program = WorkerProgram(cdk.Stack(app, "Media"), "Program")
app.synth()
print(program.asset.asset_hash)
"""
    (elsewhere / "worker.py").write_text(app)
    digest = run(elsewhere / "venv" / "bin" / "python", "worker.py", folder=elsewhere).strip()
    assets = json.loads((elsewhere / "worker.out" / "Media.assets.json").read_text())["files"]
    folder = elsewhere / "worker.out" / assets[digest]["source"]["path"]
    for package in ("queue_worker", "media_renditions"):
        sources = [file for file in (project / "lambda_src" / package).iterdir() if file.is_file()]
        travelled = {file.name: file.read_bytes() for file in (folder / package).iterdir()}
        assert travelled == {file.name: file.read_bytes() for file in sources if file.name != "requirements.txt"}
