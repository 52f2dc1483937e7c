"""The rules about the scaling policies of one fleet, all of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute._scaling_alone import check_alone
from aws_patterns.compute._scaling_schedule import check_schedule
from aws_patterns.compute._scaling_together import check_together
from aws_patterns.compute.scaling_policies import ScalingPolicy, ScheduledScaling

if TYPE_CHECKING:
    from aws_patterns.compute.capacity import Capacity

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)


def check(
    problems: Problems,
    policies: Sequence[ScalingPolicy],
    *,
    capacity: Capacity,
    has_load_balancer: bool,
    name: str,
    group_name: str | None = None,
) -> None:
    """Add whatever is wrong: with the names, with each policy, with all of them beside each other."""
    _check_names(problems, policies, name)
    scheduled = [policy for policy in policies if isinstance(policy, ScheduledScaling)]
    quotas = {
        "scaling policies": (len(policies) - len(scheduled), defaults.SCALING_POLICIES_PER_GROUP),
        "scheduled actions": (len(scheduled), defaults.SCHEDULED_ACTIONS_PER_GROUP),
    }
    for kind, (count, most) in quotas.items():
        if count > most:
            problems.add(f"{name} may hold {most} {kind}, AWS's limit for a group, got {count}")
    # What is wrong by itself is said once: beside the others it would only be said again, in other words.
    sound: list[ScalingPolicy] = []
    for policy in policies:
        before = len(problems.found)
        check_alone(problems, policy, f"{name}.{policy.name}")
        if len(problems.found) == before:
            sound.append(policy)
    check_schedule(problems, scheduled, capacity=capacity, name=name)
    check_together(
        problems, sound, capacity=capacity, has_load_balancer=has_load_balancer, name=name, group_name=group_name
    )


def _check_names(problems: Problems, policies: Sequence[ScalingPolicy], name: str) -> None:
    for used, times in Counter(policy.name for policy in policies).items():
        if _NAME.fullmatch(used) is None:
            problems.add(
                f"{name} must have names of up to 64 letters, digits and hyphens, a letter first, got {used!r}"
            )
        if times > 1:
            problems.add(f"{name} must have names that differ, got {used} {times} times: give each its own (name=...)")
