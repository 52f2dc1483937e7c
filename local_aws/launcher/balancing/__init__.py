"""What load balancers do beyond the emulator's: weights, stickiness, conditions, health checks, metrics."""

from __future__ import annotations

from local_aws.launcher.balancing import api, health, routing, serving, targets


def install() -> None:
    """Extend the emulator's load balancers."""
    api.install()
    health.install()
    routing.install()
    targets.install()
    serving.install()
