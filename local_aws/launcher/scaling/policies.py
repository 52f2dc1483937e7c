"""Scaling policies change a group's desired capacity: when they are asked to, and when their alarm goes off."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record
from local_aws.launcher.scaling import groups
from local_aws.launcher.values import mapping

_POLICY = ":scalingPolicy:"


def install() -> None:
    """Carry out the policies that an alarm names when it changes to ALARM, as it tells topics."""
    tell = cast("Callable[..., None]", hooks.ALARM_ACTIONS.get())

    def tell_and_scale(alarm: Record, old: str, new: str, reason: str) -> None:
        tell(alarm, old, new, reason)
        if new != "ALARM" or not alarm.get("ActionsEnabled", True):
            return
        named = [arn for arn in alarm.get("AlarmActions", ()) if _POLICY in arn]
        for policy in list(hooks.store(hooks.SCALING_POLICIES).values()) if named else ():
            if policy["PolicyARN"] in named and policy.get("Enabled", True):
                _carry_out(policy, alarm)

    hooks.ALARM_ACTIONS.replace(tell_and_scale)


def adjust(policy: Record, breach: float) -> None:
    """Change a group's desired capacity as a simple or step policy says, within its minimum and maximum.

    Args:
        breach: By how much the metric is over the alarm's threshold.
    """
    steps = [
        int(str(step["ScalingAdjustment"]))
        for step in map(mapping, policy.get("StepAdjustments", ()))
        if _bound(step, "Lower", -math.inf) <= breach < _bound(step, "Upper", math.inf)
    ]
    change = int(policy["ScalingAdjustment"]) if "ScalingAdjustment" in policy else next(iter(steps), 0)
    group = _group(policy)
    now = int(group["DesiredCapacity"])
    by_kind = {"ExactCapacity": change, "PercentChangeInCapacity": now + math.ceil(now * change / 100)}
    _set(group, by_kind.get(str(policy.get("AdjustmentType")), now + change))


def _carry_out(policy: Record, alarm: Record) -> None:
    group = _group(policy)
    if groups.is_suspended(group, "AlarmNotification"):
        return
    values = cast("Sequence[float]", [one for one in alarm.get("LocalAwsValues", ()) if one is not None])
    value = values[0] if values else float(alarm["Threshold"])
    tracking = mapping(policy.get("TargetTrackingConfiguration"))
    if not tracking:
        adjust(policy, value - float(alarm["Threshold"]))
        return
    # As many instances as bring the metric, which they share, back to its target.
    _set(group, math.ceil(int(group["DesiredCapacity"]) * value / float(str(tracking["TargetValue"]))))


def _bound(step: Mapping[str, object], side: str, default: float) -> float:
    return float(str(step.get(f"MetricInterval{side}Bound", default)))


def _group(policy: Record) -> Record:
    return hooks.store(hooks.SCALING_GROUPS)[policy["AutoScalingGroupName"]]


def _set(group: Record, wanted: int) -> None:
    group["DesiredCapacity"] = max(int(group["MinSize"]), min(int(group["MaxSize"]), wanted))
    groups.reconcile(group)
