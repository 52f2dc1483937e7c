"""What follows from what the watch has seen. Pure: no AWS, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from recovery_state.logic import Lock, Role, Serving, read, written

Json = Mapping[str, object]

FAILBACK = "failback"


@dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    """A heartbeat in one table or bucket: written in the primary, looked for in the recovery Region.

    Attributes:
        since: When the first was written.
        sent: When the last was written; empty if none was.
        seen: Of those that have arrived, when the last was written; empty if none has.
        lag_seconds: How far the recovery Region was behind at the last look; ``None``: not known yet.
        sent_version: Of the object in the primary's bucket, so that it can be taken away; empty for tables.
        seen_version: Of its copy.
    """

    since: str = ""
    sent: str = ""
    seen: str = ""
    lag_seconds: float | None = None
    sent_version: str = ""
    seen_version: str = ""

    @classmethod
    def of(cls, values: object) -> Beat:
        """From what the state holds; anything else is none yet."""
        if not isinstance(values, Mapping):
            return cls()
        texts = {
            name: str(values.get(name) or "") for name in ("since", "sent", "seen", "sent_version", "seen_version")
        }
        lag = values.get("lag_seconds")
        return cls(**texts, lag_seconds=float(lag) if isinstance(lag, int | float) else None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Primary:
    """What the primary's endpoint says.

    Attributes:
        healthy: Whether it serves; ``None``: it has not registered, so nobody knows.
        reason: In words.
    """

    healthy: bool | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fence:
    """Whether the primary was kept from serving; ``None``: it may serve."""

    closed: bool | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One look.

    Attributes:
        at: When.
        serving: Who gets the traffic.
        primary: What its endpoint says.
        fence: What was done about it.
        beats: By table or bucket.
        untold: Why replication could not be measured, by table or bucket.
    """

    at: datetime
    serving: Role
    primary: Primary
    fence: Fence = Fence()
    beats: Mapping[str, Beat] = field(default_factory=dict)
    untold: Mapping[str, str] = field(default_factory=dict)

    @property
    def lag_seconds(self) -> float | None:
        """Of the part that is the furthest behind."""
        known = [beat.lag_seconds for beat in self.beats.values() if beat.lag_seconds is not None]
        return max(known) if known else None

    @property
    def is_outage(self) -> bool:
        """Whether the primary should serve and does not."""
        return self.serving is Role.PRIMARY and self.primary.healthy is False

    @property
    def both_serve(self) -> bool:
        """Whether the primary serves although the recovery Region does."""
        return self.serving is Role.RECOVERY and self.primary.healthy is True and self.fence.closed is False


def must_fence(serving: Serving, lock: Lock | None) -> bool:
    """Whether the primary has to be kept out: while the recovery Region serves, and nobody is bringing it back."""
    return serving.role is Role.RECOVERY and (lock is None or lock.mode != FAILBACK)


def arrived(beat: Beat, seen: str, now: datetime) -> Beat:
    """After a look for a heartbeat: how far behind is what has arrived?

    What was written last has arrived: so long did it take at most. It has not: whatever was written since the last one
    that has may be missing.
    """
    newest = max(beat.seen, seen)
    known_since = newest or beat.since
    lag = (now - read(known_since)).total_seconds() if known_since else None
    return Beat(
        since=beat.since,
        sent=beat.sent,
        seen=newest,
        lag_seconds=None if lag is None else max(lag, 0.0),
        sent_version=beat.sent_version,
        seen_version=beat.seen_version,
    )


def metrics(look: Look) -> Sequence[tuple[str, str, float]]:
    """What is published: name, unit, value."""
    found = [
        ("PrimaryUnhealthy", "Count", float(look.is_outage)),
        ("BothServe", "Count", float(look.both_serve)),
        ("ReplicationUnknown", "Count", float(bool(look.untold) and not look.is_outage)),
    ]
    # An old one would hide that nothing can be measured.
    if look.lag_seconds is not None and look.serving is Role.PRIMARY and not look.untold:
        found.append(("ReplicationLag", "Seconds", look.lag_seconds))
    return found


def watch_values(look: Look, before: Json | None) -> dict[str, object]:
    """What the item ``watch`` holds: the last look, and since when the primary has been as it is."""
    known = before or {}
    same = known.get("primary_healthy") == look.primary.healthy and known.get("serving") == str(look.serving)
    failures = known.get("failures")
    counted = failures if isinstance(failures, int) and same else 0
    return {
        "at": written(look.at),
        "since": str(known.get("since")) if same and known.get("since") else written(look.at),
        "serving": str(look.serving),
        "primary_healthy": look.primary.healthy,
        "failures": counted + 1 if look.is_outage else 0,
        "reason": look.primary.reason,
        "fenced": look.fence.closed,
        "fence_reason": look.fence.reason,
    }


def heartbeat_values(look: Look) -> dict[str, object]:
    """What the item ``heartbeat`` holds."""
    parts = {
        name: {
            "since": beat.since,
            "sent": beat.sent,
            "seen": beat.seen,
            "lag_seconds": beat.lag_seconds,
            "sent_version": beat.sent_version,
            "seen_version": beat.seen_version,
        }
        for name, beat in look.beats.items()
    }
    return {"at": written(look.at), "lag_seconds": look.lag_seconds, "parts": parts, "untold": dict(look.untold)}
