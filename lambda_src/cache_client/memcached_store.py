"""Memcached as a store, on one node or on several."""

from __future__ import annotations

import math
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from pymemcache.client.base import PooledClient  # type: ignore[import-untyped] # published without types
from pymemcache.client.hash import HashClient  # type: ignore[import-untyped] # published without types
from pymemcache.exceptions import MemcacheError, MemcacheServerError  # type: ignore[import-untyped] # as above

from cache_client.store import TooLargeError, UnavailableError

_CONNECT_SECONDS = 1.0
_ANSWER_SECONDS = 1.0
# After which the nodes are asked for anew: some may have come or gone.
_NODES_SECONDS = 60.0
# What is more is a moment to Memcached, in seconds since 1970.
_LONGEST_SPAN_SECONDS = 2_592_000
_TOO_LARGE = b"too large"

T = TypeVar("T")


class MemcachedStore:
    """A store. Threads may share it, each with a connection of its own at a time. There are no sorted sets.

    Times to live are whole seconds, rounded up. A value is at most 1 MiB, less its key.

    Args:
        host: The endpoint.
        port: There.
        tls: How to encrypt. ``None``: not.
        discovery: Whether the endpoint says which nodes there are, as ElastiCache's configuration endpoint does. Keys
            are divided among them.
    """

    def __init__(self, host: str, port: int, *, tls: ssl.SSLContext | None, discovery: bool = False) -> None:
        self._server = (host, port)
        self._discovery = discovery
        self._options: dict[str, Any] = {
            "connect_timeout": _CONNECT_SECONDS,
            "timeout": _ANSWER_SECONDS,
            "no_delay": True,
            "tls_context": tls,
            # Every answer is waited for: an error is to be seen when it happens.
            "default_noreply": False,
        }
        self._lock = threading.Lock()
        self._made: Any = None
        self._nodes: list[tuple[str, int]] = []
        self._asked = -math.inf

    def get(self, key: str) -> bytes | None:
        """What is there."""
        found: bytes | None = self._ask(lambda client: client.get(key))
        return found

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep it."""
        self._ask(lambda client: client.set(key, value, expire=_expiry(seconds)))

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep it where nothing is."""
        return bool(self._ask(lambda client: client.add(key, value, expire=_expiry(seconds))))

    def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """Keep it where the old one is."""

        def swapped(client: Any) -> bool:
            found, unique = client.gets(key)
            # None where it is gone meanwhile, False where another one is there.
            return found == old and client.cas(key, new, unique, expire=_expiry(seconds)) is True

        return self._ask(swapped)

    def delete(self, key: str) -> None:
        """Forget it."""
        self._ask(lambda client: client.delete(key))

    def check(self) -> None:
        """Whether it answers, for a health check.

        Raises:
            UnavailableError: It does not.
        """
        self._ask(lambda client: client.get("check"))

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def _ask(self, ask: Callable[[Any], T]) -> T:
        try:
            return ask(self._client())
        except MemcacheServerError as error:
            if any(isinstance(word, bytes) and _TOO_LARGE in word for word in error.args):
                raise TooLargeError("more than Memcached takes as one value") from None
            raise UnavailableError(type(error).__name__) from None
        except (MemcacheError, OSError) as error:
            # Not the text: it may quote what was asked for.
            raise UnavailableError(type(error).__name__) from None

    def _client(self) -> Any:
        with self._lock:
            if self._discovery and time.monotonic() - self._asked >= _NODES_SECONDS:
                self._follow_nodes()
            if self._made is None:
                self._made = PooledClient(self._server, **self._options)
            return self._made

    def _follow_nodes(self) -> None:
        endpoint = PooledClient(self._server, **self._options)
        try:
            nodes = _nodes_of(endpoint.raw_command(b"config get cluster", end_tokens=b"\n\r\nEND\r\n"))
        except (MemcacheError, OSError):
            if not self._nodes:
                raise
            # Those known before may still answer.
            nodes = self._nodes
        finally:
            endpoint.close()
        self._asked = time.monotonic()
        if nodes != self._nodes:
            # The one before closes by itself, once nobody uses it any more.
            self._nodes, self._made = nodes, HashClient(nodes, use_pooling=True, **self._options)


def _nodes_of(answer: bytes) -> list[tuple[str, int]]:
    """From ``name|address|port`` of each node, on the second line after the head."""
    lines = answer.decode("ascii").split("\n")
    listed = (node.split("|") for node in lines[2].split())
    # By name: an address has no certificate.
    return sorted((name, int(port)) for name, _address, port in listed)


def _expiry(seconds: float) -> int:
    whole = max(1, math.ceil(seconds))
    return whole if whole <= _LONGEST_SPAN_SECONDS else math.ceil(time.time() + seconds)
