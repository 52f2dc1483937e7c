"""Deployment packages of the functions that the patterns ship: own source plus vendored libraries, as one zip.

The libraries are copied from the environment in which the app is synthesized, so that what was tested is
what is deployed, and so that synthesis needs neither network nor Docker. Only pure Python travels: the same
package runs on arm64 whatever the machine that built it.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, PackagePath, distribution
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from typing import cast

from aws_cdk import App
from aws_cdk import aws_lambda as lambda_
from constructs import Construct
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# The Lambda runtime brings the AWS SDK; vendoring it again would double every package.
_IN_THE_RUNTIME = frozenset({"boto3", "botocore", "s3transfer"})

# Compiled code is for the machine that synthesizes; the libraries vendored here all fall back to Python.
_LEFT_BEHIND_SUFFIXES = frozenset({".so", ".pyd", ".dll", ".dylib", ".c", ".pyc", ".pyi"})

# What an installer writes about this machine, which would make the package differ from one to the next.
_INSTALLER_RECORDS = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})

# How one package of lambda_src names another in its requirements, which then travels with it.
_BESIDE = "../"

# Zip's earliest date: a file's own would change the package with every checkout.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def function_code(scope: Construct, package: str, *, python_version: str) -> lambda_.Code:
    """The asset of one package of ``lambda_src``, for ``lambda_.Function(code=...)``.

    Args:
        scope: Anything in the app that the function belongs to.
        package: Name of the package, for instance ``pet_cuddle_otron_api``.
        python_version: The runtime's, for instance ``3.14``; decides which dependencies apply.
    """
    digest = _digest(package, python_version)
    # Beside the other assets, so that a synthesis into the same folder finds what the last one has packed.
    archive = Path(cast("App", scope.node.root).outdir, f"function.{digest}.zip")
    if not archive.exists():
        unfinished = archive.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(_packed(package, python_version))
        unfinished.replace(archive)
    return lambda_.Code.from_asset(str(archive), asset_hash=digest)


def package_file(path: str) -> str:
    """A file or folder that travels inside ``aws_patterns``, as a path for the CDK."""
    return str(files("aws_patterns") / path)


def source_root() -> Traversable:
    """Where the functions' packages are: in the wheel beside this module, in a checkout ``lambda_src/``."""
    packaged = files("aws_patterns") / "_lambda_src"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "lambda_src"


def package_files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """The files that travel, by their names below ``prefix``; not what is compiled, nor the list of requirements."""
    for item in folder.iterdir():
        if item.is_dir():
            if item.name != "__pycache__":
                yield from package_files(item, f"{prefix}{item.name}/")
        elif item.name != "requirements.txt" and Path(item.name).suffix not in _LEFT_BEHIND_SUFFIXES:
            yield f"{prefix}{item.name}", item.read_bytes()


@cache
def _digest(package: str, python_version: str) -> str:
    """Of all that goes into the package. The libraries' files are known by the hashes their installer recorded."""
    digest = hashlib.sha256()
    for name, content in sorted(_own_files(package).items()):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    for library in _libraries(package, python_version):
        for file in sorted(_travelling(library)):
            recorded = file.hash.value if file.hash else hashlib.sha256(_content(file)).hexdigest()
            digest.update(f"{file.as_posix()}\0{recorded}\n".encode())
    return digest.hexdigest()


@cache
def _packed(package: str, python_version: str) -> bytes:
    entries = dict(_own_files(package))
    for library in _libraries(package, python_version):
        entries |= {file.as_posix(): _content(file) for file in _travelling(library)}
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as output:
        for name, content in sorted(entries.items()):
            info = zipfile.ZipInfo(name, _TIMESTAMP)
            info.external_attr = 0o644 << 16
            output.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return archive.getvalue()


@cache
def _own_files(package: str) -> Mapping[str, bytes]:
    """The files of the package, and of those of ``lambda_src`` that it brings along."""
    found: dict[str, bytes] = {}
    for name in _packages(package):
        found |= {f"{name}/{file}": content for file, content in package_files(source_root() / name)}
    return found


@cache
def _libraries(package: str, python_version: str) -> list[Distribution]:
    """What the package names in its requirements, and what that needs, in an order of their own."""
    named = [line for name in _packages(package) for line in _named(name) if not line.startswith(_BESIDE)]
    found = _closure([Requirement(line) for line in named], python_version)
    return [found[name] for name in sorted(found)]


def _packages(package: str) -> list[str]:
    """The package, and the others of ``lambda_src`` that it and they name in their requirements."""
    found: list[str] = []
    waiting = [package]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += [line.removeprefix(_BESIDE) for line in _named(name) if line.startswith(_BESIDE)]
    return found


def _named(package: str) -> list[str]:
    source = source_root() / package
    if not source.is_dir():
        raise FileNotFoundError(f"no function package {package!r} in {source_root()}")
    return (source / "requirements.txt").read_text().split()


def _travelling(library: Distribution) -> Iterator[PackagePath]:
    for file in library.files or []:
        inside = ".." not in file.parts and "__pycache__" not in file.parts
        if inside and file.suffix not in _LEFT_BEHIND_SUFFIXES and file.name not in _INSTALLER_RECORDS:
            yield file


def _content(file: PackagePath) -> bytes:
    return Path(str(file.locate())).read_bytes()


def _closure(requirements: list[Requirement], python_version: str) -> dict[str, Distribution]:
    """The distributions named, and all they need on an arm64 Linux with that Python, by their names."""
    target = {
        **{key: str(value) for key, value in default_environment().items()},
        "python_version": python_version,
        "python_full_version": f"{python_version}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "aarch64",
        "os_name": "posix",
    }

    def applies(needed: Requirement, extras: set[str]) -> bool:
        """A dependency may stand behind an extra, which the requirement above it asks for or not."""
        marker = needed.marker
        return marker is None or any(marker.evaluate({**target, "extra": extra}) for extra in extras or {""})

    found: dict[str, Distribution] = {}
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in _IN_THE_RUNTIME or name in found:
            continue
        found[name] = distribution(name)
        needs = (Requirement(line) for line in found[name].requires or [])
        waiting += [needed for needed in needs if applies(needed, requirement.extras)]
    return found
