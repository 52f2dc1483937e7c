from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from aws_patterns.messaging.event_backbone_options import EventArchive, Producer
from aws_patterns.messaging.event_targets import Retry
from aws_patterns.messaging.topic_archive_options import Buffer
from stacks.settings.event_backbone import EventBackboneSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

    from aws_patterns.messaging.event_backbone_options import EventRule


def rules(settings: EventBackboneSettings) -> Mapping[str, EventRule]:
    queue, topic = cast("sqs.IQueue", "a queue"), cast("sns.ITopic", "a topic")
    return {rule.name: rule for rule in settings.rules(fulfilment=queue, review=queue, audit=topic)}


def test_as_it_comes_it_can_be_used_and_keeps_what_it_has() -> None:
    settings = EventBackboneSettings()
    assert settings.problems() == []
    assert settings.removal_policy == "retain"
    assert settings.archive() == EventArchive(retention_days=30)
    assert settings.producers() == []


def test_each_rule_takes_what_concerns_its_target() -> None:
    found = rules(EventBackboneSettings(event_source="shop", large_order_total=250))
    assert {name: rule.pattern.to_json() for name, rule in found.items()} == {
        "Fulfilment": {
            "source": ["shop"],
            "detail-type": ["OrderPaid", "OrderCancelled"],
            "detail": {"fulfilment": ["physical"]},
        },
        "Review": {
            "source": ["shop"],
            "detail-type": ["OrderPlaced"],
            "detail": {"total": [{"numeric": [">=", 250]}]},
        },
        "Audit": {"source": [{"prefix": ""}], "replay-name": [{"exists": False}]},
    }


def test_every_target_is_tried_again_as_often_as_was_asked_for() -> None:
    settings = EventBackboneSettings(retry_attempts=3, retry_maximum_age_seconds=600)
    retries = {target.retry for rule in rules(settings).values() for target in rule.targets.values()}
    assert retries == {Retry(attempts=3, maximum_age_seconds=600)}


def test_the_archive_can_be_left_out_and_kept_for_ever() -> None:
    assert EventBackboneSettings(archive_days=None).archive() is None
    assert EventBackboneSettings(archive_days=0).archive() == EventArchive(retention_days=0)
    assert EventBackboneSettings(archive_days=0).problems() == []


def test_the_audit_log_is_gathered_for_so_long() -> None:
    assert EventBackboneSettings(audit_buffer_seconds=60).audit_buffer() == Buffer(seconds=60)


def test_others_speak_of_orders_only_unless_told_otherwise() -> None:
    settings = EventBackboneSettings(producer_accounts=("111122223333",), producer_organization="o-a1b2c3d4e5")
    assert settings.problems() == []
    assert settings.producers() == [
        Producer(account="111122223333", sources=("shop.orders",)),
        Producer(organization="o-a1b2c3d4e5", sources=("shop.orders",)),
    ]
    told = EventBackboneSettings(producer_accounts=("111122223333",), producer_sources=("a", "b")).producers()
    assert told == [Producer(account="111122223333", sources=("a", "b"))]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (
            {"event_source": ""},
            "event_source must be up to 256 letters, digits and ._/:- without wildcards, got ''",
        ),
        (
            {"event_source": "aws.s3"},
            "event_source must not begin with aws., which only AWS may send, got 'aws.s3'",
        ),
        ({"large_order_total": float("nan")}, "large_order_total must be a number that JSON knows, got nan"),
        ({"max_receive_count": 0}, "max_receive_count must be between 1 and 1000, got 0"),
        ({"retry_attempts": 186}, "retry_attempts must be between 0 and 185, got 186"),
        (
            {"retry_maximum_age_seconds": 59},
            "retry_maximum_age_seconds must be between 60 and 86400 seconds, got 59 seconds",
        ),
        ({"archive_days": -1}, "archive_days must be between 0 and 36500 days, got -1 days"),
        ({"audit_days": 0}, "audit_days must be between 1 and 36500 days, got 0 days"),
        (
            {"audit_buffer_seconds": 901},
            "audit_buffer_seconds must be between 0 and 900 seconds, got 901 seconds",
        ),
        (
            {"schema_discovery": True, "encryption_key_arn": "arn:aws:kms:eu-west-1:111122223333:key/0-1"},
            "schema_discovery can't read a bus with an encryption_key_arn: leave one of them out (without a key "
            "EventBridge encrypts with its own)",
        ),
        ({"producer_accounts": ("1",)}, "producer_accounts must be 12 digits, got '1'"),
        (
            {"producer_accounts": ("111122223333", "111122223333")},
            "producer_accounts must not name 111122223333 2 times",
        ),
        (
            {"producer_organization": "mine"},
            "producer_organization must be an id such as o-a1b2c3d4e5, got 'mine'",
        ),
        (
            {"producer_organization": "o-a1b2c3d4e5", "producer_sources": ("shop.*",)},
            "producer_sources must be up to 256 letters, digits and ._/:- without wildcards, got 'shop.*'",
        ),
        (
            {"producer_sources": ("shop",)},
            "producer_sources has no effect without others who may send: name producer_accounts or a "
            "producer_organization, or leave it out",
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
    assert EventBackboneSettings(**values).problems() == [complaint]
