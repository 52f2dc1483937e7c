"""What it takes to restore tables from backups and to let stacks work with them, by action and resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns.disaster_recovery.backups._backup_permissions import (
    GRANTED_TO_AWS,
    READ_TABLE,
    SERVICE,
    USE_KEY,
    WRITE_TABLE,
    this_accounts_jobs,
)
from aws_patterns.disaster_recovery.backups._recovery_points import key_alias
from aws_patterns.disaster_recovery.plan import BackedUpTable, RecoveryPlan, RegionRole

Statement = tuple[Sequence[str], Sequence[str], str, Mapping[str, object] | None]

_RESTORED = "-restored-*"
_POINTS = "A recovery point has a name that AWS makes."


def restore_statements(plan: RecoveryPlan, backup_role_arn: str) -> Iterator[Statement]:
    """Actions, resources, why they end in wildcards, and conditions."""
    tables = [part for part in plan.data if isinstance(part, BackedUpTable)]
    vaults = [_arn(plan, "backup", RegionRole.RECOVERY, f"backup-vault:{part.recovery_vault}") for part in tables]
    points = [
        _arn(plan, service, role, resource)
        for role in RegionRole
        for service, resource in (("backup", "recovery-point:*"), ("dynamodb", "table/*/backup/*"))
    ]
    yield ["backup:ListRecoveryPointsByBackupVault", "backup:StartBackupJob"], vaults, "", None
    yield ["backup:StartRestoreJob", "backup:StartCopyJob"], points, _POINTS, None
    jobs = ["backup:DescribeBackupJob", "backup:DescribeCopyJob", "backup:DescribeRestoreJob"]
    yield jobs, ["*"], "Jobs have names that AWS makes, and take no resource.", None
    to_backup = {"StringEquals": {"iam:PassedToService": SERVICE}}
    yield ["iam:PassRole"], [backup_role_arn], "", to_backup
    new = "Tables that were restored by this runbook have names that end in the time."
    restored = [_arn(plan, "dynamodb", role, f"table/{part.name}{_RESTORED}") for role in RegionRole for part in tables]
    yield ["dynamodb:UpdateContinuousBackups"], restored, new, None
    # Only a drill deletes, and only in the recovery Region.
    here = [_arn(plan, "dynamodb", RegionRole.RECOVERY, f"table/{part.name}{_RESTORED}") for part in tables]
    yield ["dynamodb:DeleteTable"], here, new, None
    stacks = [
        _arn(plan, "cloudformation", RegionRole.PRIMARY, f"stack/{plan.primary_stack}/*"),
        _arn(plan, "cloudformation", RegionRole.RECOVERY, f"stack/{plan.recovery_stack}/*"),
    ]
    # CloudFormation works with the role that the stack was deployed with, whoever asks for the update
    # (AWSCloudFormation/latest/APIReference/API_UpdateStack.html, RoleARN).
    updates = ["cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:UpdateStack"]
    yield updates, stacks, "The stack's id follows its name.", None
    versions = [_arn(plan, "ssm", role, "parameter/cdk-bootstrap/*") for role in RegionRole]
    yield ["ssm:GetParameters"], versions, "The version of the bootstrap, which every stack of the CDK names.", None


class RunbookBackupRole(Construct):
    """The role with which AWS Backup backs up, copies and restores tables for a runbook, in both Regions: what is
    restored in one is brought back to the other.

    Args:
        plan: What the runbook acts on.

    Attributes:
        role: The role.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html
    """

    def __init__(self, scope: Construct, id: str, *, plan: RecoveryPlan) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=this_accounts_jobs(),
            description=f"AWS Backup for the recovery runbook of {plan.name}",
        )
        for actions, resources, why, conditions in _backup_statements(plan):
            statement = iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
            self.role.add_to_policy(statement)
            if why:
                acknowledge(self.role, {wildcard(self, each): why for each in resources if "*" in each})


def _backup_statements(plan: RecoveryPlan) -> Iterator[Statement]:
    """As the managed policies AWSBackupServiceRolePolicyForBackup and ...ForRestores have it, by resource."""
    tables = [part for part in plan.data if isinstance(part, BackedUpTable)]
    restored = [_arn(plan, "dynamodb", role, f"table/{part.name}{_RESTORED}") for role in RegionRole for part in tables]
    new = "Tables that were restored have names that end in the time."
    yield READ_TABLE, restored, new, None
    yield [action for action in WRITE_TABLE if action not in READ_TABLE], restored, new, None
    for role in RegionRole:
        vaults = sorted({part.primary_vault if role is RegionRole.PRIMARY else part.recovery_vault for part in tables})
        arns = [_arn(plan, "backup", role, f"backup-vault:{name}") for name in vaults]
        copy = "CopyIntoBackupVault" if role is RegionRole.PRIMARY else "CopyFromBackupVault"
        yield ["backup:DescribeBackupVault", f"backup:{copy}"], arns, "", None
        keys = [_arn(plan, "kms", role, "key/*")]
        named = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": [key_alias(name) for name in vaults]}}
        why = "The vaults' own keys, by their aliases, which the condition names."
        yield USE_KEY, keys, why, named
        yield ["kms:CreateGrant"], keys, why, {**named, **GRANTED_TO_AWS}


def _arn(plan: RecoveryPlan, service: str, role: RegionRole, resource: str) -> str:
    region = plan.primary_region if role is RegionRole.PRIMARY else plan.recovery_region
    return f"arn:{Aws.PARTITION}:{service}:{region}:{Aws.ACCOUNT_ID}:{resource}"
