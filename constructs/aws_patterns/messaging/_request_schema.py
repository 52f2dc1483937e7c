"""What API Gateway understands of JSON Schema: draft 4. What it does not know it ignores, and lets everything pass."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults

DRAFT_4 = "http://json-schema.org/draft-04/schema#"

# SQS's alphabet for a message group: every visible character of ASCII.
GROUP_PATTERN = "^[!-~]+$"
LONGEST_GROUP = 128

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# json-schema.org/draft-04: whatever has a meaning there, and annotations.
_KEYWORDS = frozenset(
    [
        "$schema",
        "id",
        "$ref",
        "title",
        "description",
        "default",
        "format",
        "type",
        "enum",
        "definitions",
        "multipleOf",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "items",
        "additionalItems",
        "maxItems",
        "minItems",
        "uniqueItems",
        "properties",
        "patternProperties",
        "additionalProperties",
        "required",
        "dependencies",
        "maxProperties",
        "minProperties",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
    ]
)
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
# Where in a schema there are others: by name, in a list, or one.
_BY_NAME = ("properties", "patternProperties", "definitions", "dependencies")
_IN_LIST = ("allOf", "anyOf", "oneOf")
_ONE = ("not", "additionalProperties", "additionalItems")

# What people write of later drafts, and what draft 4 has for it.
_INSTEAD = MappingProxyType(
    {
        "const": "use enum with one value",
        "$defs": "use definitions",
        "$id": "use id",
        "dependentRequired": "use dependencies",
        "dependentSchemas": "use dependencies",
    }
)


def check_schema(problems: Problems, schema: Mapping[str, object]) -> None:
    """Add to ``problems`` what API Gateway would refuse of a request's schema, or silently not check."""
    try:
        size = len(json.dumps(schema, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        problems.add(f"schema must be what JSON can hold: {error}")
        return
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        problems.add('schema must describe an object ("type": "object"): a message is a JSON object')
        return
    if size > defaults.LARGEST_SCHEMA_BYTES:
        problems.add(f"schema may have {defaults.LARGEST_SCHEMA_BYTES} bytes, got {size} bytes")
    if schema.get("$schema", DRAFT_4) != DRAFT_4:
        problems.add(
            f"schema must be of draft 4, the one that API Gateway knows ({DRAFT_4}), got {schema['$schema']!r}"
        )
    for where, problem in _flaws(schema, "schema"):
        problems.add(f"{where} {problem}")


def check_field(problems: Problems, name: str, field: str, schema: Mapping[str, object]) -> None:
    """Add to ``problems`` why a field of the body can't say something about the message."""
    if not _FIELD.fullmatch(field):
        problems.add(f"{name} must be the name of a field, of letters, digits and '_', got {field!r}")
        return
    fields = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(fields, Mapping) or field not in fields:
        problems.add(f"{name} must be among the schema's properties, got {field!r}")
        return
    described = fields[field]
    if isinstance(described, Mapping) and described.get("type", "string") != "string":
        problems.add(f"{name} must be a field of type string, got {field!r} of type {described['type']!r}")


def whole_schema(schema: Mapping[str, object], group_field: str | None) -> dict[str, object]:
    """The schema as API Gateway gets it: with its draft, and what SQS asks of a message group."""
    whole: dict[str, object] = {"$schema": DRAFT_4, **schema}
    if group_field is not None:
        group = {"type": "string", "minLength": 1, "maxLength": LONGEST_GROUP, "pattern": GROUP_PATTERN}
        others = whole.get("allOf")
        rule: dict[str, object] = {"required": [group_field], "properties": {group_field: group}}
        whole["allOf"] = [*(others if isinstance(others, list) else []), rule]
    return whole


def _flaws(schema: object, where: str) -> Iterator[tuple[str, str]]:
    if not isinstance(schema, Mapping):
        yield where, f"must be a schema, which is a JSON object, got {schema!r}"
        return
    for keyword in schema:
        if keyword not in _KEYWORDS:
            instead = f": {_INSTEAD[keyword]}" if keyword in _INSTEAD else ""
            yield where, f"has {keyword!r}, which draft 4 of JSON Schema does not know and nobody would check{instead}"
    yield from _wrong_values(schema, where)
    for keyword in _BY_NAME:
        for name, inner in _items(schema.get(keyword)):
            # A dependency may also be a list of names.
            if not (keyword == "dependencies" and isinstance(inner, Sequence)):
                yield from _flaws(inner, f"{where}.{keyword}.{name}")
    for keyword in (*_IN_LIST, "items"):
        several = schema.get(keyword)
        if isinstance(several, list | tuple):
            for number, inner in enumerate(several):
                yield from _flaws(inner, f"{where}.{keyword}[{number}]")
        elif keyword == "items" and several is not None:
            yield from _flaws(several, f"{where}.items")
    for keyword in _ONE:
        if keyword in schema and not isinstance(schema[keyword], bool):
            yield from _flaws(schema[keyword], f"{where}.{keyword}")


def _items(value: object) -> Iterator[tuple[object, object]]:
    if isinstance(value, Mapping):
        yield from value.items()


def _wrong_values(schema: Mapping[str, object], where: str) -> Iterator[tuple[str, str]]:
    types = schema.get("type")
    for name in types if isinstance(types, list | tuple) else [types]:
        if name is not None and name not in _TYPES:
            yield where, f"has the type {name!r}; there are {', '.join(_TYPES)}"
    for keyword, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if keyword in schema and not isinstance(schema[keyword], bool):
            yield where, f"has a number as {keyword}, which draft 4 has as true or false beside {limit}"
    required = schema.get("required", ["a"])
    if not isinstance(required, list | tuple) or not required or not all(isinstance(name, str) for name in required):
        yield where, f"must have a list of names as required, got {required!r}"
