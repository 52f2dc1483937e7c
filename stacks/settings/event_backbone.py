"""Settings of the stack EventBackbone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.comparisons import Numeric, Prefix
from aws_patterns.messaging.event_backbone_options import (
    BusLog,
    EventArchive,
    EventPattern,
    EventRule,
    Producer,
    check_event_backbone,
    check_source,
)
from aws_patterns.messaging.event_targets import QueueTarget, Retry, TopicTarget
from aws_patterns.messaging.topic_archive_options import Buffer, check_topic_archive
from aws_patterns.messaging.work_queue_options import check_work_queue
from stacks.settings._shared import key_problems, renamed, topic_problems

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

# The sample's events, and what is in their detail.
_PLACED = "OrderPlaced"
_PAID = "OrderPaid"
_CANCELLED = "OrderCancelled"
_FULFILMENT = "fulfilment"
_PHYSICAL = "physical"
_TOTAL = "total"

# What the parts call it, and what it is called here.
_NAMES = {
    rf"^rules\['Review'\]\.pattern\.detail\.{_TOTAL}(?=\s)": "large_order_total",
    r"^rules\['\w+'\]\.targets\['\w+'\]\.retry\.attempts(?=\s)": "retry_attempts",
    r"^rules\['\w+'\]\.targets\['\w+'\]\.retry\.maximum_age_seconds(?=\s)": "retry_maximum_age_seconds",
    r"^archive\.retention_days(?=\s)": "archive_days",
    r"^producers\[\d+\]\.account(?=\s)": "producer_accounts",
    r"^producers\[\d+\]\.organization(?=\s)": "producer_organization",
    r"^producers\[\d+\]\.sources(?=\s)": "producer_sources",
    r"^producers must not name (\d+) (\d+) times: .*": r"producer_accounts must not name \1 \2 times",
    r"an encryption_key: leave": "an encryption_key_arn: leave",
    r"^retention_days(?=\s)": "audit_days",
    r"^buffer\.seconds(?=\s)": "audit_buffer_seconds",
}


@dataclass(frozen=True, slots=True)
class _Standard:
    """Stands in for a queue or topic that is not made yet: of those all that is looked at is whether it is FIFO."""

    fifo: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EventBackboneSettings:
    """What may be chosen about the event backbone.

    Args:
        event_source: Who speaks of orders: the source of the events that the rules for fulfilment and review take.
        large_order_total: From which total on a placed order is to be reviewed.
        visibility_timeout_seconds: How long a received message stays hidden; more than the longest work on one.
        retention_seconds: How long a message that nobody deletes is kept.
        max_receive_count: Attempts before a message becomes a dead letter.
        retry_attempts: How often EventBridge tries again what a target did not take.
        retry_maximum_age_seconds: For how long it does.
        archive_days: How long every event is kept for replays, 0 for ever; empty keeps none.
        audit_days: How long the audit log of everything that happened is kept.
        audit_buffer_seconds: How long events are gathered for one object of the audit log.
        schema_discovery: Whether EventBridge derives schemas from the events; not with encryption_key_arn.
        producer_accounts: Other accounts that may send events. Default: none.
        producer_organization: Organization any of whose accounts may send events, as in o-a1b2c3d4e5. Default: none.
        producer_sources: As which sources those others may send. Default: event_source.
        log_level: What EventBridge records of its work, never the events themselves.
        encryption_key_arn: KMS key of bus, archive, topic, queues and audit log, which must itself allow EventBridge
            and SNS to use it. Default: the topic has a key of its own, everything else those that AWS owns.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy). The archive goes
            with the bus.
    """

    event_source: str = "shop.orders"
    large_order_total: float = 1000
    visibility_timeout_seconds: int = defaults.VISIBILITY_TIMEOUT_SECONDS
    retention_seconds: int = defaults.RETENTION_SECONDS
    max_receive_count: int = defaults.MAX_RECEIVE_COUNT
    retry_attempts: int = defaults.EVENT_RETRY_ATTEMPTS
    retry_maximum_age_seconds: int = defaults.EVENT_AGE_SECONDS
    archive_days: int | None = defaults.EVENT_ARCHIVE_DAYS
    audit_days: int = defaults.ARCHIVE_RETENTION_DAYS
    audit_buffer_seconds: int = defaults.ARCHIVE_BUFFER_SECONDS
    schema_discovery: bool = False
    producer_accounts: tuple[str, ...] = ()
    producer_organization: str | None = None
    producer_sources: tuple[str, ...] = ()
    log_level: BusLog = BusLog.ERRORS
    encryption_key_arn: str | None = None
    alarm_topic_arn: str | None = None
    removal_policy: Literal["retain", "destroy"] = "retain"

    def rules(self, *, fulfilment: "sqs.IQueue", review: "sqs.IQueue", audit: "sns.ITopic") -> Sequence[EventRule]:
        """Which events go where."""
        retry = Retry(attempts=self.retry_attempts, maximum_age_seconds=self.retry_maximum_age_seconds)
        orders = self.event_source
        paid = EventPattern(source=orders, detail_type=[_PAID, _CANCELLED], detail={_FULFILMENT: _PHYSICAL})
        large = EventPattern(
            source=orders, detail_type=_PLACED, detail={_TOTAL: Numeric(at_least=self.large_order_total)}
        )
        # What is replayed happened once.
        everything = EventPattern(source=Prefix(""), replayed=False)
        return [
            EventRule(name="Fulfilment", pattern=paid, targets={"Queue": QueueTarget(queue=fulfilment, retry=retry)}),
            EventRule(name="Review", pattern=large, targets={"Queue": QueueTarget(queue=review, retry=retry)}),
            EventRule(name="Audit", pattern=everything, targets={"Topic": TopicTarget(topic=audit, retry=retry)}),
        ]

    def archive(self) -> EventArchive | None:
        """What is kept for replays."""
        return None if self.archive_days is None else EventArchive(retention_days=self.archive_days)

    def audit_buffer(self) -> Buffer:
        """How much is gathered for one object of the audit log."""
        return Buffer(seconds=self.audit_buffer_seconds)

    def producers(self) -> Sequence[Producer]:
        """Who else may send."""
        sources = self.producer_sources or (self.event_source,)
        accounts = [Producer(account=account, sources=sources) for account in self.producer_accounts]
        if self.producer_organization is None:
            return accounts
        return [*accounts, Producer(organization=self.producer_organization, sources=sources)]

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("EventBackbone")
        check_source(problems, "event_source", self.event_source)
        queue, topic = cast("sqs.IQueue", _Standard()), cast("sns.ITopic", _Standard())
        check_event_backbone(
            problems,
            rules=self.rules(fulfilment=queue, review=queue, audit=topic),
            archive=self.archive(),
            producers=self.producers(),
            schema_discovery=self.schema_discovery,
            has_key=self.encryption_key_arn is not None,
        )
        check_topic_archive(problems, retention_days=self.audit_days, buffer=self.audit_buffer())
        check_work_queue(
            problems,
            visibility_timeout_seconds=self.visibility_timeout_seconds,
            retention_seconds=self.retention_seconds,
            max_receive_count=self.max_receive_count,
        )
        if self.producer_sources and not self.producers():
            problems.add(
                "producer_sources has no effect without others who may send: name producer_accounts or a "
                "producer_organization, or leave it out"
            )
        return [
            *renamed(problems.found, _NAMES),
            *key_problems(self.encryption_key_arn),
            *topic_problems(self.alarm_topic_arn),
        ]
