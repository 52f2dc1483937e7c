"""Which Regions are cut off, and which are lost.

Cut off, a Region goes on, and what is replicated waits at its border: what AWS's Fault Injection Service does by
pausing replication. Lost, it can't be reached either: requests are refused with 503, or left without an answer, and
nothing runs there. Its data stay; replication brings up what is behind once it is back.

Source: https://docs.aws.amazon.com/fis/latest/userguide/cross-region-scenario.html
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Mapping

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}", re.ASCII)
_POLL_SECONDS = 0.02


class Regions:
    """What is known of them."""

    def __init__(self) -> None:
        self._cut: set[str] = set()
        self._lost: set[str] = set()
        self._silent: set[str] = set()
        self._changed = threading.Condition()
        self._waiting: list[Callable[[], None]] = []

    def when_reconnected(self, act: Callable[[], None]) -> None:
        """Have something done each time that all Regions are reconnected."""
        self._waiting.append(act)

    def isolate(self, request: Mapping[str, object]) -> None:
        """Keep what is written in a Region from the others, and theirs from it. Raises ValueError."""
        self._cut.add(_region(request, "isolate"))

    def lose(self, request: Mapping[str, object]) -> None:
        """Let a Region be out of reach. Raises ValueError."""
        region, silent = _region(request, "lose"), request.get("silent", False)
        if not isinstance(silent, bool):
            raise ValueError(f"silent must be true or false, got {silent!r}")
        self._lost.add(region)
        (self._silent.add if silent else self._silent.discard)(region)

    def reconnect(self) -> None:
        """Let all Regions be reached, and have what was kept from them."""
        self.clear()
        for act in self._waiting:
            act()

    def clear(self) -> None:
        """Let all Regions be reached."""
        with self._changed:
            self._cut.clear()
            self._lost.clear()
            self._silent.clear()
            self._changed.notify_all()

    def are_connected(self, *regions: str) -> bool:
        """Whether data get from each to each other."""
        return not (self._cut | self._lost).intersection(regions)

    def are_all_there(self) -> bool:
        """Whether no Region is lost."""
        return not self._lost

    def is_lost(self, region: str) -> bool:
        """Whether it is out of reach."""
        return region in self._lost

    def wait_until_back(self, region: str) -> None:
        """Return when a Region is not lost, or is no more. Blocks; not for the server's event loop."""
        with self._changed:
            self._changed.wait_for(lambda: region not in self._lost)

    async def keep_silent(self, region: str) -> None:
        """Return when a Region may answer, if only to refuse."""
        while region in self._silent:
            await asyncio.sleep(_POLL_SECONDS)


def _region(request: Mapping[str, object], verb: str) -> str:
    region = request.get("region")
    if not (isinstance(region, str) and _REGION.fullmatch(region)):
        raise ValueError(f"a Region to {verb} needs the text region, such as us-west-2, got {region!r}")
    return region


REGIONS = Regions()
