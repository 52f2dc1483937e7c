"""The emulator's ASGI application with the launcher's own endpoints in front of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus

from local_aws.launcher import faults, operations, recorded, website
from local_aws.launcher.hooks import AsgiApp, Receive, Scope, Send

_OWN = "/_local_aws/"
_LOAD_BALANCER_HOST = ".alb."


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
        if path == "/_ministack/reset":
            recorded.clear()
            faults.FAULTS.clear()
        await self._emulator(_counted_as_tls(scope, headers), receive, send)


def _counted_as_tls(scope: Scope, headers: Mapping[str, str]) -> Scope:
    """Policies deny, and distributions redirect, what does not arrive over TLS. The loopback counts as TLS.

    Not for load balancers: their redirect rules are part of what is deployed.
    """
    host = headers.get("host", "")
    if "x-forwarded-proto" in headers or _LOAD_BALANCER_HOST in host or scope["path"].startswith("/_alb/"):
        return scope
    return {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}


def _own_endpoint(method: str, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    match method, path.removeprefix(_OWN):
        case "GET", "health":
            return _json({"status": "ready"})
        case "GET", "recorded":
            return _json({"recorded": recorded.listing()})
        case "POST", "faults":
            try:
                request = json.loads(body)
                if not isinstance(request, dict):
                    raise ValueError("a fault is a JSON object")
                faults.FAULTS.add(faults.Fault.parse(request))
            except ValueError as problem:
                return _json({"error": str(problem)}, HTTPStatus.BAD_REQUEST)
            return _json({"added": True})
        case "DELETE", "faults":
            faults.FAULTS.clear()
            return _json({"cleared": True})
    return _json({"error": f"there is no {method} {path}"}, HTTPStatus.NOT_FOUND)


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
