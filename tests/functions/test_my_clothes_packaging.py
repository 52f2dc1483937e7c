"""How the shop comes to instances: by hash, in the versions that were tested, without privileges.

The list of wheels is made anew with uv, after `make lock`::

    grep == requirements.txt > constraints.txt
    cat lambda_src/my_clothes/requirements.txt lambda_src/cache_client/requirements.txt | sort -u |
      uv pip compile - --constraint constraints.txt --python-version 3.14 --generate-hashes --no-header --no-annotate
"""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGES = ("my_clothes", "cache_client")


def wheels(project: Path) -> dict[str, str]:
    """Versions by name, of all that is installed."""
    lines = (project / "lambda_src/my_clothes/wheels.txt").read_text().splitlines()
    found: dict[str, str] = {}
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
    assert installed == {name: pinned.get(name) for name in installed}


def test_what_is_installed_is_all_that_is_needed(project: Path) -> None:
    installed = wheels(project)
    needed = [
        (Requirement(line), "")
        for package in PACKAGES
        for line in (project / "lambda_src" / package / "requirements.txt").read_text().split()
    ]
    on_instances = {"python_version": "3.14", "python_full_version": "3.14.0", "implementation_name": "cpython"}
    while needed:
        requirement, _ = needed.pop()
        name = canonicalize_name(requirement.name)
        assert name in installed, f"{name} is missing"
        for line in requires(name) or []:
            need = Requirement(line)
            wanted = [{**on_instances, "extra": extra} for extra in ("", *requirement.extras)]
            if need.marker is None or any(need.marker.evaluate(each) for each in wanted):
                needed.append((need, ""))


def test_what_is_compiled_comes_for_both_architectures_of_instances(project: Path) -> None:
    # One hash for each file on PyPI: the wheels of two architectures are among several dozen.
    text = (project / "lambda_src/my_clothes/wheels.txt").read_text()
    assert re.sub(r"(?s).*^psycopg-binary==(.*?)^\w.*", r"\1", text, flags=re.MULTILINE).count("--hash=") > 20


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_service(project: Path, tmp_path: Path) -> None:
    unit = (project / "lambda_src/my_clothes/my_clothes.service").read_text()
    copy = tmp_path / "my_clothes.service"
    copy.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/sh", unit, flags=re.MULTILINE))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_service_is_nobody(project: Path) -> None:
    unit = (project / "lambda_src/my_clothes/my_clothes.service").read_text().splitlines()
    assert {"DynamicUser=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict"} <= set(unit)


def test_bash_understands_the_installation(project: Path) -> None:
    script = project / "lambda_src/my_clothes/install.sh"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], timeout=60, check=True)
