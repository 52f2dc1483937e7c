"""What tells somebody that a table refuses, fails, or falls behind in another Region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns.database import _defaults as defaults

_FIVE_MINUTES = 5
_NAMESPACE = "AWS/DynamoDB"
# What an application does with items: ten, as many as an alarm adds up.
_OPERATIONS = (
    dynamodb.Operation.GET_ITEM,
    dynamodb.Operation.BATCH_GET_ITEM,
    dynamodb.Operation.QUERY,
    dynamodb.Operation.SCAN,
    dynamodb.Operation.PUT_ITEM,
    dynamodb.Operation.UPDATE_ITEM,
    dynamodb.Operation.DELETE_ITEM,
    dynamodb.Operation.BATCH_WRITE_ITEM,
    dynamodb.Operation.TRANSACT_GET_ITEMS,
    dynamodb.Operation.TRANSACT_WRITE_ITEMS,
)
_ONE_KEY = "Is there too little capacity, or do all want one key? CloudWatch Contributor Insights names the keys."


def table_alarms(
    scope: Construct,
    table: dynamodb.ITableV2,
    *,
    indexes: Sequence[str],
    replica_regions: Sequence[str],
    topic: sns.ITopic | None,
) -> Mapping[str, cloudwatch.Alarm]:
    """The alarms of the table in this Region, by their ids."""
    alarms = Alarms(scope, topic)
    name = table.table_name
    for what in ("Read", "Write"):
        alarms.add(
            f"{what}Throttles",
            _metric(f"{what}ThrottleEvents", {"TableName": name}),
            defaults.THROTTLES_IN_FIVE_MINUTES,
            f"The table throttles: a {what.lower()} now and then takes longer, or fails. {_ONE_KEY}",
            periods=2,
            of_periods=3,
        )
    for index in indexes:
        of_index = {"TableName": name, "GlobalSecondaryIndexName": index}
        alarms.add(
            f"{index}Throttles",
            cloudwatch.MathExpression(
                expression="FILL(reads, 0) + FILL(writes, 0)",
                using_metrics={
                    "reads": _metric("ReadThrottleEvents", of_index),
                    "writes": _metric("WriteThrottleEvents", of_index),
                },
                label=f"Throttled by {index}",
                period=Duration.minutes(_FIVE_MINUTES),
            ),
            defaults.THROTTLES_IN_FIVE_MINUTES,
            f"The index {index} throttles, and with it writes to the table. {_ONE_KEY}",
            periods=2,
            of_periods=3,
        )
    alarms.add(
        "SystemErrors",
        table.metric_system_errors_for_operations(
            operations=list(_OPERATIONS), period=Duration.minutes(_FIVE_MINUTES), label="System errors"
        ),
        defaults.SYSTEM_ERRORS_IN_FIVE_MINUTES,
        "DynamoDB answers with errors of its own. See the AWS Health Dashboard; with replicas, send the traffic to "
        "another Region.",
        periods=2,
        of_periods=3,
    )
    for region in replica_regions:
        alarms.add(
            f"ReplicationLatency-{region}",
            _metric(
                "ReplicationLatency", {"TableName": name, "ReceivingRegion": region}, statistic="Average", minutes=1
            ),
            defaults.SLOW_REPLICATION_SECONDS * 1000,
            f"Changes take more than {defaults.SLOW_REPLICATION_SECONDS} seconds to {region}: whoever reads there sees "
            "old items, and more writes collide. Has the replica enough write capacity, is its key usable, is the "
            "Region well?",
            periods=defaults.SLOW_REPLICATION_MINUTES,
        )
    return alarms.by_id


def _metric(
    name: str, dimensions: Mapping[str, str], *, statistic: str = "Sum", minutes: int = _FIVE_MINUTES
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=_NAMESPACE,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=Duration.minutes(minutes),
    )
