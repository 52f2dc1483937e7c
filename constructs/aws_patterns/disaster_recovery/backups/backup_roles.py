"""Whom AWS Backup is when it backs up, copies and restores, and what it may do then: these tables, these buckets."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from aws_patterns.disaster_recovery.backups._backup_permissions import SERVICE, BackupPermissions, this_accounts_jobs
from aws_patterns.disaster_recovery.backups.backup_plan_options import BackupCopy
from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault


class BackupRole(Construct):
    """The role that AWS Backup takes for backing up into a vault, and for copying what is in it to others.

    `BackupPlan` makes its own. Use this one for backups that somebody asks for, such as a failback that brings home
    what was written elsewhere: the role is passed to ``StartBackupJob`` and ``StartCopyJob``. It may do less than the
    managed policies allow, which hold for everything in an account.

    >>> vault = BackupVault(stack, "Vault", name="orders-backups")
    >>> BackupRole(stack, "Role", vault=vault, tables=["orders", "orders-restored-*"])

    Args:
        vault: Into which, and from which.
        tables: Names in this Region and account; one may end in ``*``, for what is not there yet. Default: none.
        buckets: Names; one may end in ``*``. Default: none.
        copies: To where. Default: nowhere.
        encryption_keys: Customer managed keys that encrypt those tables and buckets. Default: none.

    Attributes:
        role: The role.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vault: BackupVault,
        tables: Sequence[str] = (),
        buckets: Sequence[str] = (),
        copies: Sequence[BackupCopy] = (),
        encryption_keys: Sequence[kms.IKey] = (),
    ) -> None:
        super().__init__(scope, id)
        self.role = _role(self)
        allowed = BackupPermissions(self, self.role)
        allowed.use_vault(vault)
        if tables:
            allowed.read_tables(tables)
        if buckets:
            allowed.read_buckets(buckets)
        if copies:
            allowed.copy(vault.arn, copies)
        for key in encryption_keys:
            allowed.read_with(key)
        allowed.acknowledge()

    def grant_pass(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody hand the role to AWS Backup, with a job."""
        return _passed(self.role, grantee)


class RestoreRole(Construct):
    """The role that AWS Backup takes for restoring from a vault, under new names.

    >>> vault = BackupVault(stack, "Vault", name="orders-backups")
    >>> RestoreRole(stack, "Role", vault=vault, tables=["orders-restored-*"])

    Args:
        vault: From which.
        tables: Names that restored tables may have; one may end in ``*``. Not those of tables that serve: a restore
            may write to these. Default: none.
        buckets: The same of buckets. Default: none.
        encryption_keys: Customer managed keys that encrypt what is restored. Default: none.

    Attributes:
        role: The role.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vault: BackupVault,
        tables: Sequence[str] = (),
        buckets: Sequence[str] = (),
        encryption_keys: Sequence[kms.IKey] = (),
    ) -> None:
        super().__init__(scope, id)
        self.role = _role(self)
        allowed = BackupPermissions(self, self.role)
        allowed.use_vault(vault)
        if tables:
            allowed.write_tables(tables)
        if buckets:
            allowed.write_buckets(buckets)
        for key in encryption_keys:
            allowed.write_with(key)
        allowed.acknowledge()

    def grant_pass(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody hand the role to AWS Backup, with a restore job."""
        return _passed(self.role, grantee)


def _role(scope: Construct) -> iam.Role:
    return iam.Role(scope, "Role", assumed_by=this_accounts_jobs())


def _passed(role: iam.Role, grantee: iam.IGrantable) -> iam.Grant:
    return iam.Grant.add_to_principal(
        grantee=grantee,
        actions=["iam:PassRole"],
        resource_arns=[role.role_arn],
        conditions={"StringEquals": {"iam:PassedToService": SERVICE}},
    )
