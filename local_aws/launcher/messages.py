"""What goes to and fro between an ASGI application and its server."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

from local_aws.hosts import localize
from local_aws.launcher.hooks import Receive, Scope, Send

Reply = tuple[int, dict[str, str], bytes]


def headers_of(scope: Scope) -> dict[str, str]:
    """A request's headers; of those that are there twice, the last."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def with_host(scope: Scope, host: str) -> Scope:
    """A request as it is sent to another host."""
    others = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    return {**scope, "headers": [*others, (b"host", host.encode("latin-1"))]}


def localized(send: Send, *names: bytes) -> Send:
    """With headers that name public addresses under their local names, for browsers on this machine."""

    async def send_localized(message: Scope) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [_localized(header, names) for header in message["headers"]]}
        await send(message)

    return send_localized


def _localized(header: tuple[bytes, bytes], names: Collection[bytes]) -> tuple[bytes, bytes]:
    name, value = header
    if name.lower() not in names:
        return header
    return name, localize(value.decode("latin-1"), int(os.environ["GATEWAY_PORT"])).encode("latin-1")


async def read(receive: Receive) -> bytes:
    """A request's whole body."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """A request body that was read, for the emulator to read again."""
    pending: list[Scope] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Scope:
        return pending.pop() if pending else await receive()

    return again


async def answer(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Send a whole response."""
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    encoded.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": int(status), "headers": encoded})
    await send({"type": "http.response.body", "body": body})
