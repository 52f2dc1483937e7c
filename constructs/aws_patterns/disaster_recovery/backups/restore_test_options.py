"""What may be chosen about tests that restore backups, within which limits. Needs no CDK."""

from __future__ import annotations

import re

from aws_patterns._names import REGION
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults

_NAME = re.compile(r"[a-zA-Z0-9_]{1,50}", re.ASCII)
_CRON = re.compile(r"cron\((\S+ ){5}\S+\)")
_ATTRIBUTE_LENGTH = 255


@typed
def check_restore_test(
    problems: Problems,
    *,
    name: str,
    tested: int,
    source_region: str | None = None,
    schedule: str = f"cron(0 {defaults.RESTORE_TEST_HOUR} ? * {defaults.RESTORE_TEST_WEEKDAY} *)",
    start_hours: int = defaults.RESTORE_TEST_START_HOURS,
    validation_hours: int = defaults.RESTORE_TEST_VALIDATION_HOURS,
    window_days: int = defaults.RESTORE_TEST_WINDOW_DAYS,
    compared_items: int = defaults.COMPARED_ITEMS,
    least_identical_percent: int = defaults.LEAST_IDENTICAL_PERCENT,
    written_attribute: str | None = None,
    silence_days: int = defaults.RESTORE_TEST_SILENCE_DAYS,
) -> None:
    """Add to ``problems`` whatever is wrong with a restore test.

    Args:
        problems: Gets them.
        name: Of the plan.
        tested: How many tables and buckets there are.
        source_region: Where the originals are.
        schedule: When it begins.
        start_hours: Within how long of that.
        validation_hours: How long what is restored stays to be compared.
        window_days: How old a tested recovery point may be.
        compared_items: How many are compared.
        least_identical_percent: How many of them must be as they were.
        written_attribute: Says when an item was written.
        silence_days: After how long without a good test an alarm tells.
    """
    if not is_token(name) and not _NAME.fullmatch(name):
        problems.add(f"name must be 1 to 50 letters, digits or underscores, got {name!r}")
    if tested < 1:
        problems.add("tables or buckets must name what is restored, got none")
    if source_region is not None and not is_token(source_region) and not REGION.fullmatch(source_region):
        problems.add(f"source_region must be a Region's code such as eu-west-1, got {source_region!r}")
    if not is_token(schedule) and not _CRON.fullmatch(schedule):
        problems.add(f"schedule must look like cron(0 5 ? * SUN *), in UTC, got {schedule!r}")
    for option, value, low, high, unit in (
        ("start_hours", start_hours, 1, defaults.LONGEST_RESTORE_TEST_START_HOURS, " hours"),
        ("validation_hours", validation_hours, 1, defaults.LONGEST_VALIDATION_HOURS, " hours"),
        ("window_days", window_days, 1, defaults.LONGEST_RESTORE_TEST_WINDOW_DAYS, " days"),
        ("compared_items", compared_items, 1, defaults.MOST_COMPARED_ITEMS, ""),
        ("least_identical_percent", least_identical_percent, 1, 100, " %"),
        ("silence_days", silence_days, 1, defaults.LONGEST_SILENCE_DAYS, " days"),
    ):
        problems.between(option, value, low, high, unit)
    named = written_attribute is not None and not is_token(written_attribute)
    if named and not 1 <= len(str(written_attribute)) <= _ATTRIBUTE_LENGTH:
        problems.add(
            f"written_attribute must be the name of an attribute, 1 to {_ATTRIBUTE_LENGTH} characters, got "
            f"{written_attribute!r}"
        )
