"""The shop in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stacks.construct_rules import PLACES, findings_about

if TYPE_CHECKING:
    import aws_cdk as cdk


def on_a_cache(stack: cdk.Stack) -> None:
    from aws_patterns.compute.my_clothes import MyClothes
    from aws_patterns.compute.my_clothes_options import SessionCache
    from aws_patterns.database.cache import Cache
    from aws_patterns.network.multi_az_vpc import MultiAzVpc

    cache = Cache(stack, "Cache", vpc=MultiAzVpc(stack, "Network").vpc)
    there = SessionCache(endpoint=cache.endpoint, port=cache.port, secret=cache.secret)
    run(MyClothes(stack, "Shop", database_secret=database_secret(stack), session_cache=there))


def on_a_table(stack: cdk.Stack) -> None:
    from aws_patterns.compute.my_clothes import MyClothes
    from aws_patterns.database.dynamodb_table import DynamoDbTable

    table = DynamoDbTable(stack, "Carts", time_to_live_attribute="expires").table
    run(MyClothes(stack, "Shop", database_secret=database_secret(stack), session_table=table, tls=True))


def in_cookies(stack: cdk.Stack) -> None:
    import aws_cdk as cdk

    from aws_patterns.compute.my_clothes import MyClothes
    from aws_patterns.compute.my_clothes_options import Sessions

    for name, policy in (("Kept", cdk.RemovalPolicy.RETAIN), ("Gone", cdk.RemovalPolicy.DESTROY)):
        shop = MyClothes(
            stack,
            name,
            database_secret=database_secret(stack, name),
            sessions=Sessions.COOKIE,
            removal_policy=policy,
        )
        run(shop)


def database_secret(stack: cdk.Stack, name: str = "Theirs") -> cdk.aws_secretsmanager.ISecret:
    """One that somebody else has made."""
    from aws_cdk import aws_secretsmanager as secretsmanager

    return secretsmanager.Secret.from_secret_name_v2(stack, f"{name}Secret", "theirs")


def run(shop: object) -> None:
    """Let a role do it."""
    from aws_cdk import aws_iam as iam

    from aws_patterns.compute.my_clothes import MyClothes

    assert isinstance(shop, MyClothes)
    shop.grant_run(iam.Role(shop, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com")))


VARIANTS: Mapping[str, Callable[[cdk.Stack], None]] = {
    "on a cache": on_a_cache,
    "on a table": on_a_table,
    "in cookies": in_cookies,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_rule_has_an_open_finding(
    variant: str,
    place: str,
    *,
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    build = VARIANTS[variant]
    assert findings_about(build, place, folder=tmp_path / "cdk.out", context=cdk_context, judge=judge) == []
