"""What may be chosen about a fleet of instances, and within which limits. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute.capacity import Capacity, check_capacity
from aws_patterns.compute.health import FleetHealth, HealthCheckKind, check_health
from aws_patterns.compute.instance_refresh import InstanceRefresh, check_instance_refresh
from aws_patterns.compute.instances import Instances, check_instances
from aws_patterns.compute.mixed_fleet import MixedFleet, check_mixed_fleet
from aws_patterns.compute.placement import Placement, PlacementStrategy, check_placement
from aws_patterns.compute.rolling_update import RollingUpdate, check_rolling_update
from aws_patterns.compute.termination_policies import TerminationPolicy, check_termination_policies

_ITSELF = ("localhost", "127.0.0.1", "::1")
_QUOTES = ("'", "\n")


def default_capacity(zones: int) -> Capacity:
    """One instance in each zone, and twice as many at most."""
    return Capacity(minimum=zones, maximum=2 * zones)


@typed
def check_fleet(
    problems: Problems,
    *,
    zones: int,
    capacity: Capacity | None = None,
    instances: Instances = Instances(),  # noqa: B008 - frozen
    mixed_fleet: MixedFleet | None = None,
    placement: Placement | None = None,
    termination_policies: Sequence[str] = (TerminationPolicy.DEFAULT,),
    warm_up_seconds: int = defaults.WARM_UP_SECONDS,
    health: FleetHealth = FleetHealth(),  # noqa: B008 - frozen
    update: InstanceRefresh | RollingUpdate = InstanceRefresh(),  # noqa: B008 - frozen
    rollback_alarms: int = 0,
    health_url: str | None = None,
    start_seconds: int = defaults.START_SECONDS,
    trust_new_instances: bool = False,
    down_with_its_zone: bool = False,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one fleet over so many ``zones``."""
    capacity = capacity or default_capacity(zones)
    in_cluster = placement is not None and placement.strategy == PlacementStrategy.CLUSTER
    if zones == 1 and not in_cluster and not down_with_its_zone:
        problems.add(
            "subnets must be in several zones, got 1: a fleet in one zone goes down with it. Choose others, or accept "
            "that with down_with_its_zone=True"
        )
    check_capacity(problems, capacity, zones=zones)
    check_instances(problems, instances, mixed=mixed_fleet is not None)
    check_mixed_fleet(problems, mixed_fleet, capacity=capacity, instance_types=instances.instance_types)
    check_placement(problems, placement, capacity=capacity, zones=zones, instance_types=instances.instance_types)
    check_termination_policies(problems, termination_policies)
    problems.between("warm_up_seconds", warm_up_seconds, 0, defaults.LONGEST_WARM_UP_SECONDS, " s")
    check_health(problems, health)
    _check_patience(problems, health, start_seconds, trusted=trust_new_instances)
    if isinstance(update, InstanceRefresh):
        check_instance_refresh(problems, update, rollback_alarms=rollback_alarms)
    else:
        check_rolling_update(problems, update, capacity=capacity)
        if rollback_alarms:
            problems.add(
                "rollback_alarms are looked at by InstanceRefresh alone, got RollingUpdate: leave them out, or use "
                "update=InstanceRefresh()"
            )
    _check_start(problems, health_url, start_seconds, trusted=trust_new_instances)


def _check_patience(problems: Problems, health: FleetHealth, start_seconds: int, *, trusted: bool) -> None:
    """An instance that may take longer to start than it is spared is replaced before it is up, again and again."""
    known = not is_token(health.grace_seconds) and not is_token(start_seconds)
    if health.check == HealthCheckKind.ELB and known and not trusted and health.grace_seconds < start_seconds:
        problems.add(
            f"health.grace_seconds must be at least start_seconds, {start_seconds} s, got {health.grace_seconds} s: "
            "instances would be replaced that may still be starting; change the one or the other"
        )


def _check_start(problems: Problems, health_url: str | None, start_seconds: int, *, trusted: bool) -> None:
    problems.between(
        "start_seconds", start_seconds, defaults.SHORTEST_START_SECONDS, defaults.LONGEST_START_SECONDS, " s"
    )
    if health_url is None:
        return
    if trusted:
        problems.add(
            "health_url is asked for the signal that trust_new_instances leaves out: give up one of the two, got "
            f"{health_url!r}"
        )
    if is_token(health_url):
        return
    parts = urlsplit(health_url)
    if parts.scheme not in {"http", "https"} or parts.hostname not in _ITSELF or any(c in health_url for c in _QUOTES):
        problems.add(
            f"health_url must be what an instance asks itself, such as http://localhost:8080/health, got {health_url!r}"
        )
