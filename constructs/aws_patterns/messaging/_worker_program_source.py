"""What the worker program is made of, in one folder: the worker, its job, and wheels where they are brought along."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from constructs import Construct

from aws_patterns._function_code import package_files, source_root
from aws_patterns._program_source import packages, program_source
from aws_patterns.messaging.worker_program_options import WHEELHOUSE, WORKER, package_of

_WHEELS = "wheels.txt"


def worker_source(
    scope: Construct, *, job: str, job_source: str | None, wheelhouse: str | None = None
) -> tuple[str, str]:
    """The folder's path, and a digest of what is in it."""
    return program_source(scope, "worker", dict(_files(package_of(job), job_source, wheelhouse)))


def _files(package: str, job_source: str | None, wheelhouse: str | None) -> Iterator[tuple[str, bytes]]:
    sources: Traversable = source_root() if job_source is None else Path(job_source)
    # The list of wheels may be missing: a job may need nothing but the worker has.
    yield f"{package}/{_WHEELS}", b""
    yield from package_files(sources / package, f"{package}/")
    yield from packages(WORKER).items()
    if wheelhouse is not None:
        yield from ((f"{WHEELHOUSE}/{file.name}", file.read_bytes()) for file in Path(wheelhouse).glob("*.whl"))
