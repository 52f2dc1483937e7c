"""What a table's key must allow those who use the table. DynamoDB asks KMS on their behalf."""

from __future__ import annotations

from aws_cdk import CfnResource
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge

_FAMILIES = "DynamoDB asks KMS on the caller's behalf, for one of a family of actions, on this key only."


def let_decrypt(key: kms.IKey | None, grantee: iam.IGrantable) -> None:
    """Let whoever reads a table have its key decrypt, where it has one that is the customer's."""
    if key is not None:
        key.grant_decrypt(grantee)


def let_encrypt_and_decrypt(key: kms.IKey | None, grantee: iam.IGrantable) -> None:
    """Let whoever writes to a table use its key, where it has one that is the customer's."""
    if key is None:
        return
    key.grant_encrypt_decrypt(grantee)
    holder = grantee.grant_principal
    if isinstance(holder, Construct):
        acknowledge(
            holder,
            {
                "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": _FAMILIES,
                "AwsSolutions-IAM5[Action::kms:ReEncrypt*]": _FAMILIES,
            },
        )


def encrypt_in_any_region(table: dynamodb.TableV2, key: kms.IKey) -> None:
    """Give the key to a table in a stack for any Region, for which the CDK says that it can't."""
    resource = table.node.default_child
    assert isinstance(resource, CfnResource)  # noqa: S101 - for the type checker
    resource.add_property_override("SSESpecification", {"SSEEnabled": True, "SSEType": "KMS"})
    # Replicas need to know the Region, so that there is this one alone.
    resource.add_property_override("Replicas.0.SSESpecification", {"KMSMasterKeyId": key.key_arn})
