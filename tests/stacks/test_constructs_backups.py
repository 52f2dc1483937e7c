"""Backups in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_patterns.disaster_recovery.backups.backup_plan_options import BackupCopy, BackupRule
from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock, VaultLockMode
from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

HOURLY = BackupRule(name="hourly", every_hours=1, keep_days=7)
MONTHS = BackupRule(name="months", cold_after_days=30, keep_days=365)
ELSEWHERE = BackupCopy(vault_name="orders-backups", region="us-west-2", keep_days=7)
OTHERS = BackupCopy(vault_name="archive", region="ap-south-1", account="444455556666")


def plain(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from aws_patterns.disaster_recovery.backups.backup_plan import BackupPlan
    from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
    from aws_patterns.storage.data_bucket import DataBucket

    key = kms.Key(stack, "TableKey", enable_key_rotation=True, removal_policy=removal_policy)
    table = dynamodb.Table(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=key,
        removal_policy=removal_policy,
    )
    bucket = DataBucket(stack, "Bucket", removal_policy=removal_policy)
    topic_key = kms.Key(stack, "TopicKey", enable_key_rotation=True, removal_policy=removal_policy)
    vault = BackupVault(stack, "Vault", name="orders-backups", removal_policy=removal_policy)
    return BackupPlan(
        stack,
        "Backups",
        name="orders",
        vault=vault,
        tables=[table],
        buckets=[bucket.bucket],
        rules=[HOURLY, BackupRule(name="daily")],
        copies=[ELSEWHERE, OTHERS],
        alarm_topic=sns.Topic(stack, "Operators", master_key=topic_key, enforce_ssl=True),
        removal_policy=removal_policy,
    )


def locked(stack: cdk.Stack, _removal_policy: cdk.RemovalPolicy) -> object:
    """Nothing of it goes with its stack."""
    from aws_cdk import aws_dynamodb as dynamodb

    from aws_patterns.disaster_recovery.backups.backup_plan import BackupPlan
    from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault

    lock = VaultLock(minimum_days=7, maximum_days=400, mode=VaultLockMode.COMPLIANCE)
    vault = BackupVault(stack, "Vault", name="orders", lock=lock, copies_from_accounts=["444455556666"])
    table = dynamodb.Table.from_table_name(stack, "Table", "orders")
    return BackupPlan(stack, "Backups", name="orders", vault=vault, tables=[table], rules=[MONTHS], copies=[ELSEWHERE])


def compared(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.disaster_recovery.backups.backup_roles import BackupRole, RestoreRole
    from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
    from aws_patterns.disaster_recovery.backups.recovery_point_watch import RecoveryPointWatch
    from aws_patterns.disaster_recovery.backups.restore_test import RestoreTest

    vault = BackupVault(stack, "Vault", name="orders-backups", removal_policy=removal_policy)
    RecoveryPointWatch(
        stack,
        "Watch",
        vault=vault,
        tables=["orders"],
        buckets=["my-orders"],
        source_region="ap-south-1",
        oldest_hours=27,
        removal_policy=removal_policy,
    )
    BackupRole(stack, "BackupRole", vault=vault, tables=["orders-*"], buckets=["orders-*"], copies=[ELSEWHERE])
    RestoreRole(stack, "RestoreRole", vault=vault, tables=["orders-*"], buckets=["orders-*"])
    return RestoreTest(
        stack,
        "RestoreTest",
        name="orders",
        vault=vault,
        tables=["orders"],
        buckets=["my-orders"],
        source_region="ap-south-1",
        source_keys=["arn:aws:kms:ap-south-1:111122223333:key/00000000-0000-0000-0000-000000000000"],
        written_attribute="written",
        removal_policy=removal_policy,
    )


VARIANTS = {"backups": plain, "locked backups": locked, "restore tests": compared}

test_no_rule_has_an_open_finding = rule_test(VARIANTS)
