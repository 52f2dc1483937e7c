"""Regions that are cut off from the others, or lost: what is asked of them is refused, and what runs there stops."""

from __future__ import annotations

from local_aws.launcher.regions import standstill


def install() -> None:
    """Stop what runs in lost Regions. To be called after everything else that wraps functions."""
    standstill.install()
