"""How a pool of instances or tasks grows, shrinks and wakes: by metric math, which the CDK's own constructs refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import jsii
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._worker_metrics import WorkerMetrics
from aws_patterns.messaging.worker_pool_options import WorkerPlan

_PER_WORKER = "perWorker"
_Query = TypeVar("_Query")
_ALARM_TEXT = "Wakes the pool: there is work and nobody to do it. Part of normal operation, nobody has to act."


@jsii.implements(cloudwatch.IAlarmAction)
class _Runs:
    """Lets an alarm run a scaling policy."""

    def __init__(self, policy_arn: str) -> None:
        self._policy_arn = policy_arn

    def bind(self, _scope: Construct, _alarm: cloudwatch.IAlarm) -> cloudwatch.AlarmActionConfig:
        return cloudwatch.AlarmActionConfig(alarm_action_arn=self._policy_arn)


def scale_group(
    scope: Construct, group: autoscaling.AutoScalingGroup, metrics: WorkerMetrics, plan: WorkerPlan
) -> None:
    """Let an Auto Scaling group follow the backlog per instance, and wake from none."""
    if plan.minimum == plan.maximum:
        return
    kinds = autoscaling.CfnScalingPolicy
    queries = _queries(
        metrics,
        query=kinds.TargetTrackingMetricDataQueryProperty,
        stat=kinds.TargetTrackingMetricStatProperty,
        metric=kinds.MetricProperty,
        dimension=kinds.MetricDimensionProperty,
    )
    kinds(
        scope,
        "BacklogPerWorker",
        policy_type="TargetTrackingScaling",
        auto_scaling_group_name=group.auto_scaling_group_name,
        estimated_instance_warmup=plan.warm_up_seconds,
        target_tracking_configuration=kinds.TargetTrackingConfigurationProperty(
            target_value=plan.backlog_per_worker,
            customized_metric_specification=kinds.CustomizedMetricSpecificationProperty(metrics=queries),
        ),
    )
    if plan.minimum > 0:
        return
    wake = kinds(
        scope,
        "Wake",
        policy_type="StepScaling",
        auto_scaling_group_name=group.auto_scaling_group_name,
        # More, never so many: a reading that is a minute old must not shrink what has grown since.
        adjustment_type="ChangeInCapacity",
        estimated_instance_warmup=plan.warm_up_seconds,
        step_adjustments=[
            kinds.StepAdjustmentProperty(
                scaling_adjustment=size, metric_interval_lower_bound=lower, metric_interval_upper_bound=upper
            )
            for lower, upper, size in wake_steps(plan)
        ],
    )
    _alarm(scope, metrics, wake.ref, minutes=1)


def scale_service(
    scope: Construct, service: ecs.FargateService, cluster: ecs.ICluster, metrics: WorkerMetrics, plan: WorkerPlan
) -> None:
    """Let an ECS service follow the backlog per task, and wake from none."""
    kinds = appscaling.CfnScalingPolicy
    target = appscaling.CfnScalableTarget(
        scope,
        "Tasks",
        service_namespace="ecs",
        scalable_dimension="ecs:service:DesiredCount",
        resource_id=f"service/{cluster.cluster_name}/{service.service_name}",
        min_capacity=plan.minimum,
        max_capacity=plan.maximum,
    )
    if plan.minimum == plan.maximum:
        # The target alone keeps so many.
        return
    queries = _queries(
        metrics,
        query=kinds.TargetTrackingMetricDataQueryProperty,
        stat=kinds.TargetTrackingMetricStatProperty,
        metric=kinds.TargetTrackingMetricProperty,
        dimension=kinds.TargetTrackingMetricDimensionProperty,
    )
    kinds(
        scope,
        "BacklogPerWorker",
        policy_name="BacklogPerWorker",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.attr_id,
        target_tracking_scaling_policy_configuration=kinds.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=plan.backlog_per_worker,
            scale_out_cooldown=plan.warm_up_seconds,
            scale_in_cooldown=defaults.SCALE_IN_COOLDOWN_SECONDS,
            customized_metric_specification=kinds.CustomizedMetricSpecificationProperty(metrics=queries),
        ),
    )
    if plan.minimum > 0:
        return
    wake = kinds(
        scope,
        "Wake",
        policy_name="Wake",
        policy_type="StepScaling",
        scaling_target_id=target.attr_id,
        step_scaling_policy_configuration=kinds.StepScalingPolicyConfigurationProperty(
            adjustment_type="ChangeInCapacity",
            # Until the tasks are counted: the same work must not wake them twice.
            cooldown=plan.warm_up_seconds + 2 * defaults.METRIC_SECONDS,
            metric_aggregation_type="Maximum",
            step_adjustments=[
                kinds.StepAdjustmentProperty(
                    scaling_adjustment=size, metric_interval_lower_bound=lower, metric_interval_upper_bound=upper
                )
                for lower, upper, size in wake_steps(plan)
            ],
        ),
    )
    # Container Insights are late at times: one minute without a count is not a minute without tasks.
    _alarm(scope, metrics, wake.attr_arn, minutes=2)


def wake_steps(plan: WorkerPlan) -> list[tuple[float, float | None, int]]:
    """From where to where, beyond one message, so many workers are started: doubled up to the maximum."""
    sizes = [1]
    while sizes[-1] < plan.maximum and len(sizes) < defaults.MOST_STEPS:
        sizes.append(min(2 * sizes[-1], plan.maximum))
    bounds = [0.0, *(max(round(size * plan.backlog_per_worker - 1, 9), 0.0) for size in sizes[:-1])]
    found: list[tuple[float, float | None, int]] = []
    for lower, upper, size in zip(bounds, [*bounds[1:], None], sizes, strict=True):
        if upper is None or upper > lower:
            found.append((lower, upper, size))
    return found


def _alarm(scope: Construct, metrics: WorkerMetrics, policy_arn: str, *, minutes: int) -> None:
    alarm = cloudwatch.Alarm(
        scope,
        "WorkForNobody",
        alarm_description=_ALARM_TEXT,
        metric=metrics.work_for_nobody(),
        threshold=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluation_periods=minutes,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    alarm.add_alarm_action(_Runs(policy_arn))


def _queries(
    metrics: WorkerMetrics,
    *,
    query: Callable[..., _Query],
    stat: Callable[..., object],
    metric: Callable[..., object],
    dimension: Callable[..., object],
) -> list[_Query]:
    """The backlog per worker, in the words of either service."""
    found = [(name, one.to_metric_config().metric_stat) for name, one in metrics.inputs.items()]
    inputs = [
        query(
            id=name,
            metric_stat=stat(
                metric=metric(
                    namespace=one.namespace,
                    metric_name=one.metric_name,
                    dimensions=[dimension(name=each.name, value=str(each.value)) for each in one.dimensions or []],
                ),
                stat=one.statistic,
            ),
            return_data=False,
        )
        for name, one in found
        if one is not None
    ]
    return [*inputs, query(id=_PER_WORKER, expression=metrics.per_worker, return_data=True)]
