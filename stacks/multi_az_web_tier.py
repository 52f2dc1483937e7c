"""A web application over several zones as it stands, with the sample application on its instances."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.compute.sample_web_app import SampleWebApp
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier import WebTier
from stacks._parts import alarm_topic, certificates, network, outputs, removal_policy, warn_of_plain_http
from stacks.settings.multi_az_web_tier import MultiAzWebTierSettings


class MultiAzWebTierStack(cdk.Stack):
    """One network, one web tier and the sample application, wired from their settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: MultiAzWebTierSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(
            scope, id, env=env, description="Web application over several zones: load balancer, instances, alarms"
        )
        warn_of_plain_http(self, settings.tls)
        app = SampleWebApp(self, "App", version=settings.sample_version, tls=settings.tls is TlsApproach.BRIDGING)
        tier = WebTier(
            self,
            "Web",
            vpc=network(self, settings, ipv6=settings.ipv6).vpc,
            internet_facing=settings.internet_facing,
            ipv6=settings.ipv6,
            allowed_cidrs=settings.allowed_cidrs or None,
            tls=settings.tls,
            certificates=certificates(self, settings.certificate_arns),
            web_acl_arn=settings.web_acl_arn,
            access_logs=settings.access_logs(),
            stickiness=settings.stickiness(),
            slow_start_seconds=settings.slow_start_seconds,
            deregistration_delay_seconds=settings.deregistration_delay_seconds,
            instances=settings.instances(app.user_data()),
            port=app.port,
            capacity=settings.capacity(),
            mixed_fleet=settings.mixed_fleet(),
            scaling_policies=settings.scaling_policies(),
            suspended_processes=settings.suspended_processes,
            custom_health=settings.custom_health(),
            termination_logs=settings.termination_logs(),
            alarm_topic=alarm_topic(self, settings.alarm_topic_arn),
            deletion_protection=settings.deletion_protection,
            removal_policy=removal_policy(settings),
        )
        app.grant_download(tier)
        outputs(
            self,
            {
                "Url": tier.url,
                "AutoScalingGroupName": tier.group.auto_scaling_group_name,
                "DashboardName": tier.monitoring.dashboard.dashboard_name,
            },
        )
