"""What one key in several Regions promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from aws_patterns.recovery import NONE, Loss
from aws_patterns.security.regional_keys import RegionalKeyPrimary, RegionalKeyReplica

REPLICA = "AWS::KMS::ReplicaKey"


def new_stack(region: str | None = None) -> cdk.Stack:
    env = cdk.Environment(account="111122223333", region=region) if region else None
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S", env=env)


def one(template: Template, kind: str) -> Mapping[str, Any]:
    (found,) = template.find_resources(kind).values()
    return dict(found)


@pytest.fixture(scope="module")
def replica() -> Template:
    stack = new_stack("eu-west-3")
    key = RegionalKeyReplica(stack, "Key", alias="orders", primary_region="eu-west-1", deletion_window_days=7)
    key.let_service_use("sns.amazonaws.com")
    key.grant_encrypt_decrypt(iam.Role(stack, "Writer", assumed_by=iam.AccountRootPrincipal()))
    return Template.from_stack(stack)


def test_the_primary_can_be_replicated_and_is_known_by_its_name() -> None:
    stack = new_stack()
    RegionalKeyPrimary(stack, "Key", alias="orders", rotation_days=180)
    template = Template.from_stack(stack)
    key = one(template, "AWS::KMS::Key")
    found = key["Properties"]
    assert (found["MultiRegion"], found["EnableKeyRotation"], found["RotationPeriodInDays"]) == (True, True, 180)
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert one(template, "AWS::KMS::Alias")["Properties"]["AliasName"] == "alias/orders"


class TestReplica:
    def test_is_of_the_primary_that_the_name_means_there(self, replica: Template) -> None:
        (lookup,) = replica.find_resources("Custom::PrimaryKeyLookup")
        assert one(replica, REPLICA)["Properties"]["PrimaryKeyArn"] == {"Fn::GetAtt": [lookup, "Arn"]}
        asked = one(replica, "Custom::PrimaryKeyLookup")["Properties"]
        assert (asked["Alias"], asked["Region"]) == ("alias/orders", "eu-west-1")

    def test_has_what_cloudformation_knows_of_replicas_and_nothing_else(self, replica: Template) -> None:
        key = one(replica, REPLICA)
        assert set(key["Properties"]) == {"Description", "KeyPolicy", "PendingWindowInDays", "PrimaryKeyArn"}
        assert key["Properties"]["PendingWindowInDays"] == 7
        assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Retain", "Retain")
        replica.resource_count_is("AWS::KMS::Key", 0)

    def test_has_the_same_name(self, replica: Template) -> None:
        (key,) = replica.find_resources(REPLICA)
        alias = one(replica, "AWS::KMS::Alias")["Properties"]
        assert alias == {"AliasName": "alias/orders", "TargetKeyId": {"Fn::GetAtt": [key, "Arn"]}}

    def test_has_a_policy_of_its_own(self, replica: Template) -> None:
        statements = one(replica, REPLICA)["Properties"]["KeyPolicy"]["Statement"]
        assert [statement["Principal"] for statement in statements][1] == {"Service": "sns.amazonaws.com"}

    def test_is_granted_by_its_own_arn(self, replica: Template) -> None:
        (key,) = replica.find_resources(REPLICA)
        resources = [
            statement["Resource"]
            for policy in replica.find_resources("AWS::IAM::Policy").values()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if "kms:Encrypt" in statement["Action"]
        ]
        assert resources == [{"Fn::GetAtt": [key, "Arn"]}]

    def test_looks_at_keys_of_that_name_in_that_region_only(self, replica: Template) -> None:
        (statement,) = [
            statement
            for policy in replica.find_resources("AWS::IAM::Policy").values()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Action"] == "kms:DescribeKey"
        ]
        assert statement["Condition"] == {"StringEquals": {"kms:RequestAlias": "alias/orders"}}
        assert ":kms:eu-west-1:111122223333:key/*" in str(statement["Resource"])

    def test_waits_until_it_may_look(self, replica: Template) -> None:
        lookup = one(replica, "Custom::PrimaryKeyLookup")
        assert [name for name in lookup["DependsOn"] if "MayLookUp" in name]

    @pytest.mark.parametrize("region", [None, "eu-west-3"])
    def test_twice_in_one_stack(self, region: str | None) -> None:
        stack = new_stack(region)
        for name in ("Orders", "Letters"):
            RegionalKeyReplica(stack, name, alias=name.lower(), primary_region="eu-west-1")
        Template.from_stack(stack).resource_count_is(REPLICA, 2)

    def test_what_can_not_be_is_told_at_once(self) -> None:
        with pytest.raises(ValueError, match="can't be built") as error:
            RegionalKeyReplica(
                new_stack("eu-west-1"), "Key", alias="alias/x", primary_region="eu-west-1", deletion_window_days=1
            )
        assert str(error.value) == (
            "RegionalKeyReplica S/Key can't be built:\n"
            "  - alias must be given without alias/, which is put in front of it, got 'alias/x'\n"
            "  - deletion_window_days must be between 7 and 30 days, got 1 days\n"
            "  - primary_region must be another Region than the replica's own, got 'eu-west-1': a Region has one key "
            "of a set. Put the replica into a stack of another Region"
        )

    def test_a_region_is_given_by_its_code(self) -> None:
        with pytest.raises(ValueError, match="primary_region must be a Region's code such as eu-west-1, got 'Ireland'"):
            RegionalKeyReplica(new_stack(), "Key", alias="orders", primary_region="Ireland")


def test_nobody_notices_the_loss_of_the_other_region() -> None:
    for key in (
        RegionalKeyPrimary(new_stack(), "Key", alias="orders"),
        RegionalKeyReplica(new_stack(), "Key", alias="orders", primary_region="eu-west-1"),
    ):
        lost = key.recovery[Loss.REGION]
        assert (lost.recovery_time, lost.recovery_point, lost.automatic) == (NONE, NONE, True)
