"""Copies and deletions that wait for Regions that are cut off."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record
from local_aws.launcher.regions.reachability import REGIONS

# Account, Region and bucket, and what is to be done.
_waiting: deque[tuple[str, str, str, Callable[[], None]]] = deque()


def install() -> None:
    """Go on with them when all Regions are connected again."""
    REGIONS.when_reconnected(_go_on)


def is_connected(bucket: str, rule: Mapping[str, Any]) -> bool:
    """Whether copies get from a bucket to the destination of a rule; the request's Region may be another one."""
    buckets = hooks.store(hooks.BUCKETS)
    there = str(rule["Destination"]["Bucket"]).rpartition(":")[2]
    return REGIONS.are_connected(*(region_of(buckets[name]) for name in (bucket, there) if name in buckets))


def region_of(bucket: Record) -> str:
    """The Region of a bucket, by the emulator's record of it."""
    return str(bucket.get("region") or hooks.region())


def put_off(bucket: str, act: Callable[[], None]) -> None:
    """Have something done for a bucket later, unless it is gone then."""
    _waiting.append((hooks.account(), hooks.region(), bucket, act))


def forget() -> None:
    """Let nothing wait any more."""
    _waiting.clear()


def _go_on() -> None:
    while _waiting:
        account, region, bucket, act = _waiting.popleft()
        with hooks.scope(account, region):
            if bucket in hooks.store(hooks.BUCKETS):
                act()
