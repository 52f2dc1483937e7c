"""Fan-out, topic archive and event backbone in every variant: no rule pack, CDK or cfn-lint has a finding left."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]

# Every template of the CDK names each dependency twice: in DependsOn and in the reference that implies it.
LINT_RULES_LEFT_OUT = ["W3005"]


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
ENVIRONMENTS = {"anywhere": None, "in a stage of one account": ("111122223333", "eu-west-1")}
PLACES = list(product(ENVIRONMENTS, ["RETAIN", "DESTROY"]))


@pytest.mark.parametrize("place", PLACES, ids=", ".join)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_rule_has_an_open_finding(
    variant: str,
    place: tuple[str, str],
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    import aws_cdk as cdk

    where, removal = place
    # The CDK's own validation takes seconds: once per variant is enough.
    validated = where == "anywhere" and removal == "RETAIN"
    app = cdk.App(
        outdir=str(tmp_path),
        # With the feature flags of this project's app, and with none, as somebody else's may be.
        context={**cdk_context, "@aws-cdk/core:validateAgainstDefaultRules": validated} if where == "anywhere" else {},
        builtin_cloud_formation_validation=validated,
        analytics_reporting=False,
    )
    env = ENVIRONMENTS[where]
    scope = cdk.Stage(app, "Production", env=cdk.Environment(account=env[0], region=env[1])) if env else app
    stack = cdk.Stack(scope, "S")
    VARIANTS[variant](stack, cdk.RemovalPolicy[removal])

    assert judge(app) == []

    template = json.loads(next(tmp_path.glob("**/*S*.template.json")).read_text())
    region = env[1] if env else "us-east-1"
    matches = lint(json.dumps(template), config=ManualArgs(regions=[region], ignore_checks=LINT_RULES_LEFT_OUT))
    assert [f"{match.rule.id} {match.message}" for match in matches] == []
