"""In a lost Region nothing goes on: functions do not start, tasks of state machines wait, schedules pass by.

What waits goes on when the Region is back. A function that runs already runs on; its calls of AWS in that Region are
refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record
from local_aws.launcher.regions.reachability import REGIONS

_Source = tuple[str, str, Record]


def install() -> None:
    """Stop there."""
    hooks.DISPATCH_FUNCTION.replace(_later(cast("Callable[..., Any]", hooks.DISPATCH_FUNCTION.get())))
    for hook in (hooks.INVOKE_RESOURCE, hooks.INVOKE_WITH_CALLBACK):
        hook.replace(_later(cast("Callable[..., Any]", hook.get())))
    sources = cast("Callable[[], Iterable[_Source]]", hooks.EVENT_SOURCES.get())

    def sources_at_work() -> Iterator[_Source]:
        return (source for source in sources() if not REGIONS.is_lost(source[1]))

    hooks.EVENT_SOURCES.replace(sources_at_work)
    invoke = cast("Callable[..., None]", hooks.INVOKE_TARGET.get())

    def invoke_unless_lost(*arguments: object) -> None:
        if not REGIONS.is_lost(hooks.region()):
            invoke(*arguments)

    hooks.INVOKE_TARGET.replace(invoke_unless_lost)


def _later(do: Callable[..., Any]) -> Callable[..., Any]:
    """The same, once the Region of the request being served is there."""

    def do_when_back(*arguments: object, **named: object) -> object:
        region = hooks.region()
        if REGIONS.is_lost(region) and not _on_the_loop():
            REGIONS.wait_until_back(region)
        return do(*arguments, **named)

    return do_when_back


def _on_the_loop() -> bool:
    """Whether the server's event loop does this: it must not wait, and what it does was asked for by a request."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
