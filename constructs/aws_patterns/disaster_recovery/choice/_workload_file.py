"""A workload's profile as somebody gives it to the terminal command: a file, or a name in Python."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from aws_patterns.disaster_recovery.choice.workload_profile import (
    ComputeKind,
    ComputeProfile,
    DataKind,
    DataProfile,
    WorkloadProfile,
)

P = TypeVar("P", DataProfile, ComputeProfile)


class WorkloadError(ValueError):
    """No profile can be read; the message says why."""


def read_profile(given: str) -> WorkloadProfile:
    """``orders.toml``, or ``package.module:name`` of a profile or of something that has one.

    Raises:
        WorkloadError: There is no such thing, or it is none, with everything that is wrong with it.
    """
    return _from_file(Path(given)) if given.endswith(".toml") else _from_module(given)


def _from_module(given: str) -> WorkloadProfile:
    module, _, name = given.partition(":")
    if not (module and name):
        raise WorkloadError(f"--workload must be a file that ends in .toml, or package.module:name, got {given!r}")
    try:
        found: object = getattr(importlib.import_module(module), name)
        # A workload that is described by a class, with the options that it has by default.
        found = found() if isinstance(found, type) else found
    except (ImportError, AttributeError, TypeError) as problem:
        raise WorkloadError(f"--workload {given}: {problem}") from problem
    profile = getattr(found, "profile", found)
    if not isinstance(profile, WorkloadProfile):
        raise WorkloadError(f"--workload {given} must be a WorkloadProfile, or have one, got {type(found).__name__}")
    return profile


def _from_file(path: Path) -> WorkloadProfile:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise WorkloadError(f"--workload {path}: {problem}") from problem
    problems = [*_strangers("", told, WorkloadProfile)]
    data = list(_parts("data", told.get("data", []), DataProfile, tuple(DataKind), problems))
    compute = list(_parts("compute", told.get("compute", []), ComputeProfile, tuple(ComputeKind), problems))
    if problems:
        raise WorkloadError("\n  - ".join([f"--workload {path} can't be read:", *problems]))
    rest: dict[str, Any] = {key: value for key, value in told.items() if key not in {"data", "compute"}}
    return WorkloadProfile(data=data, compute=compute, **rest)


def _parts(
    name: str, told: object, kind: type[P], kinds: Sequence[DataKind] | Sequence[ComputeKind], problems: list[str]
) -> list[P]:
    if not isinstance(told, list) or not all(isinstance(one, Mapping) for one in told):
        problems.append(f"{name} must be written as [[{name}]], once for each")
        return []
    found = []
    for place, one in enumerate(told):
        wrong = _strangers(f"{name}[{place}].", one, kind)
        if "kind" in one and one["kind"] not in kinds:
            wrong.append(f"{name}[{place}].kind must be one of {', '.join(kinds)}, got {one['kind']!r}")
        problems += wrong
        if not wrong:
            found.append(kind(**{**one, "kind": next(known for known in kinds if known == one["kind"])}))
    return found


def _strangers(prefix: str, told: Mapping[str, object], kind: type[WorkloadProfile | P]) -> list[str]:
    """What is told and unknown, and what is missing."""
    known: list[str] = [field.name for field in fields(kind)]
    # What a profile needs is judged part by part.
    parts = kind is not WorkloadProfile
    needed: list[str] = [field.name for field in fields(kind) if parts and field.default is MISSING]
    return [
        *(f"{prefix}{name} is unknown: there are {', '.join(known)}" for name in told if name not in known),
        *(f"{prefix}{name} is missing" for name in needed if name not in told),
    ]
