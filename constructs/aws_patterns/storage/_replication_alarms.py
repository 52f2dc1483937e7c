"""Alarms about copying: failures in the Region of the originals, lateness in that of the copies, as S3 publishes it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam

from aws_patterns._alarms import Alarms
from aws_patterns.storage import _defaults as defaults

_MINUTE = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """From one bucket to another.

    Attributes:
        source: Name of the bucket with the originals.
        destination: Name of the bucket with the copies.
        rule_id: What S3 calls it.
    """

    source: str
    destination: str
    rule_id: str

    def metric(self, name: str, *, statistic: str) -> cloudwatch.Metric:
        """One metric of it, by the minute."""
        return cloudwatch.Metric(
            namespace="AWS/S3",
            metric_name=name,
            statistic=statistic,
            period=Duration.minutes(1),
            dimensions_map={
                "SourceBucket": self.source,
                "DestinationBucket": self.destination,
                "RuleId": self.rule_id,
            },
        )


def alarm_when_late(alarms: Alarms, way: Way) -> None:
    """Where the copies are: they are further behind than S3 promises."""
    minutes = defaults.REPLICATION_MINUTES
    alarms.add(
        "ReplicationLate",
        way.metric("ReplicationLatency", statistic="Maximum"),
        minutes * _MINUTE,
        f"Copies of {way.source} are more than {minutes} minutes behind: so much would be lost with its Region. Are "
        "many or large objects on their way, or does S3 wait for a key?",
        periods=defaults.LATE_PERIODS,
        comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    )


def alarm_when_failed(alarms: Alarms, id: str, way: Way, *, batch_role: iam.IRole, reports_arn: str) -> None:
    """Where the originals are: S3 gave up on some, and how they are copied after all."""
    alarms.add(
        id,
        way.metric("OperationsFailedReplication", statistic="Sum"),
        1,
        f"S3 gave up copying objects to {way.destination}. Is that bucket there, with versions, and may the role write "
        "to it and use both keys? Mend that, then copy them: python -m aws_patterns.storage replicate-existing "
        f"{way.source} --failed-only --role {batch_role.role_arn} --reports {reports_arn}",
    )
