"""The processes that run in the place of instances: what there is, and waiting for it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_HTTP_SECONDS = 10
_START_SECONDS = 60
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Program:
    """A program in the place of an instance.

    Attributes:
        name: What it is called, such as ``queue worker``.
    """

    name: str
    instance: str
    zone: str
    port: int
    process: int


@dataclass(frozen=True, slots=True)
class Programs:
    """What runs in the place of the instances that would install a program of this project.

    Attributes:
        running: By name and zone.
        waiting: Instances that will have a program.
        lost: Instances whose program has ended; Auto Scaling replaces them.
        restarting: Instances whose program has ended and is started again.
        unreachable: Instances that will have none: nothing here could ask it.
        sleeping: Groups without instances now, and the name of the program that theirs would have.
    """

    running: Sequence[Program]
    waiting: Sequence[str]
    lost: Sequence[str]
    restarting: Sequence[str]
    unreachable: Sequence[str]
    sleeping: Mapping[str, str]


def read(port: int) -> Programs:
    """As the server on this port has it now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_HTTP_SECONDS)
    try:
        connection.request("GET", "/_local_aws/programs")
        found = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    running = [
        Program(one["program"], instance, one["zone"], one["port"], one["process"])
        for instance, one in found.pop("running").items()
    ]
    running.sort(key=lambda one: (one.name, one.zone, one.instance))
    return Programs(running, **found)


def wait(port: int) -> None:
    """Return when each instance that gets a program has it, or when that takes unreasonably long."""
    end = time.monotonic() + _START_SECONDS
    while read(port).waiting and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
