"""The global table as it stands: one table, read and written in several Regions."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.database.dynamodb_table import DynamoDbTable
from aws_patterns.recovery import RecoveryCharacteristics
from stacks._parts import alarm_topic, encryption_key, outputs, removal_policy
from stacks.settings.global_table import GlobalTableSettings


class GlobalTableStack(cdk.Stack):
    """A DynamoDB table in the stack's Region, with its replicas in others; wired from its settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: GlobalTableSettings, env: cdk.Environment | None = None
    ) -> None:
        given = env or cdk.Environment()
        # One template names all Regions of the table: which of them is its own must be known.
        home = settings.home(given.region)
        own = cdk.Environment(account=given.account, region=home)
        super().__init__(scope, id, env=own, description="A table that is read and written in several Regions")
        self.table = DynamoDbTable(
            self,
            "Items",
            table_name=settings.table_name,
            partition_key=settings.partition_key,
            sort_key=settings.sort_key,
            time_to_live_attribute=settings.time_to_live_attribute,
            capacity=settings.table_capacity(),
            replicas=settings.replicas(home),
            recovery_days=settings.recovery_days,
            encryption_key=encryption_key(self, settings.key_of(home)),
            aws_managed_key=settings.aws_managed_key,
            deletion_protection=settings.deletion_protection,
            alarm_topic=alarm_topic(self, settings.alarm_topic_arn),
            removal_policy=removal_policy(settings),
        )
        self.recovery: Mapping[str, RecoveryCharacteristics] = {"Table": self.table.recovery}
        table = self.table.table
        outputs(
            self,
            {
                "TableName": table.table_name,
                "TableArn": table.table_arn,
                "TableStreamArn": table.table_stream_arn if len(settings.regions) > 1 else None,
                "TableRegions": ",".join(settings.regions),
            },
        )
