"""The queue API as it stands, with a buffered writer behind it."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.messaging.buffered_writer import BufferedWriter
from aws_patterns.messaging.queue_api import QueueApi
from stacks._parts import alarm_topic, outputs, removal_policy
from stacks.settings.queue_api import KEY, ORDER, QueueApiSettings


class QueueApiStack(cdk.Stack):
    """Orders by HTTP into a queue, and from there into a table; wired from its settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: QueueApiSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="An API that puts orders into a queue, and what stores them")
        topic = alarm_topic(self, settings.alarm_topic_arn)
        orders = BufferedWriter(
            self,
            "Orders",
            partition_key=KEY,
            fifo=settings.queue_fifo(),
            maximum_concurrency=settings.maximum_concurrency,
            batch_size=settings.batch_size,
            batching_window_seconds=settings.batching_window_seconds,
            function_timeout_seconds=settings.function_timeout_seconds,
            max_receive_count=settings.max_receive_count,
            maximum_message_bytes=settings.maximum_message_bytes,
            alarm_topic=topic,
            removal_policy=removal_policy(settings),
        )
        api = QueueApi(
            self,
            "Api",
            schema=ORDER,
            path="orders",
            queue=orders.work_queue.queue,
            fifo=settings.api_fifo(),
            authorization=settings.authorization,
            cors_origin=settings.cors_origin,
            throttle_rate=settings.throttle_rate,
            throttle_burst=settings.throttle_burst,
            web_acl_rate_limit=settings.web_acl_rate_limit,
            account_log_role=settings.account_log_role,
            alarm_topic=topic,
            removal_policy=removal_policy(settings),
        )
        outputs(
            self,
            {
                "ApiUrl": api.url,
                "QueueUrl": orders.work_queue.queue.queue_url,
                "DeadLetterQueueUrl": orders.work_queue.dead_letter_queue.queue_url,
                "TableName": orders.table.table_name,
                "ApiDashboardName": api.dashboard.dashboard_name,
                "WriterDashboardName": orders.dashboard.dashboard_name,
            },
        )
