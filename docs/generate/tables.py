"""The tables in the pages, in Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from enum import Enum
from typing import get_type_hints

from docs.generate.kinds import words
from local_aws.grades import GRADES, grade_template
from stacks.registry import StackEntry
from stacks.settings.convert import describe

_ARGUMENT = re.compile(r"^ {4}(\w+): ")
_DEFAULT = re.compile(r"\s*\bDefault: (.+?)\.?$")
_MEANING = {
    "executes": "behaves as on AWS",
    "API-backed": "its state exists, and does nothing",
    "recorded": "accepted, and nothing more",
}


def slug(name: str) -> str:
    """A stack's name as that of its page: `PetCuddleOTron` is `pet-cuddle-o-tron`."""
    return "-".join(part.lower() for word in words(name) for part in re.findall(r"[A-Z](?=[A-Z][a-z])|.+", word))


def catalogue(entries: Iterable[StackEntry], link: Mapping[str, str]) -> str:
    """All stacks: name with a link to the page, summary, grade."""
    rows = [(f"[{entry.name}]({link[entry.name]})", entry.summary, f"*{entry.grade}*") for entry in entries]
    return markdown_table(("Stack", "What it is", "Locally"), rows)


def settings(entry: StackEntry) -> str:
    """What may be chosen about a stack, from its settings class and that class's docstring."""
    # What several stacks have in common is told where they have it from.
    kinds = reversed(entry.settings.__mro__)
    meanings = {name: told for kind in kinds for name, told in _arguments(inspect.cleandoc(kind.__doc__ or "")).items()}
    annotations = get_type_hints(entry.settings)
    rows = []
    for field in fields(entry.settings):
        meaning = meanings.get(field.name, "")
        told = _DEFAULT.search(meaning)
        rows.append(
            (
                f"`{field.name}`",
                describe(annotations[field.name]).removesuffix(", or empty"),
                _default(field, told[1] if told else ""),
                _DEFAULT.sub("", meaning),
            )
        )
    return markdown_table(("Setting", "Value", "Default", "Meaning"), rows)


def resources(template: Mapping[str, object]) -> str:
    """The resource types of a stack, and what a local deployment proves about each."""
    grades = grade_template(template)
    rows: dict[str, list[str]] = {}
    for each in GRADES:
        for name, number in grades.types[each].items():
            rows.setdefault(f"*{each}*: {grades.reason(each, name)}", []).append(f"{number}\u00a0\u00d7\u00a0`{name}`")
    counts = [f"{grades.count(each)} *{each}* ({_MEANING[each]})" for each in GRADES if grades.count(each)]
    table = markdown_table(("Resources", "Locally"), [(", ".join(names), locally) for locally, names in rows.items()])
    return f"{', '.join(counts)}.\n\n{table}"


def _arguments(docstring: str) -> dict[str, str]:
    """The `Args:` of a docstring, each in one line."""
    found: dict[str, str] = {}
    _, _, section = docstring.partition("Args:\n")
    name = ""
    for line in section.splitlines():
        if line and not line.startswith(" "):
            break
        if match := _ARGUMENT.match(line):
            name = match[1]
            found[name] = line[match.end() :].strip()
        elif name and line.strip():
            found[name] += f" {line.strip()}"
    return found


def _default(field: Field[object], told: str) -> str:
    if field.default is MISSING and field.default_factory is MISSING:
        return "**required**"
    value = field.default if field.default is not MISSING else None
    if value in (None, ()):
        return told or "none"
    return f"`{_written(value)}`"


def _written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case tuple():
            return ",".join(_written(one) for one in value)
        case float():
            return f"{value:g}"
    return str(value)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows below a head."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
