"""What may be chosen about a group of targets, and what excludes what. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.health_check import HealthCheck, check_health_check
from aws_patterns.load_balancing.stickiness import Stickiness, check_stickiness


class Algorithm(StrEnum):
    """Which target gets a request."""

    ROUND_ROBIN = "round_robin"
    """Each in turn."""
    LEAST_OUTSTANDING_REQUESTS = "least_outstanding_requests"
    """The one that has the fewest to answer; where requests differ in weight."""
    WEIGHTED_RANDOM = "weighted_random"
    """Any, and those rarely that fail more than the others do, though they pass their health check."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MinimumHealthy:
    """What a load balancer does before the last target is unhealthy, each in per cent of the targets.

    Attributes:
        dns_failover_percent: With fewer healthy targets, DNS leads elsewhere: to other zones where cross-zone load
            balancing is off, to another Region where Route 53 evaluates the target's health. ``None``: with none.
        routing_percent: With fewer, all targets get requests, unhealthy ones too, so that the healthy ones don't break
            under the load of all. ``None``: with none.
    """

    dns_failover_percent: int | None = defaults.DNS_FAILOVER_PERCENT
    routing_percent: int | None = None


def check_target_group(
    problems: Problems,
    *,
    health_check: HealthCheck,
    stickiness: Stickiness | None = None,
    slow_start_seconds: int = defaults.SLOW_START_SECONDS,
    deregistration_delay_seconds: int = defaults.DEREGISTRATION_DELAY_SECONDS,
    algorithm: str = Algorithm.ROUND_ROBIN,
    cross_zone: bool = True,
    minimum_healthy: MinimumHealthy | None = None,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of a group behind an Application Load Balancer."""
    check_health_check(problems, health_check)
    check_stickiness(problems, stickiness)
    problems.one_of("algorithm", algorithm, tuple(Algorithm))
    known = not is_token(slow_start_seconds)
    if known and slow_start_seconds != 0 and not 30 <= slow_start_seconds <= 900:  # noqa: PLR2004 - AWS's own limits
        problems.add(f"slow_start_seconds must be 0 (none) or between 30 and 900 s, got {slow_start_seconds} s")
    if known and slow_start_seconds and algorithm in {Algorithm.LEAST_OUTSTANDING_REQUESTS, Algorithm.WEIGHTED_RANDOM}:
        problems.add(
            f"slow_start_seconds must be 0 with algorithm={str(algorithm)!r}, got {slow_start_seconds} s: only "
            "round_robin starts targets slowly"
        )
    problems.between("deregistration_delay_seconds", deregistration_delay_seconds, 1, 3_600, " s")
    if stickiness is not None and not cross_zone:
        problems.add("stickiness must be None with cross_zone=False: AWS has no sticky sessions without it")
    if minimum_healthy is not None:
        _check_minimum(problems, minimum_healthy)


def _check_minimum(problems: Problems, minimum: MinimumHealthy) -> None:
    for name, percent in (
        ("dns_failover_percent", minimum.dns_failover_percent),
        ("routing_percent", minimum.routing_percent),
    ):
        if percent is not None:
            problems.between(f"minimum_healthy.{name}", percent, 1, 100, " %")
    dns, routing = minimum.dns_failover_percent, minimum.routing_percent
    if routing is None or is_token(routing) or is_token(dns):
        return
    if dns is None or dns < routing:
        problems.add(
            f"minimum_healthy.routing_percent must not be more than dns_failover_percent ({dns or 'none'}), got "
            f"{routing} %: DNS leads elsewhere before unhealthy targets get requests"
        )
