"""Which AWS operation an HTTP request asks for, and the shape in which its protocol reports an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import botocore.session

if TYPE_CHECKING:
    from local_aws.launcher.faults import Fault

_CREDENTIAL = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")
# Signing names whose API description has another name.
_DESCRIPTIONS = {"ses": "sesv2", "monitoring": "cloudwatch", "states": "stepfunctions"}


@dataclass(frozen=True, slots=True)
class Operation:
    """A signed call of an AWS operation."""

    service: str
    action: str
    protocol: str


def operation(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Operation | None:
    """The operation that a signed request calls, or None where it can't be told."""
    signed = _CREDENTIAL.search(headers.get("authorization", ""))
    if signed is None:
        return None
    service = signed[1]
    if target := headers.get("x-amz-target"):
        return Operation(service, target.rpartition(".")[2], "json")
    if rpc := re.fullmatch(r"/service/[^/]+/operation/([^/]+)", path):
        return Operation(service, rpc[1], "json")
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(body.decode("latin-1")).get("Action", [""])[0]
        return Operation(service, action, "query") if action else None
    for pattern, action, protocol in _routes(service):
        if pattern.fullmatch(f"{method} {path}"):
            return Operation(service, action, protocol)
    return None


@lru_cache(maxsize=32)
def _routes(service: str) -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """The REST routes of a service, the most specific first."""
    session = botocore.session.get_session()
    name = _DESCRIPTIONS.get(service, service)
    if name not in session.get_available_services():
        return ()
    model = session.get_service_model(name)
    protocol = "query" if model.metadata["protocol"] == "rest-xml" else "json"
    found: list[tuple[str, str]] = []
    for action in model.operation_names:
        http = model.operation_model(action).http
        found.append((f"{http['method']} {http['requestUri'].partition('?')[0]}", action))
    found.sort(key=lambda route: (route[0].count("{"), -len(route[0])))
    return tuple((_route(template), action, protocol) for template, action in found)


def _route(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", template)
    return re.compile(
        "".join(
            (".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part) for part in parts
        )
        + "/?"
    )


def error_response(fault: Fault, protocol: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body by which a service reports the fault."""
    if protocol == "json":
        body = json.dumps({"__type": fault.error, "message": fault.message}).encode()
        return fault.status, {"content-type": "application/json", "x-amzn-errortype": fault.error}, body
    kind = "Sender" if fault.status < 500 else "Receiver"  # noqa: PLR2004 # HTTP server errors
    error = f"<Type>{kind}</Type><Code>{escape(fault.error)}</Code><Message>{escape(fault.message)}</Message>"
    body = f"<ErrorResponse><Error>{error}</Error><RequestId>local-aws</RequestId></ErrorResponse>".encode()
    return fault.status, {"content-type": "text/xml"}, body
