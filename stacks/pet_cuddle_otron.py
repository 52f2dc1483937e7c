"""The Pet Cuddle-O-Tron as it stands."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from aws_patterns.serverless.pet_cuddle_otron import PetCuddleOTron
from aws_patterns.serverless.pet_cuddle_otron_options import Channel
from stacks._parts import alarm_topic, outputs, removal_policy
from stacks.settings.pet_cuddle_otron import PLACEHOLDER_SENDER, PetCuddleOTronSettings


class PetCuddleOTronStack(cdk.Stack):
    """One Pet Cuddle-O-Tron, wired from its settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: PetCuddleOTronSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(
            scope,
            id,
            env=env,
            description="Pet Cuddle-O-Tron: reminders by email and text message, ordered on a web page",
        )
        if settings.sender == PLACEHOLDER_SENDER:
            cdk.Annotations.of(self).add_warning_v2(
                "aws-patterns:placeholderSender",
                f"sender is the placeholder {PLACEHOLDER_SENDER}, from which SES will not send. "
                "Pass -c sender=<an address verified in SES>",
            )
        app = PetCuddleOTron(
            self,
            "PetCuddleOTron",
            sender=settings.sender,
            sender_identity=settings.sender_identity,
            sandbox_recipients=settings.sandbox_recipients,
            channels=[Channel(channel) for channel in settings.channels],
            throttle_rate=settings.throttle_rate,
            throttle_burst=settings.throttle_burst,
            allowed_email_domains=settings.allowed_email_domains,
            allowed_phone_prefixes=settings.allowed_phone_prefixes,
            web_acl_rate_limit=settings.web_acl_rate_limit,
            alarm_topic=alarm_topic(self, settings.alarm_topic_arn),
            domain_name=settings.domain_name,
            certificate=self._certificate(settings.certificate_arn),
            account_log_role=settings.account_log_role,
            removal_policy=removal_policy(settings),
        )
        outputs(
            self,
            {
                "SiteUrl": app.site.url,
                "ApiUrl": app.api.url,
                "StateMachineArn": app.workflow.state_machine.state_machine_arn,
                "DeadLetterQueueUrl": app.dead_letter_queue.queue_url,
                "DashboardName": app.monitoring.dashboard.dashboard_name,
            },
        )

    def _certificate(self, arn: str | None) -> acm.ICertificate | None:
        return acm.Certificate.from_certificate_arn(self, "Certificate", arn) if arn else None
