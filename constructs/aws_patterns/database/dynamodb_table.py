"""DynamoDB table: items by their keys, in one Region or in several that are all written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults
from aws_patterns.database import _dynamodb_parts as parts
from aws_patterns.database._dynamodb_alarms import table_alarms
from aws_patterns.database._dynamodb_keys import encrypt_in_any_region, let_decrypt, let_encrypt_and_decrypt
from aws_patterns.database.dynamodb_capacity import OnDemand, Provisioned
from aws_patterns.database.dynamodb_indexes import Attribute, Index, LocalIndex
from aws_patterns.database.dynamodb_table_options import (
    Replica,
    StorageClass,
    StreamView,
    check_dynamodb_table,
    recovery_of,
)
from aws_patterns.recovery import Loss, RecoveryCharacteristics
from aws_patterns.recovery_objectives import Objective

_READ = ("GetItem", "BatchGetItem", "ConditionCheckItem", "Query", "Scan")
_WRITE = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
_READ_STREAM = ("DescribeStream", "GetShardIterator", "GetRecords")


class DynamoDbTable(Construct):
    """A table that loses nothing with a server or a zone, that can be brought back to any second of the last 35 days,
    and that, with replicas, is read and written in several Regions at once (AWS: global table).

    Use it for items that are found by their keys: carts, sessions, orders of a customer. Not for questions that nobody
    has thought of yet, joins and sums (``RelationalDatabase``), nor for items above 400 KB, which belong into a bucket.

    With replicas, the last writer wins: of two changes of one item in two Regions within the second that a change takes
    to arrive, the earlier one is lost, in every Region and without a word. Let each item be written in one Region, or
    let changes be such that either may win. A condition, a consistent read and a transaction see one Region only.

    >>> DynamoDbTable(stack, "Carts")
    >>> DynamoDbTable(stack, "Orders", sort_key="placed_at", indexes={"by-state": Index(partition_key="state")})
    >>> home = cdk.Stack(stack, "Home", env=cdk.Environment(region="eu-west-1"))
    >>> DynamoDbTable(home, "Sessions", replicas=[Replica(region="us-east-1")], time_to_live_attribute="expires_at")

    Args:
        partition_key: The field by which items are spread and found; a name alone is a text's. Default ``id``.
        sort_key: The field by which the items of one partition key are ordered and told apart. Default: none.
        indexes: Items by other keys, by the name of the index. Up to 20; one is added or removed at a time. Default:
            none.
        local_indexes: The items of one partition key in other orders, by the name of the index. Up to 5, for ever.
            Default: none.
        capacity: ``OnDemand`` or ``Provisioned``. Default: on demand, without a limit of its own.
        replicas: The other Regions that have the table too; the stack's Region must be known. One is added or removed
            at a time. Default: none.
        time_to_live_attribute: The field that says when an item goes, a number of seconds since 1970; DynamoDB deletes
            it within a few days after. Default: items stay.
        stream: What the stream tells of each change. Default: with replicas everything, else there is none.
        recovery_days: To which of the last days the table can be brought back, 1 to 35; ``None`` gives that up, and
            what somebody deletes by mistake is gone. Default 35.
        storage_class: What costs more, to keep items or to use them. Default ``STANDARD``.
        encryption_key: Customer managed key; replicas name one of their own Region. Default: keys that AWS owns.
        aws_managed_key: Whether the key is the account's own that AWS manages, whose uses CloudTrail shows. Default
            off.
        deletion_protection: Whether the table refuses to be deleted, whoever asks. Default: on, unless it goes with its
            stack.
        table_name: What all replicas are called. Default: CloudFormation's choice.
        objectives: What must hold after a loss, to be checked against what was chosen. Default: nothing is checked.
        alarm_topic: Told when an alarm changes state. Default: alarms tell nobody.
        removal_policy: Of the table and all its replicas. Default ``RETAIN``.

    Attributes:
        table: The table in this Region; ``table.replica("us-east-1")`` is that of another one.
        alarms: By id. ``ReadThrottles``, ``WriteThrottles`` and ``<index>Throttles``: requests were refused for want of
            capacity, or for one key that all of them want. ``SystemErrors``: DynamoDB itself failed.
            ``ReplicationLatency-<region>``: changes take more than a minute to get there. All of this Region alone:
            CloudWatch watches no others.
        recovery: What holds after the loss of an instance, a zone, a Region.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/best-practices.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        partition_key: str | Attribute = "id",
        sort_key: str | Attribute | None = None,
        indexes: Mapping[str, Index] = MappingProxyType({}),
        local_indexes: Mapping[str, LocalIndex] = MappingProxyType({}),
        capacity: OnDemand | Provisioned = OnDemand(),  # noqa: B008 - frozen
        replicas: Sequence[Replica] = (),
        time_to_live_attribute: str | None = None,
        stream: StreamView | None = None,
        recovery_days: int | None = defaults.TABLE_RECOVERY_DAYS,
        storage_class: StorageClass = StorageClass.STANDARD,
        encryption_key: kms.IKey | None = None,
        aws_managed_key: bool = False,
        deletion_protection: bool | None = None,
        table_name: str | None = None,
        objectives: Mapping[Loss, Objective] = MappingProxyType({}),
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        region = Stack.of(self).region
        kept = removal_policy != RemovalPolicy.DESTROY
        with Problems(f"DynamoDbTable {self.node.path}") as problems:
            check_dynamodb_table(
                problems,
                partition_key=partition_key,
                sort_key=sort_key,
                indexes=indexes,
                local_indexes=local_indexes,
                capacity=capacity,
                replicas=replicas,
                time_to_live_attribute=time_to_live_attribute,
                stream=stream,
                recovery_days=recovery_days,
                storage_class=storage_class,
                customer_key=encryption_key is not None,
                aws_managed_key=aws_managed_key,
                deletion_protection=deletion_protection,
                kept=kept,
                table_name=table_name,
                objectives=objectives,
                region=None if is_token(region) else region,
            )
        self._replica_regions = regions = [replica.region for replica in replicas]
        self._encryption_key = encryption_key
        self._streams = stream is not None or bool(replicas)
        self._indexes = [*indexes, *local_indexes]
        self._replicas: dict[str, dynamodb.ITableV2] = {}
        self.recovery: RecoveryCharacteristics = recovery_of(regions)
        self.table = dynamodb.TableV2(
            self,
            "Table",
            table_name=table_name,
            partition_key=parts.attribute(partition_key),
            sort_key=None if sort_key is None else parts.attribute(sort_key),
            global_secondary_indexes=[parts.index(name, index) for name, index in indexes.items()],
            local_secondary_indexes=[parts.local_index(name, index) for name, index in local_indexes.items()],
            billing=parts.billing(capacity),
            replicas=[parts.replica(replica) for replica in replicas],
            time_to_live_attribute=time_to_live_attribute,
            dynamo_stream=None if stream is None else dynamodb.StreamViewType[stream.name],
            point_in_time_recovery_specification=parts.point_in_time_recovery(recovery_days),
            table_class=dynamodb.TableClass[storage_class.value],
            encryption=parts.encryption(
                None if is_token(region) else encryption_key, replicas, aws_managed_key=aws_managed_key
            ),
            deletion_protection=kept if deletion_protection is None else deletion_protection,
            removal_policy=removal_policy,
        )
        if encryption_key is not None and is_token(region):
            encrypt_in_any_region(self.table, encryption_key)
        self.alarms: Mapping[str, cloudwatch.Alarm] = table_alarms(
            self, self.table, indexes=list(indexes), replica_regions=regions, topic=alarm_topic
        )

    def grant_read_data(self, grantee: iam.IGrantable, *, region: str | None = None) -> iam.Grant:
        """Let somebody read items and indexes, of the replica in a Region or (default) of the one here."""
        table, key = self._in_region(region)
        let_decrypt(key, grantee)
        return self._grant(table, grantee, _READ)

    def grant_write_data(self, grantee: iam.IGrantable, *, region: str | None = None) -> iam.Grant:
        """Let somebody put, change and delete items, in the replica in a Region or (default) in the one here."""
        table, key = self._in_region(region)
        let_encrypt_and_decrypt(key, grantee)
        return self._grant(table, grantee, _WRITE, indexes=False)

    def grant_read_write_data(self, grantee: iam.IGrantable, *, region: str | None = None) -> iam.Grant:
        """Both."""
        return self.grant_read_data(grantee, region=region).combine(self.grant_write_data(grantee, region=region))

    def grant_read_stream(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody read the stream of this Region, such as the function of a ``DynamoEventSource``.

        Raises:
            ValueError: There is no stream.
        """
        if not self._streams:
            raise ValueError(
                f"DynamoDbTable {self.node.path} has no stream: choose stream=StreamView.NEW_AND_OLD_IMAGES"
            )
        let_decrypt(self._encryption_key, grantee)
        return self.table.grant_stream(grantee, *(f"dynamodb:{action}" for action in _READ_STREAM))

    def _in_region(self, region: str | None) -> tuple[dynamodb.ITableV2, kms.IKey | None]:
        if region is None or region == Stack.of(self).region:
            return self.table, self._encryption_key
        if region not in self._replica_regions:
            known = ", ".join(self._replica_regions) or "no other Region"
            raise ValueError(
                f"DynamoDbTable {self.node.path} has no replica in {region}: name one of {known}, or add "
                f"Replica(region={region!r})"
            )
        if region not in self._replicas:
            self._replicas[region] = self.table.replica(region)
        return self._replicas[region], self._replicas[region].encryption_key

    def _grant(
        self, table: dynamodb.ITableV2, grantee: iam.IGrantable, actions: Sequence[str], *, indexes: bool = True
    ) -> iam.Grant:
        # Each index by its name: the CDK's own grants allow every one that there may ever be.
        named = [f"{table.table_arn}/index/{name}" for name in self._indexes] if indexes else []
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[f"dynamodb:{action}" for action in actions],
            resource_arns=[table.table_arn, *named],
        )
