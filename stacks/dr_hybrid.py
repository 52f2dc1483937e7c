"""A web tier beside a data centre: one name for both, a VPN between them, and the data centre's files in a bucket."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.compute.sample_web_app import SampleWebApp
from aws_patterns.disaster_recovery.hybrid.hybrid_front import HybridFront
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier import WebTier
from stacks._hybrid import hosted_zone, make_data_paths, warn_of_placeholders
from stacks._parts import alarm_topic, certificates, network, outputs, removal_policy, warn_of_plain_http
from stacks.settings.dr_hybrid import DrHybridSettings


class DrHybridStack(cdk.Stack):
    """The AWS side of a hybrid, wired from its settings; the data centre's is a person's to set up."""

    def __init__(
        self, scope: Construct, id: str, *, settings: DrHybridSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="Web application beside a data centre, under one name")
        warn_of_plain_http(self, settings.tls)
        warn_of_placeholders(self, settings)
        plain_http = settings.tls is TlsApproach.PLAIN_HTTP
        topic, keeps = alarm_topic(self, settings.alarm_topic_arn), removal_policy(settings)
        vpc = network(self, settings).vpc
        app = SampleWebApp(self, "App", version=settings.sample_version, tls=settings.tls is TlsApproach.BRIDGING)
        tier = WebTier(
            self,
            "Web",
            vpc=vpc,
            tls=settings.tls,
            certificates=certificates(self, settings.certificate_arns),
            instances=settings.instances(app.user_data()),
            port=app.port,
            capacity=settings.capacity(),
            alarm_topic=topic,
            deletion_protection=settings.deletion_protection,
            removal_policy=keeps,
        )
        app.grant_download(tier)
        front = HybridFront(
            self,
            "Front",
            domain_name=settings.domain_name,
            on_premises_address=settings.on_premises_address,
            load_balancer=tier.load_balancer,
            hosted_zone=hosted_zone(self, settings),
            on_premises_weight=settings.on_premises_weight,
            aws_weight=settings.aws_weight,
            plain_http=plain_http,
        )
        paths = make_data_paths(self, settings, vpc=vpc, topic=topic)
        self.recovery = settings.recovery()
        servers = front.hosted_zone.hosted_zone_name_servers
        outputs(
            self,
            {
                "Url": f"{'http' if plain_http else 'https'}://{settings.domain_name}",
                "AwsUrl": tier.url,
                "NameServers": cdk.Fn.join(", ", servers) if servers else None,
                **paths,
            },
        )
