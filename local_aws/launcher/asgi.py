"""The emulator's ASGI application with the launcher's own endpoints in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from local_aws.hosts import balancer_name, public_balancer
from local_aws.launcher import endpoints, faults, operations, recorded, settling, stand_ins, website
from local_aws.launcher.buckets import waiting
from local_aws.launcher.data_servers.manager import DATA_SERVERS
from local_aws.launcher.dns import statuses
from local_aws.launcher.hooks import AsgiApp, Receive, Scope, Send
from local_aws.launcher.messages import answer, headers_of, localized, read, replay, with_host
from local_aws.launcher.names.resolution import is_of_another_region
from local_aws.launcher.regions.reachability import REGIONS
from local_aws.launcher.tables.replication import REPLICATION

_API_HOST = ".execute-api."
_LOCAL_API_HOST = ".execute-api.localhost"
_LOAD_BALANCER_HOSTS = (".alb.", ".elb.")


class Application:
    """Serves /_local_aws/, website hosts and injected faults; everything else goes to the emulator."""

    def __init__(self, emulator: AsgiApp) -> None:
        self._emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._emulator(scope, receive, send)
            return
        scope, send = _for_balancer(scope, send)
        headers = headers_of(scope)
        path: str = scope["path"]
        if path.startswith(endpoints.PREFIX):
            await answer(send, *endpoints.serve(scope["method"], path, await read(receive)))
            return
        bucket = website.bucket_of(headers.get("host", ""))
        if bucket and scope["method"] in {"GET", "HEAD"}:
            page = await asyncio.to_thread(website.serve, bucket, path)
            location = {"location": page.location} if page.location else {}
            body = page.body if scope["method"] == "GET" else b""
            await answer(send, page.status, {"content-type": page.content_type, **location}, body)
            return
        if is_of_another_region(headers.get("host", "")):
            await answer(send, HTTPStatus.NOT_FOUND, {"content-type": "application/json"}, b'{"message":"Not Found"}')
            return
        if faults.FAULTS:
            body = await read(receive)
            asked = operations.operation(scope["method"], path, headers, body)
            if asked and (fault := faults.FAULTS.take(asked.service, asked.action)):
                await answer(send, *operations.error_response(fault, asked.protocol))
                return
            receive = replay(body, receive)
        if path == "/_ministack/reset":
            await _clear()
        scope, send = _counted_as_tls(scope, headers), _for_page(send, headers.get("host", ""))
        if settling.is_from_cdk(headers):
            await settling.answer_settled(self._emulator, scope, receive, send)
        else:
            await self._emulator(scope, receive, send)


async def _clear() -> None:
    """Forget everything of the launcher's own, with the emulator's own reset."""
    recorded.clear()
    faults.FAULTS.clear()
    REGIONS.clear()
    statuses.clear()
    stand_ins.clear()
    REPLICATION.clear()
    waiting.forget()
    await asyncio.to_thread(DATA_SERVERS.close)


def _for_balancer(scope: Scope, send: Send) -> tuple[Scope, Send]:
    """A request as the load balancer gets it that its host names, under its public name."""
    host = headers_of(scope).get("host", "")
    if public := public_balancer(host):
        scope, send = with_host(scope, public), localized(send, b"location")
    elif scope.get("scheme") == "https" and ":" not in host and balancer_name(host):
        # The listener that is meant: it was not this port that was asked for.
        scope = with_host(scope, f"{host}:443")
    name = balancer_name(public or host)
    # The emulator has paths of its own, /health for one, which it would answer first.
    return (_under(f"/_alb/{name}", scope) if name else scope), send


def _for_page(send: Send, host: str) -> Send:
    """The answers of an API, for the page that asks it."""
    if _LOCAL_API_HOST in host:
        # Who came by a local name goes on by local names.
        return localized(send, b"access-control-allow-origin", b"location")
    # A function that lets one page read its answers knows that page by its public name.
    return localized(send, b"access-control-allow-origin") if _API_HOST in host else send


def _under(prefix: str, scope: Scope) -> Scope:
    raw = scope.get("raw_path") or scope["path"].encode()
    return {**scope, "path": f"{prefix}{scope['path']}", "raw_path": prefix.encode() + raw}


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
