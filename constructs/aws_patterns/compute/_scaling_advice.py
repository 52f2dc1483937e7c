"""What works and is seldom meant: said as a warning, since only the user knows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from aws_patterns._validation import is_token
from aws_patterns.compute._scaling_effects import active_range, capacity_after, direction, steps_of
from aws_patterns.compute._scaling_metrics import identity
from aws_patterns.compute._scaling_together import can_grow, can_shrink, forecasts_scale, limits
from aws_patterns.compute.scaling_policies import (
    FleetMetric,
    PredictiveScaling,
    ScalingPolicy,
    ScheduledScaling,
    SimpleScaling,
    StepScaling,
)

if TYPE_CHECKING:
    from aws_patterns.compute.capacity import Capacity

# What all instances together have of it stays the same when there are fewer of them.
_SHARED = (FleetMetric.CPU, FleetMetric.NETWORK_IN, FleetMetric.NETWORK_OUT, FleetMetric.REQUESTS_PER_TARGET)


class Advice(NamedTuple):
    """A warning, and the id by which a user acknowledges it."""

    id: str
    text: str


def scaling_advice(
    policies: Sequence[ScalingPolicy], *, capacity: Capacity, warm_up_seconds: int | None
) -> list[Advice]:
    """What is worth a second look about policies that ``check_scaling`` accepts."""
    found = [*_one_way(policies), *_taken_back(policies), *_never_set_back(policies)]
    if warm_up_seconds is not None and not is_token(warm_up_seconds):
        found += _too_early(policies, warm_up_seconds)
    if not any(is_token(size) for size in limits(policies, capacity)):
        found += _back_and_forth(policies, *limits(policies, capacity))
    return found


def _one_way(policies: Sequence[ScalingPolicy]) -> Iterator[Advice]:
    acting = [policy for policy in policies if can_grow(policy) or can_shrink(policy)]
    if not acting or any(isinstance(policy, ScheduledScaling) for policy in policies):
        return
    names = ", ".join(policy.name for policy in acting)
    if not any(can_shrink(policy) for policy in acting):
        yield Advice(
            "aws-patterns:scalingNeverShrinks",
            f"{names} only add instances, and nothing takes them away again: the fleet stays as large as it ever was. "
            "Add a policy that shrinks it.",
        )
    elif not any(can_grow(policy) for policy in acting):
        yield Advice(
            "aws-patterns:scalingNeverGrows",
            f"{names} only take instances away, and nothing adds any again. Add a policy that grows the fleet.",
        )


def _taken_back(policies: Sequence[ScalingPolicy]) -> Iterator[Advice]:
    shrinking = [policy.name for policy in policies if can_shrink(policy)]
    for policy in policies:
        only_desired = isinstance(policy, ScheduledScaling) and policy.minimum is None and policy.maximum is None
        if only_desired and shrinking:
            yield Advice(
                "aws-patterns:scalingTakenBack",
                f"{policy.name} sets desired only: {', '.join(shrinking)} will take those instances away again as soon "
                "as they have nothing to do. Set minimum, which holds.",
            )


def _never_set_back(policies: Sequence[ScalingPolicy]) -> Iterator[Advice]:
    scheduled = [policy for policy in policies if isinstance(policy, ScheduledScaling)]
    for limit in ("minimum", "maximum"):
        setting = [policy for policy in scheduled if getattr(policy, limit) is not None]
        if len(setting) == 1 and setting[0].recurrence is not None:
            yield Advice(
                "aws-patterns:scalingNeverSetBack",
                f"{setting[0].name} sets the {limit} to {getattr(setting[0], limit)} and no other action sets it back: "
                "it holds from the first time on. Add the action that ends it.",
            )


def _too_early(policies: Sequence[ScalingPolicy], warm_up_seconds: int) -> Iterator[Advice]:
    for policy in policies:
        if isinstance(policy, SimpleScaling):
            pause = policy.cooldown_seconds
            if not is_token(pause) and pause < warm_up_seconds:
                yield Advice(
                    "aws-patterns:scalingCooldown",
                    f"{policy.name} acts again after {pause} seconds, and an instance takes {warm_up_seconds} to warm "
                    "up: it would add more before the first ones help. A simple policy knows no warm-up: make its "
                    "cooldown_seconds at least as long, or use StepScaling.",
                )
        elif isinstance(policy, PredictiveScaling) and forecasts_scale(policy):
            buffer = policy.scheduling_buffer_seconds
            if not is_token(buffer) and buffer < warm_up_seconds:
                yield Advice(
                    "aws-patterns:scalingBuffer",
                    f"{policy.name} launches instances {buffer} seconds ahead, and one takes {warm_up_seconds} to warm "
                    "up: they would come too late. Make scheduling_buffer_seconds at least as long.",
                )


def _back_and_forth(policies: Sequence[ScalingPolicy], least: int, most: int) -> Iterator[Advice]:
    """Fewer instances share the same work: what makes one policy shrink the fleet may make another grow it again."""
    watching = [policy for policy in policies if isinstance(policy, SimpleScaling | StepScaling)]
    for out, back in product(watching, watching):
        if direction(out) <= 0 or direction(back) >= 0 or out.metric not in _SHARED:
            continue
        if identity(out.metric) != identity(back.metric):
            continue
        value, threshold = active_range(back).highest, active_range(out).lowest
        if math.isinf(value) or math.isinf(threshold) or any(is_token(step.change) for step in steps_of(back)):
            continue
        for before in range(least + 1, most + 1):
            after = max(capacity_after(back, value=value, capacity=before), least)
            if 0 < after < before and (then := value * before / after) >= threshold:
                yield Advice(
                    "aws-patterns:scalingBackAndForth",
                    f"{back.name} at {value:.15g} makes {after} of {before} instances, which are then at {then:.3g}, "
                    f"where {out.name} adds some again: the fleet would go back and forth. "
                    f"Let {back.name} wait for less than {threshold * after / before:.3g}.",
                )
                break
