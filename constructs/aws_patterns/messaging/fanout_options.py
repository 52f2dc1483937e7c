"""What may be chosen about a fan-out, and within which limits; filters compare with ``comparisons``. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_patterns._validation import Problems, is_token
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._filter_policy_checks import (
    check_filter_size,
    check_shape,
    check_values,
    leaves,
)
from aws_patterns.messaging.comparisons import (
    Json,
    Properties,
    Values,
    properties_json,
)
from aws_patterns.messaging.work_queue_options import Patience, check_work_queue

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?")
_LARGEST_PERCENT = 100


@dataclass(frozen=True, slots=True)
class AttributeFilter:
    """Messages by their attributes: ``AttributeFilter({"kind": ["order", "refund"], "total": Numeric(at_least=100)})``.

    Every key must fit, with one of its values. What is not named does not matter.

    Attributes:
        properties: Attributes by name.
        any_of: Of these at least one must fit too, with all its keys.
    """

    properties: Mapping[str, Values] = field(default_factory=dict, hash=False)
    any_of: Sequence[Mapping[str, Values]] = field(default=(), hash=False)

    @property
    def scope(self) -> str:
        """What SNS calls it."""
        return "MessageAttributes"

    def to_json(self) -> dict[str, Json]:
        """The filter policy as SNS takes it."""
        return properties_json(self.properties, self.any_of)


@dataclass(frozen=True, slots=True)
class BodyFilter:
    """Messages by their body, a JSON object: ``BodyFilter({"order": {"country": [Prefix("D"), "AT"]}})``.

    Every key must fit, with one of its values. A message with another body goes to nobody who filters by it.

    Attributes:
        properties: Values by key, or what is below a key.
        any_of: Of these at least one must fit too, with all its keys.
    """

    properties: Properties = field(default_factory=dict, hash=False)
    any_of: Sequence[Properties] = field(default=(), hash=False)

    @property
    def scope(self) -> str:
        """What SNS calls it."""
        return "MessageBody"

    def to_json(self) -> dict[str, Json]:
        """The filter policy as SNS takes it."""
        return properties_json(self.properties, self.any_of)


FilterPolicy = AttributeFilter | BodyFilter


@dataclass(frozen=True, kw_only=True, slots=True)
class FifoTopic:
    """Order within a message group, and no duplicates within five minutes, from the publisher to every queue.

    Attributes:
        content_based_deduplication: Whether two messages with the same body, published within five minutes, are one.
            Default: the publisher gives every message a deduplication id.
        high_throughput: Whether deduplication and quotas are those of each message group, in the topic and in the
            queues. Default off: those of the whole topic.
        archive_days: How long the topic itself keeps what was published, 1 to 365, for subscribers that replay it. Such
            a topic can be deleted only after its archive. Default: not at all.
    """

    content_based_deduplication: bool = False
    high_throughput: bool = False
    archive_days: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryLog:
    """Records of what SNS did with messages: one line for each delivery, without the message.

    Attributes:
        success_percent: Of what was delivered, how much is recorded, 0 to 100. Default 0: failures only.
    """

    success_percent: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """One queue of a fan-out: what it is sent, and how it is worked on.

    Attributes:
        filter_policy: Which messages it is sent. Default: all.
        raw_delivery: Whether a message arrives as it was published, attributes included, ten of them at most. ``False``
            wraps it into SNS's envelope. Default ``True``.
        visibility_timeout_seconds: As of ``WorkQueue``.
        retention_seconds: As of ``WorkQueue``.
        delay_seconds: As of ``WorkQueue``.
        max_receive_count: As of ``WorkQueue``.
        processing_seconds: As of ``WorkQueue``.
        patience: As of ``WorkQueue``.
    """

    filter_policy: FilterPolicy | None = None
    raw_delivery: bool = True
    visibility_timeout_seconds: int = defaults.VISIBILITY_TIMEOUT_SECONDS
    retention_seconds: int = defaults.RETENTION_SECONDS
    delay_seconds: int = 0
    max_receive_count: int = defaults.MAX_RECEIVE_COUNT
    processing_seconds: float | None = None
    patience: Patience = Patience()  # noqa: RUF009 - frozen


def check_fanout(
    problems: Problems,
    *,
    subscribers: Mapping[str, Subscriber] | None = None,
    fifo: FifoTopic | None = None,
    external_queues: Sequence[str] = (),
    delivery_log: DeliveryLog | None = None,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one fan-out."""
    subscribers = subscribers or {}
    for name, subscriber in subscribers.items():
        check_subscriber(problems, name, subscriber)
    filters = sum(1 for subscriber in subscribers.values() if subscriber.filter_policy)
    if filters > defaults.FILTER_POLICIES_PER_TOPIC:
        problems.add(f"subscribers may have {defaults.FILTER_POLICIES_PER_TOPIC} filter policies, got {filters}")
    if fifo is not None:
        _check_fifo(problems, fifo, len(subscribers) + len(external_queues))
    for arn in external_queues:
        if not is_token(arn) and not _QUEUE_ARN.fullmatch(arn):
            problems.add(
                "external_queues must hold ARNs of queues such as arn:aws:sqs:eu-west-1:111122223333:orders, without "
                f"wildcards, got {arn!r}"
            )
        elif not is_token(arn) and fifo is None and arn.endswith(".fifo"):
            problems.add(
                f"external_queues must hold standard queues, got {arn!r}: for a FIFO queue give fifo=FifoTopic()"
            )
    if len(set(external_queues)) < len(external_queues):
        problems.add("external_queues must not hold a queue twice")
    if delivery_log is not None:
        percent = delivery_log.success_percent
        problems.between("delivery_log.success_percent", percent, 0, _LARGEST_PERCENT, " percent")
        if not is_token(percent) and percent != int(percent):
            problems.add(f"delivery_log.success_percent must be a whole number, got {percent:.15g}")


