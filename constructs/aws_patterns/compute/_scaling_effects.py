"""What a policy that hears an alarm would do at a value of its metric. Pure arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass

from aws_patterns.compute._scaling_alone import in_order, open_end
from aws_patterns.compute.scaling_policies import AdjustmentType, SimpleScaling, Step, StepScaling


@dataclass(frozen=True, slots=True)
class Range:
    """Values of a metric, both ends included."""

    lowest: float
    highest: float

    def shared(self, other: Range) -> Range | None:
        """What both have in common."""
        lowest, highest = max(self.lowest, other.lowest), min(self.highest, other.highest)
        return Range(lowest, highest) if lowest <= highest else None

    def __str__(self) -> str:
        if self.lowest == self.highest:
            return f"at {self.lowest:.15g}"
        if math.isinf(self.highest):
            return f"from {self.lowest:.15g} up"
        if math.isinf(self.lowest):
            return f"from {self.highest:.15g} down"
        return f"from {self.lowest:.15g} to {self.highest:.15g}"


def steps_of(policy: SimpleScaling | StepScaling) -> list[Step]:
    """What the policy does where; a simple one has one step."""
    if isinstance(policy, StepScaling):
        return in_order(policy.steps)
    return [Step(lower=policy.at_least, upper=policy.at_most, change=policy.change)]


def active_range(policy: SimpleScaling | StepScaling) -> Range:
    """Where the policy's alarm rings."""
    lower, upper = open_end(steps_of(policy))
    return Range(-math.inf if lower is None else lower, math.inf if upper is None else upper)


def direction(policy: SimpleScaling | StepScaling) -> int:
    """1 for a policy that only adds, -1 for one that only takes away, 0 for others."""
    if policy.adjustment_type == AdjustmentType.EXACT_CAPACITY:
        return 0
    signs = {math.copysign(1, step.change) for step in steps_of(policy)}
    return int(signs.pop()) if len(signs) == 1 else 0


def capacity_after(policy: SimpleScaling | StepScaling, *, value: float, capacity: int) -> int:
    """How many instances there are after the policy has seen ``value``, before the fleet's limits are applied.

    The end of a step on the side of the alarm's threshold belongs to it, the other to the next, as on AWS.
    """
    upward = open_end(steps_of(policy))[1] is None
    for step in steps_of(policy):
        lower = -math.inf if step.lower is None else step.lower
        upper = math.inf if step.upper is None else step.upper
        if (lower <= value < upper) if upward else (lower < value <= upper):
            return _changed(policy, step.change, capacity)
    return capacity


def _changed(policy: SimpleScaling | StepScaling, change: int, capacity: int) -> int:
    match policy.adjustment_type:
        case AdjustmentType.EXACT_CAPACITY:
            return change
        case AdjustmentType.PERCENT_CHANGE_IN_CAPACITY:
            # Towards zero, and never less than one instance.
            amount = max(abs(capacity * change) // 100, policy.min_adjustment_magnitude or 1)
            return capacity + (amount if change > 0 else -amount)
        case _:
            return capacity + change
