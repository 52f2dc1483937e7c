"""The alarms of an Aurora cluster."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_rds as rds

from aws_patterns._alarms import Alarms
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.aurora_parts import AuroraThresholds, Provisioned, ServerlessV2

_MIB = 1024**2
_GIB = 1024**3
_PERIOD_MINUTES = 5
_PERIODS = defaults.AURORA_ALARM_MINUTES // _PERIOD_MINUTES
_NO_MORE_THAN = cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD


def watch_cluster(
    alarms: Alarms,
    cluster: rds.IDatabaseCluster,
    *,
    capacity: ServerlessV2 | Provisioned,
    has_readers: bool,
    thresholds: AuroraThresholds,
    connections: int | None,
) -> None:
    """Alarms for what a cluster runs out of."""
    alarms.add(
        "Cpu",
        cluster_metric(cluster, "CPUUtilization", "Average", {"Role": "WRITER"}),
        thresholds.cpu_percent,
        "The writer has been busy for a quarter of an hour. See in Database Insights with which statements; then "
        "mend them, send questions to the readers, or give it more capacity.",
        periods=_PERIODS,
    )
    alarms.add(
        "Memory",
        cluster_metric(cluster, "FreeableMemory", "Minimum"),
        thresholds.free_memory_mib * _MIB,
        "An instance has hardly any memory left; without it the engine is restarted. Give it more capacity, or let in "
        "fewer connections.",
        periods=_PERIODS,
        comparison=_NO_MORE_THAN,
    )
    if connections is not None:
        alarms.add(
            "Connections",
            cluster_metric(cluster, "DatabaseConnections", "Maximum"),
            connections,
            "Soon an instance lets nobody in. Do clients return their connections? A proxy shares them.",
        )
    if isinstance(capacity, ServerlessV2):
        alarms.add(
            "Capacity",
            cluster_metric(cluster, "ACUUtilization", "Maximum"),
            thresholds.acu_percent,
            "A serverless instance is near the maximum of its capacity, and grows no further. Raise maximum_acu, or "
            "see in Database Insights what it is busy with.",
            periods=_PERIODS,
        )
    else:
        alarms.add(
            "LocalStorage",
            cluster_metric(cluster, "FreeLocalStorage", "Minimum"),
            thresholds.free_local_storage_gib * _GIB,
            "An instance has hardly any room for temporary tables and indexes in the making; statements that need it "
            "fail. A larger instance has more.",
            comparison=_NO_MORE_THAN,
        )
    if has_readers:
        alarms.add(
            "ReplicaLag",
            cluster_metric(cluster, "AuroraReplicaLagMaximum", "Maximum"),
            thresholds.replica_lag_milliseconds,
            "A reader shows what was long ago. Is it busier, or smaller, than the writer?",
        )


def cluster_metric(
    cluster: rds.IDatabaseCluster, name: str, statistic: str, dimensions: Mapping[str, str] | None = None
) -> cloudwatch.Metric:
    """One of the cluster's metrics over five minutes."""
    return cloudwatch.Metric(
        namespace="AWS/RDS",
        metric_name=name,
        statistic=statistic,
        period=Duration.minutes(_PERIOD_MINUTES),
        dimensions_map={"DBClusterIdentifier": cluster.cluster_identifier, **(dimensions or {})},
    )
