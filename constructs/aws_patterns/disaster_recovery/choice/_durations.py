"""Durations as people type them."""

from __future__ import annotations

import re

from aws_patterns.recovery import DAY, HOUR, MINUTE

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?", re.ASCII)
_UNITS = {None: 1, "s": 1, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY}


def seconds_of(typed: str) -> float:
    """``90``, ``90s``, ``15m``, ``1.5h`` or ``1d``, in seconds.

    Raises:
        ValueError: It is none of these.
    """
    found = _DURATION.fullmatch(typed.strip())
    if found is None:
        raise ValueError(f"must be a duration such as 90s, 15m, 4h or 1d, got {typed!r}")
    return float(found[1]) * _UNITS[found[2]]
