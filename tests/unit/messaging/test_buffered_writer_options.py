"""Every option of a buffered writer that can't be used is refused with its name, its value, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.messaging import buffered_writer_options
from aws_patterns.messaging.buffered_writer_options import check_buffered_writer, visibility_timeout
from buffered_writer import logic


def problems(**options: Any) -> list[str]:
    found = Problems("Thing")
    check_buffered_writer(found, **options)
    return found.found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"partition_key": "k" * 255, "sort_key": "at", "version_field": "v"},
        {"maximum_concurrency": 2},
        {"maximum_concurrency": 1000},
        {"batch_size": 1},
        {"batch_size": 10_000, "batching_window_seconds": 1},
        {"batching_window_seconds": 300},
        {"fifo": True, "batch_size": 10},
        {"function_timeout_seconds": 1, "visibility_timeout_seconds": 1},
        {"function_timeout_seconds": 900, "batching_window_seconds": 300},
        {"maximum_message_bytes": 1024},
        {"max_receive_count": 1},
    ],
    ids=str,
)
def test_what_is_allowed_is_accepted(options: dict[str, Any]) -> None:
    assert problems(**options) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"partition_key": ""}, "partition_key must be the name of a field, of 1 to 255 characters, got ''"),
        (
            {"sort_key": "s" * 256},
            f"sort_key must be the name of a field, of 1 to 255 characters, got {'s' * 256!r}",
        ),
        ({"version_field": "_fingerprint"}, "version_field must not be _fingerprint, which is the writer's own"),
        ({"sort_key": "id"}, "partition_key and sort_key must be different fields, got 'id' for both"),
        (
            {"maximum_concurrency": 1},
            "maximum_concurrency must be between 2 and 1000 functions at a time, got 1 functions at a time",
        ),
        ({"batch_size": 0}, "batch_size must be between 1 and 10000 messages, got 0 messages"),
        (
            {"batch_size": 11},
            "batching_window_seconds must be at least 1 second with batches of more than 10, "
            "got 0 seconds with batch_size 11",
        ),
        (
            {"batching_window_seconds": 301},
            "batching_window_seconds must be between 0 and 300 seconds, got 301 seconds",
        ),
        (
            {"fifo": True, "batch_size": 11},
            "batch_size must be between 1 and 10 messages of a FIFO queue, got 11 messages of a FIFO queue",
        ),
        (
            {"fifo": True, "batching_window_seconds": 1},
            "batching_window_seconds must be 0 with a FIFO queue, got 1 seconds: leave one of them out",
        ),
        (
            {"function_timeout_seconds": 901},
            "function_timeout_seconds must be between 1 and 900 seconds, got 901 seconds",
        ),
        ({"function_timeout_seconds": 0}, "function_timeout_seconds must be between 1 and 900 seconds, got 0 seconds"),
        (
            {"visibility_timeout_seconds": 29},
            "visibility_timeout_seconds must be at least function_timeout_seconds (30 seconds), got 29 seconds: "
            "another function would get messages that are still being written",
        ),
        (
            {"visibility_timeout_seconds": 43_201},
            "visibility_timeout_seconds must be between 0 and 43200 seconds, got 43201 seconds",
        ),
        ({"max_receive_count": 0}, "max_receive_count must be between 1 and 1000, got 0"),
        (
            {"maximum_message_bytes": 1_048_577},
            "maximum_message_bytes must be between 1024 and 1048576 bytes, got 1048577 bytes",
        ),
    ],
    ids=lambda value: str(value)[:80],
)
def test_what_is_not_allowed_is_refused_with_the_fix(options: dict[str, Any], message: str) -> None:
    assert problems(**options) == [message]


def test_messages_stay_hidden_as_long_as_aws_advises() -> None:
    assert visibility_timeout(30, 0) == 180
    assert visibility_timeout(30, 20) == 200


def test_the_reserved_attribute_is_the_one_that_the_function_writes() -> None:
    assert buffered_writer_options.FINGERPRINT == logic.FINGERPRINT
