"""Which target of a group gets a request: the healthy ones take turns, and clients may be kept on theirs."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from http import HTTPStatus
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.balancing.health import address_of, connection_to, is_reachable, name_of, state_of
from local_aws.launcher.balancing.routing import Answer, Turns, cookies, with_cookies
from local_aws.launcher.hooks import Record

_TARGET_SECONDS = 60
_DURATION_COOKIE = "AWSALB"
_APPLICATION_COOKIE = "AWSALBAPP-0"
_HOP_BY_HOP = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"})

answered_by: ContextVar[str] = ContextVar("local_aws_answered_by", default="")
"""The target group whose target has answered; empty where the load balancer did itself."""


_NOTHING_BOOTS = b"""<title>504 Gateway Time-out</title><h1>504 Gateway Time-out</h1>
<p>The load balancer works. Its targets are EC2 instances, which have ids and do not boot here.</p>
"""

_turns = Turns()


def install() -> None:
    """Choose targets in this way wherever the emulator does."""
    hooks.FORWARD.replace(_forwarding(cast("Callable[..., Awaitable[Answer]]", hooks.FORWARD.get())))


def _forwarding(invoke: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def forward(  # noqa: PLR0917 # the emulator's signature
        arn: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: object,
        raw_query: str | None = None,
        raw_path: str | None = None,
    ) -> Answer:
        group = hooks.store(hooks.TARGET_GROUPS).get(arn)
        registered = hooks.lists(hooks.TARGETS).get(arn, [])
        answered_by.set(arn if registered else "")
        if group is None or not registered or group.get("TargetType") == "lambda":
            return await invoke(arn, method, path, headers, body, query, raw_query, raw_path)
        sticky = _Stickiness(arn)
        candidates = _candidates(registered, group)
        target = sticky.target(candidates, group, headers) or _next(arn, candidates, group)
        if not is_reachable(target):
            answered_by.set("")
            return (
                int(HTTPStatus.GATEWAY_TIMEOUT),
                {"Content-Type": "text/html"},
                _NOTHING_BOOTS,
            )
        if group.get("Protocol") == "HTTPS":
            answer = await _proxy_tls(target, group, method, raw_path or path, headers, body, raw_query)
        else:
            proxy = cast("Callable[..., Awaitable[Answer]]", hooks.PROXY.get())
            host, port = address_of(target, group)
            answer = await proxy(
                {"Id": host, "Port": port}, group, method, raw_path or path, headers, body, query, raw_query
            )
        added = sticky.cookies(target, group, answer)
        return with_cookies(answer, added) if added else answer

    return forward


def _candidates(registered: Sequence[Record], group: Record) -> Sequence[Record]:
    """The healthy targets; all of them where none is, as the load balancer fails open."""
    able = [target for target in registered if state_of(target, group)[0] in {"healthy", "initial"}]
    return able or [target for target in registered if is_reachable(target)] or registered


def _next(arn: str, candidates: Sequence[Record], group: Record) -> Record:
    by_name = {name_of(target, group): target for target in candidates}
    chosen = _turns.take(arn, dict.fromkeys(by_name, 1))
    return by_name[cast("str", chosen)]


class _Stickiness:
    """How a target group keeps its clients."""

    def __init__(self, arn: str) -> None:
        listed = hooks.lists(hooks.TARGET_GROUP_ATTRIBUTES).get(arn, [])
        attributes = {one["Key"]: str(one["Value"]) for one in listed}
        self._kind = attributes.get("stickiness.type") if attributes.get("stickiness.enabled") == "true" else ""
        self._seconds = attributes.get(f"stickiness.{self._kind}.duration_seconds", "86400")
        self._own = attributes.get("stickiness.app_cookie.cookie_name", "")
        self._cookie = {"lb_cookie": _DURATION_COOKIE, "app_cookie": _APPLICATION_COOKIE}.get(self._kind or "", "")

    def target(self, candidates: Sequence[Record], group: Record, headers: Mapping[str, str]) -> Record | None:
        sent = cookies(headers).get(self._cookie, "") if self._cookie else ""
        return next((target for target in candidates if _token(target, group) == sent), None)

    def cookies(self, target: Record, group: Record, answer: Answer) -> list[str]:
        if not self._cookie:
            return []
        set_by_target: object = next((value for name, value in answer[1].items() if name.lower() == "set-cookie"), [])
        told = set_by_target if isinstance(set_by_target, list) else [set_by_target]
        if self._kind == "app_cookie" and not any(str(one).startswith(f"{self._own}=") for one in told):
            return []
        return [f"{self._cookie}={_token(target, group)}; Max-Age={self._seconds}; Path=/"]


def _token(target: Record, group: Record) -> str:
    return name_of(target, group).encode().hex()


async def _proxy_tls(  # noqa: PLR0917 # as the emulator's
    target: Record,
    group: Record,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    raw_query: str | None,
) -> Answer:
    def exchange() -> Answer:
        connection = connection_to("HTTPS", *address_of(target, group), _TARGET_SECONDS)
        try:
            kept = {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}
            connection.request(method, f"{path}?{raw_query}" if raw_query else path, body or None, kept)
            answer = connection.getresponse()
            found: dict[str, list[str]] = {}
            for name, value in answer.getheaders():
                if name.lower() not in _HOP_BY_HOP:
                    found.setdefault(name.lower(), []).append(value)
            return answer.status, {**found}, answer.read()
        except (OSError, http.client.HTTPException) as problem:
            return int(HTTPStatus.BAD_GATEWAY), {"Content-Type": "text/html"}, str(problem).encode()
        finally:
            connection.close()

    return await asyncio.to_thread(exchange)
