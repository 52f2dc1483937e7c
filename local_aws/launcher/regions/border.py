"""Turns away what needs a lost Region, in front of everything that serves requests."""

from __future__ import annotations

from local_aws.launcher import endpoints
from local_aws.launcher.hooks import AsgiApp, Receive, Scope, Send
from local_aws.launcher.messages import answer, headers_of, read
from local_aws.launcher.regions import requests
from local_aws.launcher.regions.reachability import REGIONS

_TRY_AGAIN_LATER = 1013


class Border:
    """An ASGI application in front of another one."""

    def __init__(self, behind: AsgiApp) -> None:
        self._behind = behind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lost = None if REGIONS.are_all_there() else _lost_region(scope)
        if lost is None:
            await self._behind(scope, receive, send)
            return
        await REGIONS.keep_silent(lost)
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER})
        else:
            body = await read(receive)
            await answer(send, *requests.refusal(scope["method"], scope["path"], headers_of(scope), body, lost))


def _lost_region(scope: Scope) -> str | None:
    """The lost Region without which a request can't be served."""
    if scope["type"] not in {"http", "websocket"} or scope["path"].startswith(endpoints.PREFIX):
        return None
    if scope.get(requests.SERVED_IN):
        return str(scope[requests.SERVED_IN]) if REGIONS.is_lost(scope[requests.SERVED_IN]) else None
    query = scope.get("query_string", b"").decode("latin-1")
    needed = requests.regions_of(scope["path"], query, headers_of(scope))
    return next((region for region in sorted(needed) if REGIONS.is_lost(region)), None)
