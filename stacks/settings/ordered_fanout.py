"""Settings of the stack OrderedFanout."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.comparisons import Numeric
from aws_patterns.messaging.fanout_options import (
    BodyFilter,
    DeliveryLog,
    FifoTopic,
    FilterPolicy,
    Subscriber,
    check_fanout,
)
from stacks.settings._shared import key_problems, renamed, topic_problems

# What the sample's publishers say inside the body.
_EVENT = "event"
_REFUNDED = "OrderRefunded"
_TOTAL = "total"

# What the parts call it, and what it is called here.
_NAMES = {
    rf"^subscribers\['Fraud'\]\.filter_policy\.{_TOTAL}(?=\s)": "fraud_total",
    r"^subscribers\['\w+'\]\.": "",
    r"^fifo\.": "",
    r"^delivery_log\.success_percent(?=\s)": "logged_success_percent",
    r"^a FIFO topic may have (\d+) subscriptions": r"external_queues may bring a FIFO topic to \1 subscriptions",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderedFanoutSettings:
    """What may be chosen about the ordered fan-out.

    Args:
        fraud_total: From which total on an order is looked at by Fraud, which is told of every refund besides.
        content_based_deduplication: Whether two messages with the same body, published within five minutes, are one.
            Otherwise the publisher gives every message a deduplication id.
        high_throughput: Whether deduplication and quotas are those of each message group, in topic and queues, instead
            of those of the whole topic: for more than 3,000 messages a second.
        archive_days: How long the topic itself keeps what was published, for subscribers that replay it. Such a topic
            can be deleted only after its archive: turn this off first. Default: not at all.
        visibility_timeout_seconds: How long a received message, and its whole group, waits for its worker; more than
            the longest work on one.
        retention_seconds: How long a message that nobody deletes is kept.
        max_receive_count: Attempts before a message becomes a dead letter, and its group goes on without it.
        processing_seconds: How long a worker takes for a message, at most, to be checked against the visibility
            timeout. Default: not said.
        external_queues: ARNs of queues of other accounts, which their owners may subscribe; only a FIFO queue keeps
            the order. Default: none.
        logged_success_percent: Of what was delivered, how much is recorded, besides every failure; empty records
            nothing at all.
        encryption_key_arn: KMS key of the topic and the queues, which must itself allow SNS to use it. Default: the
            topic has a key of its own, the queues those that SQS owns.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    fraud_total: float = 500
    content_based_deduplication: bool = False
    high_throughput: bool = False
    archive_days: int | None = None
    visibility_timeout_seconds: int = defaults.VISIBILITY_TIMEOUT_SECONDS
    retention_seconds: int = defaults.RETENTION_SECONDS
    max_receive_count: int = defaults.MAX_RECEIVE_COUNT
    processing_seconds: float | None = None
    external_queues: tuple[str, ...] = ()
    logged_success_percent: int | None = 0
    encryption_key_arn: str | None = None
    alarm_topic_arn: str | None = None
    removal_policy: Literal["retain", "destroy"] = "retain"

    def fifo(self) -> FifoTopic:
        """How order is kept."""
        return FifoTopic(
            content_based_deduplication=self.content_based_deduplication,
            high_throughput=self.high_throughput,
            archive_days=self.archive_days,
        )

    def subscribers(self) -> Mapping[str, Subscriber]:
        """Who is sent which events of orders."""
        suspicious = BodyFilter(any_of=[{_EVENT: _REFUNDED}, {_TOTAL: Numeric(at_least=self.fraud_total)}])
        return {
            "Ledger": self._subscriber(),
            "Shipping": self._subscriber(),
            "Fraud": self._subscriber(suspicious),
        }

    def delivery_log(self) -> DeliveryLog | None:
        """What is recorded of deliveries."""
        percent = self.logged_success_percent
        return None if percent is None else DeliveryLog(success_percent=percent)

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("OrderedFanout")
        check_fanout(
            problems,
            subscribers=self.subscribers(),
            fifo=self.fifo(),
            external_queues=self.external_queues,
            delivery_log=self.delivery_log(),
        )
        return [
            *renamed(problems.found, _NAMES),
            *key_problems(self.encryption_key_arn),
            *topic_problems(self.alarm_topic_arn),
        ]

    def _subscriber(self, policy: FilterPolicy | None = None) -> Subscriber:
        return Subscriber(
            filter_policy=policy,
            visibility_timeout_seconds=self.visibility_timeout_seconds,
            retention_seconds=self.retention_seconds,
            max_receive_count=self.max_receive_count,
            processing_seconds=self.processing_seconds,
        )
