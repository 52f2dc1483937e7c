"""The blue/green web tier as it stands, with a version of the sample application on each colour's instances."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.compute.sample_web_app import SampleWebApp
from aws_patterns.load_balancing.application_front import ApplicationFront
from aws_patterns.load_balancing.weighted_fleets import WeightedFleets
from aws_patterns.load_balancing.weighted_fleets_options import Colour
from stacks._parts import alarm_topic, certificates, network, outputs, removal_policy, warn_of_plain_http
from stacks.settings.blue_green_web_tier import BlueGreenWebTierSettings


class BlueGreenWebTierStack(cdk.Stack):
    """Two fleets behind one load balancer, wired from their settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: BlueGreenWebTierSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="Two versions of a web application that share its traffic")
        warn_of_plain_http(self, settings.tls)
        vpc = network(self, settings, ipv6=settings.ipv6).vpc
        front = ApplicationFront(
            self,
            "Front",
            vpc=vpc,
            internet_facing=settings.internet_facing,
            ipv6=settings.ipv6,
            allowed_cidrs=settings.allowed_cidrs or None,
            tls=settings.tls,
            certificates=certificates(self, settings.certificate_arns),
            web_acl_arn=settings.web_acl_arn,
            access_logs=settings.access_logs(),
            deletion_protection=settings.deletion_protection,
            removal_policy=removal_policy(settings),
        )
        blue = SampleWebApp(self, "BlueApp", version=settings.blue_sample_version, tls=settings.instances_speak_tls)
        green = SampleWebApp(self, "GreenApp", version=settings.green_sample_version, tls=settings.instances_speak_tls)
        web = WeightedFleets(
            self,
            "Web",
            vpc=vpc,
            front=front,
            blue=settings.version(Colour.BLUE, blue.user_data()),
            green=settings.version(Colour.GREEN, green.user_data()),
            green_percent=settings.green_percent,
            colour_stickiness=settings.colour_stickiness(),
            stickiness=settings.stickiness(),
            slow_start_seconds=settings.slow_start_seconds,
            deregistration_delay_seconds=settings.deregistration_delay_seconds,
            alarm_topic=alarm_topic(self, settings.alarm_topic_arn),
        )
        blue.grant_download(web.fleets[Colour.BLUE])
        green.grant_download(web.fleets[Colour.GREEN])
        groups = {
            f"{colour.title()}GroupName": fleet.group.auto_scaling_group_name for colour, fleet in web.fleets.items()
        }
        outputs(self, {"Url": front.url, **groups, "DashboardName": web.monitoring.dashboard.dashboard_name})
