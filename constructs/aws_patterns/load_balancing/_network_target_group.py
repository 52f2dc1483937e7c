"""The target group of one listener of a Network Load Balancer."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from aws_patterns.load_balancing.network_listener_options import (
    HttpHealthCheck,
    ListenerShape,
    NetworkHealthCheck,
    NetworkProtocol,
)


def instance_target_group(
    scope: Construct, id: str, *, vpc: ec2.IVpc, shape: ListenerShape
) -> elbv2.NetworkTargetGroup:
    """A target group for instances, treated as the listener says."""
    treatment = shape.targets
    group = elbv2.NetworkTargetGroup(
        scope,
        id,
        vpc=vpc,
        target_type=elbv2.TargetType.INSTANCE,
        protocol=elbv2.Protocol[shape.target_protocol],
        port=shape.target_port,
        health_check=health_check(treatment.health_check),
        deregistration_delay=Duration.seconds(treatment.deregistration_delay_seconds),
        connection_termination=not treatment.keep_connections_after_delay,
        preserve_client_ip=treatment.preserve_client_ip,
        proxy_protocol_v2=treatment.proxy_protocol,
    )
    if NetworkProtocol.TLS not in {shape.protocol, shape.target_protocol}:
        group.set_attribute("stickiness.enabled", "false" if treatment.stickiness is None else "true")
        group.set_attribute("stickiness.type", "source_ip")
    return group


def health_check(check: NetworkHealthCheck) -> elbv2.HealthCheck:
    """As the CDK takes it."""
    page = check if isinstance(check, HttpHealthCheck) else None
    protocol = elbv2.Protocol.TCP
    if page is not None:
        protocol = elbv2.Protocol.HTTPS if page.encrypted else elbv2.Protocol.HTTP
    return elbv2.HealthCheck(
        protocol=protocol,
        port="traffic-port" if check.port is None else str(check.port),
        path=page.path if page else None,
        healthy_http_codes=page.codes if page else None,
        interval=Duration.seconds(check.interval_seconds),
        timeout=Duration.seconds(check.timeout_seconds),
        healthy_threshold_count=check.healthy_threshold,
        unhealthy_threshold_count=check.unhealthy_threshold,
    )
