"""Who may use a key, action by action: the CDK's own grants end in wildcards."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

# kms/latest/developerguide/key-policy-default.html, "Allows key users to use the KMS key".
_USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def let_use_key(grantee: iam.IGrantable, key: kms.IKey) -> iam.Grant:
    """Let somebody write and read what a key encrypts."""
    return key.grant(grantee, *_USE)
