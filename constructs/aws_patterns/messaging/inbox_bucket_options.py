"""What may be chosen about an inbox, and within which limits. Needs no CDK."""

from __future__ import annotations

from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults


def check_inbox_bucket(
    problems: Problems,
    *,
    retention_days: int | None = None,
    access_log_retention_days: int = defaults.INBOX_LOG_DAYS,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one inbox."""
    for name, days in (("retention_days", retention_days), ("access_log_retention_days", access_log_retention_days)):
        if days is not None:
            problems.between(name, days, 1, defaults.LONGEST_RETENTION_DAYS, " days")
