"""What may be chosen about a web tier, and which choices fit together. Needs no CDK.

Each part checks what is its own; here all is put together, so that a user reads of everything at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.custom_health_options import CustomHealth, check_custom_health, check_port
from aws_patterns.compute.health import FleetHealth, HealthCheckKind
from aws_patterns.compute.instance_fleet_options import check_fleet, default_capacity
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.lifecycle_hook_options import (
    LifecycleHook,
    TerminationLogs,
    check_lifecycle_hook,
    check_termination_logs,
)
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.placement import Placement, PlacementStrategy
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_policies import CpuTarget, ScalingPolicy, check_scaling
from aws_patterns.compute.scaling_process import ScalingProcess, check_suspended
from aws_patterns.compute.termination_policies import TerminationPolicy
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.application_front_options import AccessLogs, check_front
from aws_patterns.load_balancing.content_routing import Rule, check_rules
from aws_patterns.load_balancing.health_check import HealthCheck
from aws_patterns.load_balancing.stickiness import Stickiness
from aws_patterns.load_balancing.target_group_options import Algorithm, check_target_group
from aws_patterns.load_balancing.tls import TlsApproach, TlsShape, check_tls
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds, check_thresholds

# A load balancer's own minimum, and what being in several zones means
# (elasticloadbalancing/latest/application/application-load-balancers.html).
_FEWEST_ZONES = 2

# What `RollbackAlarms` makes of one target group.
ROLLBACK_ALARMS = 4

# Replaced when the load balancer can't reach its application either: that is what it is there for.
TIER_HEALTH = FleetHealth(check=HealthCheckKind.ELB)

# Half of the processors' time: as much again is there while further instances start.
TIER_SCALING: Sequence[ScalingPolicy] = (CpuTarget(percent=defaults.TIER_CPU_PERCENT),)


def health_url(shape: TlsShape, port: int, path: str) -> str:
    """Where an instance finds its own application's health."""
    return f"{shape.target_protocol.lower()}://127.0.0.1:{port}{path}"


@typed
def check_web_tier(
    problems: Problems,
    *,
    zones: int,
    load_balancer_zones: int | None = None,
    ipv6: bool = False,
    allowed_cidrs: Sequence[str] | None = None,
    tls: TlsApproach = TlsApproach.OFFLOAD,
    certificates: Sequence[object] = (),
    rules: Sequence[Rule] = (),
    web_acl_arn: str | None = None,
    access_logs: AccessLogs | None = None,
    idle_timeout_seconds: int = defaults.IDLE_TIMEOUT_SECONDS,
    stickiness: Stickiness | None = None,
    algorithm: Algorithm = Algorithm.ROUND_ROBIN,
    slow_start_seconds: int = defaults.SLOW_START_SECONDS,
    deregistration_delay_seconds: int = defaults.DEREGISTRATION_DELAY_SECONDS,
    port: int | None = None,
    health_check: HealthCheck = HealthCheck(),  # noqa: B008 - frozen
    capacity: Capacity | None = None,
    instances: Instances = Instances(),  # noqa: B008 - frozen
    mixed_fleet: MixedFleet | None = None,
    placement: Placement | None = None,
    scaling_policies: Sequence[ScalingPolicy] = TIER_SCALING,
    suspended_processes: Sequence[ScalingProcess] = (),
    termination_policies: Sequence[TerminationPolicy] = (TerminationPolicy.DEFAULT,),
    warm_up_seconds: int = compute_defaults.WARM_UP_SECONDS,
    start_seconds: int = compute_defaults.START_SECONDS,
    trust_new_instances: bool = False,
    health: FleetHealth = TIER_HEALTH,
    custom_health: CustomHealth | None = None,
    update: InstanceRefresh | RollingUpdate = InstanceRefresh(),  # noqa: B008 - frozen
    lifecycle_hooks: Mapping[str, LifecycleHook] | None = None,
    termination_logs: TerminationLogs | None = None,
    thresholds: AlarmThresholds = AlarmThresholds(),  # noqa: B008 - frozen
) -> None:
    """Add to ``problems`` whatever is wrong with a tier whose instances are in so many ``zones``.

    ``load_balancer_zones`` are those that were chosen for the load balancer; ``None`` where nobody chose.
    """
    if load_balancer_zones is not None and load_balancer_zones < _FEWEST_ZONES:
        problems.add(
            f"load_balancer_subnets must be in {_FEWEST_ZONES} zones or more, got {load_balancer_zones}: a load "
            "balancer spans zones"
        )
    check_tls(problems, approach=tls, certificates=certificates)
    check_rules(problems, rules, https=tls != TlsApproach.PLAIN_HTTP)
    check_front(
        problems,
        allowed_cidrs=allowed_cidrs,
        ipv6=ipv6,
        web_acl_arn=web_acl_arn,
        access_logs=access_logs,
        idle_timeout_seconds=idle_timeout_seconds,
    )
    check_target_group(
        problems,
        health_check=health_check,
        stickiness=stickiness,
        slow_start_seconds=slow_start_seconds,
        deregistration_delay_seconds=deregistration_delay_seconds,
        algorithm=algorithm,
    )
    in_cluster = placement is not None and placement.strategy == PlacementStrategy.CLUSTER
    if zones < _FEWEST_ZONES and not in_cluster:
        problems.add(
            f"vpc must offer the instances subnets in 2 zones or more, got {zones}: a tier in one zone goes down with "
            "it. Give a network of several, such as MultiAzVpc, or other subnets of it"
        )
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
        rollback_alarms=ROLLBACK_ALARMS if isinstance(update, InstanceRefresh) else 0,
        trust_new_instances=trust_new_instances,
        # Said above, in terms of what a tier takes.
        down_with_its_zone=True,
    )
    check_scaling(problems, scaling_policies, capacity=capacity, has_load_balancer=True)
    check_suspended(problems, suspended_processes, policies=scaling_policies)
    if port is not None:
        check_port(problems, port)
    if custom_health is not None:
        check_custom_health(problems, custom_health)
    for name, hook in (lifecycle_hooks or {}).items():
        if not name.isalnum():
            problems.add(f"lifecycle_hooks must have names of letters and digits, got {name!r}")
        check_lifecycle_hook(problems, hook, name=f"lifecycle_hooks[{name!r}]")
    if termination_logs is not None:
        check_termination_logs(problems, termination_logs)
    _check_interruptions(problems, mixed_fleet, deregistration_delay_seconds)
    check_thresholds(problems, thresholds)


def _check_interruptions(problems: Problems, mixed_fleet: MixedFleet | None, delay: int) -> None:
    """Requests to a Spot instance that is taken back must have ended before it is gone."""
    longest = defaults.SPOT_DEREGISTRATION_DELAY_SECONDS
    if mixed_fleet is None or is_token(delay) or delay <= longest:
        return
    if is_token(mixed_fleet.spot_percentage) or mixed_fleet.spot_percentage > 0:
        problems.add(
            f"deregistration_delay_seconds must be at most {longest} s with Spot instances, got {delay} s: one that is "
            "taken back has two minutes, in which it is drained"
        )
