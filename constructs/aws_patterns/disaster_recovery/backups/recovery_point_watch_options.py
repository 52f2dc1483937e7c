"""What may be chosen about watching recovery points. Needs no CDK."""

from __future__ import annotations

from aws_patterns._types import typed
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults


@typed
def check_recovery_point_watch(problems: Problems, *, watched: int, oldest_hours: int) -> None:
    """Add to ``problems`` whatever is wrong with watching so many tables and buckets."""
    if watched < 1:
        problems.add("tables or buckets must name what has recovery points, got none")
    problems.between("oldest_hours", oldest_hours, 1, defaults.OLDEST_RECOVERY_POINT_HOURS, " hours")
