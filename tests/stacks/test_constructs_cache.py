"""The cache in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aws_patterns.database.cache_engines import CacheAuthentication, CacheEngine, Eviction
from aws_patterns.database.cache_options import CacheAvailability, CacheBackups, Serverless
from tests.stacks.construct_rules import ANYWHERE, IN_A_STAGE, findings_about

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]


def cache(**props: object) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_patterns.database.cache import Cache
        from aws_patterns.network.multi_az_vpc import MultiAzVpc

        vpc = MultiAzVpc(stack, "Network").vpc
        return Cache(stack, "Cache", vpc=vpc, removal_policy=removal_policy, **props)  # type: ignore[arg-type] # as the variant says

    return build


def cache_with_all(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    """With a key, told operators, and somebody who may connect."""
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from aws_patterns.database.cache import Cache
    from aws_patterns.network.multi_az_vpc import MultiAzVpc

    key = kms.Key(stack, "Key", enable_key_rotation=True)
    found = Cache(
        stack,
        "Cache",
        vpc=MultiAzVpc(stack, "Network").vpc,
        engine=CacheEngine.REDIS_OSS,
        shards=3,
        replicas=2,
        eviction=Eviction.ALLKEYS_LFU,
        backups=CacheBackups(retention_days=35, window="23:30-00:30"),
        encryption_key=key,
        alarm_topic=sns.Topic(stack, "Operators", master_key=key, enforce_ssl=True),
        removal_policy=removal_policy,
    )
    found.grant_connect(iam.Role(stack, "Server", assumed_by=iam.AccountRootPrincipal()))
    return found


VARIANTS: Mapping[str, Build] = {
    "cache as it stands": cache(),
    "cache at its smallest": cache(
        availability=CacheAvailability.SINGLE_POINT_OF_FAILURE,
        node_type="t4g.micro",
        rotation_days=None,
        backups=None,
    ),
    "cache with IAM": cache(authentication=CacheAuthentication.IAM, engine_version="9.0"),
    "cache with all": cache_with_all,
    "Memcached": cache(engine=CacheEngine.MEMCACHED, nodes=3),
    "Memcached on one node": cache(
        engine=CacheEngine.MEMCACHED, availability=CacheAvailability.SINGLE_POINT_OF_FAILURE
    ),
    "serverless": cache(serverless=Serverless()),
    "serverless Memcached": cache(engine=CacheEngine.MEMCACHED, serverless=Serverless(maximum_gb=1)),
}


KEPT_IN_A_SNAPSHOT = ("cache as it stands", "Memcached", "serverless")


@pytest.mark.parametrize(
    ("variant", "place", "removal"),
    [
        *((variant, ANYWHERE, "RETAIN") for variant in VARIANTS),
        *((variant, IN_A_STAGE, "DESTROY") for variant in VARIANTS),
        *((variant, ANYWHERE, "SNAPSHOT") for variant in KEPT_IN_A_SNAPSHOT),
    ],
)
def test_no_rule_has_an_open_finding(
    *,
    variant: str,
    place: str,
    removal: str,
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    def build(stack: cdk.Stack) -> None:
        import aws_cdk as cdk

        VARIANTS[variant](stack, cdk.RemovalPolicy[removal])

    assert findings_about(build, place, folder=tmp_path, context=cdk_context, judge=judge) == []
