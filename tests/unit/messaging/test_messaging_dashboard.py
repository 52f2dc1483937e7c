"""What is on one page for whoever looks after messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.messaging.event_backbone import EventBackbone
from aws_patterns.messaging.event_backbone_options import EVERY_EVENT, EventRule
from aws_patterns.messaging.event_targets import QueueTarget
from aws_patterns.messaging.fanout import Fanout
from aws_patterns.messaging.fanout_options import Subscriber
from aws_patterns.messaging.messaging_dashboard import MessagingDashboard, Shown
from aws_patterns.messaging.topic_archive import TopicArchive
from aws_patterns.messaging.work_queue import WorkQueue


@pytest.fixture
def small() -> cdk.Stack:
    # With a Region and an account that are known, the body holds fewer references.
    env = cdk.Environment(account="111122223333", region="eu-west-1")
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S", env=env)


def widgets(stack: cdk.Stack, parts: Mapping[str, Shown]) -> list[dict[str, Any]]:
    MessagingDashboard(stack, "Dashboard", parts=parts)
    (dashboard,) = Template.from_stack(stack).find_resources("AWS::CloudWatch::Dashboard").values()
    separator, pieces = dashboard["Properties"]["DashboardBody"]["Fn::Join"]
    body = separator.join(piece if isinstance(piece, str) else "-".join(map(str, piece.values())) for piece in pieces)
    return list(json.loads(body.replace("['", "[").replace("']", "]"))["widgets"])


def labels(widget: Mapping[str, Any]) -> list[str]:
    return [metric[-1]["label"] for metric in widget["properties"]["metrics"]]


def test_all_alarms_come_first_and_then_each_part_in_its_order(small: cdk.Stack) -> None:
    orders = Fanout(small, "Orders", subscribers={"Billing": Subscriber()})
    first, *others = widgets(small, {"Orders": orders, **orders.queues})
    assert len(first["properties"]["alarms"]) == len(orders.alarms) + len(orders.queues["Billing"].alarms)
    assert [widget["properties"]["title"] for widget in others] == [
        "Orders: messages",
        "Orders: trouble",
        "Billing: messages",
        "Billing: traffic",
    ]


def test_widgets_fill_rows_and_lie_over_each_other_nowhere(small: cdk.Stack) -> None:
    orders = Fanout(small, "Orders", subscribers={"A": Subscriber(), "B": Subscriber()})
    found = widgets(small, {"Orders": orders, **orders.queues})
    taken = [
        (x, y)
        for widget in found
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(taken) == len(set(taken))
    assert len(taken) % 24 == 0


def test_a_topic_shows_what_became_of_messages(small: cdk.Stack) -> None:
    _, messages, trouble = widgets(small, {"Orders": Fanout(small, "Orders")})
    assert labels(messages) == ["published", "delivered", "not wanted by a filter"]
    assert labels(trouble) == [
        "not delivered",
        "kept as undelivered",
        "lost",
        "attributes not readable",
        "body not readable",
    ]


def test_a_bus_shows_a_line_for_each_rule(small: cdk.Stack) -> None:
    target = QueueTarget(queue=WorkQueue(small, "Jobs").queue)
    rules = [EventRule(name=name, pattern=EVERY_EVENT, targets={"Jobs": target}) for name in ("One", "Two")]
    _, *graphs = widgets(small, {"Events": EventBackbone(small, "Events", rules=rules)})
    assert [widget["properties"]["metrics"][0][1] for widget in graphs] == [
        "MatchedEvents",
        "Invocations",
        "IngestionToInvocationSuccessLatency",
        "InvocationsSentToDlq",
    ]
    assert [labels(widget) for widget in graphs] == [["One", "Two"]] * 4


def test_an_archive_shows_how_late_it_is(small: cdk.Stack) -> None:
    archive = TopicArchive(small, "Archive", topic=sns.Topic(small, "Topic"))
    _, *graphs = widgets(small, {"Archive": archive})
    names = [widget["properties"]["metrics"][0][1] for widget in graphs]
    assert names == ["DeliveryToS3.Records", "DeliveryToS3.DataFreshness"]


def test_nothing_to_show_is_refused(small: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        MessagingDashboard(small, "Dashboard", parts={})
    assert str(raised.value) == (
        "MessagingDashboard S/Dashboard can't be built:\n"
        "  - parts must name at least one fan-out, event backbone or work queue, got none"
    )


def test_more_alarms_than_a_widget_shows_are_refused(small: cdk.Stack) -> None:
    jobs = WorkQueue(small, "Jobs")
    with pytest.raises(ValueError, match="parts may have 100 alarms together, got 105: make several dashboards"):
        MessagingDashboard(small, "Dashboard", parts={f"Jobs{number}": jobs for number in range(21)})
