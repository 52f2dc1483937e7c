"""Reading CloudFormation property values, whose types a template does not guarantee."""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.launcher.hooks import Properties


def text(properties: Properties, name: str, default: str = "") -> str:
    """The property as text."""
    value = properties.get(name, default)
    return value if isinstance(value, str) else str(value)


def flag(properties: Properties, name: str, *, default: bool) -> bool:
    """The property as a boolean; custom resources receive "true" and "false"."""
    return str(properties.get(name, default)).lower() == "true"


def items(properties: Properties, name: str) -> list[object]:
    """The property as a list."""
    value = properties.get(name)
    return list(value) if isinstance(value, list | tuple) else []


def texts(properties: Properties, name: str) -> list[str]:
    """The property as a list of texts."""
    return [str(item) for item in items(properties, name)]


def mapping(value: object) -> dict[str, object]:
    """The value as a map; anything else is an empty one."""
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}
