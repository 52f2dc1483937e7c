"""Leads public host names to the embedded AWS: in functions, which run this file's text, and in tests.

Python asks the system for the address of a name in one place, whatever library wants to connect. What the server
knows of is found on the loopback instead; TLS is spoken there too, by certificates of the server's own authority.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

_SECONDS = 10
_HTTPS = (443, "443", "https")
_LOOPBACK = "127.0.0.1"


def lead_here(port: int, secure_port: int) -> Callable[[], None]:
    """Resolve names in this process as the server says; returns what undoes it.

    Args:
        port: The server's.
        secure_port: Where it speaks TLS.
    """
    system = socket.getaddrinfo

    def resolve(host, wanted, *more, **named):  # type: ignore[no-untyped-def] # the system's
        name = host.decode() if isinstance(host, bytes) else host
        told = ask(port, name) if isinstance(name, str) and _is_public(name) else {}
        if told.get("here"):
            return system(_LOOPBACK, secure_port if wanted in _HTTPS else port, *more, **named)
        if told.get("unknown"):
            raise socket.gaierror(socket.EAI_NONAME, f"{name} has no address in the embedded AWS")
        addresses = told.get("addresses")
        instead = addresses if isinstance(addresses, list) else [host]
        return [found for address in instead for found in system(address, wanted, *more, **named)]

    def undo() -> None:
        socket.getaddrinfo = system

    socket.getaddrinfo = resolve  # type: ignore[assignment] # what it is called with, it hands on
    return undo


def ask(port: int, name: str) -> dict[str, object]:
    """What the server knows of a name: that it is ``here`` or ``unknown``, its ``addresses``, or nothing."""
    # Here, for functions that never ask start without them.
    import http.client  # noqa: PLC0415 # see above
    import json  # noqa: PLC0415 # see above
    import urllib.parse  # noqa: PLC0415 # see above

    connection = http.client.HTTPConnection(_LOOPBACK, port, timeout=_SECONDS)
    try:
        connection.request("GET", "/_local_aws/names/" + urllib.parse.quote(name, safe=""))
        return dict(json.loads(connection.getresponse().read()))
    finally:
        connection.close()


def _is_public(name: str) -> bool:
    """Whether it may be a public host name: no address, and nothing of this machine's alone."""
    return "." in name and ":" not in name and not name.rpartition(".")[2].isdigit()
