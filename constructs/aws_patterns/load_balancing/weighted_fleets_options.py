"""What may be chosen about two fleets that share the traffic, and within which limits. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.health import FleetHealth
from aws_patterns.compute.instance_fleet_options import default_capacity
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_policies import ScalingPolicy
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.health_check import HealthCheck
from aws_patterns.load_balancing.stickiness import DurationStickiness, Stickiness, check_stickiness
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds
from aws_patterns.load_balancing.web_tier_options import TIER_HEALTH, TIER_SCALING, check_web_tier

_WHOLE = 100


class Colour(StrEnum):
    """Which of the two fleets."""

    BLUE = "blue"
    """The one that gets what green leaves: all of the traffic, at first."""
    GREEN = "green"
    """The one that gets ``green_percent`` of the traffic."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetVersion:
    """One version of an application, and its fleet: ``FleetVersion(capacity=Capacity(minimum=3, maximum=9))``.

    Args:
        instances: What its instances are, and what they run.
        capacity: How many there are. For a colour without traffic as well: it is the one to go back to. Default: one
            in each zone, and twice as many at most.
        mixed_fleet: On-Demand and Spot together. Default: On-Demand alone.
        scaling_policies: What moves the capacity within its limits. Default: half of the processors' time.
        warm_up_seconds: How long a new instance's readings don't count for scaling. Default 120 s.
        start_seconds: How long a new instance may take to be up. Default 300 s.
        update: How its next version replaces its instances. Default: a few, then the rest, watched by alarms.
        trust_new_instances: Whether a deployment goes on before its instances have answered their health check, for
            images that can't tell.
        slow_to_take_over: Whether it may be without instances while it has no traffic. What that saves is paid for
            with the way back: a deployment has to fill it before traffic can be shifted to it.
    """

    instances: Instances = Instances()  # noqa: RUF009 - frozen
    capacity: Capacity | None = None
    mixed_fleet: MixedFleet | None = None
    scaling_policies: Sequence[ScalingPolicy] = TIER_SCALING
    warm_up_seconds: int = compute_defaults.WARM_UP_SECONDS
    start_seconds: int = compute_defaults.START_SECONDS
    update: InstanceRefresh | RollingUpdate = InstanceRefresh()  # noqa: RUF009 - frozen
    trust_new_instances: bool = False
    slow_to_take_over: bool = False

    def capacity_over(self, zones: int) -> Capacity:
        """Its capacity over so many zones; where it may have no instances, also fewer than there are zones."""
        capacity = self.capacity or default_capacity(zones)
        return replace(capacity, fewer_than_zones=True) if self.slow_to_take_over else capacity

    @property
    def health(self) -> FleetHealth:
        """When its instances are replaced: not while they may still be starting."""
        return replace(TIER_HEALTH, grace_seconds=max(TIER_HEALTH.grace_seconds, self.start_seconds))


def percent_of(colour: Colour, green_percent: int) -> int:
    """A colour's share of the traffic."""
    return green_percent if colour is Colour.GREEN else _WHOLE - green_percent


@typed
def check_weighted_fleets(
    problems: Problems,
    *,
    zones: int,
    blue: FleetVersion = FleetVersion(),
    green: FleetVersion = FleetVersion(),
    green_percent: int = 0,
    colour_stickiness: Stickiness | None = None,
    stickiness: Stickiness | None = None,
    health_check: HealthCheck = HealthCheck(),  # noqa: B008 - frozen
    slow_start_seconds: int = defaults.SLOW_START_SECONDS,
    deregistration_delay_seconds: int = defaults.DEREGISTRATION_DELAY_SECONDS,
    thresholds: AlarmThresholds = AlarmThresholds(),  # noqa: B008 - frozen
) -> None:
    """Add to ``problems`` whatever is wrong with two fleets and the way the traffic is shared between them."""
    if is_token(green_percent):
        problems.add("green_percent must be known at synthesis: blue gets what is left of 100")
    else:
        problems.between("green_percent", green_percent, 0, _WHOLE, " %")
    _check_cookies(problems, colour_stickiness, stickiness)
    if zones < 2:  # noqa: PLR2004 - one has no other
        problems.add(
            f"vpc must offer the instances subnets in 2 zones or more, got {zones}: fleets in one zone go down with "
            "it. Give a network of several, such as MultiAzVpc, or other subnets of it"
        )
        zones = 2
    for colour, version in {Colour.BLUE: blue, Colour.GREEN: green}.items():
        found = Problems(colour)
        check_web_tier(
            found,
            zones=zones,
            # The front has what is in front of both.
            tls=TlsApproach.PLAIN_HTTP,
            health_check=health_check,
            slow_start_seconds=slow_start_seconds,
            deregistration_delay_seconds=deregistration_delay_seconds,
            capacity=version.capacity_over(zones),
            instances=version.instances,
            mixed_fleet=version.mixed_fleet,
            scaling_policies=version.scaling_policies,
            warm_up_seconds=version.warm_up_seconds,
            start_seconds=version.start_seconds,
            trust_new_instances=version.trust_new_instances,
            update=version.update,
            health=version.health,
            thresholds=thresholds,
        )
        _tell_of(problems, colour, found.found)
        if not is_token(green_percent):
            _check_emptiness(problems, colour, version, zones, green_percent)


def _check_cookies(problems: Problems, of_colour: Stickiness | None, of_instance: Stickiness | None) -> None:
    for name, given in {"colour_stickiness": of_colour, "stickiness": of_instance}.items():
        if given is None or isinstance(given, DurationStickiness):
            check_stickiness(problems, given, name=name)
        else:
            problems.add(
                f"{name} must be DurationStickiness or None, got {type(given).__name__}: target groups that share "
                "traffic know no other"
            )
    if of_instance is not None and of_colour is None:
        problems.add(
            "colour_stickiness is missing: stickiness was given, and who comes back to the same instance has to come "
            "back to its colour"
        )


def _tell_of(problems: Problems, colour: Colour, found: Sequence[str]) -> None:
    """What is wrong with a colour's own carries its name; what both share is told once."""
    own = {field.name for field in fields(FleetVersion)}
    for problem in found:
        name = problem.partition(" ")[0].partition(".")[0]
        text = f"{colour}.{problem}" if name in own else problem
        if text not in problems.found:
            problems.add(text)


def _check_emptiness(problems: Problems, colour: Colour, version: FleetVersion, zones: int, green_percent: int) -> None:
    minimum = version.capacity_over(zones).minimum
    if is_token(minimum) or minimum > 0:
        return
    if percent_of(colour, green_percent) > 0:
        problems.add(
            f"green_percent is {green_percent} %, so {colour} has traffic, and {colour}.capacity.minimum is {minimum}: "
            "nobody might be there to answer. Give it instances first, and traffic in a later deployment"
        )
    elif not version.slow_to_take_over:
        problems.add(
            f"{colour}.capacity.minimum must be at least 1, got {minimum}: without instances it can't take traffic "
            f"over at once. Keep it warm, or say {colour}.slow_to_take_over"
        )
