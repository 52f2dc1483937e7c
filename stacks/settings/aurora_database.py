"""Settings of the stack AuroraDatabase."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from aws_patterns._validation import Problems
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.aurora_database_options import check_aurora_database, recovery_of
from aws_patterns.database.aurora_parts import (
    ConnectionProxy,
    Provisioned,
    ReaderMetric,
    ReaderScaling,
    ServerlessV2,
)
from aws_patterns.database.engines import Engine
from aws_patterns.database.relational_database_options import Backups, Maintenance, Monitoring
from aws_patterns.network import _defaults as network_defaults
from aws_patterns.network.multi_az_vpc_options import NatGateways
from aws_patterns.network.multi_az_vpc_options import check_options as check_network
from aws_patterns.recovery import RecoveryCharacteristics
from stacks.settings._shared import exactly, key_problems, renamed, topic_problems

# What the parts call it, and what it is called here.
_NAMES = {
    **exactly(
        {
            "backups.retention_days": "backup_retention_days",
            "backups.window": "backup_window",
            "capacity.instance_type": "instance_type",
            "capacity.minimum_acu=0": "minimum_acu=0",
            "capacity.minimum_acu": "minimum_acu",
            "capacity.maximum_acu": "maximum_acu",
            "capacity.pause_seconds": "pause_seconds",
            "cidr": "vpc_cidr",
            "maintenance.window": "maintenance_window",
            "monitoring.log_retention_days": "log_retention_days",
            "proxy.iam_required=True": "connections=proxy-iam",
            "reader_scaling.maximum": "maximum_readers",
            "reader_scaling.target": "reader_target",
            "single_point_of_failure=True": "single_point_of_failure=true",
        }
    ),
    r"Say single_point_of_failure=True": "Say single_point_of_failure=true",
    r"and capacity\.minimum_acu": "and minimum_acu",
    r"at least capacity\.minimum_acu": "at least minimum_acu",
    r"with capacity\.minimum_acu": "with minimum_acu",
    r"(?<= and )maintenance\.window": "maintenance_window",
    r"for less than that use ServerlessV2": "leave it out for serverless instances",
    r"iam_authentication=False": "iam_authentication=false",
}


class Connections(StrEnum):
    """What clients connect to."""

    CLUSTER = "cluster"
    """The cluster itself."""
    PROXY = "proxy"
    """RDS Proxy, with the secret's password."""
    PROXY_IAM = "proxy-iam"
    """RDS Proxy, with a token of IAM."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuroraDatabaseSettings:
    """What may be chosen about the Aurora cluster.

    Args:
        engine: postgres or mysql.
        engine_version: A release of Aurora, such as 17.9, or 3.10.4 for MySQL. Default: these two.
        instance_type: Of instances of one size, such as r7g.large. Default: serverless ones.
        minimum_acu: What a serverless instance has at least, in ACUs of 2 GiB of memory; 0: it pauses.
        maximum_acu: What a serverless instance grows to.
        pause_seconds: Without connections, until an instance pauses, with minimum_acu=0. Default: 300.
        readers: How many there always are; the first one takes over.
        single_point_of_failure: Must be said with readers=0.
        maximum_readers: How many readers there may be while they are busy. Default: those there always are.
        reader_metric: What readers are scaled by: cpu (percent) or connections (of each reader).
        reader_target: What that is kept at.
        connections: What clients connect to: cluster, proxy (RDS Proxy, with the password) or proxy-iam (with a token).
        backtrack_hours: So far back a MySQL cluster can be turned; 0: not at all. Default: 24 for MySQL.
        io_optimized: Whether storage is not paid by request.
        database_name: The first database.
        iam_authentication: Whether roles may connect without a password.
        rotation_days: How often the password changes; empty: never.
        backup_retention_days: So far back the cluster can be restored, to any second.
        backup_window: Hours of the day, UTC.
        maintenance_window: Hours of the week, UTC.
        log_retention_days: How long the engine's log is kept.
        availability_zones: How many zones the network has, 2 or 3.
        vpc_cidr: The network's addresses.
        nat_gateways: The way out of the function that rotates: none (only the endpoint below), single, or per-az.
        interface_endpoints: AWS services to be reached without the internet; secretsmanager is what the rotation needs.
        encryption_key_arn: KMS key of storage, secret and insights. Default: keys that AWS manages.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    engine: Literal["postgres", "mysql"] = "postgres"
    engine_version: str | None = None
    instance_type: str | None = None
    minimum_acu: float = defaults.AURORA_MINIMUM_ACU
    maximum_acu: float = defaults.AURORA_MAXIMUM_ACU
    pause_seconds: int | None = None
    readers: int = defaults.AURORA_READERS
    single_point_of_failure: bool = False
    maximum_readers: int | None = None
    reader_metric: ReaderMetric = ReaderMetric.CPU
    reader_target: float = defaults.AURORA_READER_CPU_PERCENT
    connections: Connections = Connections.CLUSTER
    backtrack_hours: float | None = None
    io_optimized: bool = False
    database_name: str = defaults.DATABASE_NAME
    iam_authentication: bool = True
    rotation_days: int | None = defaults.ROTATION_DAYS
    backup_retention_days: int = defaults.BACKUP_RETENTION_DAYS
    backup_window: str = defaults.BACKUP_WINDOW
    maintenance_window: str = defaults.MAINTENANCE_WINDOW
    log_retention_days: int = defaults.LOG_RETENTION_DAYS
    availability_zones: int = network_defaults.AVAILABILITY_ZONES
    vpc_cidr: str = network_defaults.CIDR
    nat_gateways: NatGateways = NatGateways.NONE
    interface_endpoints: tuple[str, ...] = ("secretsmanager",)
    encryption_key_arn: str | None = None
    alarm_topic_arn: str | None = None
    removal_policy: Literal["retain", "destroy"] = "retain"

    def capacity(self) -> ServerlessV2 | Provisioned:
        """Of each instance."""
        if self.instance_type is not None:
            return Provisioned(instance_type=self.instance_type)
        return ServerlessV2(
            minimum_acu=self.minimum_acu, maximum_acu=self.maximum_acu, pause_seconds=self.pause_seconds
        )

    def reader_scaling(self) -> ReaderScaling | None:
        """More readers while they are busy."""
        if self.maximum_readers is None:
            return None
        return ReaderScaling(maximum=self.maximum_readers, metric=self.reader_metric, target=self.reader_target)

    def proxy(self) -> ConnectionProxy | None:
        """What clients connect to, unless it is the cluster."""
        if self.connections is Connections.CLUSTER:
            return None
        return ConnectionProxy(
            iam_required=self.connections is Connections.PROXY_IAM, read_only_endpoint=self.readers > 0
        )

    def backups(self) -> Backups:
        """How long, and when."""
        return Backups(retention_days=self.backup_retention_days, window=self.backup_window)

    def maintenance(self) -> Maintenance:
        """When."""
        return Maintenance(window=self.maintenance_window)

    def monitoring(self) -> Monitoring:
        """How long logs are kept."""
        return Monitoring(log_retention_days=self.log_retention_days)

    def recovery(self) -> Mapping[str, RecoveryCharacteristics]:
        """What follows from the loss of something."""
        return {"Aurora cluster": recovery_of(readers=self.readers, proxy=self.proxy() is not None)}

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("AuroraDatabase")
        check_aurora_database(
            problems,
            engine=Engine(self.engine),
            engine_version=self.engine_version,
            capacity=self.capacity(),
            readers=self.readers,
            single_point_of_failure=self.single_point_of_failure,
            reader_scaling=self.reader_scaling(),
            proxy=self.proxy(),
            backtrack_hours=self.backtrack_hours,
            backups=self.backups(),
            maintenance=self.maintenance(),
            monitoring=self.monitoring(),
            database_name=self.database_name,
            iam_authentication=self.iam_authentication,
            rotation_days=self.rotation_days,
        )
        check_network(
            problems,
            cidr=self.vpc_cidr,
            availability_zones=self.availability_zones,
            nat_gateways=self.nat_gateways,
            interface_endpoints=self.interface_endpoints,
        )
        if self.pause_seconds is not None and self.instance_type is not None:
            problems.add("pause_seconds has no effect with instance_type: only serverless instances pause")
        way_out = self.nat_gateways is not NatGateways.NONE or "secretsmanager" in self.interface_endpoints
        if self.rotation_days is not None and not way_out:
            problems.add(
                "interface_endpoints must hold secretsmanager with nat_gateways=none: the function that rotates the "
                "password has no other way to it"
            )
        return [
            *renamed(problems.found, _NAMES),
            *key_problems(self.encryption_key_arn),
            *topic_problems(self.alarm_topic_arn),
        ]
