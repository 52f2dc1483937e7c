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
        for policy in of_alarm(alarm) if new == "ALARM" else ():
            carry_out(policy, alarm)

    hooks.ALARM_ACTIONS.replace(tell_and_scale)


def of_alarm(alarm: Record) -> list[Record]:
    """The policies that an alarm runs."""
    named = [arn for arn in alarm.get("AlarmActions", ()) if _POLICY in arn]
    if not named or not alarm.get("ActionsEnabled", True):
        return []
    known = list(hooks.store(hooks.SCALING_POLICIES).values())
    return [policy for policy in known if policy["PolicyARN"] in named and policy.get("Enabled", True)]


def adjust(policy: Record, breach: float, *, below: bool) -> None:
    """Change a group's desired capacity as a simple or step policy says, within its minimum and maximum.

    Args:
        breach: By how much the metric is over the alarm's threshold.
        below: Whether the alarm is about too little: then a step holds its upper bound and not its lower one.
    """
    steps = [step for step in map(mapping, policy.get("StepAdjustments", ())) if _is_in(step, breach, below=below)]
    if "ScalingAdjustment" not in policy and not steps:
        return
    change = int(str(policy["ScalingAdjustment"] if "ScalingAdjustment" in policy else steps[0]["ScalingAdjustment"]))
    group = group_of(policy)
    now = int(group["DesiredCapacity"])
    match policy.get("AdjustmentType"):
        case "ExactCapacity":
            _set(group, change)
        case "PercentChangeInCapacity":
            least = max(1, int(policy.get("MinAdjustmentMagnitude") or 1))
            # Towards zero, and by one instance at least.
            size = max(least, abs(now * change) // 100) if change else 0
            _set(group, now + int(math.copysign(size, change)))
        case _:
            _set(group, now + change)


def carry_out(policy: Record, alarm: Record) -> None:
    """Do what a policy says about what its alarm has seen."""
    group = group_of(policy)
    if groups.is_suspended(group, "AlarmNotification"):
        return
    values = cast("Sequence[float]", [one for one in alarm.get("LocalAwsValues", ()) if one is not None])
    value = values[0] if values else float(alarm["Threshold"])
    tracking = mapping(policy.get("TargetTrackingConfiguration"))
    if not tracking:
        below = str(alarm.get("ComparisonOperator")).startswith("LessThan")
        adjust(policy, value - float(alarm["Threshold"]), below=below)
        return
    # As many instances as bring the metric, which they share, back to its target.
    _set(group, math.ceil(int(group["DesiredCapacity"]) * value / float(str(tracking["TargetValue"]))))


def _is_in(step: Mapping[str, object], breach: float, *, below: bool) -> bool:
    lower, upper = _bound(step, "Lower", -math.inf), _bound(step, "Upper", math.inf)
    return lower < breach <= upper if below else lower <= breach < upper


def _bound(step: Mapping[str, object], side: str, default: float) -> float:
    return float(str(step.get(f"MetricInterval{side}Bound", default)))


def group_of(policy: Record) -> Record:
    """The group that a policy is about."""
    return hooks.store(hooks.SCALING_GROUPS)[policy["AutoScalingGroupName"]]


def _set(group: Record, wanted: int) -> None:
    group["DesiredCapacity"] = max(int(group["MinSize"]), min(int(group["MaxSize"]), wanted))
    groups.reconcile(group)
