"""Ends the time of items within seconds, where AWS takes up to a few days, and tells their table's stream.

The emulator takes them away once a minute, and neither the stream nor the other Regions hear of it.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record

_EMULATORS_THREAD = "dynamodb-ttl-reaper"
_OLDEST_SECONDS = 5 * 365 * 86_400
# As the stream's own API writes it, and as Lambda does.
_BY_DYNAMODB = {
    "PrincipalId": "dynamodb.amazonaws.com",
    "Type": "Service",
    "principalId": "dynamodb.amazonaws.com",
    "type": "Service",
}
_loops: list[asyncio.AbstractEventLoop] = []


def install() -> None:
    """Take the place of the emulator's thread, which runs since it was imported and can't be stopped."""
    _loops[:] = [asyncio.get_running_loop()]
    remove = cast("Callable[..., object]", hooks.REMOVE_ITEM.get())

    def remove_unless_expired(table: Record, partition: object, sort: object) -> object:
        ours = threading.current_thread().name != _EMULATORS_THREAD
        return remove(table, partition, sort) if ours else None

    hooks.REMOVE_ITEM.replace(remove_unless_expired)


def look() -> None:
    """Take away every item whose time has come; to be called again and again."""
    # The emulator's requests are served by the loop, one after the other: nothing else may touch its tables.
    for loop in _loops:
        loop.call_soon_threadsafe(_expire_all)


def _expire_all() -> None:
    for (account, region, name), setting in list(hooks.scoped(hooks.EXPIRY_SETTINGS).all_items()):
        if setting.get("TimeToLiveStatus") == "ENABLED":
            with hooks.scope(account, region):
                table = hooks.store(hooks.TABLES).get(name)
                # Of a global table one replica does it, and the others hear of it as of any deletion.
                if table and region == min(table.get("_global_regions") or [region]):
                    _expire(name, table, str(setting["AttributeName"]))


def _expire(name: str, table: Record, field: str) -> None:
    now = time.time()
    for partition, items in list(table["items"].items()):
        for sort, item in list(items.items()):
            if now - _OLDEST_SECONDS <= _end_of(item, field) <= now:
                cast("Callable[..., object]", hooks.REMOVE_ITEM.get())(table, partition, sort)
                cast("Callable[..., None]", hooks.EMIT_CHANGE.get())(name, "REMOVE", item, None)
                if (table.get("StreamSpecification") or {}).get("StreamEnabled"):
                    hooks.lists(hooks.STREAM_RECORDS)[name][-1]["userIdentity"] = dict(_BY_DYNAMODB)


def _end_of(item: Mapping[str, Mapping[str, str]], field: str) -> float:
    """When it goes; what has no number there stays."""
    try:
        return float(item.get(field, {})["N"])
    except (KeyError, ValueError):
        return float("inf")
