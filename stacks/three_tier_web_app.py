"""The classic whole as it stands: a web tier, a database, and a place for the sessions, each in subnets of its own."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.compute.my_clothes import MyClothes
from aws_patterns.database.dynamodb_table import DynamoDbTable
from aws_patterns.load_balancing.health_check import HealthCheck
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier import WebTier
from aws_patterns.recovery import RecoveryCharacteristics
from stacks._parts import alarm_topic, certificates, network, outputs, removal_policy, warn_of_plain_http
from stacks._shop_data import let_in, make_database, make_session_store, recovery_of_carts, session_cache
from stacks.settings.three_tier_web_app import ThreeTierWebAppSettings


class ThreeTierWebAppStack(cdk.Stack):
    """One network, the shop MyClothes on a web tier, and what it keeps its data in, wired from their settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: ThreeTierWebAppSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="A web application of three tiers: the shop MyClothes")
        warn_of_plain_http(self, settings.tls)
        vpc = network(self, settings, holds_data=True).vpc
        topic = alarm_topic(self, settings.alarm_topic_arn)
        database = make_database(self, settings, vpc, topic)
        store = make_session_store(self, settings, vpc, topic)
        shop = MyClothes(
            self,
            "Shop",
            database_secret=database.secret,
            sessions=settings.sessions,
            session_cache=session_cache(store),
            session_table=store.table if isinstance(store, DynamoDbTable) else None,
            session_seconds=settings.session_seconds,
            insecure_cookies=settings.tls is TlsApproach.PLAIN_HTTP,
            version=settings.shop_version,
            tls=settings.tls is TlsApproach.BRIDGING,
            removal_policy=removal_policy(settings),
        )
        tier = WebTier(
            self,
            "Web",
            vpc=vpc,
            internet_facing=settings.internet_facing,
            allowed_cidrs=settings.allowed_cidrs or None,
            tls=settings.tls,
            certificates=certificates(self, settings.certificate_arns),
            web_acl_arn=settings.web_acl_arn,
            access_logs=settings.access_logs(),
            stickiness=settings.stickiness(),
            instances=settings.instances(shop.user_data()),
            capacity=settings.capacity(),
            health_check=HealthCheck(path=shop.health_path),
            port=shop.port,
            alarm_topic=topic,
            deletion_protection=settings.deletion_protection,
            removal_policy=removal_policy(settings),
        )
        shop.grant_run(tier)
        let_in(tier, database, store)
        self.recovery: Mapping[str, RecoveryCharacteristics] = {
            "Catalogue and orders": database.recovery,
            "Carts": recovery_of_carts(shop, store),
        }
        outputs(
            self,
            {
                "Url": tier.url,
                "AutoScalingGroupName": tier.group.auto_scaling_group_name,
                "DatabaseSecretArn": database.secret.secret_arn,
                "DashboardName": tier.monitoring.dashboard.dashboard_name,
            },
        )
