"""CloudFormation's own schemas of resource types, as cfn-lint ships them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

from aws_patterns.review._defaults import REFUSED_WHEN_CHANGED, REPLACED_WHEN_CHANGED, STATEFUL
from aws_patterns.review._values import is_intrinsic
from aws_patterns.review.changes import Effect

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResourceSchema:
    """What CloudFormation says of one resource type.

    Attributes:
        type: Its name.
        known: Whether there is a schema. Types of third parties have none.
        body: The schema.
    """

    type: str
    known: bool
    body: Mapping[str, Any]

    @property
    def stateful(self) -> bool:
        """Whether it holds data."""
        return self.type in _stateful_types()

    def replacing(self) -> Iterator[tuple[Path, Effect]]:
        """Where a change ends the resource, and how surely. ``*`` in a path stands for each entry of a list."""
        surely = {(name,) for name in REPLACED_WHEN_CHANGED.get(self.type, ())}
        refused = {(name,) for name in REFUSED_WHEN_CHANGED.get(self.type, ())}
        yield from ((path, Effect.REFUSED) for path in sorted(refused))
        for path in sorted({*self._paths("createOnlyProperties"), *surely} - refused):
            yield path, Effect.REPLACED
        for path in sorted({*self._paths("conditionalCreateOnlyProperties")} - surely - refused):
            yield path, Effect.MAY_BE_REPLACED

    @property
    def updatable(self) -> bool:
        """Whether it can be changed at all: without a handler for updates, each change makes a new one."""
        handlers = self.body.get("handlers")
        return handlers is None or "update" in handlers

    def custom_names(self) -> set[str]:
        """Properties that name it: two of that name can't be at once."""
        kind = self.type.rpartition("::")[2]
        named = {f"{kind}Name", f"{kind}Identifier", "Name"}
        create_only = {path[0] for path in self._paths("createOnlyProperties") if len(path) == 1}
        identifiers = [self.body.get("primaryIdentifier", []), *self.body.get("additionalIdentifiers", [])]
        sole = {_steps(each[0])[0] for each in identifiers if len(each) == 1}
        return (named | sole) & create_only

    def unordered(self, path: Path) -> bool:
        """Whether the order of the list there means nothing."""
        node: Any = self.body
        for step in path:
            node = self._resolved(node)
            node = node.get("items") if step == "*" else node.get("properties", {}).get(step)
            if not isinstance(node, Mapping):
                return False
        return self._resolved(node).get("insertionOrder") is False

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = str(node.get("$ref", ""))
        if not reference.startswith("#/definitions/"):
            return node
        found = self.body.get("definitions", {}).get(reference.removeprefix("#/definitions/"), {})
        # What stands beside a reference counts, too: AWS writes the order there.
        return {**found, **{key: value for key, value in node.items() if key != "$ref"}}

    def _paths(self, kind: str) -> set[Path]:
        return {_steps(pointer) for pointer in self.body.get(kind, [])}


def _steps(pointer: str) -> Path:
    return tuple(pointer.removeprefix("/properties/").split("/"))


@cache
def schema_of(resource_type: str, region: str) -> ResourceSchema:
    """The schema of a resource type in a Region; elsewhere in the world, that of another Region."""
    for place in (region, "us-east-1"):
        try:
            found = PROVIDER_SCHEMA_MANAGER.get_resource_schema(place, resource_type)
        except (ResourceNotFoundError, KeyError):
            continue
        return ResourceSchema(resource_type, known=True, body=found.schema)
    return ResourceSchema(resource_type, known=False, body={})


@cache
def _stateful_types() -> frozenset[str]:
    listed = files("cfnlint.data.AdditionalSpecs").joinpath("StatefulResources.json").read_text(encoding="utf-8")
    return STATEFUL | frozenset(json.loads(listed)["ResourceTypes"])


def values_at(value: Any, path: Path) -> list[Any]:
    """What is at a path, one entry for each entry of the lists on the way. A function on the way counts as a whole."""
    if not path or is_intrinsic(value):
        return [value]
    step, rest = path[0], path[1:]
    if step == "*":
        if not isinstance(value, Sequence) or isinstance(value, str):
            return []
        return [found for each in value for found in values_at(each, rest)]
    if isinstance(value, Mapping) and step in value:
        return values_at(value[step], rest)
    return []
