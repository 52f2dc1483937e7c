"""Event backbone: who sends an event does not know who takes it, and nothing that happened is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from aws_cdk import RemovalPolicy, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_eventschemas as schemas
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._key_permissions import let_service_use_key
from aws_patterns._validation import Problems
from aws_patterns.messaging._bus_log import BusLogGroup
from aws_patterns.messaging._bus_metrics import bus_graphs, rule_metric
from aws_patterns.messaging._event_target_binding import EVENTBRIDGE, BoundTarget
from aws_patterns.messaging._undelivered import undelivered_queue
from aws_patterns.messaging.event_backbone_options import (
    BusLog,
    EventArchive,
    EventRule,
    Producer,
    check_event_backbone,
    check_event_rule,
)
from aws_patterns.messaging.event_targets import EventTarget


class EventBackbone(Construct):
    """An EventBridge bus of one's own: rules send events to targets by what is in them, an archive keeps them all.

    Use it between parts of a system that know events and not each other, and where a consumer that was wrong, or is
    new, must be given again what happened. Not where order matters or each message is work for one consumer (see
    ``Fanout`` with ``fifo``, and ``WorkQueue``), and not for thousands of events a second to few consumers.

    What a target does not take is tried again for a day and then kept for 14 days, in a queue of its own for each
    target, with the reason in its attributes. EventBridge is reached over TLS only, and encrypts with its own keys
    unless it is given one.

    Replay: ``aws events start-replay --replay-name again-1 --event-source-arn ARCHIVE_ARN --destination Arn=BUS_ARN
    --event-start-time 2026-11-01T00:00:00Z --event-end-time 2026-11-02T00:00:00Z``, with ``FilterArns`` in the
    destination for some rules alone. Targets are then given events a second time: they must be idempotent, or their
    rule says ``replayed=False``. Events reach the archive within ten minutes.

    >>> from aws_patterns.messaging.comparisons import Numeric
    >>> from aws_patterns.messaging.event_targets import QueueTarget
    >>> from aws_patterns.messaging.event_backbone_options import EventPattern
    >>> jobs = sqs.Queue(stack, "Jobs", enforce_ssl=True)
    >>> large = EventPattern(source="shop.orders", detail={"total": Numeric(at_least=1000)})
    >>> rule = EventRule(name="LargeOrders", pattern=large, targets={"Review": QueueTarget(queue=jobs)})
    >>> EventBackbone(stack, "Events", rules=[rule])

    Args:
        rules: Which events go where. Default: none yet; see ``add_rule``.
        archive: What is kept for replays. ``None``: nothing. Default: every event, for 30 days.
        producers: Accounts, or organizations, besides this account, that may send events. Default: none.
        schema_discovery: Whether EventBridge derives schemas from the events, for their consumers' code. It reads all
            events, and has a price beyond five million of them in a month. Default off.
        encryption_key: Customer managed key of the bus, the archive and the undelivered events. An imported key must
            itself allow EventBridge to use it. Default: keys that AWS owns.
        log: What EventBridge records of its work. Default: errors.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of undelivered events and the log. Default ``RETAIN``. The archive goes with the bus.

    Attributes:
        bus: What producers send to.
        archive: What is replayed, or ``None``.
        rules: By name.
        undelivered: What targets did not take: by the rule's and the target's name.
        unencrypted: What the bus could not encrypt; ``None`` without an ``encryption_key``.
        log: The log group and what delivers to it, or ``None``.
        discoverer: Derives schemas, or ``None``.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        rules: Sequence[EventRule] = (),
        archive: EventArchive | None = EventArchive(),  # noqa: B008 - frozen
        producers: Sequence[Producer] = (),
        schema_discovery: bool = False,
        encryption_key: kms.IKey | None = None,
        log: BusLog = BusLog.ERRORS,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"EventBackbone {self.node.path}") as problems:
            check_event_backbone(
                problems,
                rules=rules,
                archive=archive,
                producers=producers,
                schema_discovery=schema_discovery,
                has_key=encryption_key is not None,
            )
        self._key = encryption_key
        self._removal_policy = removal_policy
        self._alarms = Alarms(Construct(self, "Alarms"), alarm_topic)
        if encryption_key:
            let_service_use_key(self, encryption_key, EVENTBRIDGE, "kms:DescribeKey", "kms:ReEncrypt*")
        self.unencrypted: sqs.Queue | None = self._keep_unencrypted() if encryption_key else None
        self.bus = events.EventBus(
            self,
            "Bus",
            kms_key=encryption_key,
            dead_letter_queue=self.unencrypted,
            log_config=events.LogConfig(level=events.Level[log.value], include_detail=events.IncludeDetail.NONE),
        )
        if self.unencrypted:
            self._let_bus_send(self.unencrypted)
        self.archive = self._make_archive(archive) if archive else None
        self._let_in(producers)
        self.discoverer: schemas.CfnDiscoverer | None = (
            schemas.CfnDiscoverer(self, "Discoverer", source_arn=self.bus.event_bus_arn) if schema_discovery else None
        )
        self.log = (
            None
            if log == BusLog.OFF
            else BusLogGroup(self, "Log", bus=self.bus, level=log, removal_policy=removal_policy)
        )
        self._rules = Construct(self, "Rules")
        self.rules: dict[str, events.Rule] = {}
        self.undelivered: dict[tuple[str, str], sqs.Queue] = {}
        for rule in rules:
            self._add(rule)

    @property
    def alarms(self) -> Mapping[str, cloudwatch.Alarm]:
        """By id: ``Undelivered:<rule>:<target>``, ``Lost:<rule>``, and ``Unencrypted`` where there is a key."""
        return self._alarms.by_id

    def add_rule(self, rule: EventRule) -> events.Rule:
        """One more rule.

        Raises:
            ValueError: Naming every option that can't be used.
        """
        with Problems(f"EventBackbone {self.node.path}") as problems:
            if rule.name in self.rules:
                problems.add(f"rules must have names of their own, got {rule.name!r} again")
            check_event_rule(problems, rule)
        return self._add(rule)

    def grant_put_events(self, grantee: iam.IGrantable, *sources: str) -> iam.Grant:
        """Let a producer of this account send events, as these sources only. Without any: as every source."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["events:PutEvents"],
            resource_arns=[self.bus.event_bus_arn],
            conditions={"StringEquals": {"events:source": list(sources)}} if sources else None,
        )

    def graphs(self, title: str) -> Sequence[cloudwatch.IWidget]:
        """Four widgets of half a dashboard's width, with a line for each rule."""
        return bus_graphs(self.bus, self.rules, title)

    def _add(self, rule: EventRule) -> events.Rule:
        scope = Construct(self._rules, rule.name)
        made = events.Rule(
            scope,
            "Rule",
            event_bus=self.bus,
            description=f"{self.node.path}: {rule.name}",
            # Checked by the CDK to be there; its own type has no place for comparisons, so they are put in below.
            event_pattern=events.EventPattern(source=["-"]),
        )
        cast("events.CfnRule", made.node.default_child).event_pattern = rule.pattern.to_json()
        for name, target in rule.targets.items():
            self._add_target(Construct(scope, name), made, rule.name, name, target)
        self._alarms.add(
            f"Lost:{rule.name}",
            rule_metric(self.bus, made, "InvocationsFailedToBeSentToDlq"),
            1,
            f"Events of the rule {rule.name} were neither taken by a target nor kept. Replay them from the archive. "
            "Are the queues for undelivered events there, and may EventBridge use their key?",
        )
        self.rules[rule.name] = made
        return made

    def _add_target(self, scope: Construct, rule: events.Rule, rule_name: str, name: str, target: EventTarget) -> None:
        undelivered = undelivered_queue(scope, "Undelivered", key=self._key, removal_policy=self._removal_policy)
        rule.add_target(BoundTarget(scope, rule, target, undelivered))
        self._alarms.add(
            f"Undelivered:{rule_name}:{name}",
            undelivered.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            1,
            f"Events of the rule {rule_name} were not taken by {name}. Attributes of the messages in "
            f"{undelivered.queue_name} say why; mend it, then send them again, or replay them from the archive.",
        )
        self.undelivered[rule_name, name] = undelivered

    def _keep_unencrypted(self) -> sqs.Queue:
        """Not with the key: it is for when that can't be used."""
        queue = undelivered_queue(self, "Unencrypted", key=None, removal_policy=self._removal_policy)
        self._alarms.add(
            "Unencrypted",
            queue.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            1,
            f"EventBridge could not use the key of the bus; the events are in {queue.queue_name}. Is the key enabled, "
            "and does its policy let EventBridge use it?",
        )
        return queue

    def _let_bus_send(self, queue: sqs.Queue) -> None:
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(EVENTBRIDGE)],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": self.bus.event_bus_arn}},
            )
        )

    def _make_archive(self, archive: EventArchive) -> events.CfnArchive:
        return events.CfnArchive(
            self,
            "Archive",
            source_arn=self.bus.event_bus_arn,
            description=self.node.path,
            retention_days=archive.retention_days,
            event_pattern=archive.pattern.to_json() if archive.pattern else None,
            kms_key_identifier=self._key.key_arn if self._key else None,
        )

    def _let_in(self, producers: Sequence[Producer]) -> None:
        for index, producer in enumerate(producers):
            who = producer.account or producer.organization or ""
            conditions = {"events:source": list(producer.sources)}
            if producer.organization:
                conditions["aws:PrincipalOrgID"] = [producer.organization]
            self.bus.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=f"Producer{index if Token.is_unresolved(who) else who}",
                    principals=[iam.AccountPrincipal(producer.account) if producer.account else iam.StarPrincipal()],
                    actions=["events:PutEvents"],
                    resources=[self.bus.event_bus_arn],
                    conditions={"StringEquals": conditions},
                )
            )
