"""What a vault promises: a key of its own, nobody who deletes, and no way round a lock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock, VaultLockMode

HERE = cdk.Environment(account="111122223333", region="eu-west-1")


def new_stack(env: cdk.Environment | None = HERE) -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S", env=env)


def vault(**props: Any) -> tuple[Template, Mapping[str, Any]]:
    """The template, and the vault in it."""
    stack = new_stack()
    BackupVault(stack, "Vault", **{"name": "orders", **props})
    template = Template.from_stack(stack)
    (found,) = template.find_resources("AWS::Backup::BackupVault").values()
    return template, found


def test_it_has_a_key_of_its_own_that_the_other_side_finds_by_its_name() -> None:
    template, found = vault()
    assert found["Properties"]["BackupVaultName"] == "orders"
    template.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})
    template.has_resource_properties("AWS::KMS::Alias", {"AliasName": "alias/orders"})
    assert found["Properties"]["EncryptionKeyArn"]["Fn::GetAtt"][1] == "Arn"


def test_an_existing_key_encrypts_and_no_other_is_made() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/1")
    BackupVault(stack, "Vault", name="orders", encryption_key=key)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::KMS::Key", 0)
    template.has_resource_properties("AWS::Backup::BackupVault", {"EncryptionKeyArn": key.key_arn})


class TestNobodyDeletes:
    def test_whoever_asks(self) -> None:
        _, found = vault()
        (denied,) = found["Properties"]["AccessPolicy"]["Statement"]
        assert denied == {
            "Sid": "NobodyDeletes",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": ["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
            "Resource": "*",
        }
        assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("Retain", "Retain")

    def test_but_what_empties_it_when_it_goes_with_its_stack(self) -> None:
        template, found = vault(removal_policy=cdk.RemovalPolicy.DESTROY)
        (denied,) = found["Properties"]["AccessPolicy"]["Statement"]
        ((operator, condition),) = denied["Condition"].items()
        assert operator == "ArnNotEquals"
        emptier = condition["aws:PrincipalArn"]["Fn::GetAtt"][0]
        assert "Emptying" in emptier
        (contents,) = template.find_resources("Custom::BackupVaultContents").values()
        assert contents["Properties"]["Vault"] == "orders"
        (name,) = template.find_resources("AWS::Backup::BackupVault")
        assert name in contents["DependsOn"], "it is emptied before it is deleted"

    def test_the_emptier_may_do_that_and_no_more(self) -> None:
        template, _ = vault(removal_policy=cdk.RemovalPolicy.DESTROY)
        (policy,) = [
            found
            for found in template.find_resources("AWS::IAM::Policy").values()
            if "MayEmpty" in found["Properties"]["PolicyName"]
        ]
        allowed = {
            one["Action"]: json.dumps(one["Resource"]) for one in policy["Properties"]["PolicyDocument"]["Statement"]
        }
        assert set(allowed) == {"backup:ListRecoveryPointsByBackupVault", "backup:DeleteRecoveryPoint"}
        assert ":backup:eu-west-1:111122223333:backup-vault:orders" in allowed["backup:ListRecoveryPointsByBackupVault"]
        assert ":backup:eu-west-1:111122223333:recovery-point:*" in allowed["backup:DeleteRecoveryPoint"]

    def test_other_accounts_copy_here_only_when_they_are_named(self) -> None:
        _, found = vault(copies_from_accounts=["444455556666"])
        copied = found["Properties"]["AccessPolicy"]["Statement"][1]
        assert (copied["Effect"], copied["Action"]) == ("Allow", "backup:CopyIntoBackupVault")
        assert "444455556666" in json.dumps(copied["Principal"])


@pytest.mark.parametrize(
    ("lock", "configured"),
    [
        (VaultLock(minimum_days=7), {"MinRetentionDays": 7}),
        (
            VaultLock(minimum_days=7, maximum_days=365, mode=VaultLockMode.COMPLIANCE),
            {"MinRetentionDays": 7, "MaxRetentionDays": 365, "ChangeableForDays": 3},
        ),
        (
            VaultLock(minimum_days=1, mode=VaultLockMode.COMPLIANCE, grace_days=30),
            {"MinRetentionDays": 1, "ChangeableForDays": 30},
        ),
    ],
)
def test_a_lock_is_for_ever_only_where_that_is_asked_for(lock: VaultLock, configured: Mapping[str, int]) -> None:
    _, found = vault(lock=lock)
    assert found["Properties"]["LockConfiguration"] == configured


def test_grants_are_for_this_vault() -> None:
    stack = new_stack()
    made = BackupVault(stack, "Vault", name="orders")
    operator = iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal())
    made.grant_look(operator).assert_success()
    made.grant_start_backup(operator).assert_success()
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    resources = {
        action: json.dumps(one["Resource"])
        for one in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    assert set(resources) == {
        "backup:DescribeBackupVault",
        "backup:ListRecoveryPointsByBackupVault",
        "backup:DescribeRecoveryPoint",
        "backup:GetRecoveryPointRestoreMetadata",
        "backup:StartBackupJob",
    }
    assert ":backup-vault:orders" in resources["backup:StartBackupJob"]


@pytest.mark.parametrize("env", [None, HERE])
def test_two_stand_in_one_stack_wherever_it_is(env: cdk.Environment | None) -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(cdk.Stage(app, "Production"), "S", env=env)
    for name in ("First", "Second"):
        BackupVault(stack, name, name=name.lower(), removal_policy=cdk.RemovalPolicy.DESTROY)
    Template.from_stack(stack).resource_count_is("AWS::Backup::BackupVault", 2)


class TestProblems:
    def test_all_are_told_at_once(self) -> None:
        lock = VaultLock(minimum_days=0, maximum_days=40_000, grace_days=9)
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message below
            BackupVault(
                new_stack(),
                "Vault",
                name="all orders",
                lock=lock,
                copies_from_accounts=["1234"],
                removal_policy=cdk.RemovalPolicy.DESTROY,
            )
        assert str(caught.value) == (
            "BackupVault S/Vault can't be built:\n"
            "  - name must be 2 to 50 letters, digits, dashes or underscores, got 'all orders'\n"
            "  - copies_from_accounts[0] must be an account's number of 12 digits, got '1234'\n"
            "  - lock.minimum_days must be between 1 and 36500 days, got 0 days\n"
            "  - lock.maximum_days must be between 1 and 36500 days, got 40000 days\n"
            "  - lock.grace_days is for VaultLockMode.COMPLIANCE: a lock of governance can always be taken off\n"
            "  - removal_policy must not be DESTROY with a lock, which keeps recovery points until their time comes: "
            "leave removal_policy or lock out"
        )

    def test_a_lock_must_leave_room(self) -> None:
        lock = VaultLock(minimum_days=9, maximum_days=8, mode=VaultLockMode.COMPLIANCE, grace_days=2)
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message below
            BackupVault(new_stack(), "Vault", name="orders", lock=lock)
        assert str(caught.value) == (
            "BackupVault S/Vault can't be built:\n"
            "  - lock.maximum_days must not be less than lock.minimum_days, got 8 and 9\n"
            "  - lock.grace_days must be between 3 and 36500 days, got 2 days"
        )

    def test_a_name_may_be_a_parameter(self) -> None:
        stack = new_stack()
        name = cdk.CfnParameter(stack, "Name").value_as_string
        BackupVault(stack, "Vault", name=name)
        Template.from_stack(stack).has_resource_properties(
            "AWS::Backup::BackupVault", {"BackupVaultName": {"Ref": "Name"}}
        )
