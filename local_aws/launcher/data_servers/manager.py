"""Keeps a server for each database and cache that asks for one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from local_aws.launcher import hooks
from local_aws.servers.programs import ServerError

_log = logging.getLogger("local_aws")

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class DataServer:
    """A server that stands for a database or a cache.

    Attributes:
        name: What it is, as a person calls it.
        host: Where it listens.
        port: There.
        certificate: What its clients check it by; None where it does without TLS.
    """

    name: str
    host: str
    port: int
    certificate: Path | None


Start = Callable[[], AbstractContextManager[DataServer]]


class DataServers:
    """The servers by the resources that they stand for. Enabled, they start; ``close`` in the end."""

    def __init__(self) -> None:
        self._enabled = False
        self._lock = threading.RLock()
        self._running: dict[Key, tuple[DataServer, ExitStack]] = {}
        self._missing: dict[Key, str] = {}

    def enable(self) -> None:
        """Start servers from now on."""
        self._enabled = True

    def ensure(self, kind: str, identifier: str, start: Start) -> DataServer | None:
        """Have a server run for a resource of the request's account and Region.

        Args:
            kind: Of resource, as a person calls it.
            identifier: The resource's.
            start: Starts it where there is none yet.

        Returns:
            None where there is none; the status says why.
        """
        if not self._enabled:
            return None
        key = hooks.account(), hooks.region(), kind, identifier
        with self._lock:
            if known := self._running.get(key):
                return known[0]
            kept = ExitStack()
            try:
                server = kept.enter_context(start())
            except ServerError as problem:
                self._missing[key] = str(problem)
                _log.warning("Nothing listens for the %s %s: %s", kind, identifier, problem)
                return None
            self._missing.pop(key, None)
            self._running[key] = server, kept
            return server

    def find(self, kind: str, identifier: str) -> DataServer | None:
        """What runs for a resource of the request's account and Region."""
        with self._lock:
            known = self._running.get((hooks.account(), hooks.region(), kind, identifier))
        return known[0] if known else None

    def end(self, kind: str, identifier: str) -> None:
        """A resource is gone, and what it held with it."""
        key = hooks.account(), hooks.region(), kind, identifier
        with self._lock:
            self._missing.pop(key, None)
            known = self._running.pop(key, None)
        if known:
            known[1].close()

    def certificates(self) -> Sequence[Path]:
        """Of all servers that run."""
        with self._lock:
            return [server.certificate for server, _kept in self._running.values() if server.certificate]

    def status(self) -> Mapping[str, object]:
        """The servers, and the resources at whose endpoints nothing listens although something could."""
        with self._lock:
            return {
                "running": [
                    {
                        "kind": kind,
                        "identifier": identifier,
                        "name": one.name,
                        "host": one.host,
                        "port": one.port,
                        "certificate": str(one.certificate) if one.certificate else None,
                    }
                    for (_account, _region, kind, identifier), (one, _kept) in self._running.items()
                ],
                "missing": [
                    {"kind": kind, "identifier": identifier, "reason": reason}
                    for (_account, _region, kind, identifier), reason in self._missing.items()
                ],
            }

    def close(self) -> None:
        """End every server; returns when they are gone."""
        with self._lock:
            ending = [kept for _server, kept in self._running.values()]
            self._running.clear()
            self._missing.clear()
        for kept in ending:
            kept.close()


DATA_SERVERS = DataServers()
