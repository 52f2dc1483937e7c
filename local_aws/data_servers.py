"""The servers that stand for databases and caches: what there is."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass

_HTTP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class DataServer:
    """A server on this machine, where the endpoint of a database or a cache leads.

    Attributes:
        kind: What it stands for, such as ``database``.
        identifier: Of that.
        name: What it is, such as ``PostgreSQL``.
        host: Where it listens.
        port: There.
        certificate: What clients check it by; None where it does without TLS.
    """

    kind: str
    identifier: str
    name: str
    host: str
    port: int
    certificate: str | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A database or cache at whose endpoint nothing listens, although something could.

    Attributes:
        kind: What it is.
        identifier: Its name.
        reason: And what to do about it.
    """

    kind: str
    identifier: str
    reason: str


@dataclass(frozen=True, slots=True)
class DataServers:
    """What stands for databases and caches.

    Attributes:
        running: The servers.
        missing: What has none.
    """

    running: Sequence[DataServer]
    missing: Sequence[Missing]


def read(port: int) -> DataServers:
    """As the server on this port has it now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_HTTP_SECONDS)
    try:
        connection.request("GET", "/_local_aws/data-servers")
        found = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return DataServers([DataServer(**one) for one in found["running"]], [Missing(**one) for one in found["missing"]])
