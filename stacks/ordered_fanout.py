"""The ordered fan-out as it stands: what happens to each customer's orders, in its order, to every department."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.messaging.fanout import Fanout
from aws_patterns.messaging.messaging_dashboard import MessagingDashboard
from stacks._parts import alarm_topic, encryption_key, outputs, queue_outputs, removal_policy
from stacks.settings.ordered_fanout import OrderedFanoutSettings


class OrderedFanoutStack(cdk.Stack):
    """A FIFO topic and its FIFO queues, wired from their settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: OrderedFanoutSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="What happens to orders, in order and once, in several queues")
        events = Fanout(
            self,
            "Orders",
            fifo=settings.fifo(),
            subscribers=settings.subscribers(),
            external_queues=settings.external_queues,
            encryption_key=encryption_key(self, settings.encryption_key_arn),
            delivery_log=settings.delivery_log(),
            alarm_topic=alarm_topic(self, settings.alarm_topic_arn),
            removal_policy=removal_policy(settings),
        )
        dashboard = MessagingDashboard(self, "Dashboard", parts={"Orders": events, **events.queues}).dashboard
        outputs(
            self,
            {
                "TopicArn": events.topic.topic_arn,
                "TopicKeyArn": events.encryption_key.key_arn,
                **queue_outputs(events.queues, events.undelivered),
                "DashboardName": dashboard.dashboard_name,
            },
        )
