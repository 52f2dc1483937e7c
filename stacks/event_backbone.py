"""The event backbone as it stands: events of orders to those who act on them, and all of them into an audit log."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.messaging.event_backbone import EventBackbone
from aws_patterns.messaging.fanout import Fanout
from aws_patterns.messaging.messaging_dashboard import MessagingDashboard, Shown
from aws_patterns.messaging.topic_archive import TopicArchive
from aws_patterns.messaging.work_queue import WorkQueue
from stacks._parts import alarm_topic, encryption_key, outputs, queue_outputs, removal_policy
from stacks.settings.event_backbone import EventBackboneSettings


class EventBackboneStack(cdk.Stack):
    """A bus, its rules, two queues and an audit log, wired from their settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: EventBackboneSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="Events to those who act on them, kept and replayed")
        key, topic = encryption_key(self, settings.encryption_key_arn), alarm_topic(self, settings.alarm_topic_arn)
        gone = removal_policy(settings)
        queues = {
            name: WorkQueue(
                self,
                name,
                visibility_timeout_seconds=settings.visibility_timeout_seconds,
                retention_seconds=settings.retention_seconds,
                max_receive_count=settings.max_receive_count,
                encryption_key=key,
                alarm_topic=topic,
                removal_policy=gone,
            )
            for name in ("Fulfilment", "Review")
        }
        audited = Fanout(self, "Audited", encryption_key=key, delivery_log=None, alarm_topic=topic, removal_policy=gone)
        audit = TopicArchive(
            self,
            "Audit",
            topic=audited.topic,
            prefix="events/",
            retention_days=settings.audit_days,
            buffer=settings.audit_buffer(),
            encryption_key=key,
            alarm_topic=topic,
            removal_policy=gone,
        )
        backbone = EventBackbone(
            self,
            "Events",
            rules=settings.rules(
                fulfilment=queues["Fulfilment"].queue, review=queues["Review"].queue, audit=audited.topic
            ),
            archive=settings.archive(),
            producers=settings.producers(),
            schema_discovery=settings.schema_discovery,
            encryption_key=key,
            log=settings.log_level,
            alarm_topic=topic,
            removal_policy=gone,
        )
        shown: dict[str, Shown] = {"Events": backbone, **queues, "Audited": audited, "Audit": audit}
        dashboard = MessagingDashboard(self, "Dashboard", parts=shown).dashboard
        undelivered = {rule: queue for (rule, _), queue in backbone.undelivered.items()}
        outputs(
            self,
            {
                "BusName": backbone.bus.event_bus_name,
                "BusArn": backbone.bus.event_bus_arn,
                "ArchiveArn": backbone.archive.attr_arn if backbone.archive else None,
                **{f"{name}RuleArn": rule.rule_arn for name, rule in backbone.rules.items()},
                **queue_outputs(queues, undelivered),
                "AuditBucketName": audit.bucket.bucket_name,
                "DashboardName": dashboard.dashboard_name,
            },
        )
