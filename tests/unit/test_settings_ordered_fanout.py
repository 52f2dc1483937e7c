from __future__ import annotations

from typing import Any

import pytest

from aws_patterns.messaging.fanout_options import DeliveryLog, FifoTopic
from stacks.settings.ordered_fanout import OrderedFanoutSettings

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:orders"


def test_as_it_comes_it_can_be_used_and_keeps_what_it_has() -> None:
    settings = OrderedFanoutSettings()
    assert settings.problems() == []
    assert settings.removal_policy == "retain"
    assert settings.fifo() == FifoTopic()
    assert settings.delivery_log() == DeliveryLog()


def test_order_is_kept_as_it_was_asked_for() -> None:
    settings = OrderedFanoutSettings(content_based_deduplication=True, high_throughput=True, archive_days=30)
    assert settings.problems() == []
    assert settings.fifo() == FifoTopic(content_based_deduplication=True, high_throughput=True, archive_days=30)


def test_fraud_is_told_of_large_orders_and_of_refunds_and_the_others_of_everything() -> None:
    subscribers = OrderedFanoutSettings(fraud_total=100).subscribers()
    fraud = subscribers["Fraud"].filter_policy
    assert fraud is not None
    assert fraud.scope == "MessageBody"
    assert fraud.to_json() == {"$or": [{"event": ["OrderRefunded"]}, {"total": [{"numeric": [">=", 100]}]}]}
    assert [name for name, subscriber in subscribers.items() if not subscriber.filter_policy] == ["Ledger", "Shipping"]


def test_queues_are_as_they_were_asked_for() -> None:
    settings = OrderedFanoutSettings(
        visibility_timeout_seconds=60, retention_seconds=7200, max_receive_count=3, processing_seconds=50
    )
    assert settings.problems() == []
    for subscriber in settings.subscribers().values():
        assert (
            subscriber.visibility_timeout_seconds,
            subscriber.retention_seconds,
            subscriber.max_receive_count,
            subscriber.processing_seconds,
        ) == (60, 7200, 3, 50)


def test_a_queue_of_somebody_else_may_be_a_standard_one() -> None:
    assert OrderedFanoutSettings(external_queues=(QUEUE, f"{QUEUE}.fifo")).problems() == []


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"fraud_total": 2e9}, "fraud_total must be a number between -1000000000 and 1000000000, got 2000000000"),
        ({"archive_days": 366}, "archive_days must be between 1 and 365 days, got 366 days"),
        ({"max_receive_count": 0}, "max_receive_count must be between 1 and 1000, got 0"),
        (
            {"external_queues": tuple(f"{QUEUE}{number}" for number in range(98))},
            "external_queues may bring a FIFO topic to 100 subscriptions, got 101: use several topics, or "
            "EventBackbone where order does not matter",
        ),
        (
            {"external_queues": ("orders",)},
            "external_queues must hold ARNs of queues such as arn:aws:sqs:eu-west-1:111122223333:orders, without "
            "wildcards, got 'orders'",
        ),
        (
            {"logged_success_percent": -1},
            "logged_success_percent must be between 0 and 100 percent, got -1 percent",
        ),
        (
            {"encryption_key_arn": "key"},
            "encryption_key_arn must look like arn:aws:kms:eu-west-1:111122223333:key/..., got 'key'",
        ),
        (
            {"alarm_topic_arn": "alarms"},
            "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got 'alarms'",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_setting_that_cannot_be_used_is_named_once(values: dict[str, Any], complaint: str) -> None:
    assert OrderedFanoutSettings(**values).problems() == [complaint]
