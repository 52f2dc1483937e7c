"""What makes a fleet of instances grow and shrink."""

from __future__ import annotations

from collections.abc import Sequence

import jsii
from aws_cdk import Annotations
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute._scaling_advice import scaling_advice
from aws_patterns.compute._scaling_alone import open_end
from aws_patterns.compute._scaling_effects import steps_of
from aws_patterns.compute._scaling_measures import Measures
from aws_patterns.compute._scaling_metrics import identity, tracked
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.scaling_policies import (
    CpuTarget,
    CustomMetricTarget,
    FleetMetric,
    MemoryTarget,
    NetworkInTarget,
    NetworkOutTarget,
    PredictiveScaling,
    RequestsPerTarget,
    ScalingPolicy,
    ScheduledScaling,
    SimpleScaling,
    Statistic,
    StepScaling,
    TargetTracking,
    check_scaling,
)

_PREDEFINED = {
    FleetMetric.CPU: autoscaling.PredefinedMetric.ASG_AVERAGE_CPU_UTILIZATION,
    FleetMetric.NETWORK_IN: autoscaling.PredefinedMetric.ASG_AVERAGE_NETWORK_IN,
    FleetMetric.NETWORK_OUT: autoscaling.PredefinedMetric.ASG_AVERAGE_NETWORK_OUT,
    FleetMetric.REQUESTS_PER_TARGET: autoscaling.PredefinedMetric.ALB_REQUEST_COUNT_PER_TARGET,
}
_FORECAST_PAIRS = {
    FleetMetric.CPU: "ASGCPUUtilization",
    FleetMetric.NETWORK_IN: "ASGNetworkIn",
    FleetMetric.NETWORK_OUT: "ASGNetworkOut",
    FleetMetric.REQUESTS_PER_TARGET: "ALBRequestCount",
}
_AGGREGATIONS = {
    Statistic.MINIMUM: autoscaling.MetricAggregationType.MINIMUM,
    Statistic.MAXIMUM: autoscaling.MetricAggregationType.MAXIMUM,
}


@jsii.implements(cloudwatch.IAlarmAction)
class _Starts:
    """Lets an alarm start a scaling policy."""

    def __init__(self, policy_arn: str) -> None:
        self._policy_arn = policy_arn

    def bind(self, _scope: Construct, _alarm: cloudwatch.IAlarm) -> cloudwatch.AlarmActionConfig:
        return cloudwatch.AlarmActionConfig(alarm_action_arn=self._policy_arn)


def _beyond(bound: float | None, threshold: float) -> float | None:
    """A bound the way AWS takes it: as distance from the alarm's threshold, without the dust of binary fractions."""
    return None if bound is None else round(bound - threshold, 9)


