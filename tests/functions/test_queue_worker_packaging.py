"""How the worker comes to instances and into images: by hash, in the versions that were tested, without privileges.

The lists of wheels are made anew with uv, after `make lock`::

    grep == requirements.txt > constraints.txt
    uv pip compile lambda_src/queue_worker/requirements.txt --constraint constraints.txt --python-version 3.14 \
      --generate-hashes --no-header --no-annotate

and likewise for the job, less what is in the worker's list.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGES = ("queue_worker", "media_renditions")
LONGEST_GRACE_SECONDS = 3_600


def wheels(project: Path) -> dict[str, str]:
    """Versions by name, of all that is installed."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        lines = (project / "lambda_src" / package / "wheels.txt").read_text().splitlines()
        for number, line in enumerate(lines):
            if "==" in line:
                name, version = line.removesuffix(" \\").split("==")
                assert lines[number + 1].startswith("    --hash=sha256:"), f"{name} comes without a hash"
                found[canonicalize_name(name)] = version
    return found


def test_what_is_installed_is_what_was_tested(project: Path) -> None:
    lines = (project / "requirements.txt").read_text().splitlines()
    pinned: dict[str, str] = {
        canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)
    }
    installed = wheels(project)
    assert installed == {name: pinned[name] for name in installed}


def test_what_is_installed_is_all_that_is_needed(project: Path) -> None:
    installed = wheels(project)
    needed = [
        Requirement(line)
        for package in PACKAGES
        for line in (project / "lambda_src" / package / "requirements.txt").read_text().split()
    ]
    while needed:
        requirement = needed.pop()
        name = canonicalize_name(requirement.name)
        assert name in installed, f"{name} is missing"
        needs = (Requirement(line) for line in requires(name) or [])
        needed += [each for each in needs if each.marker is None or each.marker.evaluate({"extra": ""})]


def test_pillow_comes_for_both_architectures_of_instances(project: Path) -> None:
    # One hash for each file on PyPI: the wheels of two architectures are among several dozen.
    text = (project / "lambda_src/media_renditions/wheels.txt").read_text()
    assert text.count("--hash=sha256:") > 20


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_service(project: Path, tmp_path: Path) -> None:
    unit = (project / "lambda_src/queue_worker/queue_worker.service").read_text()
    copy = tmp_path / "queue_worker.service"
    copy.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/sh", unit, flags=re.MULTILINE))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_gives_the_worker_the_time_that_it_was_promised(project: Path) -> None:
    unit = (project / "lambda_src/queue_worker/queue_worker.service").read_text()
    found = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert found is not None
    assert int(found[1]) > LONGEST_GRACE_SECONDS
    assert "\nKillMode=mixed\n" in unit, "only the worker is told, not its jobs"


def test_the_service_is_nobody(project: Path) -> None:
    unit = (project / "lambda_src/queue_worker/queue_worker.service").read_text().splitlines()
    assert {"DynamicUser=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict"} <= set(unit)


def test_bash_understands_the_installation(project: Path) -> None:
    script = project / "lambda_src/queue_worker/install.sh"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], timeout=60, check=True)


def test_the_image_is_nobody_and_hears_signals(project: Path) -> None:
    folder = project / "lambda_src"
    lines = (folder / "queue_worker/Dockerfile").read_text().replace("\\\n", "").splitlines()
    words = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    last = {word: rest for word, _, rest in words}
    assert last["USER"] == "worker"
    assert json.loads(last["ENTRYPOINT"]) == ["python", "-m", "queue_worker"]
    name, _, package = last["ARG"].partition("=")
    copied = [rest.split()[0].replace(f"${{{name}}}", package) for word, _, rest in words if word == "COPY"]
    assert {path.split("/")[0] for path in copied} == set(PACKAGES)
    assert all(list(folder.glob(path)) for path in copied)
