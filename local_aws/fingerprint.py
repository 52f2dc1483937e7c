"""Whether anything that a deployment is made from has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

_FILES = ("app.py", "cdk.json", "package-lock.json", "requirements.txt")
_FOLDERS = ("stacks", "constructs", "lambda_src", "local_aws")
_IGNORED_NAMES = frozenset({"__pycache__", ".DS_Store"})


def fingerprint(root: Path, stacks: Sequence[str]) -> str:
    """A digest of the project's files and the chosen stacks."""
    return _digest(root, _FILES, _FOLDERS, *(f"stack {stack}" for stack in sorted(stacks)))


def server_fingerprint(root: Path) -> str:
    """A digest of what a server runs: one that runs something older is of no more use."""
    return _digest(root, ("requirements.txt",), ("local_aws/launcher",))


def _digest(root: Path, files: Sequence[str], folders: Sequence[str], *more: str) -> str:
    digest = hashlib.sha256()
    for each in more:
        digest.update(f"{each}\0".encode())
    for path in _inputs(root, files, folders):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()}\0{content}\0".encode())
    return digest.hexdigest()


def _inputs(root: Path, files: Sequence[str], folders: Sequence[str]) -> Iterator[Path]:
    for name in files:
        if (root / name).is_file():
            yield root / name
    for name in folders:
        for path in sorted((root / name).rglob("*")):
            if path.is_file() and not _IGNORED_NAMES & set(path.relative_to(root).parts):
                yield path
