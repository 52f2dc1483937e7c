"""The primary Region of an Aurora Global Database: one database that other Regions read, and may take over."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.database.aurora_database import AuroraDatabase
from aws_patterns.database.global_database_options import (
    check_global_primary,
    global_recovery_of,
    own_region_of,
    secret_name_of,
)
from aws_patterns.recovery import RecoveryCharacteristics


class GlobalDatabasePrimary(Construct):
    """Makes an ``AuroraDatabase`` the primary one of a global database, which other Regions read and may take over.

    Use it where the loss of a Region may cost minutes, not hours, or where readers are far away. Not for writers in
    several Regions (see ``DynamoDbTable`` with replicas), and not for backups elsewhere. No Region takes over by
    itself: that would lose changes, and a person decides it.

    Each other Region has a stack of its own with a ``GlobalDatabaseSecondary`` of the same ``name``, engine and
    version, deployed after this one: ``secondary_stack.add_dependency(primary_stack)``. Nothing is exported: Regions
    know each other by names.

    >>> from aws_patterns.database.global_database_options import GLOBAL_CAPACITY
    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> vpc = MultiAzVpc(stack, "Network").vpc
    >>> database = AuroraDatabase(stack, "Database", vpc=vpc, capacity=GLOBAL_CAPACITY)
    >>> GlobalDatabasePrimary(
    ...     stack, "Global", name="orders", database=database, secondary_regions=["eu-central-1"]
    ... )

    The secret gets the name ``<name>/master`` and a replica in each secondary Region, for the day of the failover.

    Args:
        name: Of the global database, the same in every Region; 1 to 40 lower-case letters, digits, single hyphens.
        database: With at least 8 ACUs, or provisioned; without backtrack. Its readers and the secondary Regions are 15
            at most.
        secondary_regions: Where the others are, 1 to 10.
        maximum_loss_seconds: No change is confirmed while every secondary Region is further behind, 20 and more: loses
            less, and stops writes instead. PostgreSQL with two secondary Regions at least. Default: none.
        replica_key_alias: Of the keys that encrypt the secret's replicas, without ``alias/``. Default: Secrets
            Manager's own there.

    Attributes:
        global_cluster: The global database.
        name: Its name.
        secret_name: Of the secret, in every Region.
        database: The same that was given.
        recovery: That of the database; and what follows from the loss of its Region.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        database: AuroraDatabase,
        secondary_regions: Sequence[str],
        maximum_loss_seconds: int | None = None,
        replica_key_alias: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"GlobalDatabasePrimary {self.node.path}") as problems:
            check_global_primary(
                problems,
                name=name,
                secondary_regions=secondary_regions,
                own_region=own_region_of(Stack.of(self).region),
                engine=database.settings.engine,
                capacity=database.settings.capacity,
                readers=database.settings.instances - 1,
                most_readers=database.most_readers,
                backtrack_hours=database.settings.backtrack_hours,
                maximum_loss_seconds=maximum_loss_seconds,
            )
        self.name: str = name
        self.database = database
        self.secret_name: str = secret_name_of(name)
        self.global_cluster = rds.CfnGlobalCluster(
            self,
            "GlobalCluster",
            global_cluster_identifier=name,
            source_db_cluster_identifier=database.cluster.cluster_arn,
            deletion_protection=database.settings.removal_policy == RemovalPolicy.RETAIN,
        )
        self.global_cluster.apply_removal_policy(database.settings.kept)
        # A cluster without a writer has nothing to replicate.
        self.global_cluster.node.add_dependency(database.cluster)
        if maximum_loss_seconds is not None:
            database.parameter_group.add_parameter("rds.global_db_rpo", str(maximum_loss_seconds))
        self._replicate_secret(secondary_regions, replica_key_alias)
        self.recovery: RecoveryCharacteristics = global_recovery_of(
            database.recovery, maximum_loss_seconds=maximum_loss_seconds
        )

    def _replicate_secret(self, regions: Sequence[str], key_alias: str | None) -> None:
        resource = self.database.generated_secret.node.default_child
        assert isinstance(resource, secretsmanager.CfnSecret)  # noqa: S101 - for the type checker
        resource.name = self.secret_name
        for region in regions:
            self.database.generated_secret.add_replica_region(region)
        if key_alias is not None:
            for number in range(len(regions)):
                resource.add_property_override(f"ReplicaRegions.{number}.KmsKeyId", f"alias/{key_alias}")
