"""Who reaches whom in the three-tier stack, what its instances are told, and what outlives it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

NAME = "ThreeTierWebApp"
Resources = Mapping[str, Mapping[str, Any]]


@pytest.fixture
def resources(synthesize: Callable[..., Any]) -> Resources:
    found: Resources = synthesize(NAME).template["Resources"]
    return found


def of_type(resources: Resources, kind: str) -> dict[str, Mapping[str, Any]]:
    return {name: one for name, one in resources.items() if one["Type"] == f"AWS::{kind}"}


def let_in(resources: Resources) -> set[tuple[str, str, int]]:
    """Whom, to whom, at which port; by the beginnings of the names of their security groups."""
    return {
        (
            one["Properties"]["SourceSecurityGroupId"]["Fn::GetAtt"][0].partition("SecurityGroup")[0],
            one["Properties"]["GroupId"]["Fn::GetAtt"][0].partition("SecurityGroup")[0],
            one["Properties"]["FromPort"],
        )
        for one in of_type(resources, "EC2::SecurityGroupIngress").values()
    }


def test_each_tier_is_reached_from_the_one_before_it_alone(resources: Resources) -> None:
    assert let_in(resources) == {
        ("WebFront", "WebFleet", 8080),
        ("WebFleet", "Database", 5432),
        ("WebFleet", "Sessions", 6379),
        ("DatabaseRotation", "Database", 5432),
    }
    open_to_networks = {
        name: group["Properties"]["SecurityGroupIngress"]
        for name, group in of_type(resources, "EC2::SecurityGroup").items()
        if group["Properties"].get("SecurityGroupIngress")
    }
    assert [name.partition("SecurityGroup")[0] for name in open_to_networks] == ["WebFront"]


def test_database_and_cache_are_where_no_route_leads_out(resources: Resources) -> None:
    (database,) = of_type(resources, "RDS::DBSubnetGroup").values()
    (cache,) = of_type(resources, "ElastiCache::SubnetGroup").values()
    subnets = [one["Ref"] for group in (database, cache) for one in group["Properties"]["SubnetIds"]]
    assert len(set(subnets)) == 3
    tables = {
        one["Properties"]["SubnetId"]["Ref"]: one["Properties"]["RouteTableId"]["Ref"]
        for one in of_type(resources, "EC2::SubnetRouteTableAssociation").values()
    }
    leading_out = {one["Properties"]["RouteTableId"]["Ref"] for one in of_type(resources, "EC2::Route").values()}
    assert not {tables[subnet] for subnet in subnets} & leading_out


def test_instances_are_told_the_names_of_secrets_and_no_password(resources: Resources) -> None:
    (template,) = of_type(resources, "EC2::LaunchTemplate").values()
    told = json.dumps(template["Properties"]["LaunchTemplateData"]["UserData"])
    assert "DATABASE_SECRET" in told
    assert "CACHE_SECRET" in told
    assert "resolve:secretsmanager" not in told


def test_an_instance_is_judged_by_itself_and_not_by_the_database(resources: Resources) -> None:
    (group,) = of_type(resources, "ElasticLoadBalancingV2::TargetGroup").values()
    assert group["Properties"]["HealthCheckPath"] == "/alive"


def test_the_data_outlives_the_stack_unless_somebody_says_otherwise(
    resources: Resources, synthesize: Callable[..., Any]
) -> None:
    kept = ("RDS::DBInstance", "RDS::DBSubnetGroup")
    for kind in kept:
        assert {one["DeletionPolicy"] for one in of_type(resources, kind).values()} == {"Retain"}
    (database,) = of_type(resources, "RDS::DBInstance").values()
    assert database["Properties"]["DeletionProtection"] is True
    gone = synthesize(NAME, "removal_policy=destroy").template["Resources"]
    (database,) = of_type(gone, "RDS::DBInstance").values()
    assert (database["DeletionPolicy"], database["Properties"]["DeletionProtection"]) == ("Delete", False)


@pytest.mark.parametrize(
    ("sessions", "sticky", "stores"),
    [
        pytest.param(("sessions=sticky",), "true", set(), id="sticky"),
        pytest.param(("sessions=cookie",), "false", set(), id="cookie"),
        pytest.param((), "false", {"ElastiCache::ReplicationGroup"}, id="cache"),
        pytest.param(("session_store=table",), "false", {"DynamoDB::GlobalTable"}, id="table"),
    ],
)
def test_the_one_setting_decides_where_carts_are(
    sessions: tuple[str, ...], sticky: str, stores: set[str], synthesize: Callable[..., Any]
) -> None:
    found = synthesize(NAME, *sessions).template["Resources"]
    kinds = {one["Type"].removeprefix("AWS::") for one in found.values()}
    assert kinds & {"ElastiCache::ReplicationGroup", "DynamoDB::GlobalTable"} == stores
    (group,) = of_type(found, "ElasticLoadBalancingV2::TargetGroup").values()
    attributes = {one["Key"]: one["Value"] for one in group["Properties"]["TargetGroupAttributes"]}
    assert attributes["stickiness.enabled"] == sticky


def test_says_what_comes_back() -> None:
    import aws_cdk as cdk

    from aws_patterns.compute.my_clothes_options import Sessions
    from aws_patterns.load_balancing.tls import TlsApproach
    from aws_patterns.recovery import Loss
    from stacks.settings.three_tier_web_app import ThreeTierWebAppSettings
    from stacks.three_tier_web_app import ThreeTierWebAppStack

    found = ThreeTierWebAppStack(
        cdk.App(), NAME, settings=ThreeTierWebAppSettings(tls=TlsApproach.PLAIN_HTTP, sessions=Sessions.STICKY)
    ).recovery
    assert set(found) == {"Catalogue and orders", "Carts"}
    assert found["Carts"][Loss.INSTANCE].recovery_point is None
    assert found["Catalogue and orders"][Loss.INSTANCE].recovery_point is not None
