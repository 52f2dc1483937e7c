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
    digest = hashlib.sha256()
    for stack in sorted(stacks):
        digest.update(f"stack {stack}\0".encode())
    for path in _inputs(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()}\0{content}\0".encode())
    return digest.hexdigest()


def _inputs(root: Path) -> Iterator[Path]:
    for name in _FILES:
        if (root / name).is_file():
            yield root / name
    for name in _FOLDERS:
        for path in sorted((root / name).rglob("*")):
            if path.is_file() and not _IGNORED_NAMES & set(path.relative_to(root).parts):
                yield path
