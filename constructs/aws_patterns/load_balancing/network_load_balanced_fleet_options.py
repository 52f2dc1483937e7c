"""What may be chosen about a network load balanced fleet, and which choices fit together. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.health import FleetHealth, HealthCheckKind
from aws_patterns.compute.instance_fleet_options import check_fleet, default_capacity
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.placement import Placement
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_policies import CpuTarget, ScalingPolicy, check_scaling
from aws_patterns.compute.scaling_process import ScalingProcess, check_suspended
from aws_patterns.compute.termination_policies import TerminationPolicy
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._network_listener_checks import check_listeners
from aws_patterns.load_balancing.network_front_options import check_front
from aws_patterns.load_balancing.network_listener_options import (
    HttpHealthCheck,
    ListenerShape,
    NetworkListener,
    NetworkProtocol,
    Targets,
    TlsListener,
    shape_of_listener,
)
from aws_patterns.load_balancing.tls import TlsApproach

# Replaced when the load balancer can't reach its service either: that is what it is there for.
NETWORK_FLEET_HEALTH = FleetHealth(check=HealthCheckKind.ELB)
NETWORK_FLEET_SCALING: Sequence[ScalingPolicy] = (CpuTarget(percent=defaults.NETWORK_CPU_PERCENT),)

# What a network of its own will have; which zones they are is not known before it is deployed.
OWN_ZONES = tuple(f"zone {number + 1}" for number in range(defaults.NETWORK_FLEET_ZONES))


@typed
def check_options(
    problems: Problems,
    *,
    listeners: Sequence[NetworkListener],
    targets: Targets = Targets(),  # noqa: B008 - frozen
    front_zones: Sequence[str] = OWN_ZONES,
    fleet_zones: Sequence[str] = OWN_ZONES,
    internet_facing: bool = True,
    allowed_cidrs: Sequence[str] | None = None,
    elastic_ip_allocation_ids: Sequence[str] = (),
    ipv6: bool = False,
    access_log_retention_days: int | None = None,
    cross_zone: bool = False,
    capacity: Capacity | None = None,
    instances: Instances = Instances(),  # noqa: B008 - frozen
    mixed_fleet: MixedFleet | None = None,
    placement: Placement | None = None,
    scaling_policies: Sequence[ScalingPolicy] = NETWORK_FLEET_SCALING,
    suspended_processes: Sequence[ScalingProcess] = (),
    termination_policies: Sequence[TerminationPolicy] = (TerminationPolicy.DEFAULT,),
    warm_up_seconds: int = compute_defaults.WARM_UP_SECONDS,
    start_seconds: int = compute_defaults.START_SECONDS,
    health: FleetHealth = NETWORK_FLEET_HEALTH,
    update: InstanceRefresh | RollingUpdate = InstanceRefresh(),  # noqa: B008 - frozen
    rollback_alarms: int = 0,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one fleet behind its load balancer."""
    check_listeners(problems, listeners, targets)
    check_front(
        problems,
        shapes=shapes_of(listeners, targets),
        zones=front_zones,
        internet_facing=internet_facing,
        allowed_cidrs=allowed_cidrs,
        elastic_ip_allocation_ids=elastic_ip_allocation_ids,
        ipv6=ipv6,
        access_log_retention_days=access_log_retention_days,
        subnets_name="front_subnets",
    )
    _check_zones(problems, front_zones, fleet_zones, cross_zone=cross_zone)
    zones = len(fleet_zones)
    capacity = capacity or default_capacity(zones)
    check_fleet(
        problems,
        zones=zones,
        capacity=capacity,
        instances=instances,
        mixed_fleet=mixed_fleet,
        placement=placement,
        termination_policies=termination_policies,
        warm_up_seconds=warm_up_seconds,
        start_seconds=start_seconds,
        health=health,
        update=update,
        rollback_alarms=rollback_alarms,
    )
    check_scaling(problems, scaling_policies, capacity=capacity, has_load_balancer=False)
    check_suspended(problems, suspended_processes, policies=scaling_policies)
    _check_interruptions(problems, mixed_fleet, listeners, targets)


def shapes_of(listeners: Sequence[NetworkListener], targets: Targets) -> Sequence[ListenerShape]:
    """What the listeners come down to; without what is none, or has an approach to TLS that does not exist."""
    known = tuple(TlsApproach)
    return [
        shape_of_listener(listener, targets)
        for listener in (listeners if isinstance(listeners, list | tuple) else ())
        if isinstance(listener, NetworkListener)
        and (not isinstance(listener, TlsListener) or listener.approach in known)
    ]


def health_url(shapes: Sequence[ListenerShape]) -> str | None:
    """What a new instance asks itself before it says that it is up; ``None`` where there is no page to ask for."""
    for shape in shapes:
        check = shape.targets.health_check
        # A health check begins with the header of proxy protocol too, which an instance does not write to itself.
        if isinstance(check, HttpHealthCheck) and not shape.targets.proxy_protocol:
            scheme = "https" if check.encrypted else "http"
            return f"{scheme}://localhost:{shape.health_port}{check.path}"
    return None


def reached_ports(shapes: Sequence[ListenerShape]) -> Sequence[tuple[NetworkProtocol, int]]:
    """What of the instances the load balancer reaches: where they serve, and where they say how they are."""
    served = {(shape.target_protocol, shape.target_port) for shape in shapes}
    return sorted(served | {(NetworkProtocol.TCP, shape.health_port) for shape in shapes})


def tls_to_targets(shapes: Sequence[ListenerShape]) -> bool:
    """Whether the load balancer speaks TLS with instances."""
    return any(shape.target_protocol is NetworkProtocol.TLS for shape in shapes)


def own_rollback_alarms(shapes: Sequence[ListenerShape]) -> int:
    """How many alarms of its own such a fleet rolls back for."""
    return 3 if tls_to_targets(shapes) else 2


def _check_zones(problems: Problems, front: Sequence[str], fleet: Sequence[str], *, cross_zone: bool) -> None:
    if set(front) != set(fleet) and any(is_token(zone) for zone in (*front, *fleet)):
        return  # Nobody knows before the deployment which of them are the same.
    for zone in sorted(set(fleet) - set(front)):
        problems.add(
            f"subnets must be in the load balancer's zones ({', '.join(front)}), got {zone}: instances there are sent "
            "nothing; choose others, or add a subnet of that zone to front_subnets"
        )
    for zone in sorted(set(front) - set(fleet) if not cross_zone else ()):
        problems.add(
            f"front_subnets must be in the instances' zones ({', '.join(fleet)}), got {zone}: its address would serve "
            "nobody; choose others, add a subnet of that zone to subnets, or pay for cross_zone=True"
        )


def _check_interruptions(
    problems: Problems, mixed_fleet: MixedFleet | None, listeners: Sequence[NetworkListener], targets: Targets
) -> None:
    """Connections to a Spot instance that is taken back must have ended before it is gone."""
    if mixed_fleet is None or (not is_token(mixed_fleet.spot_percentage) and mixed_fleet.spot_percentage <= 0):
        return
    treatments = {"targets": targets} | {
        f"listeners[{position}].targets": listener.targets
        for position, listener in enumerate(listeners)
        if listener.targets is not None
    }
    longest = defaults.SPOT_DEREGISTRATION_DELAY_SECONDS
    for name, treatment in treatments.items():
        delay = treatment.deregistration_delay_seconds
        if not is_token(delay) and delay > longest:
            problems.add(
                f"{name}.deregistration_delay_seconds must be at most {longest} with Spot instances, got "
                f"{delay}: one that is taken back has two minutes, in which it is drained"
            )
