"""How recovery points are named in permissions."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from constructs import Construct


def points_arn(scope: Construct) -> str:
    """Of every recovery point in the stack's Region and account: their ids are made up by AWS Backup."""
    return Stack.of(scope).format_arn(
        service="backup", resource="recovery-point", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )


def vault_arn(scope: Construct, name: str, *, region: str | None = None, account: str | None = None) -> str:
    """Of the vault with this name. Default: in the stack's own Region and account."""
    return Stack.of(scope).format_arn(
        service="backup",
        resource="backup-vault",
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
        region=region,
        account=account,
    )


def key_alias(vault_name: str) -> str:
    """The name of the key that a vault of this name makes for itself."""
    return f"alias/{vault_name}"
