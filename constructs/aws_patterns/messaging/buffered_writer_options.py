"""What may be chosen about a buffered writer, and within which limits. Needs no CDK."""

from __future__ import annotations

from aws_patterns._validation import Problems, is_token
from aws_patterns.database.dynamodb_indexes import check_different_fields, check_field_name
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.work_queue_options import check_work_queue

# The writer's own attribute of every item, which tells a repetition from another item with the same key.
FINGERPRINT = "_fingerprint"


def check_buffered_writer(
    problems: Problems,
    *,
    partition_key: str = "id",
    sort_key: str | None = None,
    version_field: str | None = None,
    fifo: bool = False,
    maximum_concurrency: int = defaults.WRITER_CONCURRENCY,
    batch_size: int = defaults.WRITER_BATCH_SIZE,
    batching_window_seconds: int = 0,
    function_timeout_seconds: int = defaults.WRITER_TIMEOUT_SECONDS,
    visibility_timeout_seconds: int | None = None,
    max_receive_count: int = defaults.WRITER_MAX_RECEIVE_COUNT,
    maximum_message_bytes: int = defaults.LARGEST_ITEM_BYTES,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one buffered writer."""
    _check_names(problems, {"partition_key": partition_key, "sort_key": sort_key, "version_field": version_field})
    smallest, largest = defaults.SMALLEST_WRITER_CONCURRENCY, defaults.LARGEST_WRITER_CONCURRENCY
    problems.between("maximum_concurrency", maximum_concurrency, smallest, largest, " functions at a time")
    _check_batches(problems, batch_size, batching_window_seconds, fifo=fifo)
    longest = defaults.LONGEST_WRITER_TIMEOUT_SECONDS
    problems.between("function_timeout_seconds", function_timeout_seconds, 1, longest, " seconds")
    if visibility_timeout_seconds is not None:
        _check_visibility(problems, visibility_timeout_seconds, function_timeout_seconds)
    else:
        # Wrong ones are told already; what follows from them need not be told too.
        timeout = min(max(function_timeout_seconds, 1), longest) if not is_token(function_timeout_seconds) else longest
        visibility_timeout_seconds = visibility_timeout(timeout, 0)
    check_work_queue(
        problems,
        visibility_timeout_seconds=visibility_timeout_seconds,
        max_receive_count=max_receive_count,
        maximum_message_bytes=maximum_message_bytes,
    )


def visibility_timeout(function_timeout_seconds: int, batching_window_seconds: int) -> int:
    """How long messages stay hidden while a function has them, as AWS advises."""
    if is_token(function_timeout_seconds) or is_token(batching_window_seconds):
        return defaults.WRITER_TIMEOUTS_HIDDEN * defaults.LONGEST_WRITER_TIMEOUT_SECONDS
    return defaults.WRITER_TIMEOUTS_HIDDEN * function_timeout_seconds + batching_window_seconds


def _check_names(problems: Problems, names: dict[str, str | None]) -> None:
    for name, value in names.items():
        if value is not None:
            check_field_name(problems, name, value)
            if not is_token(value) and value == FINGERPRINT:
                problems.add(f"{name} must not be {FINGERPRINT}, which is the writer's own")
    check_different_fields(problems, names)


def _check_batches(problems: Problems, size: int, window: int, *, fifo: bool) -> None:
    largest = defaults.LARGEST_WRITER_FIFO_BATCH if fifo else defaults.LARGEST_WRITER_BATCH
    problems.between("batch_size", size, 1, largest, " messages of a FIFO queue" if fifo else " messages")
    if is_token(size) or is_token(window):
        return
    if fifo and window:
        problems.add(
            f"batching_window_seconds must be 0 with a FIFO queue, got {window} seconds: leave one of them out"
        )
        return
    longest = defaults.LONGEST_WRITER_WINDOW_SECONDS
    problems.between("batching_window_seconds", window, 0, longest, " seconds")
    if size > defaults.LARGEST_WRITER_BATCH_WITHOUT_WINDOW and window < 1 and not fifo:
        problems.add(
            f"batching_window_seconds must be at least 1 second with batches of more than "
            f"{defaults.LARGEST_WRITER_BATCH_WITHOUT_WINDOW}, got {window} seconds with batch_size {size}"
        )


def _check_visibility(problems: Problems, visibility: int, timeout: int) -> None:
    if not is_token(visibility) and not is_token(timeout) and 0 <= visibility < timeout:
        problems.add(
            f"visibility_timeout_seconds must be at least function_timeout_seconds ({timeout} seconds), got "
            f"{visibility} seconds: another function would get messages that are still being written"
        )
