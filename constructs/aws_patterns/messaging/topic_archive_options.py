"""What may be chosen about the archive of a topic, and within which limits. Needs no CDK."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.fanout_options import FilterPolicy, check_filter

_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()=/-]*/")


@dataclass(frozen=True, kw_only=True, slots=True)
class Buffer:
    """How much Firehose gathers before it writes an object: whichever is reached first.

    Attributes:
        seconds: 0 to 900, default 300.
        mebibytes: 1 to 128, default 5.
    """

    seconds: int = defaults.ARCHIVE_BUFFER_SECONDS
    mebibytes: int = defaults.ARCHIVE_BUFFER_MIB


def check_topic_archive(
    problems: Problems,
    *,
    fifo: bool = False,
    prefix: str = "messages/",
    filter_policy: FilterPolicy | None = None,
    retention_days: int = defaults.ARCHIVE_RETENTION_DAYS,
    buffer: Buffer = Buffer(),
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one archive."""
    if fifo:
        problems.add(
            "topic must be a standard topic, got a FIFO one, which delivers to queues alone: let the topic keep its "
            "messages itself, with FifoTopic(archive_days=...)"
        )
    if not is_token(prefix) and not _PREFIX.fullmatch(prefix):
        problems.add(f"prefix must be a path that ends with a slash, such as messages/, got {prefix!r}")
    if filter_policy is not None:
        check_filter(problems, "filter_policy", filter_policy)
    problems.between("retention_days", retention_days, 1, defaults.LONGEST_RETENTION_DAYS, " days")
    problems.between("buffer.seconds", buffer.seconds, 0, defaults.LONGEST_ARCHIVE_BUFFER_SECONDS, " seconds")
    problems.between("buffer.mebibytes", buffer.mebibytes, 1, defaults.LARGEST_ARCHIVE_BUFFER_MIB, " MiB")
