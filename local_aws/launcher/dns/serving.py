"""Requests under domain names go where the records of their hosted zone say, in front of everything else.

Names are looked up anew for each request: there is no resolver in between that keeps an answer as long as its TTL says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus
from typing import cast

from local_aws.hosts import balancer_name
from local_aws.launcher import endpoints, hooks
from local_aws.launcher.dns import resolver
from local_aws.launcher.hooks import AsgiApp, Receive, Scope, Send
from local_aws.launcher.messages import answer, headers_of, with_host
from local_aws.launcher.regions.requests import SERVED_IN

_OF_API = re.compile(r"[a-z0-9.-]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_OF_BALANCER = re.compile(r"[a-z0-9-]+\.([a-z0-9-]+)\.elb\.amazonaws\.com")
_WEBSITE = re.compile(r"s3-website[.-]([a-z0-9-]+)\.amazonaws\.com")
_JSON = {"content-type": "application/json"}
_Owner = tuple[str, str, str]

# The Region whose API a request under a domain name is meant for.
_meant: ContextVar[str] = ContextVar("local_aws_region_of_domain", default="")


def install() -> None:
    """Let two Regions have APIs under one domain name: an answer leads to one of them."""
    first = cast("Callable[[str], _Owner | None]", hooks.DOMAIN_OWNER.get())

    def owner(name: str) -> _Owner | None:
        wanted = _meant.get()
        for (account, region, found), _ in hooks.scoped(hooks.API_DOMAINS).all_items():
            if (account, region, found.lower()) == (hooks.account(), wanted, name.lower()):
                return account, region, found
        return None if wanted else first(name)

    hooks.DOMAIN_OWNER.replace(owner)


class Domains:
    """An ASGI application in front of another one."""

    def __init__(self, behind: AsgiApp) -> None:
        self._behind = behind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or scope["path"].startswith(endpoints.PREFIX):
            await self._behind(scope, receive, send)
            return
        host, _, port = headers_of(scope).get("host", "").lower().partition(":")
        places = resolver.places_of(host) if "." in host else None
        if places is None:
            await self._behind(scope, receive, send)
            return
        led = _led(scope, host, port, places[0].value) if places else None
        if led is None:
            await answer(send, HTTPStatus.FORBIDDEN, _JSON, b'{"message":"Forbidden"}')
            return
        wanted, region = led
        before = _meant.set(region if region and not balancer_name(places[0].value) else "")
        try:
            await self._behind({**wanted, SERVED_IN: region}, receive, send)
        finally:
            _meant.reset(before)


def _led(scope: Scope, host: str, port: str, place: str) -> tuple[Scope, str] | None:
    """A request as it comes to where an answer leads, and the Region there; None where nothing serves the name."""
    if found := _OF_API.fullmatch(place):
        names = {(region, name.lower()) for (_, region, name), _ in hooks.scoped(hooks.API_DOMAINS).all_items()}
        return (scope, found[1]) if (found[1], host) in names else None
    if found := _OF_BALANCER.fullmatch(place):
        listener = port or ("443" if scope.get("scheme") == "https" else "80")
        path = f"/_alb/{balancer_name(place)}{scope['path']}"
        raw = scope.get("raw_path") or scope["path"].encode()
        under = {**scope, "path": path, "raw_path": path.encode()[: -len(scope["path"].encode())] + raw}
        return with_host(under, f"{host}:{listener}"), found[1]
    if found := _WEBSITE.fullmatch(place):
        return with_host(scope, f"{host}.{place}"), found[1]
    return (with_host(scope, place), "") if place.endswith(".cloudfront.net") else None
