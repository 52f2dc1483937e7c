"""The Aurora cluster as it stands: in a network without a way to the internet."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.database.aurora_database import AuroraDatabase
from aws_patterns.database.engines import Engine
from stacks._parts import alarm_topic, encryption_key, network, outputs, removal_policy
from stacks.settings.aurora_database import AuroraDatabaseSettings


class AuroraDatabaseStack(cdk.Stack):
    """A network and an Aurora cluster in it, wired from their settings.

    Attributes:
        recovery: What follows from the loss of something.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: AuroraDatabaseSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="Aurora cluster over several zones: writer, readers, alarms")
        database = AuroraDatabase(
            self,
            "Database",
            vpc=network(self, settings, holds_data=True).vpc,
            engine=Engine(settings.engine),
            engine_version=settings.engine_version,
            capacity=settings.capacity(),
            readers=settings.readers,
            single_point_of_failure=settings.single_point_of_failure,
            reader_scaling=settings.reader_scaling(),
            proxy=settings.proxy(),
            backtrack_hours=settings.backtrack_hours,
            io_optimized=settings.io_optimized,
            backups=settings.backups(),
            maintenance=settings.maintenance(),
            monitoring=settings.monitoring(),
            database_name=settings.database_name,
            iam_authentication=settings.iam_authentication,
            rotation_days=settings.rotation_days,
            encryption_key=encryption_key(self, settings.encryption_key_arn),
            alarm_topic=alarm_topic(self, settings.alarm_topic_arn),
            removal_policy=removal_policy(settings),
        )
        self.recovery = settings.recovery()
        outputs(
            self,
            {
                "Endpoint": database.endpoint,
                "ReaderEndpoint": database.reader_endpoint,
                "Port": cdk.Token.as_string(database.port),
                "ClusterIdentifier": database.cluster.cluster_identifier,
                "SecretArn": database.secret.secret_arn,
                "SecurityGroupId": database.connections.security_groups[0].security_group_id,
            },
        )
