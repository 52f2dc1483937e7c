"""Replacing the instances of a fleet under the eyes of alarms, with pauses to look. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as defaults


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceRefresh:
    """Auto Scaling replaces the instances, first a few, then the rest: ``InstanceRefresh(bake_seconds=600)``.

    New instances are launched before old ones are terminated. When one of the fleet's rollback alarms goes off, until
    the end of the bake, the deployment fails and the old version comes back.

    Args:
        checkpoint_percentages: After how much of the fleet to pause, ascending, 100 last. Default: after a tenth,
            where there are rollback alarms; without any, nobody looks during a pause, and there is none.
        checkpoint_seconds: How long each pause is, up to two days. Default 300 s.
        bake_seconds: How long the alarms are watched after the last instance, up to two days. Default 300 s, or none
            where there are no rollback alarms.
        minimum_healthy_percent: Of the fleet's size, meanwhile. Default 100.
        maximum_healthy_percent: Of the fleet's size, which is how many at a time; 100 to 200. Default 110: one in
            ten, and at least one.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html
    """

    checkpoint_percentages: Sequence[int] | None = None
    checkpoint_seconds: int = defaults.CHECKPOINT_SECONDS
    bake_seconds: int | None = None
    minimum_healthy_percent: int = defaults.HEALTHY_PERCENT[0]
    maximum_healthy_percent: int = defaults.HEALTHY_PERCENT[1]

    def checkpoints(self, *, watched: bool) -> Sequence[int]:
        """After how much of the fleet to pause; ``watched`` where it has rollback alarms."""
        if self.checkpoint_percentages is None:
            return defaults.CHECKPOINT_PERCENTAGES if watched else ()
        return self.checkpoint_percentages

    def bake(self, *, watched: bool) -> int:
        """How many seconds the end is waited for; ``watched`` where the fleet has rollback alarms."""
        if self.bake_seconds is None:
            return defaults.BAKE_SECONDS if watched else 0
        return self.bake_seconds


def check_instance_refresh(
    problems: Problems, update: InstanceRefresh, *, rollback_alarms: int = 0, name: str = "update"
) -> None:
    """Add to ``problems`` whatever is wrong with how the instances of one fleet are replaced."""
    longest = defaults.LONGEST_CHECKPOINT_SECONDS
    _check_checkpoints(problems, update.checkpoint_percentages, name)
    problems.between(f"{name}.checkpoint_seconds", update.checkpoint_seconds, 0, longest, " s")
    if update.bake_seconds is not None:
        problems.between(f"{name}.bake_seconds", update.bake_seconds, 0, longest, " s")
    least, most = update.minimum_healthy_percent, update.maximum_healthy_percent
    problems.between(f"{name}.minimum_healthy_percent", least, 0, 100, " %")
    problems.between(f"{name}.maximum_healthy_percent", most, 100, 200, " %")
    if not is_token(least) and not is_token(most) and 0 <= least <= 100 <= most <= 200:  # noqa: PLR2004 - per cent
        if most - least > 100:  # noqa: PLR2004 - per cent
            problems.add(
                f"{name}.maximum_healthy_percent must be at most 100 more than minimum_healthy_percent, got {most} % "
                f"and {least} %"
            )
        if most == least:
            problems.add(
                f"{name}.maximum_healthy_percent must be more than minimum_healthy_percent, got {most} % for both: "
                "there is no room to replace any"
            )
    if rollback_alarms > defaults.ROLLBACK_ALARMS:
        problems.add(
            f"rollback_alarms must be {defaults.ROLLBACK_ALARMS} at most, got {rollback_alarms}: "
            "join some in a cloudwatch.CompositeAlarm"
        )


def _check_checkpoints(problems: Problems, given: Sequence[int] | None, name: str) -> None:
    if given is None or any(is_token(percent) for percent in given):
        return
    written = ", ".join(map(str, given)) or "none"
    for percent in given:
        problems.between(f"{name}.checkpoint_percentages", percent, 1, 100, " %")
    if list(given) != sorted(set(given)):
        problems.add(f"{name}.checkpoint_percentages must ascend, got {written}")
    elif given and given[-1] != 100:  # noqa: PLR2004 - per cent
        problems.add(f"{name}.checkpoint_percentages must end with 100, got {written}: the rest would stay as it is")
