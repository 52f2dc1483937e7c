"""What Auto Scaling groups do beyond the emulator's: their instances start, end, fail and pass through hooks.

The instances are ids with an address: nothing boots. They are described by EC2, registered with target groups,
replaced when they are unhealthy or terminated, and held by lifecycle hooks.
"""

from __future__ import annotations

from local_aws.launcher.scaling import api, groups, permissions, policies, tracking


def install() -> None:
    """Extend the emulator's Auto Scaling."""
    groups.install()
    api.install()
    permissions.install()
    policies.install()
    tracking.install()
