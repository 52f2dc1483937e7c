"""Buffered writer: a queue in front of a table, so that no spike reaches it and nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._alarms import Alarms
from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems, is_token
from aws_patterns.database._defaults import TABLE_RECOVERY_DAYS
from aws_patterns.database._dynamodb_keys import let_encrypt_and_decrypt
from aws_patterns.database._dynamodb_parts import attribute, point_in_time_recovery
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.buffered_writer_options import check_buffered_writer, visibility_timeout
from aws_patterns.messaging.work_queue import WorkQueue
from aws_patterns.messaging.work_queue_options import Fifo


class BufferedWriter(Construct):
    """A ``WorkQueue``, a function that writes its messages into a DynamoDB table, and the table.

    Use it where writes come in spikes, or must outlive an outage of the database: producers are done when SQS has the
    message, and the table sees no more than ``maximum_concurrency`` functions at a time. A message is a JSON object,
    the item. SQS may deliver it twice and out of order, so every write is conditional: the same item again is nothing
    to do, another item under the same key is a dead letter and never lost, and with ``version_field`` the highest
    version stays. Not for reads that must see what was just sent, nor for writes that belong together.

    >>> BufferedWriter(stack, "Readings")
    >>> BufferedWriter(stack, "Stock", partition_key="sku", version_field="revision", maximum_concurrency=50)

    Args:
        partition_key: The items' field that is the table's key, a text. Default ``id``.
        sort_key: The items' field that is the table's sort key, a text. Default: none.
        version_field: The items' field with a number that grows: an item replaces one with a lower number. Default:
            none, and the first item under a key stays.
        table: One that there is already, with these keys. Default: one of its own, paid by request, with recovery to
            any point of the last 35 days.
        fifo: Order within a message group; one function at a time for each group. Default: a standard queue.
        maximum_concurrency: Functions that write at a time. 2 to 1,000, default 10.
        batch_size: Messages for one function at most. 1 to 10,000, with a FIFO queue to 10; default 10.
        batching_window_seconds: How long to wait for a full batch; with batches above 10 at least 1. 0 to 300,
            default 0.
        function_timeout_seconds: How long a function may take for its batch. 1 to 900, default 30.
        visibility_timeout_seconds: How long its messages stay hidden. Default: six times the function's timeout.
        max_receive_count: Attempts before a message becomes a dead letter. 1 to 1,000, default 10.
        maximum_message_bytes: Of an item and its attributes. 1,024 to 1,048,576; default 409,600, DynamoDB's limit.
        encryption_key: Customer managed key of the queue and of its own table. Default: keys that AWS owns.
        alarm_topic: Told when an alarm changes state. Default: alarms tell nobody.
        removal_policy: Of queue, table and logs. Default ``RETAIN``.

    Attributes:
        work_queue: The queue with its dead letters and their alarms.
        function: Writes.
        table: Where items end up, each with a ``_fingerprint`` that tells a repetition from another item.
        alarms: By id. ``WriterErrors``: the function failed as a whole. ``ItemsNotWritten``: single items came back.
        dashboard: The queue, the function and what became of items, over time.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        partition_key: str = "id",
        sort_key: str | None = None,
        version_field: str | None = None,
        table: dynamodb.ITable | None = None,
        fifo: Fifo | None = None,
        maximum_concurrency: int = defaults.WRITER_CONCURRENCY,
        batch_size: int = defaults.WRITER_BATCH_SIZE,
        batching_window_seconds: int = 0,
        function_timeout_seconds: int = defaults.WRITER_TIMEOUT_SECONDS,
        visibility_timeout_seconds: int | None = None,
        max_receive_count: int = defaults.WRITER_MAX_RECEIVE_COUNT,
        maximum_message_bytes: int = defaults.LARGEST_ITEM_BYTES,
        encryption_key: kms.IKey | None = None,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"BufferedWriter {self.node.path}") as problems:
            check_buffered_writer(
                problems,
                partition_key=partition_key,
                sort_key=sort_key,
                version_field=version_field,
                fifo=fifo is not None,
                maximum_concurrency=maximum_concurrency,
                batch_size=batch_size,
                batching_window_seconds=batching_window_seconds,
                function_timeout_seconds=function_timeout_seconds,
                visibility_timeout_seconds=visibility_timeout_seconds,
                max_receive_count=max_receive_count,
                maximum_message_bytes=maximum_message_bytes,
            )
        if visibility_timeout_seconds is None:
            visibility_timeout_seconds = visibility_timeout(function_timeout_seconds, batching_window_seconds)
        self._encryption_key = encryption_key
        self._removal_policy = removal_policy
        self.work_queue = WorkQueue(
            self,
            "Items",
            fifo=fifo,
            visibility_timeout_seconds=visibility_timeout_seconds,
            max_receive_count=max_receive_count,
            maximum_message_bytes=maximum_message_bytes,
            encryption_key=encryption_key,
            alarm_topic=alarm_topic,
            removal_policy=removal_policy,
        )
        self.table: dynamodb.ITable = table or self._make_table(partition_key, sort_key)
        self.function = self._make_function(
            {"PARTITION_KEY": partition_key, "SORT_KEY": sort_key or "", "VERSION_FIELD": version_field or ""},
            function_timeout_seconds,
        )
        self._read_in_batches(batch_size, batching_window_seconds, maximum_concurrency)
        self.alarms: Mapping[str, cloudwatch.Alarm] = self._make_alarms(alarm_topic)
        self.dashboard = self._make_dashboard()

    def grant_send_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a producer send items."""
        return self.work_queue.grant_send_messages(grantee)

    def _make_table(self, partition_key: str, sort_key: str | None) -> dynamodb.Table:
        customer_managed = dynamodb.TableEncryption.CUSTOMER_MANAGED
        return dynamodb.Table(
            self,
            "Table",
            partition_key=attribute(partition_key),
            sort_key=attribute(sort_key) if sort_key else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=customer_managed if self._encryption_key else None,
            encryption_key=self._encryption_key,
            point_in_time_recovery_specification=point_in_time_recovery(TABLE_RECOVERY_DAYS),
            removal_policy=self._removal_policy,
        )

    def _make_function(self, rules: Mapping[str, str], timeout_seconds: int) -> lambda_.Function:
        function = python_function(
            self,
            "Writer",
            package="buffered_writer",
            description="Writes what waits in a queue into a table, each item once",
            timeout_seconds=timeout_seconds,
            removal_policy=self._removal_policy,
            environment={
                **rules,
                "TABLE": self.table.table_name,
                "POWERTOOLS_METRICS_NAMESPACE": defaults.WRITER_METRIC_NAMESPACE,
                # The metrics of two writers in one account are not the same ones.
                "POWERTOOLS_SERVICE_NAME": self.node.path,
            },
        )
        self.table.grant(function, "dynamodb:PutItem")
        let_encrypt_and_decrypt(self.table.encryption_key, function)
        return function

    def _read_in_batches(self, size: int, window_seconds: int, maximum_concurrency: int) -> None:
        window = is_token(window_seconds) or window_seconds > 0
        source = lambda_.EventSourceMapping(
            self,
            "Source",
            target=self.function,
            event_source_arn=self.work_queue.queue.queue_arn,
            batch_size=size,
            max_batching_window=Duration.seconds(window_seconds) if window else None,
            max_concurrency=maximum_concurrency,
            report_batch_item_failures=True,
        )
        self.work_queue.grant_consume_messages(self.function)
        acknowledge(
            source,
            {
                "Serverless-LambdaEventSourceMappingDestination": (
                    "Of a queue, what failed too often goes to the queue's own dead-letter queue."
                )
            },
        )

    def _metric(self, name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=defaults.WRITER_METRIC_NAMESPACE,
            metric_name=name,
            dimensions_map={"service": self.node.path},
            statistic="Sum",
            period=Duration.minutes(5),
        )

    def _make_alarms(self, topic: sns.ITopic | None) -> Mapping[str, cloudwatch.Alarm]:
        alarms = Alarms(self, topic)
        alarms.add(
            "WriterErrors",
            self.function.metric_errors(statistic="Sum", period=Duration.minutes(5)),
            1,
            "The function that writes failed with a whole batch, which comes back. See its log.",
        )
        alarms.add(
            "ItemsNotWritten",
            self._metric("ItemsNotWritten"),
            1,
            "Items could not be written; they come back until they are dead letters. The function's log says why: is "
            "the table busy or away, or is an item not fit for it?",
            periods=2,
            of_periods=3,
        )
        return alarms.by_id

    def _make_dashboard(self) -> cloudwatch.Dashboard:
        def graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
            return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)

        outcomes = ("ItemsWritten", "RepetitionsSkipped", "OutdatedSkipped", "ItemsNotWritten")
        watched = [*self.work_queue.alarms.values(), *self.alarms.values()]
        return cloudwatch.Dashboard(
            self,
            "Dashboard",
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=watched, width=24, height=3)],
                list(self.work_queue.graphs("Items")),
                [
                    graph("What became of items", *map(self._metric, outcomes)),
                    graph("Writer", self.function.metric_duration(statistic="p99"), self.function.metric_errors()),
                ],
            ],
        )
