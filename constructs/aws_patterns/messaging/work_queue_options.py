"""What may be chosen about a work queue, and within which limits. Needs no CDK."""

from __future__ import annotations

import math
from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.messaging import _defaults as defaults

_MINUTE = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Fifo:
    """Order within a message group, and no duplicates within five minutes.

    Attributes:
        content_based_deduplication: Whether two messages with the same body, sent within five minutes, are one.
            Default: the sender gives every message a deduplication id.
        high_throughput: Whether deduplication and quotas are those of each message group, which lets a queue with many
            groups take some ten thousand messages a second instead of 300. Default off.
    """

    content_based_deduplication: bool = False
    high_throughput: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How much waiting is normal, before an alarm says that it is not: ``Patience(drain_seconds=600)``.

    Attributes:
        oldest_message_seconds: Age of the oldest message. Default: its delay, two visibility timeouts and a quarter of
            an hour, and at most half the retention.
        drain_seconds: How long the backlog would take at the workers' present pace. Default: an hour, and at most half
            the retention.
        pace_seconds: Over how long that pace is measured, in whole minutes. Default: twice the time that a message
            takes, between 5 minutes and a day.
    """

    oldest_message_seconds: int | None = None
    drain_seconds: int | None = None
    pace_seconds: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """What the alarms of one queue compare with, in seconds."""

    oldest_message: int
    drain: int
    pace: int
    pace_periods: int
    dead_letter_age: int


def check_work_queue(
    problems: Problems,
    *,
    visibility_timeout_seconds: int = defaults.VISIBILITY_TIMEOUT_SECONDS,
    retention_seconds: int = defaults.RETENTION_SECONDS,
    delay_seconds: int = 0,
    receive_wait_seconds: int = defaults.RECEIVE_WAIT_SECONDS,
    max_receive_count: int = defaults.MAX_RECEIVE_COUNT,
    maximum_message_bytes: int = defaults.LARGEST_MESSAGE_BYTES,
    processing_seconds: float | None = None,
    patience: Patience = Patience(),
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one work queue."""
    before = len(problems.found)
    longest_visibility = defaults.LONGEST_VISIBILITY_TIMEOUT_SECONDS
    retention = (defaults.SHORTEST_RETENTION_SECONDS, defaults.LONGEST_RETENTION_SECONDS)
    message = (defaults.SMALLEST_MESSAGE_BYTES, defaults.LARGEST_MESSAGE_BYTES)
    for name, value, (low, high), unit in (
        ("visibility_timeout_seconds", visibility_timeout_seconds, (0, longest_visibility), " seconds"),
        ("retention_seconds", retention_seconds, retention, " seconds"),
        ("delay_seconds", delay_seconds, (0, defaults.LONGEST_DELAY_SECONDS), " seconds"),
        ("receive_wait_seconds", receive_wait_seconds, (0, defaults.LONGEST_RECEIVE_WAIT_SECONDS), " seconds"),
        ("max_receive_count", max_receive_count, (1, defaults.LARGEST_MAX_RECEIVE_COUNT), ""),
        ("maximum_message_bytes", maximum_message_bytes, message, " bytes"),
    ):
        if not is_token(value) and low <= value <= high and value != int(value):
            problems.add(f"{name} must be a whole number, got {value:.15g}")
        else:
            problems.between(name, value, low, high, unit)
    if len(problems.found) == before:
        _check_attempts(
            problems,
            visibility=visibility_timeout_seconds,
            retention=retention_seconds,
            delay=delay_seconds,
            attempts=max_receive_count,
        )
    _check_processing(problems, processing_seconds, visibility_timeout_seconds)
    _check_patience(problems, patience, retention_seconds)


