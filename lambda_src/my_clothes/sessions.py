"""What a visitor has with him, and the three places where it can be. Pure: stores and clocks come from outside."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cache_client.sessions import Sessions as TokenSessions
from cache_client.store import Clock, Store, TooLargeError, UnavailableError

LARGEST_COOKIE_BYTES = 3_800
"""Browsers keep 4,096 bytes of a cookie, its name and attributes included (RFC 6265, section 6.1)."""

SHORTEST_KEY = 32
"""Characters of a key: of 128 bits and more, however it is written down."""

# However often it is visited, so that what somebody stole is good for a while only.
_ABSOLUTE_SECONDS = 2_592_000
_MOST_IN_MEMORY = 10_000
_MAC_BYTES = 32


@dataclass(slots=True)
class Session:
    """What a visitor has.

    Attributes:
        cart: How many of each product.
        token: That forms have to bring back: other sites can't know it.
        order: What the next order will be called, so that one that is sent twice is one order.
    """

    cart: dict[int, int] = field(default_factory=dict)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    order: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def data(self) -> dict[str, object]:
        """As JSON has it."""
        cart = {str(product): count for product, count in self.cart.items()}
        return {"cart": cart, "token": self.token, "order": self.order}

    @classmethod
    def of(cls, data: Mapping[str, object]) -> Session | None:
        """From that; None where it is anything else, such as what another version wrote."""
        cart, token, order = (data.get(name) for name in ("cart", "token", "order"))
        if not (isinstance(cart, Mapping) and isinstance(token, str) and isinstance(order, str)):
            return None
        try:
            return cls(cart={int(product): int(count) for product, count in cart.items()}, token=token, order=order)
        except (ValueError, TypeError):
            return None


Change = Callable[[Session], None]
"""Changes a session in place. It may be asked more than once."""


class Sessions(Protocol):
    """A place for sessions. What the browser sends back is ``cookie``; nobody but the place understands it.

    Each method may raise ``UnavailableError``, and what writes ``TooLargeError``.
    """

    def create(self, session: Session) -> str:
        """Begin one; what the browser is to send back."""

    def read(self, cookie: str) -> Session | None:
        """What it holds; None where there is no such thing, or no more."""

    def update(self, cookie: str, change: Change) -> str | None:
        """Change one; what the browser is to send back from now on. None where there is none."""


class InStore:
    """On a server, or in this process; the browser has a token. Of two changes at the same time none is lost.

    Args:
        store: Where.
        seconds: Without a visit, until one is forgotten.
    """

    def __init__(self, store: Store, seconds: float) -> None:
        self._sessions = TokenSessions(
            store, idle_seconds=seconds, absolute_seconds=max(seconds, _ABSOLUTE_SECONDS), clock=Clock()
        )

    def create(self, session: Session) -> str:
        """Under a token that nobody else can guess."""
        return self._sessions.create(session.data())

    def read(self, cookie: str) -> Session | None:
        """Of this token."""
        found = self._sessions.read(cookie)
        return None if found is None else Session.of(found)

    def update(self, cookie: str, change: Change) -> str | None:
        """The token stays."""

        def changed(data: dict[str, object]) -> Mapping[str, object]:
            session = Session.of(data) or Session()
            change(session)
            return session.data()

        return None if self._sessions.update(cookie, changed) is None else cookie


class InCookie:
    """In the browser, which can read it and can't change it: what it sends back is signed.

    Nothing is kept here, so nothing can be taken back either: an earlier cookie is as good as the last until it
    expires, and of two changes at the same time one is lost. Orders are safe from that, having a name each.

    Args:
        keys: The one to sign with, and then others that may have been signed with.
        seconds: After its last change, until one is forgotten.
    """

    def __init__(
        self, keys: Callable[[], Sequence[str]], seconds: float, *, now: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._seconds = seconds
        self._now = now

    def create(self, session: Session) -> str:
        """All of it, signed."""
        text = json.dumps(session.data(), separators=(",", ":"))
        content = f"{int(self._now() + self._seconds)} {text}".encode()
        written = base64.b64encode(_signature(self._keys()[0], content) + content, altchars=b"-_").decode()
        if len(written) > LARGEST_COOKIE_BYTES:
            raise TooLargeError(f"{len(written):,} bytes, of {LARGEST_COOKIE_BYTES:,}")
        return written

    def read(self, cookie: str) -> Session | None:
        """What was signed with one of the keys."""
        try:
            raw = base64.b64decode(cookie, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        signature, content = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not any(hmac.compare_digest(signature, _signature(key, content)) for key in self._keys()):
            return None
        until, _, text = content.partition(b" ")
        return Session.of(json.loads(text)) if self._now() < int(until) else None

    def update(self, cookie: str, change: Change) -> str | None:
        """Another cookie each time."""
        session = self.read(cookie)
        if session is None:
            return None
        change(session)
        return self.create(session)


class Memory:
    """A store in this process: gone with it, and unknown to all others. Threads share it."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic, most: int = _MOST_IN_MEMORY) -> None:
        self._now = now
        self._most = most
        self._lock = threading.RLock()
        self._kept: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        """What is there."""
        with self._lock:
            value, until = self._kept.get(key, (b"", 0.0))
            return value if self._now() < until else None

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep it; of too many, the one that was changed the longest time ago goes."""
        with self._lock:
            self._kept[key] = (value, self._now() + seconds)
            self._kept.move_to_end(key)
            # Whoever begins very many of them costs others theirs, not the process its memory.
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep it where nothing is."""
        with self._lock:
            if self.get(key) is not None:
                return False
            self.put(key, value, seconds)
            return True

    def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """Keep it where the old one is."""
        with self._lock:
            if self.get(key) != old:
                return False
            self.put(key, new, seconds)
            return True

    def delete(self, key: str) -> None:
        """Forget it."""
        with self._lock:
            self._kept.pop(key, None)


def checked_keys(*keys: str) -> Sequence[str]:
    """Keys that may sign cookies.

    Raises:
        UnavailableError: One is too short to keep anybody out: better no shop than one that believes everybody.
    """
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise UnavailableError(f"a key that signs cookies must have at least {SHORTEST_KEY} characters")
    return keys


def _signature(key: str, content: bytes) -> bytes:
    return hmac.digest(key.encode(), content, "sha256")
