"""The fan-out of orders as it stands: one publish, and every department has what it wants."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.messaging.fanout import Fanout
from aws_patterns.messaging.inbox_bucket import InboxBucket
from aws_patterns.messaging.messaging_dashboard import MessagingDashboard, Shown
from stacks._parts import alarm_topic, encryption_key, outputs, queue_outputs, removal_policy
from stacks.settings.order_fanout import OrderFanoutSettings


class OrderFanoutStack(cdk.Stack):
    """Orders to several queues by what is in them, and files of orders if asked for; wired from its settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: OrderFanoutSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="Orders, published once, in every queue that wants them")
        self._settings = settings
        self._key = encryption_key(self, settings.encryption_key_arn)
        self._topic = alarm_topic(self, settings.alarm_topic_arn)
        orders = Fanout(
            self,
            "Orders",
            subscribers=settings.subscribers(),
            external_queues=settings.external_queues,
            encryption_key=self._key,
            delivery_log=settings.delivery_log(),
            alarm_topic=self._topic,
            removal_policy=removal_policy(settings),
        )
        inbox, files = self._files() if settings.inbox else (None, None)
        shown: dict[str, Shown] = {"Orders": orders, **orders.queues}
        if files:
            shown |= {"Files": files, **files.queues}
        dashboard = MessagingDashboard(self, "Dashboard", parts=shown).dashboard
        outputs(
            self,
            {
                "TopicArn": orders.topic.topic_arn,
                "TopicKeyArn": orders.encryption_key.key_arn,
                **queue_outputs(orders.queues, orders.undelivered),
                "InboxBucketName": inbox.bucket.bucket_name if inbox else None,
                **(queue_outputs(files.queues, files.undelivered) if files else {}),
                "DashboardName": dashboard.dashboard_name,
            },
        )

    def _files(self) -> tuple[InboxBucket, Fanout]:
        settings = self._settings
        inbox = InboxBucket(
            self,
            "Inbox",
            retention_days=settings.inbox_retention_days,
            removal_policy=removal_policy(settings),
        )
        files = Fanout(
            self,
            "Files",
            subscribers=settings.file_subscribers(),
            encryption_key=self._key,
            delivery_log=settings.delivery_log(),
            alarm_topic=self._topic,
            removal_policy=removal_policy(settings),
        )
        files.add_bucket_source(inbox.bucket, prefix=settings.inbox_prefix or "", suffix=settings.inbox_suffix or "")
        return inbox, files
