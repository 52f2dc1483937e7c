"""DynamoDB tables in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from aws_patterns.database.dynamodb_capacity import OnDemand, Provisioned, Scaling
from aws_patterns.database.dynamodb_indexes import Attribute, AttributeType, Index, LocalIndex, Projection
from aws_patterns.database.dynamodb_table_options import Replica, StorageClass, StreamView
from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]

AWAY = "us-west-2"
PROVISIONED = Provisioned(read=Scaling(minimum=1, maximum=10), write=Scaling(minimum=1, maximum=10))


def table(**props: object) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_patterns.database.dynamodb_table import DynamoDbTable

        return DynamoDbTable(stack, "Carts", removal_policy=removal_policy, **props)  # type: ignore[arg-type] # as the variant says

    return build


def table_with_all(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    """With a key, told operators, and somebody for each grant; replicas where the Region is known."""
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from aws_patterns.database.dynamodb_table import DynamoDbTable

    key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=removal_policy)
    replicated = not cdk.Token.is_unresolved(stack.region)
    arn = f"arn:aws:kms:{AWAY}:111122223333:key/mrk-00000000000000000000000000000000"
    table = DynamoDbTable(
        stack,
        "Carts",
        sort_key="placed_at",
        indexes={"by-state": Index(partition_key="state", projection=["total"])},
        encryption_key=key,
        stream=StreamView.NEW_AND_OLD_IMAGES,
        replicas=[Replica(region=AWAY, encryption_key_arn=arn, recovery_days=7)] if replicated else [],
        alarm_topic=sns.Topic(stack, "Operators", master_key=key, enforce_ssl=True),
        removal_policy=removal_policy,
    )
    role = iam.Role(stack, "Application", assumed_by=iam.AccountRootPrincipal())
    for region in (None, AWAY) if replicated else (None,):
        table.grant_read_write_data(role, region=region)
    table.grant_read_stream(role)
    return table


VARIANTS: Mapping[str, Build] = {
    "as it stands": table(),
    "provisioned, with indexes": table(
        capacity=PROVISIONED,
        sort_key=Attribute(name="number", type=AttributeType.NUMBER),
        indexes={
            "by-state": Index(partition_key="state", projection=Projection.KEYS_ONLY, capacity=PROVISIONED),
            "by-day": Index(partition_key="day", sort_key="state"),
        },
        local_indexes={"by-total": LocalIndex(sort_key="total", projection=["state"])},
    ),
    "limited, infrequent access": table(
        capacity=OnDemand(maximum_read_units=10, maximum_write_units=5),
        storage_class=StorageClass.INFREQUENT_ACCESS,
        aws_managed_key=True,
        time_to_live_attribute="ends",
        recovery_days=1,
        table_name="carts",
    ),
    "with what can be given up given up": table(recovery_days=None, deletion_protection=False),
    "with all": table_with_all,
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
