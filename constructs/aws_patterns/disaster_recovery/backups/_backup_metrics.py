"""What AWS Backup publishes about its jobs, by vault."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch


def backup_metric(name: str, vault_name: str) -> cloudwatch.Metric:
    """How many jobs came to that end, in five minutes: as often as AWS Backup publishes.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html
    """
    return cloudwatch.Metric(
        namespace="AWS/Backup",
        metric_name=name,
        dimensions_map={"BackupVaultName": vault_name},
        statistic="Sum",
        period=Duration.minutes(5),
    )
