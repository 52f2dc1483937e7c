"""What a program that instances install is made of, in one folder: packages of ``lambda_src`` and more."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from typing import cast

from aws_cdk import App
from constructs import Construct

from aws_patterns._function_code import package_files, source_root


def packages(*names: str) -> dict[str, bytes]:
    """The files of packages of ``lambda_src``, each in a folder of its name."""
    return {
        name: content for package in names for name, content in package_files(source_root() / package, f"{package}/")
    }


def program_source(scope: Construct, name: str, files: Mapping[str, bytes]) -> tuple[str, str]:
    """The path of a folder with these files, and a digest of what is in it: ``Asset(path=..., asset_hash=...)``.

    Beside the assets of the app, so that a synthesis into the same folder finds what the last one has put there.

    Args:
        scope: Anything in the app.
        name: The beginning of the folder's name.
        files: Their content, by path in the folder.
    """
    digest = _digest(files)
    folder = Path(cast("App", scope.node.root).outdir, f"{name}.{digest}")
    if not folder.exists():
        unfinished = folder.with_suffix(f".{os.getpid()}")
        rmtree(unfinished, ignore_errors=True)
        for path, content in files.items():
            file = unfinished / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        unfinished.rename(folder)
    return str(folder), digest


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()