def thresholds(
    patience: Patience,
    *,
    fifo: bool,
    visibility_timeout_seconds: int,
    retention_seconds: int,
    delay_seconds: int,
    processing_seconds: float | None,
) -> Thresholds:
    """What the alarms compare with. Of what is known at deployment only, SQS's default is assumed."""
    visibility = _known(visibility_timeout_seconds, defaults.VISIBILITY_TIMEOUT_SECONDS)
    retention = _known(retention_seconds, defaults.RETENTION_SECONDS)
    half = max(_MINUTE, retention // 2)
    waiting = _known(delay_seconds, 0) + 2 * visibility + defaults.PATIENCE_SECONDS
    pace = patience.pace_seconds or _pace(processing_seconds, visibility)
    return Thresholds(
        oldest_message=patience.oldest_message_seconds or min(waiting, half),
        drain=patience.drain_seconds or min(defaults.DRAIN_SECONDS, half),
        pace=pace,
        pace_periods=max(1, defaults.SLOW_SECONDS // pace),
        dead_letter_age=_dead_letter_age(retention, fifo=fifo),
    )


def _dead_letter_age(retention: int, *, fifo: bool) -> int:
    """How long a message has been a dead letter when somebody must save it.

    Both kinds of queue count a dead letter's age from its arrival. A FIFO queue deletes it by that age; a standard
    queue by the time since it was first sent, of which it may have spent the whole retention as a live message.
    """
    alive = 0 if fifo else retention
    left = defaults.DEAD_LETTER_RETENTION_SECONDS - alive - defaults.DEAD_LETTER_WARNING_SECONDS
    return max(left, defaults.SHORTEST_DEAD_LETTER_AGE_SECONDS)


def _pace(processing_seconds: float | None, visibility: int) -> int:
    takes = visibility if processing_seconds is None or is_token(processing_seconds) else processing_seconds
    minutes = math.ceil(2 * takes / _MINUTE)
    return min(max(minutes * _MINUTE, defaults.SHORTEST_PACE_SECONDS), defaults.LONGEST_PACE_SECONDS)


def _known(value: int, otherwise: int) -> int:
    return otherwise if is_token(value) else value


def _check_attempts(problems: Problems, *, visibility: int, retention: int, delay: int, attempts: int) -> None:
    if any(is_token(value) for value in (visibility, retention, delay, attempts)):
        return
    needed = delay + attempts * visibility
    if needed >= retention:
        problems.add(
            f"retention_seconds must be more than {needed} seconds (delay_seconds + max_receive_count x "
            f"visibility_timeout_seconds), got {retention} seconds: a message whose every attempt times out would be "
            "deleted before it becomes a dead letter. Keep messages longer, or try less often"
        )


def _check_processing(problems: Problems, processing_seconds: float | None, visibility: int) -> None:
    if processing_seconds is None or is_token(processing_seconds):
        return
    if not processing_seconds > 0:
        problems.add(f"processing_seconds must be more than 0 seconds, got {processing_seconds:.15g} seconds")
    elif not is_token(visibility) and not processing_seconds < visibility:
        problems.add(
            f"visibility_timeout_seconds must be more than processing_seconds ({processing_seconds:.15g} seconds), got "
            f"{visibility:.15g} seconds: another worker would get a message that is still being worked on"
        )


def _check_patience(problems: Problems, patience: Patience, retention: int) -> None:
    # A wrong retention is told already; its own limits say what the alarms may be.
    longest = _known(retention, defaults.LONGEST_RETENTION_SECONDS)
    if not defaults.SHORTEST_RETENTION_SECONDS <= longest <= defaults.LONGEST_RETENTION_SECONDS:
        longest = defaults.LONGEST_RETENTION_SECONDS
    for name, value in (
        ("oldest_message_seconds", patience.oldest_message_seconds),
        ("drain_seconds", patience.drain_seconds),
    ):
        if value is not None and not is_token(value) and not 1 <= value < longest:
            problems.add(
                f"patience.{name} must be at least 1 second and less than the {longest} seconds after which SQS "
                f"deletes a message, got {value:.15g} seconds"
            )
    pace = patience.pace_seconds
    if pace is not None and not is_token(pace):
        problems.between("patience.pace_seconds", pace, _MINUTE, defaults.LONGEST_PACE_SECONDS, " seconds")
        if _MINUTE <= pace <= defaults.LONGEST_PACE_SECONDS and pace % _MINUTE:
            problems.add(f"patience.pace_seconds must be whole minutes, got {pace:.15g} seconds")
