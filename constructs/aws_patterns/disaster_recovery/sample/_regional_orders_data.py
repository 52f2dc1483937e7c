"""Where orders are kept in a Region: a table, and a bucket for their documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from aws_patterns.database._dynamodb_alarms import table_alarms
from aws_patterns.database.dynamodb_table import DynamoDbTable
from aws_patterns.database.dynamodb_table_options import Replica as TableReplica
from aws_patterns.database.dynamodb_table_options import StreamView
from aws_patterns.database.dynamodb_table_options import recovery_of as recovery_of_table
from aws_patterns.disaster_recovery.plan import BackedUpTable, Data, GlobalTable, RegionRole, TwoWayBucket
from aws_patterns.disaster_recovery.regional_place import RegionalPlace
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.storage.data_bucket_options import Lifecycle
from aws_patterns.storage.replica_bucket import ReplicaBucket
from aws_patterns.storage.replicated_bucket import ReplicatedBucket
from aws_patterns.storage.replicated_bucket_options import Replica
from aws_patterns.storage.replicated_bucket_options import recovery_of as recovery_of_bucket

# Of the table, in the name of the parameter that says which table was restored.
_TABLE_ID = "Orders"


class RegionalOrdersData(Construct):
    """One Region's side of both: the primary Region's stack makes the table with its replica.

    Args:
        place: The Region.

    Attributes:
        table_name: Of the table to work with, which may have been restored.
        tables: What a backup plan of this Region shall hold.
        documents: The bucket for documents, on this side.
        data: What is promoted, restored or waited for.
        recovery: What follows from the loss of something.
    """

    def __init__(self, scope: Construct, id: str, *, place: RegionalPlace) -> None:
        super().__init__(scope, id)
        made = f"{place.name}-orders"
        self.table_name = place.restored_name(_TABLE_ID, made)
        self.tables: Sequence[dynamodb.ITableV2] = []
        if place.role is RegionRole.PRIMARY:
            replicas = [] if place.restores_tables else [TableReplica(region=place.recovery_region)]
            table = DynamoDbTable(
                self,
                "Table",
                table_name=made,
                replicas=replicas,
                # Whatever the strategy: a replica can't come or go together with the stream
                # (AWS::DynamoDB::GlobalTable StreamSpecification in CloudFormation's template reference).
                stream=StreamView.NEW_AND_OLD_IMAGES,
                alarm_topic=place.alarm_topic,
                removal_policy=place.removal_policy,
            )
            # After a failback that is another table than the one made here.
            used = dynamodb.TableV2.from_table_name(self, "Used", self.table_name) if place.restores_tables else None
            self.tables = [used or table.table]
        else:
            self._watch_table(place)
        primary, copy = self._buckets(place)
        self.documents = self._documents(place, primary, copy)
        self.data: Sequence[Data] = [
            BackedUpTable(
                id=_TABLE_ID,
                name=made,
                primary_vault=place.primary_vault_name,
                recovery_vault=place.recovery_vault_name,
            )
            if place.restores_tables
            else GlobalTable(name=made),
            TwoWayBucket(primary=primary, recovery=copy.bucket_name),
        ]
        self.recovery: Mapping[str, RecoveryCharacteristics] = {
            "Orders": recovery_of_table([] if place.restores_tables else [place.recovery_region]),
            "Documents": recovery_of_bucket([copy], Lifecycle.READY, region=place.primary_region),
        }

    def _watch_table(self, place: RegionalPlace) -> None:
        """The alarms that the table has in the primary Region: CloudWatch looks at no other one."""
        here = Construct(self, "Table")
        table_alarms(
            here,
            dynamodb.TableV2.from_table_name(here, "Used", self.table_name),
            indexes=[],
            replica_regions=[] if place.restores_tables else [place.primary_region],
            topic=place.alarm_topic,
        )

    def _buckets(self, place: RegionalPlace) -> tuple[str, Replica]:
        """The name of the bucket in the primary Region, and the other one: both Regions know both."""
        # Of all buckets on AWS only one has a name.
        primary, recovery = (
            f"{place.name}-documents-{Aws.ACCOUNT_ID}-{region}"
            for region in (place.primary_region, place.recovery_region)
        )
        copy = Replica(
            bucket_name=recovery,
            region=place.recovery_region,
            key=f"alias/{place.name}-documents",
            delete_markers=True,
            both_ways=True,
        )
        return primary, copy

    def _documents(self, place: RegionalPlace, primary: str, copy: Replica) -> ReplicatedBucket | ReplicaBucket:
        if place.role is RegionRole.PRIMARY:
            return ReplicatedBucket(
                self,
                "Documents",
                bucket_name=primary,
                replicas=[copy],
                alarm_topic=place.alarm_topic,
                removal_policy=place.removal_policy,
            )
        return ReplicaBucket(
            self,
            "Documents",
            replica=copy,
            source_bucket_name=primary,
            alarm_topic=place.alarm_topic,
            removal_policy=place.removal_policy,
        )
