"""Settings of the stack ThreeTierWebApp."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.my_clothes_options import Sessions, check_my_clothes
from aws_patterns.database import _defaults as database_defaults
from aws_patterns.database.aurora_database_options import check_aurora_database
from aws_patterns.database.aurora_parts import ServerlessV2
from aws_patterns.database.cache_options import CacheAvailability, check_cache
from aws_patterns.database.relational_database_options import Availability, Backups, check_relational_database
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.application_front_options import AccessLogs
from aws_patterns.load_balancing.health_check import HealthCheck
from aws_patterns.load_balancing.stickiness import DurationStickiness
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier_options import check_web_tier
from aws_patterns.network import _defaults as network_defaults
from aws_patterns.network.multi_az_vpc_options import NatGateways
from aws_patterns.network.multi_az_vpc_options import check_options as check_network
from stacks.settings._shared import (
    capacity_of,
    certificate_problems,
    exactly,
    renamed,
    topic_problems,
    zones_of,
)

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2

# What the parts call it, and what it is called here.
_NAMES = exactly(
    {
        "access_logs.retention_days": "access_log_retention_days",
        "backups.retention_days": "backup_retention_days",
        "capacity.maximum": "capacity_maximum",
        "capacity.minimum": "capacity_minimum",
        "certificates": "certificate_arns",
        "cidr": "vpc_cidr",
        "instances.instance_types": "instance_type",
        "node_type": "cache_node_type",
    }
)
_DATABASE_NAMES = {
    **_NAMES,
    **exactly({"instance_type": "database_instance_type"}),
    r"\bcapacity\.(minimum|maximum)_acu": r"aurora_\1_acu",
    r": write backups=None .*": "",
}


class DatabaseKind(StrEnum):
    """What the catalogue and the orders are in."""

    INSTANCE = "instance"
    """One instance of RDS for PostgreSQL, with a standby in another zone."""
    AURORA = "aurora"
    """A serverless cluster of Aurora PostgreSQL, with a reader in another zone."""


class SessionStore(StrEnum):
    """What the carts are in, with sessions=server."""

    CACHE = "cache"
    TABLE = "table"


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreeTierWebAppSettings:
    """What may be chosen about the web application of three tiers.

    Args:
        sessions: Where a visitor's cart is: sticky (in the memory of one instance, and lost with it), cookie (in the
            browser, signed), or server (in a cache or a table that all instances share).
        session_store: What that is, with sessions=server: cache (Valkey) or table (DynamoDB).
        session_seconds: Without a visit, until a cart is forgotten.
        database: What the catalogue and the orders are in: instance (RDS for PostgreSQL) or aurora (a serverless
            cluster).
        database_availability: With database=instance, whether a standby in another zone takes over (multi-az) or a lost
            zone takes the database with it (single-az).
        database_instance_type: With database=instance, its type.
        aurora_minimum_acu: With database=aurora, how far each of its instances shrinks, in ACUs of 2 GiB of memory.
        aurora_maximum_acu: How far it grows.
        backup_retention_days: So far back the database can be restored, to any second.
        cache_availability: Whether the cache has a replica in another zone (multi-az) or is lost with its node
            (single-az).
        cache_node_type: Of its nodes.
        availability_zones: How many zones everything is in, 2 or 3.
        vpc_cidr: The network's addresses.
        nat_gateways: The instances' way to the internet, where their libraries come from: one in each zone, or a single
            one for all.
        interface_endpoints: AWS services to be reached without the internet, such as secretsmanager. Default: none.
        tls: Where encryption ends: offload (at the load balancer), bridging (encrypted again to the instances), or
            plain-http (not at all, for a trial).
        certificate_arns: ACM certificates of this Region, the default one first; needed unless tls is plain-http.
        internet_facing: Whether the internet may reach the load balancer.
        allowed_cidrs: Networks that may reach it. Default: everybody.
        web_acl_arn: Regional web ACL of AWS WAF that judges requests first. Default: none.
        capacity_minimum: Instances that there always are. Default: one in each zone.
        capacity_maximum: Instances that there may be. Default: twice the minimum.
        instance_type: The type of the web tier's instances.
        shop_version: Shown on the shop's pages; another one replaces the instances.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        access_log_retention_days: How long the load balancer's log is kept; empty keeps none.
        deletion_protection: Whether the load balancer refuses to be deleted: to be turned off before the stack is.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    sessions: Sessions = Sessions.SERVER
    session_store: SessionStore = SessionStore.CACHE
    session_seconds: int = compute_defaults.SESSION_SECONDS
    database: DatabaseKind = DatabaseKind.INSTANCE
    database_availability: Availability = Availability.MULTI_AZ
    database_instance_type: str = database_defaults.INSTANCE_TYPE
    aurora_minimum_acu: float = database_defaults.AURORA_MINIMUM_ACU
    aurora_maximum_acu: float = database_defaults.AURORA_MAXIMUM_ACU
    backup_retention_days: int = database_defaults.BACKUP_RETENTION_DAYS
    cache_availability: CacheAvailability = CacheAvailability.MULTI_AZ
    cache_node_type: str = database_defaults.CACHE_NODE_TYPE
    availability_zones: int = network_defaults.AVAILABILITY_ZONES
    vpc_cidr: str = network_defaults.CIDR
    nat_gateways: NatGateways = NatGateways.PER_AZ
    interface_endpoints: tuple[str, ...] = ()
    tls: TlsApproach = TlsApproach.OFFLOAD
    certificate_arns: tuple[str, ...] = ()
    internet_facing: bool = True
    allowed_cidrs: tuple[str, ...] = ()
    web_acl_arn: str | None = None
    capacity_minimum: int | None = None
    capacity_maximum: int | None = None
    instance_type: str = compute_defaults.INSTANCE_TYPES[0]
    shop_version: str = "1"
    alarm_topic_arn: str | None = None
    access_log_retention_days: int | None = defaults.ACCESS_LOG_RETENTION_DAYS
    deletion_protection: bool = True
    removal_policy: Literal["retain", "destroy"] = "retain"

    def has(self, store: SessionStore) -> bool:
        """Whether carts are in this one."""
        return self.sessions == Sessions.SERVER and self.session_store == store

    def capacity(self) -> Capacity:
        """How many instances."""
        return capacity_of(
            zones_of(self.availability_zones),
            minimum=self.capacity_minimum,
            maximum=self.capacity_maximum,
            desired=None,
        )

    def instances(self, user_data: "ec2.UserData | None" = None) -> Instances:
        """Of which type, with what to run."""
        return Instances(instance_types=(self.instance_type,), user_data=user_data)

    def stickiness(self) -> DurationStickiness | None:
        """Visitors come back to their instance only where that is the one that has their cart."""
        return DurationStickiness(self.session_seconds) if self.sessions == Sessions.STICKY else None

    def access_logs(self) -> AccessLogs | None:
        """For how long the load balancer's log is kept."""
        days = self.access_log_retention_days
        return None if days is None else AccessLogs(retention_days=days)

    def backups(self) -> Backups:
        """How long the database's are kept."""
        return Backups(retention_days=self.backup_retention_days)

    def aurora_capacity(self) -> ServerlessV2:
        """How far the instances of the cluster shrink and grow."""
        return ServerlessV2(minimum_acu=self.aurora_minimum_acu, maximum_acu=self.aurora_maximum_acu)

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("ThreeTierWebApp")
        check_network(
            problems,
            cidr=self.vpc_cidr,
            availability_zones=self.availability_zones,
            nat_gateways=self.nat_gateways,
            interface_endpoints=self.interface_endpoints,
        )
        check_my_clothes(
            problems,
            sessions=self.sessions,
            has_cache=self.has(SessionStore.CACHE),
            has_table=self.has(SessionStore.TABLE),
            session_seconds=self.session_seconds,
            version=self.shop_version,
            version_name="shop_version",
        )
        check_web_tier(
            problems,
            zones=zones_of(self.availability_zones),
            tls=self.tls,
            certificates=self.certificate_arns,
            allowed_cidrs=self.allowed_cidrs or None,
            web_acl_arn=self.web_acl_arn,
            access_logs=self.access_logs(),
            instances=self.instances(),
            capacity=self.capacity(),
            health_check=HealthCheck(),
        )
        return [
            *renamed(problems.found, _NAMES),
            *self._database_problems(),
            *self._cache_problems(),
            *self._way_out_problems(),
            *certificate_problems(self.certificate_arns),
            *topic_problems(self.alarm_topic_arn),
        ]

    def _database_problems(self) -> list[str]:
        problems = Problems("")
        if self.database == DatabaseKind.AURORA:
            check_aurora_database(problems, capacity=self.aurora_capacity(), backups=self.backups())
        else:
            check_relational_database(
                problems,
                availability=self.database_availability,
                instance_type=self.database_instance_type,
                backups=self.backups(),
            )
        return renamed(problems.found, _DATABASE_NAMES)

    def _cache_problems(self) -> list[str]:
        if not self.has(SessionStore.CACHE):
            return []
        problems = Problems("")
        check_cache(problems, availability=self.cache_availability, node_type=self.cache_node_type)
        return renamed(problems.found, _NAMES)

    def _way_out_problems(self) -> list[str]:
        if self.nat_gateways is not NatGateways.NONE:
            return []
        return [
            "nat_gateways must be per-az or single, got none: instances install the shop's libraries from the internet"
        ]
