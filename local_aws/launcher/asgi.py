"""The emulator's ASGI application with the launcher's own endpoints in front of it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from http import HTTPStatus

from local_aws.hosts import balancer_name, localize, public_balancer
from local_aws.launcher import faults, operations, recorded, stand_ins, website
from local_aws.launcher.data_servers.manager import DATA_SERVERS
from local_aws.launcher.hooks import AsgiApp, Receive, Scope, Send
from local_aws.launcher.programs.supervisor import SUPERVISOR
from local_aws.launcher.tables.replication import REPLICATION

_OWN = "/_local_aws/"
_API_HOST = ".execute-api."
_LOAD_BALANCER_HOSTS = (".alb.", ".elb.")


class Application:
    """Serves /_local_aws/, website hosts and injected faults; everything else goes to the emulator."""

    def __init__(self, emulator: AsgiApp) -> None:
        self._emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._emulator(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path: str = scope["path"]
        if public := public_balancer(headers.get("host", "")):
            scope, send = _as_public(scope, public), _localized(send, b"location")
            headers["host"] = public
        if name := balancer_name(headers.get("host", "")):
            # The emulator has paths of its own, /health for one, which it would answer first.
            scope = _under(f"/_alb/{name}", scope)
            path = scope["path"]
        if path.startswith(_OWN):
            await _answer(send, *_own_endpoint(scope["method"], path, await _read(receive)))
            return
        bucket = website.bucket_of(headers.get("host", ""))
        if bucket and scope["method"] in {"GET", "HEAD"}:
            page = await asyncio.to_thread(website.serve, bucket, path)
            location = {"location": page.location} if page.location else {}
            body = page.body if scope["method"] == "GET" else b""
            await _answer(send, page.status, {"content-type": page.content_type, **location}, body)
            return
        if faults.FAULTS:
            body = await _read(receive)
            asked = operations.operation(scope["method"], path, headers, body)
            if asked and (fault := faults.FAULTS.take(asked.service, asked.action)):
                await _answer(send, *operations.error_response(fault, asked.protocol))
                return
            receive = _replay(body, receive)
        if _API_HOST in headers.get("host", ""):
            # A function that lets one page read its answers knows that page by its public name.
            send = _localized(send, b"access-control-allow-origin")
        if path == "/_ministack/reset":
            recorded.clear()
            faults.FAULTS.clear()
            stand_ins.clear()
            REPLICATION.clear()
            await asyncio.to_thread(DATA_SERVERS.close)
        await self._emulator(_counted_as_tls(scope, headers), receive, send)


def _as_public(scope: Scope, host: str) -> Scope:
    """A request under a local name as the load balancer gets it under its public one."""
    others = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    return {**scope, "headers": [*others, (b"host", host.encode("latin-1"))]}


def _under(prefix: str, scope: Scope) -> Scope:
    raw = scope.get("raw_path") or scope["path"].encode()
    return {**scope, "path": f"{prefix}{scope['path']}", "raw_path": prefix.encode() + raw}


def _localized(send: Send, header: bytes) -> Send:
    """With a header that names a public address under its local name, for browsers on this machine."""

    async def localized(message: Scope) -> None:
        if message["type"] == "http.response.start":
            port = int(os.environ["GATEWAY_PORT"])
            message = {
                **message,
                "headers": [
                    (name, localize(value.decode("latin-1"), port).encode("latin-1"))
                    if name.lower() == header
                    else (name, value)
                    for name, value in message["headers"]
                ],
            }
        await send(message)

    return localized


def _counted_as_tls(scope: Scope, headers: Mapping[str, str]) -> Scope:
    """Policies deny, and distributions redirect, what does not arrive over TLS. The loopback counts as TLS.

    Not for load balancers: their redirect rules are part of what is deployed.
    """
    host = headers.get("host", "")
    if (
        "x-forwarded-proto" in headers
        or any(part in host for part in _LOAD_BALANCER_HOSTS)
        or scope["path"].startswith("/_alb/")
    ):
        return scope
    return {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}


def _own_endpoint(method: str, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    answer: dict[str, object]
    try:
        match method, path.removeprefix(_OWN):
            case "GET", "health":
                answer = {"status": "ready"}
            case "GET", "recorded":
                answer = {"recorded": recorded.listing()}
            case "GET", "programs":
                answer = {**SUPERVISOR.status()}
            case "GET", "data-servers":
                answer = {**DATA_SERVERS.status()}
            case "POST", "faults":
                faults.FAULTS.add(faults.Fault.parse(_object(body)))
                answer = {"added": True}
            case "DELETE", "faults":
                faults.FAULTS.clear()
                answer = {"cleared": True}
            case "POST", "isolated-regions":
                REPLICATION.isolate(_object(body))
                answer = {"added": True}
            case "DELETE", "isolated-regions":
                REPLICATION.reconnect()
                answer = {"cleared": True}
            case "POST", "stand-ins":
                stand_ins.add(_object(body))
                answer = {"added": True}
            case _:
                return _json({"error": f"there is no {method} {path}"}, HTTPStatus.NOT_FOUND)
    except ValueError as problem:
        return _json({"error": str(problem)}, HTTPStatus.BAD_REQUEST)
    return _json(answer)


def _object(body: bytes) -> dict[str, object]:
    request = json.loads(body)
    if not isinstance(request, dict):
        raise ValueError("the request is no JSON object")
    return request


def _json(value: object, status: int = HTTPStatus.OK) -> tuple[int, dict[str, str], bytes]:
    return status, {"content-type": "application/json"}, json.dumps(value).encode()


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A request body that was read, for the emulator to read again."""
    pending: list[Scope] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Scope:
        return pending.pop() if pending else await receive()

    return replay


async def _answer(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    encoded.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": int(status), "headers": encoded})
    await send({"type": "http.response.body", "body": body})
