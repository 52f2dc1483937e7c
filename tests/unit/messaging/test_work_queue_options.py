"""What may be chosen about a work queue, and what its alarms then compare with."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.messaging.work_queue_options import Patience, Thresholds, check_work_queue, thresholds

HOUR = 3600
DAY = 24 * HOUR


def problems_of(**options: Any) -> list[str]:
    problems = Problems("WorkQueue")
    check_work_queue(problems, **options)
    return problems.found


def thresholds_of(patience: Patience | None = None, **options: Any) -> Thresholds:
    usual: dict[str, Any] = {
        "fifo": False,
        "visibility_timeout_seconds": 30,
        "retention_seconds": 4 * DAY,
        "delay_seconds": 0,
        "processing_seconds": None,
    }
    return thresholds(patience or Patience(), **{**usual, **options})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"visibility_timeout_seconds": 0},
        {"visibility_timeout_seconds": 43_200},
        {"retention_seconds": 60, "visibility_timeout_seconds": 11},
        {"retention_seconds": 1_209_600},
        {"delay_seconds": 900},
        {"receive_wait_seconds": 0},
        {"receive_wait_seconds": 20},
        {"max_receive_count": 1},
        {"max_receive_count": 1000},
        {"maximum_message_bytes": 1024},
        {"maximum_message_bytes": 1_048_576},
        {"processing_seconds": 29.9},
        {"patience": Patience(oldest_message_seconds=1, drain_seconds=345_599, pace_seconds=86_400)},
    ],
)
def test_all_that_sqs_allows_is_allowed(options: dict[str, Any]) -> None:
    assert problems_of(**options) == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {"visibility_timeout_seconds": -1},
            "visibility_timeout_seconds must be between 0 and 43200 seconds, got -1 seconds",
        ),
        (
            {"visibility_timeout_seconds": 43_201},
            "visibility_timeout_seconds must be between 0 and 43200 seconds, got 43201 seconds",
        ),
        ({"retention_seconds": 59}, "retention_seconds must be between 60 and 1209600 seconds, got 59 seconds"),
        (
            {"retention_seconds": 1_209_601},
            "retention_seconds must be between 60 and 1209600 seconds, got 1209601 seconds",
        ),
        ({"delay_seconds": 901}, "delay_seconds must be between 0 and 900 seconds, got 901 seconds"),
        ({"receive_wait_seconds": 21}, "receive_wait_seconds must be between 0 and 20 seconds, got 21 seconds"),
        ({"max_receive_count": 0}, "max_receive_count must be between 1 and 1000, got 0"),
        ({"max_receive_count": 1001}, "max_receive_count must be between 1 and 1000, got 1001"),
        (
            {"maximum_message_bytes": 1023},
            "maximum_message_bytes must be between 1024 and 1048576 bytes, got 1023 bytes",
        ),
        (
            {"maximum_message_bytes": 1_048_577},
            "maximum_message_bytes must be between 1024 and 1048576 bytes, got 1048577 bytes",
        ),
        ({"delay_seconds": 1.5}, "delay_seconds must be a whole number, got 1.5"),
        ({"processing_seconds": 0}, "processing_seconds must be more than 0 seconds, got 0 seconds"),
        (
            {"processing_seconds": 30},
            "visibility_timeout_seconds must be more than processing_seconds (30 seconds), got 30 seconds: another "
            "worker would get a message that is still being worked on",
        ),
        (
            {"retention_seconds": 155, "delay_seconds": 5},
            "retention_seconds must be more than 155 seconds (delay_seconds + max_receive_count x "
            "visibility_timeout_seconds), got 155 seconds: a message whose every attempt times out would be deleted "
            "before it becomes a dead letter. Keep messages longer, or try less often",
        ),
        (
            {"patience": Patience(oldest_message_seconds=0)},
            "patience.oldest_message_seconds must be at least 1 second and less than the 345600 seconds after which "
            "SQS deletes a message, got 0 seconds",
        ),
        (
            {"patience": Patience(drain_seconds=345_600)},
            "patience.drain_seconds must be at least 1 second and less than the 345600 seconds after which SQS "
            "deletes a message, got 345600 seconds",
        ),
        (
            {"patience": Patience(pace_seconds=86_460)},
            "patience.pace_seconds must be between 60 and 86400 seconds, got 86460 seconds",
        ),
        ({"patience": Patience(pace_seconds=90)}, "patience.pace_seconds must be whole minutes, got 90 seconds"),
    ],
)
def test_what_sqs_refuses_is_refused_before_anything_is_made(options: dict[str, Any], problem: str) -> None:
    assert problems_of(**options) == [problem]


def test_a_queue_without_any_option_warns_after_a_quarter_of_an_hour() -> None:
    found = thresholds_of()
    assert (found.oldest_message, found.drain) == (2 * 30 + 900, HOUR)
    assert (found.pace, found.pace_periods) == (300, 3)


def test_an_alarm_waits_for_an_attempt_that_failed_and_one_that_is_under_way() -> None:
    found = thresholds_of(visibility_timeout_seconds=HOUR, delay_seconds=900)
    assert found.oldest_message == 900 + 2 * HOUR + 900


def test_an_alarm_never_comes_after_the_messages_are_deleted() -> None:
    found = thresholds_of(retention_seconds=600)
    assert (found.oldest_message, found.drain) == (300, 300)
    assert thresholds_of(retention_seconds=60).drain == 60


@pytest.mark.parametrize(
    ("options", "pace", "periods"),
    [
        ({"processing_seconds": 0.1}, 300, 3),
        ({"processing_seconds": 200}, 420, 2),
        ({"visibility_timeout_seconds": 600}, 1200, 1),
        ({"visibility_timeout_seconds": 600, "processing_seconds": 10}, 300, 3),
        ({"visibility_timeout_seconds": 43_200}, 86_400, 1),
    ],
)
def test_the_pace_of_slow_work_is_measured_for_longer(options: dict[str, Any], pace: int, periods: int) -> None:
    found = thresholds_of(**options)
    assert (found.pace, found.pace_periods) == (pace, periods)
    assert found.pace * found.pace_periods <= DAY, "CloudWatch looks back on a day at most"


def test_the_callers_own_patience_goes_before() -> None:
    patience = Patience(oldest_message_seconds=5, drain_seconds=6, pace_seconds=60)
    assert thresholds_of(patience) == Thresholds(
        oldest_message=5, drain=6, pace=60, pace_periods=15, dead_letter_age=9 * DAY
    )


@pytest.mark.parametrize(
    ("fifo", "retention", "age"),
    [
        # A FIFO queue counts from the arrival among the dead letters, and so does the metric.
        (True, 4 * DAY, 13 * DAY),
        (True, 14 * DAY, 13 * DAY),
        # A standard queue counts from the first sending; the metric does not.
        (False, 60, 13 * DAY - 60),
        (False, 4 * DAY, 9 * DAY),
        (False, 13 * DAY, HOUR),
        (False, 14 * DAY, HOUR),
    ],
)
def test_dead_letters_are_saved_a_day_before_sqs_deletes_them(fifo: bool, retention: int, age: int) -> None:
    assert thresholds_of(fifo=fifo, retention_seconds=retention).dead_letter_age == age
