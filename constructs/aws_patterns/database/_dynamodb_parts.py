"""What the options of a table are in the words of the CDK."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms

from aws_patterns.database import _defaults as defaults
from aws_patterns.database import dynamodb_indexes as fields
from aws_patterns.database.dynamodb_capacity import OnDemand, Provisioned, Scaling
from aws_patterns.database.dynamodb_table_options import Replica


def attribute(field: str | fields.Attribute) -> dynamodb.Attribute:
    """A key; a name alone is a text's."""
    found = fields.attribute(field)
    return dynamodb.Attribute(name=found.name, type=dynamodb.AttributeType[found.type.name])


def point_in_time_recovery(days: int | None) -> dynamodb.PointInTimeRecoverySpecification:
    """Back to any second of so many days; ``None`` is not at all. What DynamoDB does by itself is not said."""
    shorter = None if days == defaults.LONGEST_TABLE_RECOVERY_DAYS else days
    return dynamodb.PointInTimeRecoverySpecification(
        point_in_time_recovery_enabled=days is not None, recovery_period_in_days=shorter
    )


def billing(capacity: OnDemand | Provisioned) -> dynamodb.Billing:
    """How the table is paid for."""
    if isinstance(capacity, OnDemand):
        return dynamodb.Billing.on_demand(
            max_read_request_units=capacity.maximum_read_units, max_write_request_units=capacity.maximum_write_units
        )
    return dynamodb.Billing.provisioned(read_capacity=_scaled(capacity.read), write_capacity=_scaled(capacity.write))


def index(name: str, index: fields.Index) -> dynamodb.GlobalSecondaryIndexPropsV2:
    """Items by another key."""
    own = index.capacity
    on_demand = own if isinstance(own, OnDemand) else OnDemand()
    provisioned = own if isinstance(own, Provisioned) else None
    return dynamodb.GlobalSecondaryIndexPropsV2(
        index_name=name,
        partition_key=attribute(index.partition_key),
        sort_key=None if index.sort_key is None else attribute(index.sort_key),
        projection_type=_projection(index.projection),
        non_key_attributes=_named(index.projection),
        max_read_request_units=on_demand.maximum_read_units,
        max_write_request_units=on_demand.maximum_write_units,
        read_capacity=_scaled(provisioned.read) if provisioned else None,
        write_capacity=_scaled(provisioned.write) if provisioned else None,
    )


def local_index(name: str, index: fields.LocalIndex) -> dynamodb.LocalSecondaryIndexProps:
    """The items of one partition in another order."""
    return dynamodb.LocalSecondaryIndexProps(
        index_name=name,
        sort_key=attribute(index.sort_key),
        projection_type=_projection(index.projection),
        non_key_attributes=_named(index.projection),
    )


def replica(replica: Replica) -> dynamodb.ReplicaTableProps:
    """The table in another Region; what it does not say is as in the table's own."""
    reads = replica.capacity
    return dynamodb.ReplicaTableProps(
        region=replica.region,
        deletion_protection=replica.deletion_protection,
        point_in_time_recovery_specification=(
            None if replica.recovery_days is None else point_in_time_recovery(replica.recovery_days)
        ),
        table_class=None if replica.storage_class is None else dynamodb.TableClass[replica.storage_class.value],
        read_capacity=_scaled(reads) if isinstance(reads, Scaling) else None,
        max_read_request_units=None if isinstance(reads, Scaling) else reads,
    )


def encryption(
    key: kms.IKey | None, replicas: Sequence[Replica], *, aws_managed_key: bool
) -> dynamodb.TableEncryptionV2:
    """Whose keys encrypt the table."""
    if key is not None:
        arns = {replica.region: replica.encryption_key_arn for replica in replicas if replica.encryption_key_arn}
        return dynamodb.TableEncryptionV2.customer_managed_key(key, arns)
    if aws_managed_key:
        return dynamodb.TableEncryptionV2.aws_managed_key()
    return dynamodb.TableEncryptionV2.dynamo_owned_key()


def _scaled(units: Scaling) -> dynamodb.Capacity:
    return dynamodb.Capacity.autoscaled(
        min_capacity=units.minimum, max_capacity=units.maximum, target_utilization_percent=units.target_percent
    )


def _projection(projection: fields.Projection | Sequence[str]) -> dynamodb.ProjectionType:
    if isinstance(projection, str):
        return dynamodb.ProjectionType[fields.Projection(projection).name]
    return dynamodb.ProjectionType.INCLUDE


def _named(projection: fields.Projection | Sequence[str]) -> list[str] | None:
    return None if isinstance(projection, str) else list(projection)
