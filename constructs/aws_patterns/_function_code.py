"""Deployment packages of the functions that the patterns ship: own source plus vendored libraries, as one zip.

The libraries are copied from the environment in which the app is synthesized, so that what was tested is
what is deployed, and so that synthesis needs neither network nor Docker. Only pure Python travels: the same
package runs on arm64 whatever the machine that built it.
"""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, distribution
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# The Lambda runtime brings the AWS SDK; vendoring it again would double every package.
_IN_THE_RUNTIME = frozenset({"boto3", "botocore", "s3transfer"})

# Compiled code is for the machine that synthesizes; the libraries vendored here all fall back to Python.
_LEFT_BEHIND_SUFFIXES = frozenset({".so", ".pyd", ".dll", ".dylib", ".c", ".pyc", ".pyi"})

# What an installer writes about this machine, which would make the package differ from one to the next.
_INSTALLER_RECORDS = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})

# Zip's earliest date: a file's own would change the package with every checkout.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def function_code(package: str, *, python_version: str) -> lambda_.Code:
    """The asset of one package of ``lambda_src``, for ``lambda_.Function(code=...)``.

    Args:
        package: Name of the package, for instance ``pet_cuddle_otron_api``.
        python_version: The runtime's, for instance ``3.14``; decides which dependencies apply.
    """
    archive, digest = _archive(package, python_version)
    return lambda_.Code.from_asset(str(archive), asset_hash=digest)


def source_root() -> Traversable:
    """Where the functions' packages are: in the wheel beside this module, in a checkout ``lambda_src/``."""
    packaged = files("aws_patterns") / "_lambda_src"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "lambda_src"


def package_file(path: str) -> str:
    """A file or folder that travels inside ``aws_patterns``, as a path for the CDK."""
    return str(files("aws_patterns") / path)


@cache
def _archive(package: str, python_version: str) -> tuple[Path, str]:
    source = source_root() / package
    if not source.is_dir():
        raise FileNotFoundError(f"no function package {package!r} in {source_root()}")
    entries = {f"{package}/{name}": content for name, content in _package_files(source)}
    requirements = [Requirement(line) for line in (source / "requirements.txt").read_text().split()]
    for found in _closure(requirements, python_version):
        entries |= _distribution_files(found)

    digest = hashlib.sha256()
    archive = _staging_folder() / f"{package}-py{python_version}.zip"
    with zipfile.ZipFile(archive, "w") as output:
        for name, content in sorted(entries.items()):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
            info = zipfile.ZipInfo(name, _TIMESTAMP)
            info.external_attr = 0o644 << 16
            output.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return archive, digest.hexdigest()


def _package_files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for item in folder.iterdir():
        if item.is_dir():
            if item.name != "__pycache__":
                yield from _package_files(item, f"{prefix}{item.name}/")
        elif item.name != "requirements.txt" and Path(item.name).suffix not in _LEFT_BEHIND_SUFFIXES:
            yield f"{prefix}{item.name}", item.read_bytes()


def _closure(requirements: list[Requirement], python_version: str) -> list[Distribution]:
    """The distributions named, and all they need on an arm64 Linux with that Python."""
    target = {
        **{key: str(value) for key, value in default_environment().items()},
        "python_version": python_version,
        "python_full_version": f"{python_version}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "aarch64",
        "os_name": "posix",
    }
    found: dict[str, Distribution] = {}
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        applies = requirement.marker is None or any(
            requirement.marker.evaluate({**target, "extra": extra}) for extra in requirement.extras or {""}
        )
        if name in found or name in _IN_THE_RUNTIME or not applies:
            continue
        found[name] = distribution(name)
        # A dependency behind an extra applies when this requirement asks for the extra.
        for line in found[name].requires or []:
            needed = Requirement(line)
            extras = requirement.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({**target, "extra": extra}) for extra in extras):
                waiting.append(Requirement(line.split(";")[0]))
    return list(found.values())


@cache
def _cached_distribution_files(name: str) -> dict[str, bytes]:
    found = distribution(name)
    entries: dict[str, bytes] = {}
    for file in found.files or []:
        inside = ".." not in file.parts and "__pycache__" not in file.parts
        if inside and file.suffix not in _LEFT_BEHIND_SUFFIXES and file.name not in _INSTALLER_RECORDS:
            entries[file.as_posix()] = Path(str(found.locate_file(file))).read_bytes()
    return entries


def _distribution_files(found: Distribution) -> dict[str, bytes]:
    return _cached_distribution_files(found.metadata["Name"])


@cache
def _staging_folder() -> Path:
    """Lives as long as the process: the CDK copies each asset into the cloud assembly when it is declared."""
    folder = Path(tempfile.mkdtemp(prefix="aws-patterns-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
