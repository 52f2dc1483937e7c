"""What an instance must pass to be kept. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults


class HealthCheckKind(StrEnum):
    """Whose judgement counts."""

    EC2 = "ec2"
    """EC2's status checks: the machine and its network, whatever the application does."""
    ELB = "elb"
    """The load balancer's as well: an instance whose application does not answer is replaced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetHealth:
    """When an instance is replaced: ``FleetHealth(check=HealthCheckKind.ELB, grace_seconds=120)``.

    Args:
        check: Default ``EC2``; what stands behind a load balancer wants ``ELB``.
        grace_seconds: How long a new one may take before it is judged. Default 300 s.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html
    """

    check: HealthCheckKind = HealthCheckKind.EC2
    grace_seconds: int = defaults.HEALTH_GRACE_SECONDS


def check_health(problems: Problems, health: FleetHealth, *, name: str = "health") -> None:
    """Add to ``problems`` whatever is wrong with how the instances of one fleet are judged."""
    problems.one_of(f"{name}.check", health.check, tuple(HealthCheckKind))
    problems.between(f"{name}.grace_seconds", health.grace_seconds, 0, 7_200, " s")
