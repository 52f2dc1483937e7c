"""What S3 says about copying: failures in the Region of the originals, everything else in that of the copies.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from aws_patterns.storage.replicated_bucket_options import Replica


def replication_metric(name: str, source: str, replica: Replica, *, statistic: str) -> cloudwatch.Metric:
    """One metric of the way from one bucket to another, by the minute."""
    return cloudwatch.Metric(
        namespace="AWS/S3",
        metric_name=name,
        statistic=statistic,
        period=Duration.minutes(1),
        dimensions_map={
            "SourceBucket": source,
            "DestinationBucket": replica.bucket_name,
            "RuleId": replica.rule_id,
        },
    )
