"""What the shop keeps its data in, by the settings of its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from aws_patterns.compute.my_clothes_options import SessionCache
from aws_patterns.database.aurora_database import AuroraDatabase
from aws_patterns.database.cache import Cache
from aws_patterns.database.dynamodb_table import DynamoDbTable
from aws_patterns.database.relational_database import RelationalDatabase
from stacks._parts import removal_policy
from stacks.settings.three_tier_web_app import DatabaseKind, SessionStore, ThreeTierWebAppSettings

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_sns as sns

    from aws_patterns.compute.my_clothes import MyClothes
    from aws_patterns.load_balancing.web_tier import WebTier
    from aws_patterns.recovery import RecoveryCharacteristics


def make_database(
    stack: cdk.Stack, settings: ThreeTierWebAppSettings, vpc: ec2.IVpc, topic: sns.ITopic | None
) -> RelationalDatabase | AuroraDatabase:
    """The catalogue's and the orders'."""
    if settings.database is DatabaseKind.AURORA:
        return AuroraDatabase(
            stack,
            "Database",
            vpc=vpc,
            capacity=settings.aurora_capacity(),
            backups=settings.backups(),
            alarm_topic=topic,
            removal_policy=removal_policy(settings),
        )
    return RelationalDatabase(
        stack,
        "Database",
        vpc=vpc,
        availability=settings.database_availability,
        instance_type=settings.database_instance_type,
        backups=settings.backups(),
        alarm_topic=topic,
        removal_policy=removal_policy(settings),
    )


def make_session_store(
    stack: cdk.Stack, settings: ThreeTierWebAppSettings, vpc: ec2.IVpc, topic: sns.ITopic | None
) -> Cache | DynamoDbTable | None:
    """The carts'; None where they are in the shop itself or in browsers."""
    if settings.has(SessionStore.CACHE):
        return Cache(
            stack,
            "Sessions",
            vpc=vpc,
            availability=settings.cache_availability,
            node_type=settings.cache_node_type,
            alarm_topic=topic,
            # A cart is no reason to keep a cache: it is forgotten within a day anyway.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
    if settings.has(SessionStore.TABLE):
        return DynamoDbTable(
            stack,
            "Sessions",
            time_to_live_attribute="expires",
            alarm_topic=topic,
            removal_policy=removal_policy(settings),
        )
    return None


def let_in(tier: WebTier, database: RelationalDatabase | AuroraDatabase, store: Cache | DynamoDbTable | None) -> None:
    """Let the web tier, and nobody else, connect to what has an address."""
    for behind in (database, store):
        if behind is not None and not isinstance(behind, DynamoDbTable):
            behind.connections.allow_default_port_from(tier, "The web tier")


def recovery_of_carts(shop: MyClothes, store: Cache | DynamoDbTable | None) -> RecoveryCharacteristics:
    """What becomes of carts: for their store to say, or the shop where they are in none."""
    found = store.recovery if store else shop.recovery
    assert found is not None, "a shop without a store knows"  # noqa: S101 - for the type checker
    return found


def session_cache(store: Cache | DynamoDbTable | None) -> SessionCache | None:
    """How the shop reaches the cache, where that is the store."""
    if not isinstance(store, Cache):
        return None
    return SessionCache(endpoint=store.endpoint, port=store.port, secret=store.secret)
