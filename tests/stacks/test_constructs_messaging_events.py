"""Fan-out, topic archive and event backbone in every variant: no rule pack, CDK or cfn-lint has a finding left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]


def fanout(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.messaging.fanout import Fanout
    from aws_patterns.messaging.fanout_options import Subscriber

    return Fanout(stack, "Orders", subscribers={"Billing": Subscriber()}, removal_policy=removal_policy)


def fanout_in_order(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.messaging.fanout import Fanout
    from aws_patterns.messaging.fanout_options import FifoTopic, Subscriber

    fifo = FifoTopic(content_based_deduplication=True, high_throughput=True, archive_days=365)
    return Fanout(stack, "Orders", fifo=fifo, subscribers={"Billing": Subscriber()}, removal_policy=removal_policy)


def fanout_with_all(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    """With a key, filters, told operators, a bucket that publishes, and a queue of another account."""
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from aws_patterns._log_bucket import log_bucket
    from aws_patterns.messaging.comparisons import Exists, Numeric, Prefix, Wildcard
    from aws_patterns.messaging.fanout import Fanout
    from aws_patterns.messaging.fanout_options import AttributeFilter, BodyFilter, DeliveryLog, Subscriber

    key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=removal_policy)
    made = Fanout(
        stack,
        "Orders",
        subscribers={
            "ByAttribute": Subscriber(filter_policy=AttributeFilter({"total": Numeric(above=0), "kind": Prefix("o")})),
            "ByBody": Subscriber(
                filter_policy=BodyFilter({"a": {"b": Wildcard("*/x")}}, any_of=[{"c": Exists()}, {"d": [None, True]}])
            ),
        },
        external_queues=["arn:aws:sqs:eu-west-1:444455556666:orders"],
        encryption_key=key,
        delivery_log=DeliveryLog(success_percent=100),
        alarm_topic=sns.Topic(stack, "Operators", master_key=key, enforce_ssl=True),
        removal_policy=removal_policy,
    )
    made.add_bucket_source(log_bucket(stack, "Uploads", retention_days=1, removal_policy=removal_policy), prefix="in/")
    made.grant_publish(iam.Role(stack, "Shop", assumed_by=iam.AccountRootPrincipal()))
    return made


def topic_archive(*, with_key: bool) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_cdk import aws_kms as kms
        from aws_cdk import aws_sns as sns

        from aws_patterns.messaging.topic_archive import TopicArchive

        key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=removal_policy)
        topic = sns.Topic(stack, "Orders", master_key=key, enforce_ssl=True)
        own = key if with_key else None
        return TopicArchive(stack, "Archive", topic=topic, encryption_key=own, removal_policy=removal_policy)

    return build


def event_backbone(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.messaging.event_backbone import EventBackbone

    return EventBackbone(stack, "Events", schema_discovery=True, removal_policy=removal_policy)


def event_backbone_with_all(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    """With a key, a target of every kind but a function, producers, and all logs."""
    from aws_cdk import aws_events as events
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_stepfunctions as sfn

    from aws_patterns.messaging.comparisons import Numeric
    from aws_patterns.messaging.event_backbone import EventBackbone
    from aws_patterns.messaging.event_backbone_options import (
        EVERY_EVENT,
        BusLog,
        EventArchive,
        EventPattern,
        EventRule,
        Producer,
    )
    from aws_patterns.messaging.event_targets import BusTarget, QueueTarget, StateMachineTarget, TopicTarget
    from aws_patterns.messaging.work_queue import WorkQueue
    from aws_patterns.messaging.work_queue_options import Fifo

    key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=removal_policy)
    work = WorkQueue(
        stack,
        "Jobs",
        fifo=Fifo(content_based_deduplication=True),
        encryption_key=key,
        removal_policy=removal_policy,
    )
    topic = sns.Topic(stack, "Told", master_key=key, enforce_ssl=True)
    # Only its ARN is of interest.
    machine = sfn.StateMachine.from_state_machine_name(stack, "Machine", "theirs")
    theirs = events.EventBus.from_event_bus_arn(
        stack, "Theirs", "arn:aws:events:eu-west-1:444455556666:event-bus/theirs"
    )
    pattern = EventPattern(
        source="shop", detail={"total": Numeric(above=0)}, detail_any_of=[{"a": "x"}, {"b": "y"}], replayed=False
    )
    made = EventBackbone(
        stack,
        "Events",
        rules=[
            EventRule(
                name="Some",
                pattern=pattern,
                targets={
                    "Jobs": QueueTarget(queue=work.queue, message_group="all"),
                    "Told": TopicTarget(topic=topic, detail_only=True),
                },
            ),
            EventRule(
                name="All",
                pattern=EVERY_EVENT,
                targets={"Run": StateMachineTarget(machine=machine), "On": BusTarget(bus=theirs)},
            ),
        ],
        archive=EventArchive(retention_days=0, pattern=pattern),
        producers=[
            Producer(account="444455556666", sources=["shop.orders"]),
            Producer(organization="o-a1b2c3d4e5", sources=["shop.returns"]),
        ],
        encryption_key=key,
        log=BusLog.EVERYTHING,
        alarm_topic=topic,
        removal_policy=removal_policy,
    )
    made.grant_put_events(iam.Role(stack, "Shop", assumed_by=iam.AccountRootPrincipal()), "shop.orders")
    return made


VARIANTS: Mapping[str, Build] = {
    "fan-out": fanout,
    "fan-out in order": fanout_in_order,
    "fan-out with all": fanout_with_all,
    "topic archive": topic_archive(with_key=False),
    "topic archive with a key": topic_archive(with_key=True),
    "event backbone": event_backbone,
    "event backbone with all": event_backbone_with_all,
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
