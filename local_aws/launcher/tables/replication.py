"""Brings changes of items to the replicas in other Regions as DynamoDB does: a little later, and the last writer wins.

The emulator changes all replicas in the request itself: no write could ever meet another one on its way. Here a change
is under way for a moment, and a Region can be cut off from the others, as AWS's Fault Injection Service does it.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from local_aws.launcher import hooks, metrics
from local_aws.launcher.hooks import Record
from local_aws.launcher.regions.reachability import REGIONS

# AWS: usually within a second.
_SECONDS = 0.2

_Key = tuple[str, object, object]


@dataclass(frozen=True, slots=True)
class _Change:
    """One written item on its way to one replica; ``new`` is None where it was deleted."""

    account: str
    source: str
    target: str
    table: str
    keys: Record
    new: Record | None
    version: int
    written: float


class Replication:
    """What is under way between Regions."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: deque[_Change] = deque()
        self._clock = itertools.count(1)
        # By table, partition and sort key: when the item that a replica holds, or lacks, was written.
        self._versions: dict[_Key, int] = {}

    def install(self) -> None:
        """Take the place of the emulator's replication."""
        self._loop = asyncio.get_running_loop()
        hooks.REPLICATE_ITEM.replace(self._written)
        REGIONS.when_reconnected(lambda: self._deliver_soon(0))

    def clear(self) -> None:
        """Forget everything."""
        self._under_way.clear()
        self._versions.clear()

    def _written(self, table: Record, _event: str, old: Record | None, new: Record | None) -> None:
        """In place of the emulator's; called for each change that somebody makes, not for those that arrive."""
        home = hooks.region()
        others = [region for region in table.get("_global_regions") or () if region != home]
        if not others:
            return
        keys = cast("Record", new if new is not None else old)
        version = next(self._clock)
        self._versions[_key(table, keys)] = version
        for region in others:
            change = _Change(
                account=hooks.account(),
                source=home,
                target=region,
                table=str(table["TableName"]),
                keys=keys,
                new=copy.deepcopy(new),
                version=version,
                written=time.time(),
            )
            self._under_way.append(change)
        self._deliver_soon(_SECONDS)

    def _deliver_soon(self, seconds: float) -> None:
        # The emulator's requests are served by the loop, one after the other: nothing else may touch its tables.
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(lambda: loop.call_later(seconds, self._deliver))

    def _deliver(self) -> None:
        for _ in range(len(self._under_way)):
            change = self._under_way.popleft()
            if REGIONS.are_connected(change.source, change.target):
                self._arrive(change)
            else:
                self._under_way.append(change)

    def _arrive(self, change: _Change) -> None:
        with hooks.scope(change.account, change.target):
            replica = hooks.store(hooks.TABLES).get(change.table)
            if replica is None:
                return
            key = _key(replica, change.keys)
            if self._versions.get(key, 0) < change.version:
                self._versions[key] = change.version
                _apply(change, replica, key)
        with hooks.scope(change.account, change.source):
            milliseconds = (time.time() - change.written) * 1000
            dimensions = {"TableName": change.table, "ReceivingRegion": change.target}
            metrics.record("AWS/DynamoDB", "ReplicationLatency", milliseconds, "Milliseconds", dimensions)


def _apply(change: _Change, replica: Record, key: _Key) -> None:
    """Let a replica have the item, and its stream a record of that."""
    _, partition, sort = key
    previous = replica["items"].get(partition, {}).get(sort)
    if change.new is None and previous is None:
        return
    if change.new is None:
        cast("Callable[..., object]", hooks.REMOVE_ITEM.get())(replica, partition, sort)
    else:
        cast("Callable[..., object]", hooks.SET_ITEM.get())(replica, partition, sort, copy.deepcopy(change.new))
    event = "REMOVE" if change.new is None else "MODIFY" if previous else "INSERT"
    emit = cast("Callable[..., None]", hooks.EMIT_CHANGE.get())
    emit(change.table, event, previous, copy.deepcopy(change.new), replicate=False)


def _key(table: Record, item: Record) -> _Key:
    value = cast("Callable[[object], object]", hooks.KEY_VALUE.get())
    sort = value(item.get(table["sk_name"])) if table["sk_name"] else "__no_sort__"
    return str(table["TableId"]), value(item.get(table["pk_name"])), sort


REPLICATION = Replication()
