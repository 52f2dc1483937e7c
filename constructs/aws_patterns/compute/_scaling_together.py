"""Which scaling policies can't be had together, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute._scaling_effects import active_range, direction, steps_of
from aws_patterns.compute._scaling_metrics import Identity, identity, tracked
from aws_patterns.compute.scaling_policies import (
    AdjustmentType,
    FleetMetric,
    MaxCapacityBehavior,
    PredictiveMode,
    PredictiveScaling,
    RequestsPerTarget,
    ScalingPolicy,
    ScheduledScaling,
    SimpleScaling,
    StepScaling,
    TargetTracking,
)

if TYPE_CHECKING:
    from aws_patterns.compute.capacity import Capacity


def check_together(
    problems: Problems,
    policies: Sequence[ScalingPolicy],
    *,
    capacity: Capacity,
    has_load_balancer: bool,
    name: str,
    group_name: str | None,
) -> None:
    """Add whatever is wrong with the policies beside each other. Each alone must be right."""
    _check_load_balancer(problems, policies, name, has_load_balancer=has_load_balancer)
    _check_metrics(problems, policies, name, group_name)
    _check_ranges(problems, policies, name, group_name)
    _check_predictive(problems, policies, name)
    _check_room(problems, policies, capacity, name)


def forecasts_scale(policy: ScalingPolicy) -> bool:
    """Whether it is a predictive policy that acts."""
    return isinstance(policy, PredictiveScaling) and policy.mode == PredictiveMode.FORECAST_AND_SCALE


def can_shrink(policy: ScalingPolicy) -> bool:
    """Whether it ever takes instances away when there is less to do."""
    if isinstance(policy, SimpleScaling | StepScaling):
        return direction(policy) <= 0
    return isinstance(policy, TargetTracking) and not policy.disable_scale_in


def can_grow(policy: ScalingPolicy) -> bool:
    """Whether it ever adds instances when there is more to do."""
    if isinstance(policy, SimpleScaling | StepScaling):
        return direction(policy) >= 0
    return isinstance(policy, TargetTracking) or forecasts_scale(policy)


def limits(policies: Sequence[ScalingPolicy], capacity: Capacity) -> tuple[int, int]:
    """The least and the most instances that there may be at any time, schedules included."""
    minima = [capacity.minimum]
    maxima = [capacity.maximum]
    for policy in policies:
        if isinstance(policy, ScheduledScaling):
            minima += [policy.minimum] if policy.minimum is not None else []
            maxima += [policy.maximum] if policy.maximum is not None else []
    return min(minima), max(maxima)


def _check_load_balancer(
    problems: Problems, policies: Sequence[ScalingPolicy], name: str, *, has_load_balancer: bool
) -> None:
    if has_load_balancer:
        return
    for policy in policies:
        by_requests = isinstance(policy, RequestsPerTarget) or (
            isinstance(policy, SimpleScaling | StepScaling | PredictiveScaling)
            and policy.metric == FleetMetric.REQUESTS_PER_TARGET
        )
        if by_requests:
            problems.add(
                f"{name}.{policy.name} needs an application load balancer in front, which counts the requests: "
                "without one scale by CpuTarget or NetworkInTarget"
            )


def _check_metrics(problems: Problems, policies: Sequence[ScalingPolicy], name: str, group_name: str | None) -> None:
    targets: dict[Identity, list[str]] = defaultdict(list)
    for policy in policies:
        if isinstance(policy, TargetTracking) and (found := identity(tracked(policy), group_name)):
            targets[found].append(policy.name)
    for metric, names in targets.items():
        if len(names) > 1:
            problems.add(
                f"{name} must not follow two targets for {metric}, got {' and '.join(names)}: "
                "only the lower one would count; keep one of them"
            )
    for policy in policies:
        if isinstance(policy, SimpleScaling | StepScaling) and (found := identity(policy.metric, group_name)):
            for target in targets.get(found, [])[:1]:
                problems.add(
                    f"{name} must not watch {found} in {policy.name} and follow a target for it in {target}: "
                    "they would undo each other's changes; keep one of them, or let one watch something else"
                )


def _check_ranges(problems: Problems, policies: Sequence[ScalingPolicy], name: str, group_name: str | None) -> None:
    watching = [policy for policy in policies if isinstance(policy, SimpleScaling | StepScaling)]
    growing = [policy for policy in watching if direction(policy) > 0]
    shrinking = [policy for policy in watching if direction(policy) < 0]
    for out, back in product(growing, shrinking):
        same = identity(out.metric, group_name)
        if same is None or same != identity(back.metric, group_name):
            continue
        if both := active_range(out).shared(active_range(back)):
            problems.add(
                f"{name} must not grow and shrink the fleet at the same {same}, got {out.name} and {back.name} "
                f"{both}: they would undo each other's changes; leave room between them"
            )


def _check_predictive(problems: Problems, policies: Sequence[ScalingPolicy], name: str) -> None:
    acting = [policy.name for policy in policies if forecasts_scale(policy)]
    if len(acting) > 1:
        problems.add(
            f"{name} may hold one predictive policy that scales, AWS's rule, got {', '.join(acting)}: "
            "let the others only forecast (mode FORECAST_ONLY)"
        )
    if acting and not any(can_shrink(policy) for policy in policies):
        problems.add(
            f"{name}.{acting[0]} grows the fleet and never shrinks it, and no other policy does: "
            "add one such as CpuTarget(percent=50)"
        )


def _check_room(problems: Problems, policies: Sequence[ScalingPolicy], capacity: Capacity, name: str) -> None:
    sizes = [capacity.minimum, capacity.maximum]
    sizes += [
        size
        for policy in policies
        if isinstance(policy, ScheduledScaling)
        for size in (policy.minimum, policy.maximum)
        if size is not None
    ]
    if any(is_token(size) for size in sizes):
        return
    least, most = limits(policies, capacity)
    acting = [
        policy
        for policy in policies
        if (can_grow(policy) or can_shrink(policy))
        and not (isinstance(policy, PredictiveScaling) and policy.max_capacity == MaxCapacityBehavior.INCREASE)
    ]
    if least == most and acting:
        problems.add(
            f"{name} can't act on a fleet whose minimum is its maximum, {most}, "
            f"got {', '.join(policy.name for policy in acting)}: raise the maximum, or leave them out ({name}=())"
        )
    for policy in policies:
        if (
            isinstance(policy, SimpleScaling | StepScaling)
            and policy.adjustment_type == AdjustmentType.EXACT_CAPACITY
            and least < most
        ):
            for step in steps_of(policy):
                if not is_token(step.change) and not least <= step.change <= most:
                    problems.add(
                        f"{name}.{policy.name} asks for {step.change} instances, which the fleet's limits, "
                        f"{least} to {most}, never allow: change the one or the others"
                    )
