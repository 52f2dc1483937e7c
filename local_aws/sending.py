"""Sends requests to the embedded AWS under any of the names it serves."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import SplitResult, urlsplit

from local_aws import names
from local_aws.hosts import balancer_name, is_api, localize

_HTTP_SECONDS = 60
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response, read."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> dict[str, object]:
        """The body as a JSON object."""
        return cast("dict[str, object]", json.loads(self.body))


def send(
    port: int,
    method: str,
    url: str,
    *,
    body: str | bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a request to the server on a port; what ``EmbeddedAws.http`` says of addresses holds."""
    balancer = balancer_name(url)
    address = urlsplit(url if balancer or is_api(url) else localize(url, port))
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    host = address.netloc
    if balancer:
        host = (headers or {}).get("Host", host)
        if ":" not in host:
            listener = address.port or (443 if address.scheme == "https" else 80)
            host = f"{host}:{listener}"
        if "Host" in (headers or {}):
            target = f"/_alb/{balancer}{target}"
        headers = {name: value for name, value in (headers or {}).items() if name != "Host"}
    connection = http.client.HTTPConnection(*_place(port, address), timeout=_HTTP_SECONDS)
    try:
        connection.request(method, target, body, {"Host": host, **(headers or {})})
        answer = connection.getresponse()
        received = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, received, answer.read())
    finally:
        connection.close()


def _place(port: int, address: SplitResult) -> tuple[str, int]:
    """Where to connect to for an address."""
    name = address.hostname or ""
    if name in _THIS_MACHINE or name.endswith(".localhost"):
        return "127.0.0.1", port
    found = names.ask(port, name)
    if found.get("unknown"):
        raise socket.gaierror(socket.EAI_NONAME, f"{name} has no address in the embedded AWS")
    addresses = cast("list[str]", found.get("addresses", []))
    return (addresses[0], address.port or 80) if addresses else ("127.0.0.1", port)
