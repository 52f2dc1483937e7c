from __future__ import annotations

from typing import Any

import pytest

from aws_patterns.messaging.fanout_options import DeliveryLog
from stacks.settings.order_fanout import OrderFanoutSettings

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:orders"


def filters(settings: OrderFanoutSettings) -> dict[str, object]:
    return {
        name: subscriber.filter_policy.to_json()
        for name, subscriber in settings.subscribers().items()
        if subscriber.filter_policy
    }


def test_as_it_comes_it_can_be_used_and_keeps_what_it_has() -> None:
    settings = OrderFanoutSettings()
    assert settings.problems() == []
    assert settings.removal_policy == "retain"
    assert settings.delivery_log() == DeliveryLog()


def test_shipping_and_large_orders_filter_and_the_others_have_every_order() -> None:
    assert filters(OrderFanoutSettings(large_order_total=250)) == {
        "Shipping": {"fulfilment": ["physical"]},
        "LargeOrders": {"total": [{"numeric": [">=", 250]}]},
    }
    assert list(OrderFanoutSettings().subscribers()) == ["Billing", "Shipping", "LargeOrders", "Analytics"]


def test_analytics_and_who_reads_of_files_have_messages_as_they_were_published() -> None:
    settings = OrderFanoutSettings(raw_delivery=False)
    raw = {name: subscriber.raw_delivery for name, subscriber in settings.subscribers().items()}
    assert raw == {"Billing": False, "Shipping": False, "LargeOrders": False, "Analytics": True}
    assert {subscriber.raw_delivery for subscriber in settings.file_subscribers().values()} == {True}


def test_queues_are_as_they_were_asked_for() -> None:
    settings = OrderFanoutSettings(
        visibility_timeout_seconds=60, retention_seconds=7200, max_receive_count=3, processing_seconds=50
    )
    assert settings.problems() == []
    for subscriber in [*settings.subscribers().values(), *settings.file_subscribers().values()]:
        assert (
            subscriber.visibility_timeout_seconds,
            subscriber.retention_seconds,
            subscriber.max_receive_count,
            subscriber.processing_seconds,
        ) == (60, 7200, 3, 50)


def test_deliveries_need_not_be_recorded() -> None:
    assert OrderFanoutSettings(logged_success_percent=None).delivery_log() is None
    assert OrderFanoutSettings(logged_success_percent=5).delivery_log() == DeliveryLog(success_percent=5)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (
            {"large_order_total": 2e9},
            "large_order_total must be a number between -1000000000 and 1000000000, got 2000000000",
        ),
        (
            {"large_order_total": 0.1234567},
            "large_order_total must be a number with 5 decimal places at most, got 0.1234567",
        ),
        (
            {"visibility_timeout_seconds": 43_201, "max_receive_count": 1},
            "visibility_timeout_seconds must be between 0 and 43200 seconds, got 43201 seconds",
        ),
        (
            {"processing_seconds": 30},
            "visibility_timeout_seconds must be more than processing_seconds (30 seconds), got 30 seconds: another "
            "worker would get a message that is still being worked on",
        ),
        (
            {"inbox": True, "inbox_retention_days": 0},
            "inbox_retention_days must be between 1 and 36500 days, got 0 days",
        ),
        (
            {"inbox_prefix": "orders/"},
            "inbox_prefix has no effect without the bucket: choose inbox, or leave it out",
        ),
        (
            {"external_queues": (f"{QUEUE}.fifo",)},
            f"external_queues must hold standard queues, got '{QUEUE}.fifo': for FIFO queues there is the stack "
            "OrderedFanout",
        ),
        ({"external_queues": (QUEUE, QUEUE)}, "external_queues must not hold a queue twice"),
        (
            {"logged_success_percent": 101},
            "logged_success_percent must be between 0 and 100 percent, got 101 percent",
        ),
        (
            {"encryption_key_arn": "alias/mine"},
            "encryption_key_arn must look like arn:aws:kms:eu-west-1:111122223333:key/..., got 'alias/mine'",
        ),
        (
            {"alarm_topic_arn": "alarms"},
            "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got 'alarms'",
        ),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_used_is_named_once(values: dict[str, Any], complaint: str) -> None:
    assert OrderFanoutSettings(**values).problems() == [complaint]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = OrderFanoutSettings(
        large_order_total=2e9,
        max_receive_count=0,
        inbox_suffix=".csv",
        logged_success_percent=-1,
        encryption_key_arn="key",
        alarm_topic_arn="alarms",
    )
    assert [problem.split(" ")[0] for problem in wrong.problems()] == [
        "max_receive_count",
        "large_order_total",
        "logged_success_percent",
        "inbox_suffix",
        "encryption_key_arn",
        "alarm_topic_arn",
    ]
