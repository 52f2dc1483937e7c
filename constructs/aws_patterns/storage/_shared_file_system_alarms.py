"""When a shared file system has somebody told."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_efs as efs
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage.shared_file_system_options import Throughput

_REPLICATION_PERIODS = 3
_LAST_SYNC = 'SELECT MAX(TimeSinceLastSync) FROM SCHEMA("AWS/EFS", DestinationFileSystemId, FileSystemId)'


def make_alarms(
    scope: Construct,
    file_system: efs.FileSystem,
    *,
    throughput: Throughput,
    replicated: bool,
    topic: sns.ITopic | None,
) -> Mapping[str, cloudwatch.Alarm]:
    """Those that apply to a file system of this kind, by their ids."""
    alarms = Alarms(scope, topic)
    if throughput is not Throughput.ELASTIC:
        alarms.add(
            "OperationsNearLimit",
            _metric(file_system, "PercentIOLimit", "Average"),
            defaults.IO_LIMIT_PERCENT,
            "Nearly as many operations a second as the file system does. Make fewer and larger ones, or let it have "
            "elastic throughput.",
            periods=defaults.FILE_ALARM_MINUTES,
        )
    if throughput is Throughput.BURSTING:
        alarms.add(
            "BurstCreditsLow",
            _metric(file_system, "BurstCreditBalance", "Minimum"),
            defaults.BURST_CREDIT_BYTES,
            "What is left of the burst credits is used up within an hour; the file system is then slow. Read and write "
            "less, or let it have elastic throughput.",
            periods=defaults.FILE_ALARM_MINUTES,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        )
    if replicated:
        alarms.add(
            "ReplicationBehind",
            _since_last_sync(file_system),
            defaults.FILE_REPLICATION_BEHIND_SECONDS,
            "The copy in the other Region is older than half an hour, or nothing is heard of it: so much would be lost "
            "with this Region. Is the replication's status an error? Are there very many changes, or very large files?",
            periods=_REPLICATION_PERIODS,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
    return alarms.by_id


def _metric(file_system: efs.FileSystem, name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/EFS",
        metric_name=name,
        dimensions_map={"FileSystemId": file_system.file_system_id},
        statistic=statistic,
        period=Duration.minutes(1),
    )


def _since_last_sync(file_system: efs.FileSystem) -> cloudwatch.MathExpression:
    """By query: the metric has the copy's id as well, which CloudFormation does not tell."""
    return cloudwatch.MathExpression(
        label="Seconds since the last synchronization",
        expression=f"{_LAST_SYNC} WHERE FileSystemId = '{file_system.file_system_id}'",
        using_metrics={},
        period=Duration.minutes(5),
    )
