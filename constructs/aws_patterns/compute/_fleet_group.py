"""How an Auto Scaling group is told what was chosen about a fleet."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.health import FleetHealth, HealthCheckKind
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.rolling_update import RollingUpdate

# What else launches and terminates must not cross a rolling update
# (AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html).
_SUSPENDED = (
    autoscaling.ScalingProcess.HEALTH_CHECK,
    autoscaling.ScalingProcess.REPLACE_UNHEALTHY,
    autoscaling.ScalingProcess.AZ_REBALANCE,
    autoscaling.ScalingProcess.ALARM_NOTIFICATION,
    autoscaling.ScalingProcess.SCHEDULED_ACTIONS,
)


def update_policy(
    update: InstanceRefresh | RollingUpdate,
    *,
    capacity: Capacity,
    rollback_alarms: Sequence[cloudwatch.IAlarm],
    signal_seconds: int | None,
    warm_up_seconds: int,
) -> autoscaling.UpdatePolicy:
    """How CloudFormation replaces the instances when their launch template has changed."""
    if isinstance(update, RollingUpdate):
        return autoscaling.UpdatePolicy.rolling_update(
            max_batch_size=update.batch_size,
            min_instances_in_service=update.in_service(capacity),
            min_success_percentage=update.minimum_successful_percent,
            suspend_processes=list(_SUSPENDED),
            wait_on_resource_signals=signal_seconds is not None,
            # Without signals, a batch gets at least the time that it needs to warm up.
            pause_time=Duration.seconds(warm_up_seconds if signal_seconds is None else signal_seconds),
        )
    watched = bool(rollback_alarms)
    checkpoints = update.checkpoints(watched=watched)
    return autoscaling.UpdatePolicy.instance_refresh(
        strategy=autoscaling.InstanceRefreshStrategy.ROLLING,
        min_healthy_percentage=update.minimum_healthy_percent,
        max_healthy_percentage=update.maximum_healthy_percent,
        checkpoint_percentages=list(checkpoints) if checkpoints else None,
        checkpoint_delay=Duration.seconds(update.checkpoint_seconds) if checkpoints else None,
        bake_time=Duration.seconds(update.bake(watched=watched)),
        alarms=list(rollback_alarms) if rollback_alarms else None,
    )


def creation_signals(capacity: Capacity, signal_seconds: int | None) -> autoscaling.Signals | None:
    """What a first deployment waits for: every instance that it starts."""
    if signal_seconds is None or capacity.running == 0:
        return None
    return autoscaling.Signals.wait_for_count(capacity.running, timeout=Duration.seconds(signal_seconds))


def health_checks(health: FleetHealth) -> autoscaling.HealthChecks:
    """Whose judgement replaces an instance."""
    grace = Duration.seconds(health.grace_seconds)
    if health.check == HealthCheckKind.EC2:
        return autoscaling.HealthChecks.ec2(grace_period=grace)
    return autoscaling.HealthChecks.with_additional_checks(
        additional_types=[autoscaling.AdditionalHealthCheckType.ELB], grace_period=grace
    )


def mixed_instances(
    mixed_fleet: MixedFleet, launch_template: ec2.LaunchTemplate, instance_types: Sequence[str]
) -> autoscaling.MixedInstancesPolicy:
    """Which of the types are taken, and how many of them on Spot capacity."""
    return autoscaling.MixedInstancesPolicy(
        launch_template=launch_template,
        launch_template_overrides=[
            autoscaling.LaunchTemplateOverrides(instance_type=ec2.InstanceType(kind)) for kind in instance_types
        ],
        instances_distribution=autoscaling.InstancesDistribution(
            on_demand_allocation_strategy=autoscaling.OnDemandAllocationStrategy.PRIORITIZED,
            on_demand_base_capacity=mixed_fleet.on_demand_base,
            on_demand_percentage_above_base_capacity=100 - mixed_fleet.spot_percentage,
            spot_allocation_strategy=autoscaling.SpotAllocationStrategy[mixed_fleet.spot_allocation.name],
        ),
    )
