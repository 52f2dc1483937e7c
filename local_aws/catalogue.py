"""The only place that knows the app: its stacks, and whom their mails come from."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from stacks.registry import STACKS
from stacks.settings.load import Request, SettingsError, read_request
from stacks.settings.regions import further_stacks

DEFAULT_STACKS = ("PetCuddleOTron",)


class UnknownStackError(ValueError):
    """A stack was asked for that the registry does not have; the message suggests what was meant."""


def choose(names: Sequence[str]) -> tuple[str, ...]:
    """The stacks of these names, or the default ones. Raises UnknownStackError, naming every unknown one."""
    known = [entry.name for entry in STACKS]
    problems: list[str] = []
    for name in names:
        if name not in known:
            by_case = {each.lower(): each for each in known}
            close = difflib.get_close_matches(name.lower(), by_case, n=1)
            meant = f" Did you mean {by_case[close[0]]}?" if close else ""
            problems.append(f"There is no stack {name!r}.{meant}")
    if problems:
        raise UnknownStackError("\n".join([*problems, f"The stacks are: {', '.join(known)}."]))
    return tuple(dict.fromkeys(names)) or DEFAULT_STACKS


def grade(name: str) -> str:
    """The grade of a stack as a whole, by the registry."""
    return next(entry.grade for entry in STACKS if entry.name == name)


def context(names: Sequence[str]) -> dict[str, str]:
    """The CDK context that builds these stacks and no others."""
    return {"stacks": " ".join(names)}


def context_of_known(names: Sequence[str]) -> dict[str, str]:
    """The same; of stacks that others bring along, everything is built."""
    known = {entry.name for entry in STACKS}
    return context(names) if known.issuperset(names) else {}


def senders(names: Sequence[str], root: Path) -> list[str]:
    """The addresses that the stacks send mail from, by their settings. Raises SettingsError."""
    found = [getattr(settings, "sender", None) for _entry, settings in _request(context(names), root).stacks]
    return sorted({sender for sender in found if isinstance(sender, str) and sender})


def further(names: Sequence[str], root: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The stacks that these bring along in other Regions, and the Region of each. Raises SettingsError."""
    return {
        name: region
        for entry, settings in _request({**context(names), **(more or {})}, root).stacks
        for name, region in further_stacks(entry.name, settings).items()
    }


def template_file(name: str, assembly: Path) -> Path:
    """Where the CDK writes the template of a stack."""
    return assembly / f"{name}.template.json"


def template(name: str, assembly: Path) -> Mapping[str, object]:
    """The synthesized template of a stack."""
    read: Mapping[str, object] = json.loads(template_file(name, assembly).read_text())
    return read


def _request(chosen: Mapping[str, str], root: Path) -> Request:
    arguments = [part for key, value in chosen.items() for part in ("-c", f"{key}={value}")]
    return read_request(STACKS, arguments=arguments, environment={}, project=root)


__all__ = [
    "DEFAULT_STACKS",
    "SettingsError",
    "UnknownStackError",
    "choose",
    "context",
    "context_of_known",
    "further",
    "grade",
    "senders",
    "template",
    "template_file",
]
