from __future__ import annotations

from typing import Any

import pytest

from aws_patterns.messaging.queue_api_options import DeduplicateBy, IdempotentFifo
from aws_patterns.messaging.work_queue_options import Fifo
from stacks.settings.queue_api import QueueApiSettings


def test_as_it_comes_it_can_be_used_and_is_closed_to_strangers() -> None:
    assert QueueApiSettings().problems() == []
    assert QueueApiSettings().authorization == "iam"
    assert QueueApiSettings().removal_policy == "retain"


def test_without_an_order_there_is_a_standard_queue() -> None:
    settings = QueueApiSettings()
    assert (settings.api_fifo(), settings.queue_fifo()) == (None, None)


def test_ordered_means_by_customer_for_the_api_and_its_queue() -> None:
    settings = QueueApiSettings(ordered=True, deduplicate_by=DeduplicateBy.BODY, high_throughput=True)
    assert settings.problems() == []
    assert settings.api_fifo() == IdempotentFifo(
        group_field="customerId", deduplicate_by=DeduplicateBy.BODY, high_throughput=True
    )
    assert settings.queue_fifo() == Fifo(content_based_deduplication=True, high_throughput=True)
    assert QueueApiSettings(ordered=True).queue_fifo() == Fifo()


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (
            {"cors_origin": "example.org"},
            "cors_origin must be '*' or an origin such as https://www.example.org, without a path, got 'example.org'",
        ),
        (
            {"throttle_rate": 0},
            "throttle_rate must be between 0.1 and 10000 requests per second, got 0 requests per second",
        ),
        (
            {"ordered": True, "throttle_burst": 400},
            "throttle_burst must be at most 300 requests with a FIFO queue, which takes 300 messages a second, "
            "got 400 requests: lower it, or choose high_throughput",
        ),
        (
            {"ordered": True, "batch_size": 20},
            "batch_size must be between 1 and 10 messages of a FIFO queue, got 20 messages of a FIFO queue",
        ),
        (
            {"maximum_concurrency": 0},
            "maximum_concurrency must be between 2 and 1000 functions at a time, got 0 functions at a time",
        ),
        (
            {"maximum_message_bytes": 0},
            "maximum_message_bytes must be between 1024 and 1048576 bytes, got 0 bytes",
        ),
        (
            {"web_acl_rate_limit": 1},
            "web_acl_rate_limit must be between 10 and 2000000000 requests in 5 minutes, got 1 requests in 5 minutes",
        ),
        ({"high_throughput": True}, "high_throughput is for a FIFO queue: choose ordered, or leave it out"),
        (
            {"alarm_topic_arn": "alarms"},
            "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got 'alarms'",
        ),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_used_is_named(values: dict[str, Any], complaint: str) -> None:
    assert QueueApiSettings(**values).problems() == [complaint]
