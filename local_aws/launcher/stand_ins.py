"""Programs on this machine that stand in for instances: nothing boots here, but something may answer in their place."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from local_aws.launcher import hooks

_INSTANCE = re.compile(r"^i-[0-9a-f]+$")
_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class StandIn:
    """Where the program listens; without a port, where its instance is expected to."""

    address: str
    port: int | None


_lock = threading.Lock()
_known: dict[str, StandIn] = {}


def add(request: Mapping[str, object]) -> None:
    """Let a program stand in for an instance. Raises ValueError naming what is wrong."""
    instance, address, port = (request.get(key) for key in ("instance", "address", "port"))
    if not (isinstance(instance, str) and _INSTANCE.match(instance) and isinstance(address, str)):
        raise ValueError("a stand-in needs the texts instance (an id) and address")
    if port is not None and (not isinstance(port, int) or port not in _PORTS):
        raise ValueError(f"port must be from 1 to 65535 or null, got {port!r}")
    with _lock:
        _known[instance] = StandIn(address, port)
    for (_account, _region, found), record in _instances():
        if found == instance:
            record["PrivateIpAddress"] = address


def remove(instance: str) -> None:
    """Let nothing stand in for an instance any more."""
    with _lock:
        _known.pop(instance, None)


def of(instance: str) -> StandIn | None:
    """The stand-in of an instance."""
    return _known.get(instance)


def clear() -> None:
    """Forget all of them."""
    with _lock:
        _known.clear()


def _instances() -> list[tuple[tuple[str, str, str], dict[str, object]]]:
    return list(hooks.scoped(hooks.INSTANCES).all_items())
