"""Which operation of AWS Backup a request asks for, with its input as the API's description names it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

import botocore.session
from botocore.utils import parse_timestamp

from local_aws.launcher.values import mapping

_JSON = {"Content-Type": "application/json"}

Answer = tuple[int, dict[str, str], bytes]


class RefusedError(Exception):
    """Why AWS Backup does not do what it is asked: the error's code and its text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.answer: Answer = (
            400,
            {**_JSON, "x-amzn-errortype": code},
            json.dumps({"__type": code, "Message": message}).encode(),
        )


def not_found(what: str) -> RefusedError:
    """Refuses to speak of what is not there."""
    return RefusedError("ResourceNotFoundException", f"{what} not found.")


@dataclass(frozen=True, slots=True)
class _Route:
    operation: str
    method: str
    path: re.Pattern[str]
    members: Mapping[str, str]
    query: Mapping[str, tuple[str, str]]


def read(method: str, path: str, query: Mapping[str, object], body: bytes) -> tuple[str, dict[str, object]] | None:
    """The operation and its input; ``None`` where there is no such operation."""
    for route in _routes():
        found = route.path.fullmatch(path.rstrip("/")) if route.method == method else None
        if found is None:
            continue
        given = mapping(json.loads(body)) if body else {}
        for group, member in route.members.items():
            given[member] = unquote(found[group])
        for name, (member, kind) in route.query.items():
            value = query.get(name)
            if value is not None:
                text = str(value[0] if isinstance(value, list) else value)
                given[member] = parse_timestamp(text).timestamp() if kind == "timestamp" else text
        return route.operation, given
    return None


def answer(body: Mapping[str, object] | None, status: int = 200) -> Answer:
    """An answer in the protocol of AWS Backup, where times are numbers."""
    return status, dict(_JSON), b"" if body is None else json.dumps(body).encode()


@cache
def _routes() -> tuple[_Route, ...]:
    """The routes, the most specific first."""
    model = botocore.session.get_session().get_service_model("backup")
    found: list[tuple[int, _Route]] = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        uri = str(operation.http["requestUri"]).rstrip("/")
        shape = operation.input_shape
        members = shape.members if shape else {}
        in_path, in_query = {}, {}
        for member, kind in members.items():
            place, wire = kind.serialization.get("location"), str(kind.serialization.get("name", member))
            if place == "uri":
                in_path[wire] = member
            elif place == "querystring":
                in_query[wire] = (member, kind.type_name)
        groups = {f"g{index}": wire for index, wire in enumerate(in_path)}
        pattern = re.escape(uri)
        for group, wire in groups.items():
            pattern = pattern.replace(re.escape(f"{{{wire}}}"), f"(?P<{group}>[^/]+)")
        route = _Route(
            name,
            str(operation.http["method"]),
            re.compile(pattern),
            {group: in_path[wire] for group, wire in groups.items()},
            in_query,
        )
        found.append((len(in_path), route))
    return tuple(route for _, route in sorted(found, key=lambda one: one[0]))
