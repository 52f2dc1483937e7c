"""Fan-out: one publish, and every queue that wants it has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._bucket_notifications import acknowledge_handler
from aws_patterns._key_permissions import let_service_use_key, new_key
from aws_patterns._validation import Problems
from aws_patterns.messaging._topic_alarms import watch_topic
from aws_patterns.messaging._topic_bucket_source import TopicDestination
from aws_patterns.messaging._topic_delivery_log import TopicDeliveryLog
from aws_patterns.messaging._topic_graphs import topic_graphs
from aws_patterns.messaging._undelivered import undelivered_queue
from aws_patterns.messaging.fanout_options import DeliveryLog, FifoTopic, Subscriber, check_fanout, check_subscriber
from aws_patterns.messaging.work_queue import WorkQueue
from aws_patterns.messaging.work_queue_options import Fifo


class Fanout(Construct):
    """An SNS topic, and work queues that each get a copy of what their filter lets through.

    Use it where several parts of a system do different things with the same message, and none of them may wait for
    another or lose what another could not take. With ``fifo`` each queue has the messages of a group in the order in
    which they were published, once. Not for rules over the content of events of many kinds, and not to replay them
    (see ``EventBackbone``); not for one consumer only (see ``WorkQueue``).

    What SNS can't deliver, after its retries, is kept for 14 days in a queue of its own for each subscriber, with the
    reason in its attributes; only then is a message in no queue, and nobody else's is affected.

    >>> Fanout(stack, "Orders", subscribers={"Billing": Subscriber(), "Shipping": Subscriber()})
    >>> from aws_patterns.messaging.comparisons import Numeric
    >>> from aws_patterns.messaging.fanout_options import AttributeFilter
    >>> large = Subscriber(filter_policy=AttributeFilter({"total": Numeric(at_least=1000)}), processing_seconds=20)
    >>> Fanout(stack, "Ordered", fifo=FifoTopic(), subscribers={"Ledger": Subscriber(), "Fraud": large})

    A queue of another account is subscribed by its owner: name its ARN in ``external_queues``, and they call
    ``sns:Subscribe`` for it. No other endpoint of theirs is let in. Their queue's policy must allow
    ``sns.amazonaws.com`` to send for this topic's ARN.

    Args:
        subscribers: Queues to make, by name. A name is part of its queue's path: another name is another queue.
        fifo: Keep order and drop duplicates; publishers then give each message a group. Default: a standard topic.
        external_queues: ARNs of queues that their owners, in other accounts, may subscribe. Default: none.
        encryption_key: Of the topic, and of all queues. An imported key must itself allow SNS to use it. Default: the
            topic has a key of its own, the queues keys that SQS owns.
        delivery_log: What is recorded of deliveries. ``None``: nothing. Default: failures.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Must not be this fan-out's own. Default: alarms
            tell nobody.
        removal_policy: Of the queues with their messages, the key and the logs. Default ``RETAIN``.

    Attributes:
        topic: What publishers publish to, over TLS only.
        encryption_key: The topic's.
        queues: The work queues, by their subscribers' names.
        undelivered: What SNS could not deliver, by the subscribers' names.
        delivery_log: The log groups, where deliveries are recorded.
        alarms: By id. ``Undelivered:<subscriber>``: SNS could not reach its queue. ``Lost``: nor the queue
            for undelivered messages. ``Unreadable``: messages were not sent to those who filter, because their
            attributes or bodies can't be read. The queues have their own.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        subscribers: Mapping[str, Subscriber] | None = None,
        fifo: FifoTopic | None = None,
        external_queues: Sequence[str] = (),
        encryption_key: kms.IKey | None = None,
        delivery_log: DeliveryLog | None = DeliveryLog(),  # noqa: B008 - frozen
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"Fanout {self.node.path}") as problems:
            check_fanout(
                problems,
                subscribers=subscribers,
                fifo=fifo,
                external_queues=external_queues,
                delivery_log=delivery_log,
            )
        self._fifo = fifo
        self._queue_key = encryption_key
        self._alarm_topic = alarm_topic
        self._removal_policy = removal_policy
        self.encryption_key: kms.IKey = encryption_key or new_key(self, removal_policy)
        if encryption_key:
            let_service_use_key(self, encryption_key, "sns.amazonaws.com")
        self._bucket_destination: TopicDestination | None = None
        self.topic = self._make_topic()
        self._let_owners_subscribe(external_queues)
        self.delivery_log = (
            TopicDeliveryLog(self, "DeliveryLog", topic=self.topic, log=delivery_log, removal_policy=removal_policy)
            if delivery_log
            else None
        )
        self._subscribers = Construct(self, "Subscribers")
        self._alarms = Alarms(Construct(self, "Alarms"), alarm_topic)
        watch_topic(self._alarms, self.topic)
        self.queues: dict[str, WorkQueue] = {}
        self.undelivered: dict[str, sqs.Queue] = {}
        for name, subscriber in (subscribers or {}).items():
            self._add(name, subscriber)

    @property
    def alarms(self) -> Mapping[str, cloudwatch.Alarm]:
        """Of the topic and its subscriptions, by id."""
        return self._alarms.by_id

    def add_subscriber(self, name: str, subscriber: Subscriber = Subscriber()) -> WorkQueue:  # noqa: B008 - frozen
        """One more queue.

        Raises:
            ValueError: Naming every option that can't be used.
        """
        with Problems(f"Fanout {self.node.path}") as problems:
            if name in self.queues:
                problems.add(f"subscribers must have names of their own, got {name!r} again")
            check_subscriber(problems, name, subscriber)
        return self._add(name, subscriber)

    def add_bucket_source(
        self,
        bucket: s3.Bucket,
        *,
        event: s3.EventType = s3.EventType.OBJECT_CREATED,
        prefix: str = "",
        suffix: str = "",
    ) -> None:
        """Publish an event of a bucket of this account: for all subscribers, which S3 itself tells to one alone.

        Args:
            bucket: Where it happens.
            event: What happens. Default: an object is created.
            prefix: Of the objects' keys. Default: of any.
            suffix: Of the objects' keys. Default: of any.

        Raises:
            ValueError: For a FIFO topic, to which S3 does not publish.
        """
        with Problems(f"Fanout {self.node.path}") as problems:
            if self._fifo:
                problems.add("add_bucket_source needs a standard topic: S3 publishes to no FIFO topic. Leave fifo out")
        filters = [s3.NotificationKeyFilter(prefix=prefix or None, suffix=suffix or None)] if prefix or suffix else []
        if self._bucket_destination is None:
            self._bucket_destination = TopicDestination(self.topic)
            let_service_use_key(self, self.encryption_key, "s3.amazonaws.com")
        bucket.add_event_notification(event, self._bucket_destination, *filters)
        acknowledge_handler(bucket)

    def grant_publish(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a publisher publish, and use the topic's key for it."""
        granted = iam.Grant.add_to_principal_or_resource(
            grantee=grantee, actions=["sns:Publish"], resource_arns=[self.topic.topic_arn], resource=self.topic
        )
        # The topic's own grant would allow every variant of the second one.
        return granted.combine(self.encryption_key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey"))

    def graphs(self, title: str) -> Sequence[cloudwatch.IWidget]:
        """Two widgets of half a dashboard's width: what becomes of messages, and what goes wrong."""
        return topic_graphs(self.topic, title)

    def _make_topic(self) -> sns.Topic:
        fifo = self._fifo
        scope = sns.FifoThroughputScope.MESSAGE_GROUP if fifo and fifo.high_throughput else None
        return sns.Topic(
            self,
            "Topic",
            fifo=True if fifo else None,
            content_based_deduplication=True if fifo and fifo.content_based_deduplication else None,
            fifo_throughput_scope=scope,
            message_retention_period_in_days=fifo.archive_days if fifo else None,
            master_key=self.encryption_key,
            enforce_ssl=True,
        )

    def _let_owners_subscribe(self, queues: Sequence[str]) -> None:
        by_account: dict[str, list[str]] = {}
        for arn in queues:
            account = Stack.of(self).split_arn(arn, ArnFormat.NO_RESOURCE_NAME).account
            assert account is not None, "an ARN of a queue has an account"  # noqa: S101 - for the type checker
            by_account.setdefault(account, []).append(arn)
        for account, arns in by_account.items():
            self.topic.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.AccountPrincipal(account)],
                    actions=["sns:Subscribe"],
                    resources=[self.topic.topic_arn],
                    conditions={"StringEquals": {"sns:Protocol": "sqs", "sns:Endpoint": arns}},
                )
            )

    def _add(self, name: str, subscriber: Subscriber) -> WorkQueue:
        scope = Construct(self._subscribers, name)
        fifo = Fifo(high_throughput=self._fifo.high_throughput) if self._fifo else None
        work = WorkQueue(
            scope,
            "Work",
            fifo=fifo,
            visibility_timeout_seconds=subscriber.visibility_timeout_seconds,
            retention_seconds=subscriber.retention_seconds,
            delay_seconds=subscriber.delay_seconds,
            max_receive_count=subscriber.max_receive_count,
            processing_seconds=subscriber.processing_seconds,
            patience=subscriber.patience,
            encryption_key=self._queue_key,
            alarm_topic=self._alarm_topic,
            removal_policy=self._removal_policy,
        )
        undelivered = undelivered_queue(
            scope, "Undelivered", fifo=self._fifo is not None, key=self._queue_key, removal_policy=self._removal_policy
        )
        for queue in (work.queue, undelivered):
            self._let_topic_send(queue)
        policy = subscriber.filter_policy
        subscription = sns.CfnSubscription(
            scope,
            "Subscription",
            topic_arn=self.topic.topic_arn,
            protocol="sqs",
            endpoint=work.queue.queue_arn,
            raw_message_delivery=subscriber.raw_delivery,
            filter_policy=policy.to_json() if policy else None,
            filter_policy_scope=policy.scope if policy else None,
            redrive_policy={"deadLetterTargetArn": undelivered.queue_arn},
        )
        # A message may be published as soon as there is a subscription.
        for queue in (work.queue, undelivered):
            subscription.node.add_dependency(queue)
        self._alarms.add(
            f"Undelivered:{name}",
            undelivered.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            1,
            f"SNS could not deliver messages to the queue of {name}. They are in {undelivered.queue_name}, and their "
            "attributes say why; mend it, then send them on: python -m aws_patterns.messaging redrive "
            f"{undelivered.queue_url} --to {work.queue.queue_url}",
        )
        self.queues[name], self.undelivered[name] = work, undelivered
        return work

    def _let_topic_send(self, queue: sqs.Queue) -> None:
        sender = iam.ServicePrincipal("sns.amazonaws.com")
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[sender],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": self.topic.topic_arn}},
            )
        )
