"""Between what a template holds and what an operation takes and answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_aws.launcher.values import mapping, text

Arguments = Mapping[str, object]


class Unanswered(LookupError):  # noqa: N818 # not an error where it is met
    """The response does not hold what was looked for."""


def find(path: str, response: object, arguments: Arguments) -> object:
    """What a path names: ``A.0.B`` in the response, ``=Name`` in the arguments; ``|`` joins several.

    Raises:
        Unanswered: Where there is nothing at the path.
    """
    if "|" in path:
        return "|".join(str(find(part, response, arguments)) for part in path.split("|"))
    found: object = arguments if path.startswith("=") else response
    try:
        for part in path.removeprefix("=").split("."):
            found = found[int(part)] if isinstance(found, list) else mapping(found)[part]
    except LookupError as missing:
        raise Unanswered(path) from missing
    return found


def fit(shape: Shape | None, value: object) -> object:
    """The value in the shape that an operation takes: names in any case, texts for numbers, no unknown members."""
    if isinstance(shape, StructureShape):
        members = {name.lower(): name for name in shape.members}
        known = {members[key.lower()]: item for key, item in mapping(value).items() if key.lower() in members}
        return {name: fit(shape.members[name], item) for name, item in known.items()}
    if isinstance(shape, ListShape):
        return [fit(shape.member, item) for item in (value if isinstance(value, list) else [value])]
    if isinstance(shape, MapShape):
        pairs = [mapping(pair) for pair in value] if isinstance(value, list) else None
        plain = {text(pair, "Key"): pair.get("Value") for pair in pairs} if pairs else mapping(value)
        return {key: fit(shape.value, item) for key, item in plain.items()}
    convert = _SCALARS.get(shape.type_name) if shape else None
    return convert(value) if convert else value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


_SCALARS: Mapping[str, Callable[[object], object]] = {
    "integer": lambda value: int(str(value)),
    "long": lambda value: int(str(value)),
    "float": lambda value: float(str(value)),
    "double": lambda value: float(str(value)),
    "boolean": lambda value: str(value).lower() == "true",
    "string": _text,
}
