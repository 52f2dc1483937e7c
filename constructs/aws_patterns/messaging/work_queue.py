"""Work queue: messages that could not be processed are kept, and somebody is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, Duration, Fn, Names, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._queue_metrics import QueueMetrics
from aws_patterns.messaging.work_queue_options import Fifo, Patience, Thresholds, check_work_queue, thresholds

_FIFO_SUFFIX = ".fifo"
_STACK_UUID_LENGTH = 36


class WorkQueue(Construct):
    """An SQS queue with a dead-letter queue, encryption, TLS-only access and the alarms that matter.

    Use it between a producer and workers that may fail: what they fail for is kept for 14 days, and brought back by
    ``python -m aws_patterns.messaging redrive`` when they are mended. Not for fan-out (see ``Fanout``) and not for
    events that are replayed (see ``EventBackbone``). A message larger than 1 MiB belongs into a bucket, and a
    reference to it into the queue.

    >>> WorkQueue(stack, "Jobs")
    >>> WorkQueue(stack, "Films", visibility_timeout_seconds=900, processing_seconds=600)
    >>> WorkQueue(stack, "Orders", fifo=Fifo(high_throughput=True))

    Each of the two queues names the other: the queue says where its dead letters go, and the dead-letter queue that it
    takes them from this queue only. In CloudFormation two resources can't wait for each other, and nothing but the
    queue's own properties can say either. So the queue has a name that is known before the queue is there, made of
    this construct's path and the id that CloudFormation gives each stack: nobody chooses it, it is free in every
    account, and whatever replaces the queue (another path, FIFO or not) changes it too. A queue that was kept when it
    left its stack still has it: import or delete that one before the stack makes the same again.

    Args:
        fifo: Keep order within a message group and drop duplicates; fewer messages a second. Default: a standard queue.
        visibility_timeout_seconds: How long a received message stays hidden from other workers; more than the longest
            processing time, six times a Lambda consumer's timeout. 0 to 43,200, default 30.
        retention_seconds: How long a message that nobody deletes is kept; longer than all its attempts take. 60 to
            1,209,600 (14 days), default 345,600 (4 days).
        delay_seconds: How long a new message is held back. 0 to 900, default 0.
        receive_wait_seconds: How long a receive waits for a message. 0 to 20, default 20 (long polling).
        max_receive_count: Attempts before a message becomes a dead letter. 1 to 1,000, default 5.
        maximum_message_bytes: Of body and attributes. 1,024 to 1,048,576, default 1,048,576 (1 MiB).
        encryption_key: Customer managed key of both queues. Default: keys that SQS owns.
        processing_seconds: How long a worker takes for a message, at most. Default: not said, and not checked.
        patience: How much waiting is normal, before an alarm says that it is not.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of both queues, with the messages in them. Default ``RETAIN``.

    Attributes:
        queue: The queue that producers write to and workers read from. No other queue may use it for dead letters.
        dead_letter_queue: Keeps what failed for 14 days, counted by a standard queue from when it was first sent. No
            other queue may use it for dead letters.
        alarms: By id. ``DeadLettersFound``: there are some. ``DeadLettersExpire``: within a day they are deleted.
            ``OldestMessage`` and ``Backlog``: messages wait for too long, or will. ``InFlight``: near the 120,000
            messages that SQS hands out at a time.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        fifo: Fifo | None = None,
        visibility_timeout_seconds: int = defaults.VISIBILITY_TIMEOUT_SECONDS,
        retention_seconds: int = defaults.RETENTION_SECONDS,
        delay_seconds: int = 0,
        receive_wait_seconds: int = defaults.RECEIVE_WAIT_SECONDS,
        max_receive_count: int = defaults.MAX_RECEIVE_COUNT,
        maximum_message_bytes: int = defaults.LARGEST_MESSAGE_BYTES,
        encryption_key: kms.IKey | None = None,
        processing_seconds: float | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"WorkQueue {self.node.path}") as problems:
            check_work_queue(
                problems,
                visibility_timeout_seconds=visibility_timeout_seconds,
                retention_seconds=retention_seconds,
                delay_seconds=delay_seconds,
                receive_wait_seconds=receive_wait_seconds,
                max_receive_count=max_receive_count,
                maximum_message_bytes=maximum_message_bytes,
                processing_seconds=processing_seconds,
                patience=patience,
            )
        self._encryption_key = encryption_key
        self._thresholds = thresholds(
            patience,
            fifo=fifo is not None,
            visibility_timeout_seconds=visibility_timeout_seconds,
            retention_seconds=retention_seconds,
            delay_seconds=delay_seconds,
            processing_seconds=processing_seconds,
        )
        name = self._queue_name(_FIFO_SUFFIX if fifo else "")
        encryption = sqs.QueueEncryption.KMS if encryption_key else sqs.QueueEncryption.SQS_MANAGED
        scope_of_deduplication, limit = _throughput(fifo)

        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetters",
            fifo=True if fifo else None,
            deduplication_scope=scope_of_deduplication,
            fifo_throughput_limit=limit,
            retention_period=Duration.seconds(defaults.DEAD_LETTER_RETENTION_SECONDS),
            receive_message_wait_time=Duration.seconds(receive_wait_seconds),
            max_message_size_bytes=maximum_message_bytes,
            encryption=encryption,
            encryption_master_key=encryption_key,
            enforce_ssl=True,
            redrive_allow_policy=sqs.RedriveAllowPolicy(source_queues=[self._not_yet_made(name)]),
            removal_policy=removal_policy,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            fifo=True if fifo else None,
            content_based_deduplication=True if fifo and fifo.content_based_deduplication else None,
            deduplication_scope=scope_of_deduplication,
            fifo_throughput_limit=limit,
            visibility_timeout=Duration.seconds(visibility_timeout_seconds),
            retention_period=Duration.seconds(retention_seconds),
            delivery_delay=Duration.seconds(delay_seconds),
            receive_message_wait_time=Duration.seconds(receive_wait_seconds),
            max_message_size_bytes=maximum_message_bytes,
            encryption=encryption,
            encryption_master_key=encryption_key,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letter_queue, max_receive_count=max_receive_count),
            redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
            removal_policy=removal_policy,
        )
        its_purpose = "Holds dead letters itself: watched by alarms, and brought back by the redrive tool."
        acknowledge(
            self.dead_letter_queue, {"AwsSolutions-SQS3": its_purpose, "Serverless-SQSRedrivePolicy": its_purpose}
        )
        self._metrics = QueueMetrics(self.queue, self.dead_letter_queue)
        self.alarms: Mapping[str, cloudwatch.Alarm] = self._make_alarms(self._thresholds, alarm_topic)

    def grant_send_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a producer write to the queue."""
        return self.queue.grant_send_messages(grantee)

    def grant_consume_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a worker read messages, keep them hidden for longer, and delete them."""
        return self.queue.grant_consume_messages(grantee)

    def grant_redrive(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let an operator bring dead letters back, with ``python -m aws_patterns.messaging redrive`` or the console."""
        moved = self.dead_letter_queue.grant(
            grantee,
            "sqs:StartMessageMoveTask",
            "sqs:ListMessageMoveTasks",
            "sqs:CancelMessageMoveTask",
            "sqs:ReceiveMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
        )
        sent = self.queue.grant(grantee, "sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl")
        if self._encryption_key:
            self._encryption_key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")
        return moved.combine(sent)

    def graphs(self, title: str) -> Sequence[cloudwatch.IWidget]:
        """Two widgets of half a dashboard's width: what waits and for how long, and how it comes and goes."""
        return self._metrics.graphs(title, self._thresholds.pace)

    def _queue_name(self, suffix: str) -> str:
        uuid = Fn.select(2, Fn.split("/", Stack.of(self).stack_id))
        room = defaults.LONGEST_QUEUE_NAME - _STACK_UUID_LENGTH - len(f"-{_FIFO_SUFFIX}")
        path = Names.unique_resource_name(self, max_length=room, separator="-")
        return f"{path}-{uuid}{suffix}"

    def _not_yet_made(self, name: str) -> sqs.IQueue:
        arn = Stack.of(self).format_arn(service="sqs", resource=name, arn_format=ArnFormat.NO_RESOURCE_NAME)
        return sqs.Queue.from_queue_arn(self, "QueueByName", arn)

    def _make_alarms(self, limits: Thresholds, topic: sns.ITopic | None) -> Mapping[str, cloudwatch.Alarm]:
        alarms = Alarms(self, topic)
        redrive = f"python -m aws_patterns.messaging redrive {self.queue.queue_url}"
        alarms.add(
            "DeadLettersFound",
            self._metrics.dead_letters("ApproximateNumberOfMessagesVisible", "Maximum"),
            1,
            f"Messages failed every attempt. Look at them, mend what they failed for, then bring them back: {redrive}",
        )
        alarms.add(
            "DeadLettersExpire",
            self._metrics.dead_letters("ApproximateAgeOfOldestMessage", "Maximum"),
            limits.dead_letter_age,
            "Dead letters may be deleted within a day, by their age, and are then lost. Bring them back now, or copy "
            f"them elsewhere: {redrive}",
        )
        alarms.add(
            "OldestMessage",
            self._metrics.metric("ApproximateAgeOfOldestMessage", "Maximum"),
            limits.oldest_message,
            "A message has waited for too long. Do workers run, and do they delete what they have done? A FIFO queue "
            "waits with a whole message group for the one that fails.",
        )
        alarms.add(
            "Backlog",
            self._metrics.drain_seconds(limits.pace),
            limits.drain,
            "At the workers' present pace what is waiting takes too long. Are there enough of them, and is what they "
            "depend on slow?",
            periods=limits.pace_periods,
        )
        alarms.add(
            "InFlight",
            self._metrics.metric("ApproximateNumberOfMessagesNotVisible", "Maximum"),
            defaults.IN_FLIGHT_MESSAGES * defaults.IN_FLIGHT_WARNING_PERCENT // 100,
            f"Nearly {defaults.IN_FLIGHT_MESSAGES} messages are received and not deleted; at that number SQS hands out "
            "no more. Do workers delete what they have done? Is the visibility timeout too long?",
        )
        return alarms.by_id


def _throughput(fifo: Fifo | None) -> tuple[sqs.DeduplicationScope | None, sqs.FifoThroughputLimit | None]:
    if fifo is None or not fifo.high_throughput:
        return None, None
    return sqs.DeduplicationScope.MESSAGE_GROUP, sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID
