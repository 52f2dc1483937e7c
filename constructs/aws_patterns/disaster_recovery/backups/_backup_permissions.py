"""What AWS Backup needs for its jobs, by resource: the managed policies allow it for everything in an account.

Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html and its
neighbours ...ForRestores, ...ForS3Backup and ...ForS3Restore
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns.disaster_recovery.backups._recovery_points import key_alias, vault_arn
from aws_patterns.disaster_recovery.backups.backup_plan_options import BackupCopy
from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault

SERVICE = "backup.amazonaws.com"
READ_TABLE = ["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:StartAwsBackupJob"]
WRITE_TABLE = [
    *("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem"),
    *("dynamodb:PutItem", "dynamodb:Query", "dynamodb:RestoreTableFromAwsBackup", "dynamodb:Scan"),
    "dynamodb:UpdateItem",
]
_READ_BUCKET = [
    *("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketNotification", "s3:GetBucketTagging"),
    *("s3:GetBucketVersioning", "s3:GetInventoryConfiguration", "s3:ListBucket", "s3:ListBucketVersions"),
    *("s3:ListTagsForResource", "s3:PutBucketNotification", "s3:PutInventoryConfiguration"),
]
_READ_OBJECT = [
    *("s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionAcl"),
    "s3:GetObjectVersionTagging",
]
_WRITE_BUCKET = [
    *("s3:CreateBucket", "s3:GetBucketLocation", "s3:GetBucketOwnershipControls", "s3:GetBucketVersioning"),
    *("s3:ListBucket", "s3:ListBucketVersions", "s3:PutBucketOwnershipControls", "s3:PutBucketVersioning"),
]
_WRITE_OBJECT = [
    *("s3:DeleteObject", "s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:GetObjectVersion"),
    *("s3:GetObjectVersionAcl", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectAcl"),
    *("s3:PutObjectTagging", "s3:PutObjectVersionAcl"),
]
# Of the rule by which AWS Backup hears of changes to buckets; it has no other name.
_MANAGED_RULE = "AwsBackupManagedRule*"
_OF_RULES = [
    *("events:DeleteRule", "events:DescribeRule", "events:DisableRule", "events:EnableRule"),
    *("events:ListTargetsByRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets"),
]
_EVERYWHERE = ["cloudwatch:GetMetricData", "events:ListRules"]
USE_KEY = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
# To services of AWS alone, which go on with it after the call.
GRANTED_TO_AWS = {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def this_accounts_jobs() -> iam.ServicePrincipal:
    """AWS Backup, for this account's jobs alone."""
    return iam.ServicePrincipal(SERVICE, conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}})


class BackupPermissions:
    """Writes the policy of one role, and remembers why each wildcard is there."""

    def __init__(self, scope: Construct, role: iam.Role) -> None:
        self._scope = scope
        self._role = role
        self._reasons: dict[str, str] = {}

    def use_vault(self, vault: BackupVault) -> None:
        """Let it work with what the vault has, and with its key."""
        self._allow(["backup:DescribeBackupVault"], [vault.arn])
        self._use_key(vault.encryption_key.key_arn)

    def read_tables(self, names: Sequence[str]) -> None:
        """Let it back tables up."""
        self._allow(READ_TABLE, self._tables(names))

    def write_tables(self, names: Sequence[str]) -> None:
        """Let it make tables, and write to what it made."""
        self._allow(WRITE_TABLE, self._tables(names))

    def read_buckets(self, names: Sequence[str]) -> None:
        """Let it back buckets up: it lists what is there, and a rule of its own tells it of changes."""
        self._allow(_READ_BUCKET, self._buckets(names))
        self._allow(_READ_OBJECT, self._objects(names))
        rules = Stack.of(self._scope).format_arn(service="events", resource="rule", resource_name=_MANAGED_RULE)
        self._allow(_OF_RULES, [rules])
        self._reasons[wildcard(self._scope, rules)] = "AWS Backup ends the name of its rule as it likes."
        self._allow(_EVERYWHERE, ["*"])
        self._reasons["AwsSolutions-IAM5[Resource::*]"] = "These actions know no resources."

    def write_buckets(self, names: Sequence[str]) -> None:
        """Let it make buckets, and write to what it made."""
        self._allow(_WRITE_BUCKET, self._buckets(names))
        self._allow(_WRITE_OBJECT, self._objects(names))

    def copy(self, source_arn: str, copies: Sequence[BackupCopy]) -> None:
        """Let it copy from a vault to others, which have keys of their own."""
        self._allow(["backup:CopyFromBackupVault"], [source_arn])
        for copy in copies:
            arn = vault_arn(self._scope, copy.vault_name, region=copy.region, account=copy.account)
            self._allow(["backup:CopyIntoBackupVault"], [arn])
            if copy.key is not None:
                self._use_key(copy.key)
            elif copy.account is None:
                self._use_key_by_alias(copy.region, key_alias(copy.vault_name))

    def read_with(self, key: kms.IKey) -> None:
        """Let it read what the key encrypts, through the service that keeps it."""
        self._through_services(key, ["kms:Decrypt", "kms:DescribeKey"])

    def write_with(self, key: kms.IKey) -> None:
        """Let it encrypt what it restores."""
        self._through_services(key, ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"])
        self._let_grant([key.key_arn])

    def acknowledge(self) -> None:
        """Say why, to those who judge."""
        acknowledge(self._role, self._reasons)

    def _tables(self, names: Sequence[str]) -> list[str]:
        arns = [Stack.of(self._scope).format_arn(service="dynamodb", resource="table", resource_name=n) for n in names]
        return self._explained(arns, "Tables that are restored get names that begin so.")

    def _buckets(self, names: Sequence[str]) -> list[str]:
        arns = [f"arn:{Aws.PARTITION}:s3:::{name}" for name in names]
        return self._explained(arns, "Buckets that are restored get names that begin so.")

    def _objects(self, names: Sequence[str]) -> list[str]:
        arns = [f"arn:{Aws.PARTITION}:s3:::{name}/*" for name in names]
        return self._explained(arns, "Every object of the bucket: whoever writes chooses their names.")

    def _explained(self, arns: Sequence[str], reason: str) -> list[str]:
        self._reasons.update({wildcard(self._scope, arn): reason for arn in arns if arn.endswith("*")})
        return list(arns)

    def _use_key(self, arn: str) -> None:
        self._allow(USE_KEY, [arn])
        self._let_grant([arn])

    def _use_key_by_alias(self, region: str, alias: str) -> None:
        """The key is in another Region, where its id is made up."""
        keys = Stack.of(self._scope).format_arn(
            service="kms", region=region, resource="key/*", arn_format=ArnFormat.NO_RESOURCE_NAME
        )
        named = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}}
        self._allow(USE_KEY, [keys], named)
        self._let_grant([keys], named)
        self._reasons[wildcard(self._scope, keys)] = (
            "By its alias, which the condition names: its id is not known here."
        )

    def _through_services(self, key: kms.IKey, actions: Sequence[str]) -> None:
        region = Stack.of(self._scope).region
        services = [f"{service}.{region}.{Aws.URL_SUFFIX}" for service in ("dynamodb", "s3")]
        self._allow(actions, [key.key_arn], {"StringEquals": {"kms:ViaService": services}})

    def _let_grant(self, arns: Sequence[str], conditions: Mapping[str, object] | None = None) -> None:
        self._allow(["kms:CreateGrant"], arns, {**(conditions or {}), **GRANTED_TO_AWS})

    def _allow(
        self, actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None
    ) -> None:
        self._role.add_to_policy(
            iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
        )
