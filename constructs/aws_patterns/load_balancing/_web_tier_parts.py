"""The parts of a web tier that only some have: each is made where it was asked for, else there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns.compute.custom_health_check import CustomHealthCheck
from aws_patterns.compute.custom_health_options import CustomHealth
from aws_patterns.compute.fleet_scaling import FleetScaling
from aws_patterns.compute.health import FleetHealth
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.lifecycle_hook_options import LifecycleHook, TerminationLogs
from aws_patterns.compute.lifecycle_hooks import FleetLifecycleHook
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_policies import ScalingPolicy
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.compute.suspended_processes import SuspendedProcesses
from aws_patterns.compute.termination_log_collector import TerminationLogCollector
from aws_patterns.load_balancing.rollback_alarms import RollbackAlarms
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds

if TYPE_CHECKING:
    from aws_patterns.load_balancing.web_tier import WebTier


def rollback_alarms(
    tier: WebTier, update: InstanceRefresh | RollingUpdate, thresholds: AlarmThresholds, health: FleetHealth
) -> RollbackAlarms | None:
    """What takes a bad version back; a rolling update can't look at alarms."""
    if not isinstance(update, InstanceRefresh):
        return None
    return RollbackAlarms(
        tier,
        "Rollback",
        load_balancer=tier.load_balancer,
        target_group=tier.target_group,
        thresholds=thresholds,
        health=health,
    )


def scaling(tier: WebTier, policies: Sequence[ScalingPolicy], warm_up_seconds: int) -> FleetScaling | None:
    """What makes the fleet grow and shrink."""
    if not policies:
        return None
    return FleetScaling(
        tier,
        "Scaling",
        group=tier.group,
        policies=policies,
        capacity=tier.fleet.capacity,
        target_group=tier.target_group,
        warm_up_seconds=warm_up_seconds,
    )


def suspended(
    tier: WebTier,
    processes: Sequence[ScalingProcess],
    policies: Sequence[ScalingPolicy],
    removal_policy: RemovalPolicy,
) -> SuspendedProcesses | None:
    """What Auto Scaling leaves."""
    if not processes:
        return None
    return SuspendedProcesses(
        tier,
        "SuspendedProcesses",
        group=tier.group,
        processes=processes,
        policies=policies,
        removal_policy=removal_policy,
    )


def custom_health_check(
    tier: WebTier,
    health: CustomHealth | None,
    subnets: ec2.SubnetSelection | None,
    alarm_topic: sns.ITopic | None,
    removal_policy: RemovalPolicy,
) -> CustomHealthCheck | None:
    """Who else asks the instances how they are."""
    if health is None:
        return None
    return CustomHealthCheck(
        tier,
        "CustomHealthCheck",
        group=tier.group,
        vpc=tier.vpc,
        instances=tier.fleet,
        port=tier.port,
        path=health.path,
        tls=tier.front.shape.target_protocol == "HTTPS",
        interval_minutes=health.interval_minutes,
        attempts=health.attempts,
        attempt_timeout_seconds=health.attempt_timeout_seconds,
        maximum_unhealthy_percent=health.maximum_unhealthy_percent,
        subnets=subnets,
        removal_policy=removal_policy,
        alarm_topic=alarm_topic,
    )


def log_collector(
    tier: WebTier, logs: TerminationLogs | None, alarm_topic: sns.ITopic | None, removal_policy: RemovalPolicy
) -> TerminationLogCollector | None:
    """What keeps the logs of instances that go."""
    if logs is None:
        return None
    return TerminationLogCollector(
        tier,
        "TerminationLogs",
        group=tier.group,
        role=tier.fleet.role,
        paths=logs.paths,
        retention_days=logs.retention_days,
        timeout_seconds=logs.timeout_seconds,
        removal_policy=removal_policy,
        alarm_topic=alarm_topic,
    )


def lifecycle_hooks(
    tier: WebTier,
    hooks: Mapping[str, LifecycleHook] | None,
    alarm_topic: sns.ITopic | None,
    removal_policy: RemovalPolicy,
) -> Mapping[str, FleetLifecycleHook]:
    """Who is told of instances that wait, by the names given."""
    inside = Construct(tier, "LifecycleHooks")
    return {
        name: FleetLifecycleHook(
            inside, name, group=tier.group, hook=hook, alarm_topic=alarm_topic, removal_policy=removal_policy
        )
        for name, hook in (hooks or {}).items()
    }


def alarms_of(
    *parts: CustomHealthCheck | TerminationLogCollector | FleetLifecycleHook | None,
) -> list[cloudwatch.Alarm]:
    """Theirs, for the dashboard."""
    return [alarm for part in parts if part is not None for alarm in part.alarms.values()]
