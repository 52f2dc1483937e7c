"""What can be wrong with one scaling policy by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute._scaling_metrics import identity
from aws_patterns.compute.scaling_policies import (
    AdjustmentType,
    CpuTarget,
    CustomMetric,
    CustomMetricTarget,
    FleetMetric,
    MaxCapacityBehavior,
    MemoryTarget,
    Metric,
    NetworkInTarget,
    NetworkOutTarget,
    PredictiveMode,
    PredictiveScaling,
    RequestsPerTarget,
    ScalingPolicy,
    SimpleScaling,
    Statistic,
    Step,
    StepScaling,
)

# At 100 percent an average can't be exceeded: such a fleet would never grow.
_PERCENT = (1, 99)
_LONGEST_PAUSE_SECONDS = 86_400
_MOST_PERIODS = 1_440
_ALL = -100
_HOUR = 3_600
_FORECAST_METRICS = (
    FleetMetric.CPU,
    FleetMetric.NETWORK_IN,
    FleetMetric.NETWORK_OUT,
    FleetMetric.REQUESTS_PER_TARGET,
)


def check_alone(problems: Problems, policy: ScalingPolicy, name: str) -> None:
    """Add whatever is wrong with the policy. What is scheduled is looked at together with its like."""
    match policy:
        case CpuTarget() | MemoryTarget():
            _check_percent(problems, f"{name}.percent", policy.percent)
        case RequestsPerTarget():
            _check_positive(problems, f"{name}.requests_per_minute", policy.requests_per_minute)
        case NetworkInTarget() | NetworkOutTarget():
            _check_positive(problems, f"{name}.bytes_per_minute", policy.bytes_per_minute)
        case CustomMetricTarget():
            _check_positive(problems, f"{name}.target", policy.target)
            _check_tracked(problems, f"{name}.metric", policy.metric)
        case SimpleScaling():
            _check_simple(problems, policy, name)
        case StepScaling():
            _check_metric(problems, f"{name}.metric", policy.metric)
            _check_steps(problems, policy.steps, f"{name}.steps")
            for step in policy.steps:
                _check_adjustment(problems, step.change, policy, f"{name}.steps")
            _check_magnitude(problems, policy, name)
        case PredictiveScaling():
            _check_predictive(problems, policy, name)


def open_end(steps: Sequence[Step]) -> tuple[float | None, float | None]:
    """From where to where the steps reach: one of the two ends is ``None``, which is no end."""
    ordered = in_order(steps)
    return ordered[0].lower, ordered[-1].upper


def in_order(steps: Sequence[Step]) -> list[Step]:
    """From the lowest on."""
    return sorted(steps, key=lambda step: -math.inf if step.lower is None else step.lower)


def _check_percent(problems: Problems, name: str, value: float) -> None:
    # What is no number must not reach the CDK, which would die of it.
    if math.isfinite(value):
        problems.between(name, value, *_PERCENT, " percent")
    else:
        problems.add(f"{name} must be between {_PERCENT[0]} and {_PERCENT[1]} percent, got {value}")


def _check_positive(problems: Problems, name: str, value: float) -> None:
    if not math.isfinite(value) or (value <= 0 and not is_token(value)):
        problems.add(f"{name} must be above 0, got {value:.15g}")


def _check_metric(problems: Problems, name: str, metric: Metric) -> None:
    if isinstance(metric, CustomMetric):
        for part in ("namespace", "metric_name"):
            if not getattr(metric, part):
                problems.add(f"{name}.{part} must not be empty")
        problems.one_of(f"{name}.statistic", metric.statistic, tuple(Statistic))


def _check_tracked(problems: Problems, name: str, metric: Metric) -> None:
    _check_metric(problems, name, metric)
    found = identity(metric)
    if found is None:
        problems.add(
            f"{name} must be one metric, not an expression over several: put its result into CloudWatch as a metric, "
            "or use StepScaling, which takes expressions"
        )
    elif not isinstance(metric, CustomMetric):
        problems.one_of(f"{name}'s statistic", found.statistic, tuple(Statistic))


def _check_simple(problems: Problems, policy: SimpleScaling, name: str) -> None:
    _check_metric(problems, f"{name}.metric", policy.metric)
    given = [value for value in (policy.at_least, policy.at_most) if value is not None]
    if len(given) != 1:
        got = "both" if given else "neither"
        problems.add(f"{name} must have at_least (acts when the metric is high) or at_most (when it is low), got {got}")
    elif not math.isfinite(given[0]):
        problems.add(f"{name} must act at a number, got {given[0]}")
    _check_adjustment(problems, policy.change, policy, f"{name}.change")
    _check_magnitude(problems, policy, name)
    problems.between(f"{name}.cooldown_seconds", policy.cooldown_seconds, 0, _LONGEST_PAUSE_SECONDS, " seconds")


def _check_adjustment(problems: Problems, change: int, policy: SimpleScaling | StepScaling, name: str) -> None:
    if is_token(change):
        return
    match policy.adjustment_type:
        case AdjustmentType.EXACT_CAPACITY if change < 0:
            problems.add(f"{name} must be 0 or more with EXACT_CAPACITY, got {change}")
        case AdjustmentType.PERCENT_CHANGE_IN_CAPACITY if change < _ALL:
            problems.add(f"{name} can't take away more than all, got {change} percent")
        case AdjustmentType.CHANGE_IN_CAPACITY | AdjustmentType.PERCENT_CHANGE_IN_CAPACITY if change == 0:
            problems.add(f"{name} must change something, got 0: leave out what does nothing")


def _check_magnitude(problems: Problems, policy: SimpleScaling | StepScaling, name: str) -> None:
    problems.one_of(f"{name}.adjustment_type", policy.adjustment_type, tuple(AdjustmentType))
    problems.between(f"{name}.periods", policy.periods, 1, _MOST_PERIODS)
    magnitude = policy.min_adjustment_magnitude
    if magnitude is None or is_token(magnitude):
        return
    if policy.adjustment_type != AdjustmentType.PERCENT_CHANGE_IN_CAPACITY:
        problems.add(
            f"{name}.min_adjustment_magnitude needs adjustment_type PERCENT_CHANGE_IN_CAPACITY, "
            f"got {policy.adjustment_type}: other changes are in instances already"
        )
    elif magnitude < 1:
        problems.add(f"{name}.min_adjustment_magnitude must be 1 or more, got {magnitude}")


def _check_steps(problems: Problems, steps: Sequence[Step], name: str) -> None:
    if not steps:
        problems.add(f"{name} must hold a step, such as Step(lower=60, change=1)")
        return
    if len(steps) > defaults.STEPS_PER_POLICY:
        problems.add(f"{name} may hold {defaults.STEPS_PER_POLICY}, AWS's limit for a policy, got {len(steps)}")
    ends = [end for step in steps for end in (step.lower, step.upper) if end is not None]
    if not all(math.isfinite(end) for end in ends):
        problems.add(f"{name} must reach from number to number: leave an end out where there is none")
        return
    if any(is_token(end) for end in ends):
        return
    for step in steps:
        if step.lower is not None and step.upper is not None and not step.lower < step.upper:
            problems.add(f"{name} must each reach from a lower to a higher value, got {_span(step)}")
            return
    ordered = in_order(steps)
    for one, other in pairwise(ordered):
        end = math.inf if one.upper is None else one.upper
        begin = -math.inf if other.lower is None else other.lower
        if begin < end:
            problems.add(f"{name} must not overlap, got {_span(one)} and {_span(other)}")
            return
        if begin > end:
            problems.add(f"{name} must follow each other without a gap, got none from {end:.15g} to {begin:.15g}")
            return
    lower, upper = open_end(steps)
    if lower is None and upper is None:
        problems.add(
            f"{name} must be open to one side, got both: an alarm watches one; "
            "make a policy for growing and one for shrinking"
        )
    elif lower is not None and upper is not None:
        problems.add(
            f"{name} must be open to one side, got {lower:.15g} to {upper:.15g}: beyond it nothing would happen; "
            "leave out the upper end of the highest step (more load) or the lower end of the lowest (less)"
        )


def _span(step: Step) -> str:
    lower = "the bottom" if step.lower is None else f"{step.lower:.15g}"
    upper = "the top" if step.upper is None else f"{step.upper:.15g}"
    return f"{lower} to {upper}"


def _check_predictive(problems: Problems, policy: PredictiveScaling, name: str) -> None:
    problems.one_of(f"{name}.metric", policy.metric, _FORECAST_METRICS)
    problems.one_of(f"{name}.mode", policy.mode, tuple(PredictiveMode))
    problems.one_of(f"{name}.max_capacity", policy.max_capacity, tuple(MaxCapacityBehavior))
    if policy.metric == FleetMetric.CPU:
        _check_percent(problems, f"{name}.target", policy.target)
    else:
        _check_positive(problems, f"{name}.target", policy.target)
    problems.between(f"{name}.scheduling_buffer_seconds", policy.scheduling_buffer_seconds, 0, _HOUR, " seconds")
    buffer = policy.max_capacity_buffer_percent
    if policy.max_capacity == MaxCapacityBehavior.INCREASE:
        if buffer is None:
            problems.add(f"{name}.max_capacity_buffer_percent must be given with max_capacity INCREASE, from 0 to 100")
        else:
            problems.between(f"{name}.max_capacity_buffer_percent", buffer, 0, 100, " percent")
    elif buffer is not None:
        problems.add(
            f"{name}.max_capacity_buffer_percent needs max_capacity INCREASE, got {buffer} with {policy.max_capacity}: "
            "a maximum that holds has no room above it"
        )