class FleetScaling(Construct):
    """Scaling policies of one Auto Scaling group, checked against each other.

    Use a target for load that instances share (``CpuTarget``, ``RequestsPerTarget``), a schedule for what the clock
    knows, steps for what has to be answered harder the further off it is, a forecast beside them for load that
    repeats. Several may act at once: the group takes the largest size that any of them asks for. Not for one machine,
    or for a fleet whose size somebody gives by hand: that takes no policies.

    >>> from aws_patterns.compute.instance_fleet import InstanceFleet
    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> fleet = InstanceFleet(stack, "Fleet", vpc=MultiAzVpc(stack, "Network").vpc)
    >>> FleetScaling(
    ...     stack,
    ...     "Scaling",
    ...     group=fleet.group,
    ...     capacity=fleet.capacity,
    ...     policies=[
    ...         CpuTarget(percent=50),
    ...         ScheduledScaling(name="Morning", recurrence="45 7 * * 1-5", time_zone="Europe/Vienna", minimum=5),
    ...         ScheduledScaling(name="Evening", recurrence="0 18 * * 1-5", time_zone="Europe/Vienna", minimum=3),
    ...     ],
    ... )

    Args:
        group: What grows and shrinks.
        policies: When. None of them is manual scaling.
        capacity: The group's limits.
        target_group: Of an application load balancer, already behind a listener: what counts the requests. Default:
            none, and nothing can be scaled by requests.
        warm_up_seconds: How long an instance takes until its measurements count, which every policy but simple ones
            then respects; set as the group's default instance warm-up. Default: as the group has it.

    Attributes:
        policies: What came of each policy, by its name.
        alarms: Those of step and simple policies, by the policy's name. Target tracking makes its own, unseen here.

    Raises:
        ValueError: Naming every policy that can't work, alone or beside the others.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/scale-your-group.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        group: autoscaling.AutoScalingGroup,
        policies: Sequence[ScalingPolicy],
        capacity: Capacity,
        target_group: elbv2.ApplicationTargetGroup | None = None,
        warm_up_seconds: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._group = group
        self._measures = Measures(group, target_group)
        with Problems(f"FleetScaling {self.node.path}") as problems:
            check_scaling(
                problems,
                policies,
                capacity=capacity,
                has_load_balancer=target_group is not None,
                name="policies",
                group_name=self._measures.group_name,
            )
            self._measures.check(problems)
            if warm_up_seconds is not None:
                problems.between("warm_up_seconds", warm_up_seconds, 0, defaults.LONGEST_WARM_UP_SECONDS, " seconds")
        resource = group.node.default_child
        if warm_up_seconds is not None and isinstance(resource, autoscaling.CfnAutoScalingGroup):
            resource.default_instance_warmup = warm_up_seconds
        for advice in scaling_advice(policies, capacity=capacity, warm_up_seconds=warm_up_seconds):
            Annotations.of(self).add_warning_v2(advice.id, advice.text)
        self.alarms: dict[str, cloudwatch.Alarm] = {}
        self.policies: dict[str, Construct] = {policy.name: self._make(policy) for policy in policies}

    def _make(self, policy: ScalingPolicy) -> Construct:
        match policy:
            case ScheduledScaling():
                return self._make_schedule(policy)
            case SimpleScaling():
                return self._make_simple(policy)
            case StepScaling():
                return self._make_steps(policy)
            case PredictiveScaling():
                return self._make_forecast(policy)
            case _:
                return self._make_target(policy)

    def _make_schedule(self, policy: ScheduledScaling) -> autoscaling.CfnScheduledAction:
        # The L2 takes no action that happens once, and times as clock objects instead of the text that AWS takes.
        return autoscaling.CfnScheduledAction(
            self,
            policy.name,
            auto_scaling_group_name=self._measures.group_name,
            min_size=policy.minimum,
            max_size=policy.maximum,
            desired_capacity=policy.desired,
            recurrence=policy.recurrence,
            time_zone=policy.time_zone if policy.recurrence else None,
            start_time=policy.start,
            end_time=policy.end,
        )

    def _make_simple(self, policy: SimpleScaling) -> autoscaling.CfnScalingPolicy:
        # There is no L2 of these.
        made = autoscaling.CfnScalingPolicy(
            self,
            policy.name,
            policy_type="SimpleScaling",
            auto_scaling_group_name=self._measures.group_name,
            adjustment_type=policy.adjustment_type,
            scaling_adjustment=policy.change,
            min_adjustment_magnitude=policy.min_adjustment_magnitude,
            cooldown=str(policy.cooldown_seconds),
        )
        self._watch(made, policy, made.ref)
        return made

    def _make_steps(self, policy: StepScaling) -> autoscaling.StepScalingAction:
        found = identity(policy.metric)
        made = autoscaling.StepScalingAction(
            self,
            policy.name,
            auto_scaling_group=self._group,
            adjustment_type=autoscaling.AdjustmentType[policy.adjustment_type.name],
            min_adjustment_magnitude=policy.min_adjustment_magnitude,
            metric_aggregation_type=_AGGREGATIONS.get(
                Statistic(found.statistic) if found and found.statistic in set(Statistic) else Statistic.AVERAGE,
                autoscaling.MetricAggregationType.AVERAGE,
            ),
        )
        threshold = self._watch(made, policy, made.scaling_policy_arn)
        for step in steps_of(policy):
            made.add_adjustment(
                adjustment=step.change,
                lower_bound=_beyond(step.lower, threshold),
                upper_bound=_beyond(step.upper, threshold),
            )
        return made

    def _watch(self, made: Construct, policy: SimpleScaling | StepScaling, policy_arn: str) -> float:
        """Make the alarm that starts the policy; the value at which it rings."""
        lower, upper = open_end(steps_of(policy))
        threshold = lower if lower is not None else upper
        assert threshold is not None, "an alarm without problems watches one side"  # noqa: S101 - for the type checker
        at_least = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        at_most = cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD
        alarm = cloudwatch.Alarm(
            made,
            "Alarm",
            alarm_description=f"Starts the scaling policy {policy.name}. Part of normal operation: nobody has to act.",
            metric=self._measures.metric(policy.metric),
            threshold=threshold,
            comparison_operator=at_most if lower is None else at_least,
            evaluation_periods=policy.periods,
            # Nobody knows what a fleet needs that says nothing: it stays as it is.
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )
        alarm.add_alarm_action(_Starts(policy_arn))
        self.alarms[policy.name] = alarm
        return threshold

    def _make_target(self, policy: TargetTracking) -> autoscaling.TargetTrackingScalingPolicy:
        match policy:
            case CpuTarget() | MemoryTarget():
                target = policy.percent
            case RequestsPerTarget():
                target = policy.requests_per_minute
            case NetworkInTarget() | NetworkOutTarget():
                target = policy.bytes_per_minute
            case CustomMetricTarget():
                target = policy.target
        metric = tracked(policy)
        predefined = _PREDEFINED.get(metric) if isinstance(metric, FleetMetric) else None
        made = autoscaling.TargetTrackingScalingPolicy(
            self,
            policy.name,
            auto_scaling_group=self._group,
            target_value=target,
            disable_scale_in=policy.disable_scale_in,
            predefined_metric=predefined,
            custom_metric=None if predefined else self._measures.metric(metric),
            resource_label=self._measures.requests_label() if metric == FleetMetric.REQUESTS_PER_TARGET else None,
        )
        if metric == FleetMetric.REQUESTS_PER_TARGET:
            self._measures.after_listener(made)
        return made

    def _make_forecast(self, policy: PredictiveScaling) -> autoscaling.CfnScalingPolicy:
        # There is no L2 of these.
        kinds = autoscaling.CfnScalingPolicy
        by_requests = policy.metric == FleetMetric.REQUESTS_PER_TARGET
        made = autoscaling.CfnScalingPolicy(
            self,
            policy.name,
            policy_type="PredictiveScaling",
            auto_scaling_group_name=self._measures.group_name,
            predictive_scaling_configuration=kinds.PredictiveScalingConfigurationProperty(
                metric_specifications=[
                    kinds.PredictiveScalingMetricSpecificationProperty(
                        target_value=policy.target,
                        predefined_metric_pair_specification=kinds.PredictiveScalingPredefinedMetricPairProperty(
                            predefined_metric_type=_FORECAST_PAIRS[policy.metric],
                            resource_label=self._measures.requests_label() if by_requests else None,
                        ),
                    )
                ],
                mode=policy.mode,
                scheduling_buffer_time=policy.scheduling_buffer_seconds,
                max_capacity_breach_behavior=policy.max_capacity,
                max_capacity_buffer=policy.max_capacity_buffer_percent,
            ),
        )
        if by_requests:
            self._measures.after_listener(made)
        return made
