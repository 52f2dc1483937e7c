"""What stands under a key: a value and until when it is good, or a lease of somebody who is about to put one there."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from typing import Any

Json = Any
"""What JSON can say. Nothing else goes into a cache: unpickling what others can write would be running it."""

VALUE, LEASE = "value", "lease"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One of both.

    Attributes:
        until: Good so long, in seconds since 1970.
        value: ``None`` too: that there is no such thing is worth knowing.
        took: How long it took to load, in seconds.
        lease: Of whom it is; empty where nobody is at work.
        lease_until: When somebody else may.
        is_value: Whether there is a value.
    """

    until: float = 0
    value: Json = None
    took: float = 0
    lease: str = ""
    lease_until: float = 0
    is_value: bool = False

    @classmethod
    def read(cls, raw: bytes) -> Entry:
        """From what was written; what somebody else wrote is an entry of nothing, as if it were over."""
        try:
            found = json.loads(raw)
            return cls(
                until=float(found["until"]),
                value=found.get(VALUE),
                took=float(found["took"]),
                lease=str(found[LEASE]),
                lease_until=float(found["lease_until"]),
                is_value=VALUE in found,
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls()

    def written(self) -> bytes:
        """As bytes, the same for the same entry."""
        told = {"until": self.until, "took": self.took, LEASE: self.lease, "lease_until": self.lease_until}
        if self.is_value:
            told[VALUE] = self.value
        return json.dumps(told, separators=(",", ":"), allow_nan=False).encode()

    def is_good(self, now: float) -> bool:
        """Whether its value may be used."""
        return self.is_value and now < self.until

    def is_leased(self, now: float) -> bool:
        """Whether somebody is at work."""
        return bool(self.lease) and now < self.lease_until

    def leased(self, until: float) -> Entry:
        """The same, with a lease that nobody else has."""
        return replace(self, lease=secrets.token_hex(16), lease_until=until)
