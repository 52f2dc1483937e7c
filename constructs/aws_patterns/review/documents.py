"""Templates in files: one of them, or a folder that ``cdk synth`` wrote. Needs no CDK."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_MANIFEST = "manifest.json"
_ENDING = ".template.json"
_STAGE = "assembly-"
NESTED = ".nested"
"""The name of a nested stack ends so."""


class UnreadableError(Exception):
    """What was given is no template; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One template.

    Attributes:
        template: As a dictionary.
        region: Where its stack is, as far as the folder says so.
    """

    template: Mapping[str, Any]
    region: str | None = None


def read_documents(place: Path, *, may_be_empty: bool = False) -> dict[str, Document]:
    """The templates of a folder, those of stages and nested stacks among them, by their files' names; or one file.

    Args:
        place: The folder, or the file.
        may_be_empty: Whether a folder without templates will do, because nothing is deployed yet.

    Raises:
        UnreadableError: Nothing is there, or it is not JSON or YAML, or no template.
    """
    if place.is_file():
        return {place.name.partition(".")[0]: Document(template=read_template(place))}
    found = dict(_of_folder(place)) if place.is_dir() else {}
    if not found and not (may_be_empty and place.is_dir()):
        raise UnreadableError(f"{place} is neither a template nor a folder with templates: run cdk synth first.")
    return found


def read_template(file: Path) -> Mapping[str, Any]:
    """One template in JSON or YAML.

    Raises:
        UnreadableError: It is none.
    """
    text = file.read_text(encoding="utf-8")
    template: Any
    try:
        template = json.loads(text)
    except ValueError:
        # Short forms as !Ref need a reader of their own, which takes as long to load as a review.
        from cfnlint.decode import decode  # noqa: PLC0415 - see above

        template, problems = decode(str(file))
        if problems:
            raise UnreadableError(f"{file} is neither JSON nor YAML: {problems[0].message}") from None
    if not isinstance(template, Mapping) or not isinstance(template.get("Resources"), Mapping):
        raise UnreadableError(f"{file} is no template of CloudFormation: it has no Resources.")
    return template


def _of_folder(folder: Path) -> Iterator[tuple[str, Document]]:
    """What `cdk synth` wrote says where its stacks are; what was deployed is saved without that."""
    regions = dict(_regions(folder, folder))
    for file in sorted(folder.rglob(f"*{_ENDING}")):
        inside = file.relative_to(folder)
        if any(part.startswith("asset.") for part in inside.parts):
            continue
        name = inside.as_posix().removesuffix(_ENDING)
        yield name.replace(_STAGE, ""), Document(template=read_template(file), region=regions.get(name))


def _regions(folder: Path, top: Path) -> Iterator[tuple[str, str | None]]:
    manifest = folder / _MANIFEST
    if not manifest.is_file():
        return
    found: dict[str | None, None] = {}
    for artifact in json.loads(manifest.read_text(encoding="utf-8")).get("artifacts", {}).values():
        properties = artifact.get("properties", {})
        if artifact.get("type") == "aws:cloudformation:stack":
            region = _region(artifact.get("environment", ""))
            found[region] = None
            file = folder / properties["templateFile"]
            yield file.relative_to(top).as_posix().removesuffix(_ENDING), region
        elif artifact.get("type") == "cdk:cloud-assembly":
            yield from _regions(folder / properties["directoryName"], top)
    if len(found) == 1:
        # Nested stacks are where their parents are.
        (region,) = found
        for file in folder.glob(f"*{NESTED}{_ENDING}"):
            yield file.relative_to(top).as_posix().removesuffix(_ENDING), region


def _region(environment: str) -> str | None:
    region = environment.rpartition("/")[2]
    return region if region and region != "unknown-region" else None
