"""Where backups are kept, out of reach of whoever would delete them."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_backup as backup
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.backups._recovery_points import key_alias, points_arn, vault_arn
from aws_patterns.disaster_recovery.backups._vault_emptying import VaultEmptying
from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock, VaultLockMode, check_backup_vault

_DELETING = ["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"]


class BackupVault(Construct):
    """A vault of AWS Backup with a key of its own, from which nobody deletes anything before its time.

    Use one in each Region that has backups, and another for their copies in a Region, or an account, that whatever
    destroys the originals does not reach. Both sides know it by its name. Not as the only protection against a careless
    row: a table's own point-in-time recovery is faster.

    >>> BackupVault(stack, "Vault", name="orders-backups")

    Everybody is denied deleting recovery points, or changing how long they are kept; they go when their time comes. A
    lock makes that last even where somebody may change this policy.

    Backups of tables have the vault's key, and can be copied, where the account uses AWS Backup's advanced features for
    DynamoDB. It does if it began with AWS Backup after November 2021; else, in each Region:
    ``aws backup update-region-settings --resource-type-management-preference DynamoDB=true``.

    Args:
        name: Of the vault, and of its key as ``alias/<name>``: 2 to 50 letters, digits, dashes or underscores.
        lock: That nothing is deleted before its time, whoever asks. Default: only the policy says so.
        copies_from_accounts: Other accounts of the organization that may copy backups here. Default: none.
        encryption_key: Of this Region, customer managed. Default: one of its own.
        removal_policy: Of the vault, its recovery points and its key. ``DESTROY`` deletes all that is in it with the
            stack. Default ``RETAIN``.

    Attributes:
        vault: The vault, as everything in the CDK takes it.
        name: Its name.
        arn: Made from the name: nothing that needs it waits for the vault.
        lock: As given.
        encryption_key: Encrypts what is in it.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/vaults.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        lock: VaultLock | None = None,
        copies_from_accounts: Sequence[str] = (),
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        destroyed = removal_policy == RemovalPolicy.DESTROY
        with Problems(f"BackupVault {self.node.path}") as problems:
            check_backup_vault(
                problems, name=name, lock=lock, copies_from_accounts=copies_from_accounts, destroy=destroyed
            )
        self.name = name
        self.lock = lock
        self.arn = vault_arn(self, name)
        self.encryption_key: kms.IKey = encryption_key or self._new_key(name, removal_policy)
        emptying = VaultEmptying(self, "Emptying", vault_name=name, vault_arn=self.arn) if destroyed else None
        self.vault = backup.BackupVault(
            self,
            "Vault",
            backup_vault_name=name,
            encryption_key=self.encryption_key,
            access_policy=self._policy(copies_from_accounts, emptying.role if emptying else None),
            lock_configuration=None if lock is None else _configuration(lock),
            removal_policy=removal_policy,
        )
        if emptying is not None:
            emptying.empty(self.vault)

    def grant_start_backup(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody back up into it; the role of the job is passed besides."""
        return self._grant(grantee, ["backup:StartBackupJob"], self.arn)

    def grant_look(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody see what is in it, but not the data."""
        listed = self._grant(
            grantee, ["backup:DescribeBackupVault", "backup:ListRecoveryPointsByBackupVault"], self.arn
        )
        points = points_arn(self)
        described = self._grant(
            grantee, ["backup:DescribeRecoveryPoint", "backup:GetRecoveryPointRestoreMetadata"], points
        )
        return listed.combine(described)

    def _grant(self, grantee: iam.IGrantable, actions: Sequence[str], resource: str) -> iam.Grant:
        return iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=[resource])

    def _new_key(self, name: str, removal_policy: RemovalPolicy) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            description=f"Backups in {self.node.path}",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
        # By its name the roles of jobs find it that copy from another Region.
        key.add_alias(key_alias(name))
        return key

    def _policy(self, accounts: Sequence[str], emptier: iam.IRole | None) -> iam.PolicyDocument:
        but = {"ArnNotEquals": {"aws:PrincipalArn": emptier.role_arn}} if emptier else None
        kept = iam.PolicyStatement(
            sid="NobodyDeletes",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=_DELETING,
            resources=["*"],
            conditions=but,
        )
        copied = iam.PolicyStatement(
            sid="CopiesFromOtherAccounts",
            principals=[iam.AccountPrincipal(account) for account in accounts],
            actions=["backup:CopyIntoBackupVault"],
            resources=["*"],
        )
        return iam.PolicyDocument(statements=[kept, *([copied] if accounts else [])])


def _configuration(lock: VaultLock) -> backup.LockConfiguration:
    grace = lock.grace_days or defaults.VAULT_LOCK_GRACE_DAYS
    return backup.LockConfiguration(
        min_retention=Duration.days(lock.minimum_days),
        max_retention=None if lock.maximum_days is None else Duration.days(lock.maximum_days),
        changeable_for=Duration.days(grace) if lock.mode is VaultLockMode.COMPLIANCE else None,
    )
