"""A CloudFormation template as something that can be asked: which resources, and what refers to what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_IN_SUB = re.compile(r"\$\{([^!.}]+)(?:\.[^}]*)?\}")
# The last part of a construct's path that names nothing: the L1 inside an L2.
_INNER = frozenset({"Resource", "Default"})


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a template.

    Attributes:
        id: Its logical id.
        type: Its CloudFormation type.
        properties: What the template says about it.
        path: Where the construct tree has it, the stack first; empty where the template does not tell.
        metadata: What else the template notes about it.
    """

    id: str
    type: str
    properties: Mapping[str, object]
    path: tuple[str, ...]
    metadata: Mapping[str, object] = field(default_factory=dict)


class Template:
    """The resources of one template, in its order."""

    def __init__(self, source: Mapping[str, object]) -> None:
        self.resources = {name: _resource(name, body) for name, body in entries(source.get("Resources"))}
        self._referrers: dict[str, list[Resource]] = {name: [] for name in self.resources}
        for resource in self.resources.values():
            for target in self.references(resource.properties):
                self._referrers[target].append(resource)

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of these types."""
        return [resource for resource in self.resources.values() if resource.type in types]

    def references(self, value: object) -> list[str]:
        """The resources that a value refers to, in the order in which it names them."""
        return list(dict.fromkeys(name for name in _names(value) if name in self.resources))

    def referrers(self, target: str) -> list[Resource]:
        """The resources whose properties refer to one."""
        return self._referrers[target]


def entries(value: object) -> list[tuple[str, object]]:
    """The items of an object; none of anything else."""
    return list(value.items()) if isinstance(value, dict) else []


def items(value: object) -> list[object]:
    """The items of a list, or the one value that stands in its place."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def at(value: object, path: str) -> object:
    """What an object holds at a dotted path; a list on the way is searched in all its items."""
    for key in path.split("."):
        if isinstance(value, list):
            value = [item[key] for item in value if isinstance(item, dict) and key in item]
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: object) -> str:
    """A value as one text, with `${...}` in place of what only the deployment knows."""
    match value:
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(text(part) for part in parts)
        case {"Fn::Sub": str(pattern)} | {"Fn::Sub": [str(pattern), _]}:
            return pattern
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
        case dict() | list() | None:
            return ""
    return str(value)


def _resource(name: str, body: object) -> Resource:
    parts = text(at(body, "Metadata.aws:cdk:path")).split("/")
    while parts and parts[-1] in _INNER:
        parts.pop()
    properties, metadata = dict(entries(at(body, "Properties"))), dict(entries(at(body, "Metadata")))
    return Resource(name, text(at(body, "Type")), properties, tuple(filter(None, parts)), metadata)


def _names(value: object) -> Iterator[str]:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(name)}:
            yield name.partition(".")[0]
        case {"Fn::Sub": str(pattern)}:
            yield from _IN_SUB.findall(pattern)
        case {"Fn::Sub": [str(pattern), variables]}:
            yield from _IN_SUB.findall(pattern)
            yield from _names(variables)
        # A definition that was written as text, or joined out of texts, may hold the placeholders of `text`.
        case str():
            yield from _IN_SUB.findall(value)
        case dict():
            for inner in value.values():
                yield from _names(inner)
        case list():
            for inner in value:
                yield from _names(inner)
