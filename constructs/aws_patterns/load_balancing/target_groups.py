"""Groups of instances that get the requests of an Application Load Balancer."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.health_check import HealthCheck
from aws_patterns.load_balancing.stickiness import ApplicationStickiness, DurationStickiness, Stickiness
from aws_patterns.load_balancing.target_group_options import Algorithm, MinimumHealthy, check_target_group
from aws_patterns.load_balancing.tls import TlsShape


def fleet_target_group(
    scope: Construct,
    id: str,
    *,
    vpc: ec2.IVpc,
    shape: TlsShape,
    groups: Sequence[elbv2.IApplicationLoadBalancerTarget] = (),
    target_type: elbv2.TargetType = elbv2.TargetType.INSTANCE,
    port: int | None = None,
    health_check: HealthCheck = HealthCheck(),  # noqa: B008 - frozen
    stickiness: Stickiness | None = None,
    slow_start_seconds: int = defaults.SLOW_START_SECONDS,
    deregistration_delay_seconds: int = defaults.DEREGISTRATION_DELAY_SECONDS,
    algorithm: Algorithm = Algorithm.ROUND_ROBIN,
    cross_zone: bool = True,
    minimum_healthy: MinimumHealthy = MinimumHealthy(),  # noqa: B008 - frozen
) -> elbv2.ApplicationTargetGroup:
    """Targets that are spoken to the way ``shape`` says, and only while they are healthy.

    Args:
        scope: What it belongs to.
        id: Its id there.
        vpc: Where the targets are.
        shape: Their protocol and port: ``shape_of(TlsApproach.OFFLOAD)``.
        groups: Auto Scaling groups whose instances are the targets. The load balancer's security group and theirs are
            opened for each other. Default: added later, by ``add_target``.
        target_type: What a target is. Default: an instance.
        port: Where they listen. Default: the shape's.
        health_check: What a target must answer to get requests.
        stickiness: Whether a client comes back to its target. Default: not; sessions are kept elsewhere.
        slow_start_seconds: During which a new target gets more and more requests, 0 (all at once) or 30 to 900.
            Default 30.
        deregistration_delay_seconds: How long a target that leaves may finish its requests, 1 to 3600. Default 30.
        algorithm: Which target gets a request. Default: each in turn.
        cross_zone: Whether targets in other zones get requests too. Default: they do; without, every zone needs
            capacity for its share of the clients.
        minimum_healthy: What happens before the last target is unhealthy. Default: DNS leads elsewhere, where there is
            such a place, when half are.

    Raises:
        ValueError: Naming every option that can't be used.
    """
    with Problems(f"Target group {scope.node.path}/{id}") as problems:
        check_target_group(
            problems,
            health_check=health_check,
            stickiness=stickiness,
            slow_start_seconds=slow_start_seconds,
            deregistration_delay_seconds=deregistration_delay_seconds,
            algorithm=algorithm,
            cross_zone=cross_zone,
            minimum_healthy=minimum_healthy,
        )
        if port is not None:
            problems.between("port", port, 1, 65_535)
    sticky = stickiness if isinstance(stickiness, DurationStickiness | ApplicationStickiness) else None
    return elbv2.ApplicationTargetGroup(
        scope,
        id,
        vpc=vpc,
        protocol=elbv2.ApplicationProtocol[shape.target_protocol],
        port=shape.target_port if port is None else port,
        target_type=target_type,
        targets=list(groups),
        health_check=_health_check(health_check, shape),
        slow_start=Duration.seconds(slow_start_seconds) if slow_start_seconds else None,
        deregistration_delay=Duration.seconds(deregistration_delay_seconds),
        load_balancing_algorithm_type=elbv2.TargetGroupLoadBalancingAlgorithmType[algorithm.name],
        enable_anomaly_mitigation=True if algorithm == Algorithm.WEIGHTED_RANDOM else None,
        stickiness_cookie_duration=Duration.seconds(sticky.seconds) if sticky else None,
        stickiness_cookie_name=sticky.cookie_name if isinstance(sticky, ApplicationStickiness) else None,
        cross_zone_enabled=None if cross_zone else False,
        target_group_health=elbv2.TargetGroupHealth(
            dns_minimum_healthy_target_percentage=minimum_healthy.dns_failover_percent,
            routing_minimum_healthy_target_percentage=minimum_healthy.routing_percent,
        ),
    )


def _health_check(check: HealthCheck, shape: TlsShape) -> elbv2.HealthCheck:
    return elbv2.HealthCheck(
        protocol=elbv2.Protocol[shape.target_protocol],
        path=check.path,
        healthy_http_codes=check.codes,
        interval=Duration.seconds(check.interval_seconds),
        timeout=Duration.seconds(check.timeout_seconds),
        healthy_threshold_count=check.healthy_threshold,
        unhealthy_threshold_count=check.unhealthy_threshold,
    )
