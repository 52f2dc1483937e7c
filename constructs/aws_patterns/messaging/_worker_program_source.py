"""What the worker program is made of, in one folder: the worker, its job, and wheels where they are brought along."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from shutil import rmtree
from typing import cast

from aws_cdk import App
from constructs import Construct

from aws_patterns._function_code import package_files, source_root
from aws_patterns.messaging.worker_program_options import WHEELHOUSE, WORKER, package_of

_WHEELS = "wheels.txt"


def worker_source(
    scope: Construct, *, job: str, job_source: str | None, wheelhouse: str | None = None
) -> tuple[str, str]:
    """The folder's path, and a digest of what is in it.

    Beside the assets of the app, so that a synthesis into the same folder finds what the last one has put there.
    """
    files = dict(_files(package_of(job), job_source, wheelhouse))
    digest = _digest(files)
    folder = Path(cast("App", scope.node.root).outdir, f"worker.{digest}")
    if not folder.exists():
        unfinished = folder.with_suffix(f".{os.getpid()}")
        rmtree(unfinished, ignore_errors=True)
        for name, content in files.items():
            file = unfinished / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        unfinished.rename(folder)
    return str(folder), digest


def _files(package: str, job_source: str | None, wheelhouse: str | None) -> Iterator[tuple[str, bytes]]:
    sources: Traversable = source_root() if job_source is None else Path(job_source)
    # The list of wheels may be missing: a job may need nothing but the worker has.
    yield f"{package}/{_WHEELS}", b""
    yield from package_files(sources / package, f"{package}/")
    yield from package_files(source_root() / WORKER, f"{WORKER}/")
    if wheelhouse is not None:
        yield from ((f"{WHEELHOUSE}/{file.name}", file.read_bytes()) for file in Path(wheelhouse).glob("*.whl"))


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()
