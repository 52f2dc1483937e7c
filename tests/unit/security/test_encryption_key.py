"""What a key of one's own promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from aws_patterns.recovery import NONE, Loss
from aws_patterns.security.encryption_key import EncryptionKey

KEY = "AWS::KMS::Key"


def new_stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")


def one(template: Template, kind: str) -> Mapping[str, Any]:
    (found,) = template.find_resources(kind).values()
    return dict(found)


def build(**props: Any) -> Template:
    stack = new_stack()
    EncryptionKey(stack, "Key", **props)
    return Template.from_stack(stack)


def test_changes_every_year_and_is_hard_to_lose() -> None:
    template = build()
    key = one(template, KEY)
    found = key["Properties"]
    assert (found["EnableKeyRotation"], found["RotationPeriodInDays"], found["PendingWindowInDays"]) == (True, 365, 30)
    assert "MultiRegion" not in found
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Retain", "Retain")
    template.resource_count_is("AWS::KMS::Alias", 0)


def test_what_was_chosen_is_what_is_made() -> None:
    template = build(
        alias="orders/files", rotation_days=90, deletion_window_days=7, removal_policy=cdk.RemovalPolicy.DESTROY
    )
    key = one(template, KEY)
    assert (key["Properties"]["RotationPeriodInDays"], key["Properties"]["PendingWindowInDays"]) == (90, 7)
    assert key["DeletionPolicy"] == "Delete"
    assert one(template, "AWS::KMS::Alias")["Properties"]["AliasName"] == "alias/orders/files"


def test_who_uses_it_gets_each_action_by_its_name() -> None:
    stack = new_stack()
    key = EncryptionKey(stack, "Key")
    key.grant_encrypt_decrypt(iam.Role(stack, "Writer", assumed_by=iam.AccountRootPrincipal()))
    (statement,) = one(Template.from_stack(stack), "AWS::IAM::Policy")["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ]
    assert statement["Resource"] == stack.resolve(key.key.key_arn)


def test_who_only_reads_only_decrypts() -> None:
    stack = new_stack()
    EncryptionKey(stack, "Key").grant_decrypt(iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal()))
    (statement,) = one(Template.from_stack(stack), "AWS::IAM::Policy")["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "kms:Decrypt"


def test_a_service_uses_it_for_this_account_alone() -> None:
    stack = new_stack()
    EncryptionKey(stack, "Key").let_service_use("sns.amazonaws.com")
    statements = one(Template.from_stack(stack), KEY)["Properties"]["KeyPolicy"]["Statement"]
    assert statements[1]["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statements[1]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_two_of_them_live_in_one_stack() -> None:
    stack = new_stack()
    EncryptionKey(stack, "First", alias="first")
    EncryptionKey(stack, "Second", alias="second")
    Template.from_stack(stack).resource_count_is(KEY, 2)


def test_is_of_one_region() -> None:
    recovery = EncryptionKey(new_stack(), "Key").recovery
    assert recovery[Loss.AVAILABILITY_ZONE].recovery_time == NONE
    assert recovery[Loss.REGION].recovery_time is None


def test_what_can_not_be_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="can't be built") as error:
        EncryptionKey(new_stack(), "Key", alias="alias/orders", rotation_days=30, deletion_window_days=31)
    assert str(error.value) == (
        "EncryptionKey S/Key can't be built:\n"
        "  - alias must be given without alias/, which is put in front of it, got 'alias/orders'\n"
        "  - rotation_days must be between 90 and 2560 days, got 30 days\n"
        "  - deletion_window_days must be between 7 and 30 days, got 31 days"
    )


@pytest.mark.parametrize(
    ("alias", "complaint"),
    [
        ("aws/orders", "alias must not begin with aws/, which is for AWS's own keys, got 'aws/orders'"),
        ("my key", "alias must be 1 to 250 letters, digits, slashes, dashes or underscores, got 'my key'"),
        ("", "alias must be 1 to 250 letters, digits, slashes, dashes or underscores, got ''"),
    ],
)
def test_a_name_that_kms_would_refuse_is_refused_before(alias: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="can't be built") as error:
        EncryptionKey(new_stack(), "Key", alias=alias)
    assert str(error.value) == f"EncryptionKey S/Key can't be built:\n  - {complaint}"
