"""Which instance goes first when a fleet shrinks. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from aws_patterns._validation import Problems


class TerminationPolicy(StrEnum):
    """Which instance goes first, in the zone that has the most."""

    DEFAULT = "Default"
    """What departs from the mixture that was asked for, then the oldest launch template."""
    ALLOCATION_STRATEGY = "AllocationStrategy"
    """What departs from the mixture that was asked for."""
    OLDEST_LAUNCH_TEMPLATE = "OldestLaunchTemplate"
    """What was started from the oldest version of the launch template."""
    OLDEST_INSTANCE = "OldestInstance"
    """What has run longest."""
    NEWEST_INSTANCE = "NewestInstance"
    """What was started last: for a try that is to be taken back."""
    CLOSEST_TO_NEXT_INSTANCE_HOUR = "ClosestToNextInstanceHour"
    """What is paid for longest, where the hour is what is paid for."""


def check_termination_policies(
    problems: Problems, policies: Sequence[str], *, name: str = "termination_policies"
) -> None:
    """Add to ``problems`` whatever is wrong with the order in which the instances of one fleet go."""
    if not policies:
        problems.add(f"{name} must name at least one, such as TerminationPolicy.DEFAULT")
    for policy in dict.fromkeys(policies):
        problems.one_of(name, policy, tuple(TerminationPolicy))
        if list(policies).count(policy) > 1:
            problems.add(f"{name} names {policy} {list(policies).count(policy)} times: once is enough")
    if TerminationPolicy.DEFAULT in list(policies)[:-1]:
        problems.add(f"{name} must have Default last: it leaves nothing to decide, got {', '.join(policies)}")
