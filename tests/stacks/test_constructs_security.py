"""Keys and secrets in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]


def encryption_key(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.security.encryption_key import EncryptionKey

    key = EncryptionKey(stack, "Key", alias="orders", rotation_days=90, removal_policy=removal_policy)
    key.let_service_use("sns.amazonaws.com")
    return key


def primary_key(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.security.regional_keys import RegionalKeyPrimary

    return RegionalKeyPrimary(stack, "Key", alias="orders", removal_policy=removal_policy)


def replica_key(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_cdk import aws_iam as iam

    from aws_patterns.security.regional_keys import RegionalKeyReplica

    key = RegionalKeyReplica(stack, "Key", alias="orders", primary_region="eu-central-1", removal_policy=removal_policy)
    key.let_service_use("sns.amazonaws.com")
    key.grant_encrypt_decrypt(iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal()))
    return key


def secret(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.security.regional_secret import RegionalSecret

    return RegionalSecret(
        stack,
        "Token",
        name="orders/token",
        replica_regions=["eu-central-1"],
        never_rotated=True,
        removal_policy=removal_policy,
    )


def rotated_secret_with_keys(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns._python_function import python_function
    from aws_patterns.security.regional_keys import RegionalKeyPrimary
    from aws_patterns.security.regional_secret import RegionalSecret

    key = RegionalKeyPrimary(stack, "Key", alias="orders", removal_policy=removal_policy)
    function = python_function(
        stack,
        "Rotate",
        package="regional_key_lookup",  # stands in for a rotation function
        description="Changes a secret",
        environment={},
        timeout_seconds=30,
        removal_policy=removal_policy,
    )
    return RegionalSecret(
        stack,
        "Token",
        name="orders/token",
        replica_regions=["eu-central-1", "eu-west-3"],
        fields={"username": "app"},
        encryption_key=key.key,
        replica_key_alias="orders",
        rotation_function=function,
        rotation_days=7,
        removal_policy=removal_policy,
    )


VARIANTS: Mapping[str, Build] = {
    "encryption key": encryption_key,
    "primary key": primary_key,
    "replica key": replica_key,
    "secret": secret,
    "rotated secret with keys": rotated_secret_with_keys,
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