def _check_fifo(problems: Problems, fifo: FifoTopic, subscriptions: int) -> None:
    if fifo.archive_days is not None:
        problems.between("fifo.archive_days", fifo.archive_days, 1, defaults.LONGEST_TOPIC_ARCHIVE_DAYS, " days")
    if subscriptions > defaults.SUBSCRIPTIONS_PER_FIFO_TOPIC:
        problems.add(
            f"a FIFO topic may have {defaults.SUBSCRIPTIONS_PER_FIFO_TOPIC} subscriptions, got {subscriptions}: use "
            "several topics, or EventBackbone where order does not matter"
        )


def check_subscriber(problems: Problems, name: str, subscriber: Subscriber) -> None:
    """Add to ``problems`` whatever is wrong with one subscriber, whose name comes before each problem."""
    label = f"subscribers[{name!r}]"
    if not _NAME.fullmatch(name):
        problems.add(
            f"subscribers must have names of up to 64 letters, digits, dashes and underscores that begin with a "
            f"letter, got {name!r}"
        )
    if subscriber.filter_policy is not None:
        check_filter(problems, f"{label}.filter_policy", subscriber.filter_policy)
    of_queue = Problems(label)
    check_work_queue(
        of_queue,
        visibility_timeout_seconds=subscriber.visibility_timeout_seconds,
        retention_seconds=subscriber.retention_seconds,
        delay_seconds=subscriber.delay_seconds,
        max_receive_count=subscriber.max_receive_count,
        processing_seconds=subscriber.processing_seconds,
        patience=subscriber.patience,
    )
    for problem in of_queue.found:
        problems.add(f"{label}.{problem}")


def check_filter(problems: Problems, name: str, policy: FilterPolicy) -> None:
    """Add to ``problems`` whatever SNS would refuse of a filter policy, or never match."""
    before = len(problems.found)
    check_shape(problems, name, policy.properties, policy.any_of)
    for part in (policy.properties, *policy.any_of):
        for key, depth, values in leaves(part):
            check_values(problems, f"{name}.{key}", values, sns=True)
            if depth > 1 and isinstance(policy, AttributeFilter):
                problems.add(f"{name}.{key} is nested, and attributes are not: use BodyFilter(...)")
    if len(problems.found) == before:
        check_filter_size(problems, name, policy.properties, policy.any_of)
