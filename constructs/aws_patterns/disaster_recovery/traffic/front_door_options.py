"""What may be chosen about the front door of a workload in two Regions, and its names. Needs no CDK."""

from __future__ import annotations

from aws_patterns._types import typed
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import RegionRole, Strategy
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.strategy_options import check_domain
from aws_patterns.disaster_recovery.traffic.health_check_options import check_endpoint_check
from aws_patterns.disaster_recovery.traffic.routing_options import (
    Failover,
    Geoproximity,
    Latency,
    Weighted,
    check_routing,
)

# What both Regions may serve by; everything else has one of them serve.
BothServe = Latency | Weighted | Geoproximity


def regional_domain_name(domain_name: str, role: RegionRole) -> str:
    """By which one Region is called, whoever serves."""
    return f"{role}.{domain_name}"


def routed_domain_name(domain_name: str, routing: BothServe | Failover) -> str:
    """Of the records that are chosen among: each policy has a name of its own."""
    return f"{routing.label}.{domain_name}"


def routing_of(strategy: Strategy) -> BothServe | None:
    """How a strategy's traffic is spread, unless somebody wants it otherwise."""
    return Latency() if strategy is Strategy.MULTI_SITE else None


@typed
def check_front_door(
    problems: Problems,
    *,
    domain: RegionalDomain,
    role: RegionRole,
    health_path: str = "/health",
    both_serve: BothServe | None = None,
    automatic_failover: bool = False,
    check_interval_seconds: int = defaults.CHECK_INTERVAL_SECONDS,
    check_failures: int = defaults.CHECK_FAILURES,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``FrontDoor``."""
    check_domain(problems, domain_name=domain.domain_name, hosted_zone_id=domain.hosted_zone_id)
    problems.one_of("role", role, tuple(RegionRole))
    checked = Problems("")
    check_endpoint_check(
        checked,
        domain_name="example.org",
        path=health_path,
        interval_seconds=check_interval_seconds,
        failures=check_failures,
    )
    for problem in checked.found:
        problems.add(_renamed(problem))
    if both_serve is not None:
        checked = Problems("")
        check_routing(checked, routing=both_serve, is_alias=True)
        for problem in checked.found:
            problems.add(problem.replace("routing", "both_serve", 1))
        if automatic_failover:
            problems.add(
                "automatic_failover has no effect with both_serve: a Region that is not healthy gets no traffic "
                "anyway. Leave one of them out"
            )


def _renamed(problem: str) -> str:
    """What a health check calls it, as the front door does."""
    for known, called in (
        ("path", "health_path"),
        ("interval_seconds", "check_interval_seconds"),
        ("failures", "check_failures"),
    ):
        if problem.startswith(f"{known} "):
            return f"{called}{problem.removeprefix(known)}"
    return problem
