"""Target tracking: alarms on metric math, which the emulator makes for single metrics alone, and what they go on to do.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import cast

from local_aws.launcher import alarms, hooks
from local_aws.launcher.hooks import Record, scope
from local_aws.launcher.scaling import groups, policies
from local_aws.launcher.values import items, mapping

_AGAIN_SECONDS = 60.0
_WARM_UP_SECONDS = 300
_PLAIN = {"MetricName": "-", "Namespace": "-", "Statistic": "Average"}


def install() -> None:
    """Make the alarms of policies that track an expression."""
    put = cast("Callable[[Record], None]", hooks.TRACKING_ALARMS.get())

    def put_either(policy: Record) -> None:
        tracking = mapping(policy.get("TargetTrackingConfiguration"))
        queries = items(mapping(tracking.get("CustomizedMetricSpecification")), "Metrics")
        if not queries:
            put(policy)
            return
        plain = {**policy, "TargetTrackingConfiguration": {**tracking, "CustomizedMetricSpecification": _PLAIN}}
        put(plain)
        policy["Alarms"] = plain["Alarms"]
        for named in plain["Alarms"]:
            alarm = hooks.store(hooks.ALARMS)[named["AlarmName"]]
            # Of the quarter of an hour after which less is enough, as much as of other waits.
            alarm["EvaluationPeriods"] = max(1, round(alarm["EvaluationPeriods"] * _wait_scale()))
            alarms.watch_math(alarm, [mapping(query) for query in queries])

    hooks.TRACKING_ALARMS.replace(put_either)


def go_on() -> None:
    """Carry policies out once a minute more for as long as their alarm lasts, but not before instances have warmed up.

    A simple or step policy, too, goes on in AWS; here, where instances are there at once, it would only overshoot.
    """
    for (account, region, _), alarm in list(hooks.scoped(hooks.ALARMS).all_items()):
        if alarm.get("StateValue") != "ALARM":
            alarm.pop("LocalAwsScaledAt", None)
            continue
        with scope(account, region):
            for policy in policies.of_alarm(alarm):
                if "TargetTrackingConfiguration" in policy and _is_due(alarm, policy):
                    policies.carry_out(policy, alarm)


def _is_due(alarm: Record, policy: Record) -> bool:
    now, scale = time.time(), _wait_scale()
    # The first time was when the alarm went off.
    then = alarm.setdefault("LocalAwsScaledAt", now)
    group = policies.group_of(policy)
    warm_up = policy.get("EstimatedInstanceWarmup") or group.get("DefaultInstanceWarmup") or _WARM_UP_SECONDS
    youngest = max((one["LaunchedAt"] for one in groups.staying(group)), default=0.0)
    if now - then < _AGAIN_SECONDS * scale or now - youngest < float(warm_up) * scale:
        return False
    alarm["LocalAwsScaledAt"] = now
    return True


def _wait_scale() -> float:
    return float(os.environ["SFN_WAIT_SCALE"])
