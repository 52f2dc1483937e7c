"""Settings of the stack OrderFanout."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.comparisons import Numeric
from aws_patterns.messaging.fanout_options import (
    AttributeFilter,
    BodyFilter,
    DeliveryLog,
    FilterPolicy,
    Subscriber,
    check_fanout,
)
from aws_patterns.messaging.inbox_bucket_options import check_inbox_bucket
from stacks.settings._shared import key_problems, renamed, topic_problems

# What the sample's publishers say of an order beside its body, and inside it.
_FULFILMENT = "fulfilment"
_PHYSICAL = "physical"
_TOTAL = "total"

# What the parts call it, and what it is called here.
_NAMES = {
    rf"^subscribers\['LargeOrders'\]\.filter_policy\.{_TOTAL}(?=\s)": "large_order_total",
    r"^subscribers\['\w+'\]\.": "",
    r"^delivery_log\.success_percent(?=\s)": "logged_success_percent",
    r"fifo=FifoTopic\(\)": "the stack OrderedFanout",
    r"for a FIFO queue give": "for FIFO queues there is",
    r"^retention_days(?=\s)": "inbox_retention_days",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderFanoutSettings:
    """What may be chosen about the fan-out of orders.

    Args:
        large_order_total: From which total on an order is a large one, for the queue LargeOrders.
        raw_delivery: Whether a message arrives as it was published, or (false) in SNS's envelope, with its id and
            time. Analytics always has it raw.
        visibility_timeout_seconds: How long a received message stays hidden; more than the longest work on one.
        retention_seconds: How long a message that nobody deletes is kept.
        max_receive_count: Attempts before a message becomes a dead letter.
        processing_seconds: How long a worker takes for a message, at most, to be checked against the visibility
            timeout. Default: not said.
        inbox: Whether there is a bucket for files of orders, whose arrival is told to queues of its own.
        inbox_prefix: Of the keys of the files that are told of. Default: any.
        inbox_suffix: Of the keys of the files that are told of. Default: any.
        inbox_retention_days: How long the files are kept. Default: for ever.
        external_queues: ARNs of standard queues of other accounts, which their owners may subscribe. Default: none.
        logged_success_percent: Of what was delivered, how much is recorded, besides every failure; empty records
            nothing at all.
        encryption_key_arn: KMS key of topics and queues, which must itself allow SNS to use it (and S3, with inbox).
            Default: the topics have keys of their own, the queues those that SQS owns.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    large_order_total: float = 1000
    raw_delivery: bool = True
    visibility_timeout_seconds: int = defaults.VISIBILITY_TIMEOUT_SECONDS
    retention_seconds: int = defaults.RETENTION_SECONDS
    max_receive_count: int = defaults.MAX_RECEIVE_COUNT
    processing_seconds: float | None = None
    inbox: bool = False
    inbox_prefix: str | None = None
    inbox_suffix: str | None = None
    inbox_retention_days: int | None = None
    external_queues: tuple[str, ...] = ()
    logged_success_percent: int | None = 0
    encryption_key_arn: str | None = None
    alarm_topic_arn: str | None = None
    removal_policy: Literal["retain", "destroy"] = "retain"

    def subscribers(self) -> Mapping[str, Subscriber]:
        """Who is sent which orders."""
        return {
            "Billing": self._subscriber(),
            "Shipping": self._subscriber(AttributeFilter({_FULFILMENT: _PHYSICAL})),
            "LargeOrders": self._subscriber(BodyFilter({_TOTAL: Numeric(at_least=self.large_order_total)})),
            "Analytics": self._subscriber(raw_delivery=True),
        }

    def file_subscribers(self) -> Mapping[str, Subscriber]:
        """Who is told of files. S3's own message is what they need; there is nothing to unwrap."""
        return {name: self._subscriber(raw_delivery=True) for name in ("Import", "FileAudit")}

    def delivery_log(self) -> DeliveryLog | None:
        """What is recorded of deliveries."""
        percent = self.logged_success_percent
        return None if percent is None else DeliveryLog(success_percent=percent)

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("OrderFanout")
        check_fanout(
            problems,
            subscribers=self.subscribers(),
            external_queues=self.external_queues,
            delivery_log=self.delivery_log(),
        )
        check_inbox_bucket(problems, retention_days=self.inbox_retention_days)
        for name in ("inbox_prefix", "inbox_suffix", "inbox_retention_days"):
            if getattr(self, name) is not None and not self.inbox:
                problems.add(f"{name} has no effect without the bucket: choose inbox, or leave it out")
        return [
            *renamed(problems.found, _NAMES),
            *key_problems(self.encryption_key_arn),
            *topic_problems(self.alarm_topic_arn),
        ]

    def _subscriber(self, policy: FilterPolicy | None = None, *, raw_delivery: bool | None = None) -> Subscriber:
        return Subscriber(
            filter_policy=policy,
            raw_delivery=self.raw_delivery if raw_delivery is None else raw_delivery,
            visibility_timeout_seconds=self.visibility_timeout_seconds,
            retention_seconds=self.retention_seconds,
            max_receive_count=self.max_receive_count,
            processing_seconds=self.processing_seconds,
        )
