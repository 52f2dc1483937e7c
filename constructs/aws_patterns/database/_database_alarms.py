"""The alarms of one instance of a database, and of how late a replica is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_rds as rds

from aws_patterns._alarms import Alarms
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.relational_database_options import (
    AlarmThresholds,
    connections_threshold,
    free_storage_threshold,
)

if TYPE_CHECKING:
    from aws_patterns.database._database_instances import CommonSettings

_PERIOD_MINUTES = 5


def watch_instance(
    alarms: Alarms,
    id: str,
    instance: rds.DatabaseInstance | rds.DatabaseInstanceReadReplica,
    common: CommonSettings,
    thresholds: AlarmThresholds,
) -> None:
    """What every instance can run out of. ``id`` is what the ids of the alarms begin with."""
    reads_only = isinstance(instance, rds.DatabaseInstanceReadReplica)
    instance_type = common.replica_type if reads_only else common.instance_type
    period = Duration.minutes(_PERIOD_MINUTES)
    alarms.add(
        f"{id}FreeStorage",
        instance.metric_free_storage_space(statistic="Minimum", period=period),
        free_storage_threshold(common.storage, thresholds.free_storage_gib),
        "The database runs out of storage, which does not grow, or not fast enough; full, it stops. Raise "
        "storage.maximum_gib, or delete something.",
        periods=defaults.FREE_STORAGE_MINUTES // _PERIOD_MINUTES,
        comparison=cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
    )
    alarms.add(
        f"{id}Cpu",
        instance.metric_cpu_utilization(statistic="Average", period=period),
        thresholds.cpu_percent,
        "The database's processors are busy all the time. See in Database Insights with which statements.",
        periods=defaults.CPU_MINUTES // _PERIOD_MINUTES,
    )
    alarms.add(
        f"{id}Connections",
        instance.metric_database_connections(statistic="Maximum", period=period),
        connections_threshold(common.engine, instance_type, thresholds.connections),
        "The database has nearly as many connections as it lets in. Does somebody not give them back? A proxy shares "
        "them.",
    )


def watch_replica(
    alarms: Alarms,
    id: str,
    replica: rds.DatabaseInstanceReadReplica,
    common: CommonSettings,
    thresholds: AlarmThresholds,
) -> None:
    """As any instance, and how late it is."""
    watch_instance(alarms, id, replica, common, thresholds)
    alarms.add(
        f"{id}Lag",
        replica.metric("ReplicaLag", statistic="Maximum", period=Duration.minutes(1)),
        thresholds.replica_lag_seconds,
        "The replica is late: it answers with what was. Is it smaller than the database, or does a long statement "
        "hold it up?",
        periods=defaults.REPLICA_LAG_MINUTES,
    )
