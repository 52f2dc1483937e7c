"""The network deployed by the real ``cdk deploy``: what EC2 then says about it, and that nothing outlives it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from local_aws.embedded import EmbeddedAws

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef, RouteTableTypeDef, RouteTypeDef, SubnetTypeDef

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_patterns.network.multi_az_vpc import MultiAzVpc

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "MultiAzNetwork", env=ENVIRONMENT)
network = MultiAzVpc(
    stack,
    "Network",
    interface_endpoints=["ssm"],
    denied_cidrs=["192.0.2.0/24", "2001:db8::/32"],
    ipv6=True,
    removal_policy=cdk.RemovalPolicy.DESTROY,
)
cdk.CfnOutput(stack, "NetworkId", value=network.vpc.vpc_id)
cdk.CfnOutput(stack, "FlowLogGroup", value=network.flow_log.log_group.log_group_name)
app.synth()
"""
ACCOUNT = "000000000000"


class Deployed(NamedTuple):
    """A network that is there, and what was there before."""

    ec2: EC2Client
    filters: list[FilterTypeDef]
    flow_log_group: str
    vpc: str

    def subnets(self, tier: str) -> Mapping[str, SubnetTypeDef]:
        """By zone."""
        found = self.ec2.describe_subnets(Filters=[*self.filters, {"Name": "tag:Tier", "Values": [tier]}])["Subnets"]
        return {subnet["AvailabilityZone"]: subnet for subnet in found}

    def route_table(self, subnet: SubnetTypeDef) -> RouteTableTypeDef:
        wanted: FilterTypeDef = {"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}
        (table,) = self.ec2.describe_route_tables(Filters=[wanted])["RouteTables"]
        return table

    def default_route(self, subnet: SubnetTypeDef) -> RouteTypeDef:
        routes = self.route_table(subnet)["Routes"]
        nowhere: RouteTypeDef = {}
        return next((route for route in routes if route.get("DestinationCidrBlock") == "0.0.0.0/0"), nowhere)


def what_is_there(ec2: EC2Client) -> Mapping[str, set[str]]:
    """Ids of all that a network is made of, by kind."""
    nats = ec2.describe_nat_gateways()["NatGateways"]
    return {
        "networks": {found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"]},
        "subnets": {found["SubnetId"] for found in ec2.describe_subnets()["Subnets"]},
        "route tables": {found["RouteTableId"] for found in ec2.describe_route_tables()["RouteTables"]},
        "internet gateways": {
            found["InternetGatewayId"] for found in ec2.describe_internet_gateways()["InternetGateways"]
        },
        "egress-only gateways": {
            found["EgressOnlyInternetGatewayId"]
            for found in ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"]
        },
        "NAT gateways": {found["NatGatewayId"] for found in nats if found["State"] != "deleted"},
        "addresses": {found["AllocationId"] for found in ec2.describe_addresses()["Addresses"]},
        "endpoints": {found["VpcEndpointId"] for found in ec2.describe_vpc_endpoints()["VpcEndpoints"]},
        "ACLs": {found["NetworkAclId"] for found in ec2.describe_network_acls()["NetworkAcls"]},
        "security groups": {found["GroupId"] for found in ec2.describe_security_groups()["SecurityGroups"]},
        "flow logs": {found["FlowLogId"] for found in ec2.describe_flow_logs()["FlowLogs"]},
    }


@pytest.fixture(scope="module", params=["anywhere", "one account"])
def deployed(
    request: pytest.FixtureRequest,
    session_aws: EmbeddedAws,
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    """The network, from a stack for any account and from one for this account; destroyed afterwards, and gone."""
    ec2 = session_aws.client("ec2")
    folder: Path = tmp_path_factory.mktemp("network")
    environment = None if request.param == "anywhere" else {"account": ACCOUNT, "region": ec2.meta.region_name}
    code = APP.replace("ENVIRONMENT", repr(environment)).replace("LIBRARY", repr(str(project / "constructs")))
    (folder / "app.py").write_text(code)
    app = shlex.join([sys.executable, "app.py"])
    before = what_is_there(ec2)

    outputs = session_aws.deploy("MultiAzNetwork", app=app, folder=folder)
    vpc = outputs["NetworkId"]
    yield Deployed(ec2, [{"Name": "vpc-id", "Values": [vpc]}], outputs["FlowLogGroup"], vpc)

    session_aws.destroy("MultiAzNetwork", app=app, folder=folder)
    assert what_is_there(ec2) == before
    groups = session_aws.client("logs").describe_log_groups(logGroupNamePrefix=outputs["FlowLogGroup"])
    assert groups["logGroups"] == []
    assert not (folder / "cdk.context.json").exists(), "something was looked up"


def test_every_tier_has_a_subnet_in_each_of_three_zones(deployed: Deployed) -> None:
    blocks = [
        [subnet["CidrBlock"] for _, subnet in sorted(deployed.subnets(tier).items())]
        for tier in ("public", "private", "isolated")
    ]
    assert blocks == [
        ["10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"],
        ["10.0.64.0/20", "10.0.80.0/20", "10.0.96.0/20"],
        ["10.0.128.0/20", "10.0.144.0/20", "10.0.160.0/20"],
    ]


def test_a_private_subnet_leaves_through_the_gateway_of_its_own_zone(deployed: Deployed) -> None:
    gateways = deployed.ec2.describe_nat_gateways(Filters=deployed.filters)["NatGateways"]
    by_subnet = {gateway["SubnetId"]: gateway["NatGatewayId"] for gateway in gateways}
    public = deployed.subnets("public")
    private = deployed.subnets("private")
    assert {zone: deployed.default_route(subnet).get("NatGatewayId") for zone, subnet in private.items()} == {
        zone: by_subnet[subnet["SubnetId"]] for zone, subnet in public.items()
    }
    assert len(set(by_subnet.values())) == 3


def test_a_public_subnet_leaves_through_the_internet_gateway_and_an_isolated_one_never(deployed: Deployed) -> None:
    for subnet in deployed.subnets("public").values():
        assert deployed.default_route(subnet)["GatewayId"].startswith("igw-")
    for subnet in deployed.subnets("isolated").values():
        assert deployed.default_route(subnet) == {}


def test_s3_and_dynamodb_are_reached_from_every_route_table_without_the_internet(deployed: Deployed) -> None:
    endpoints = deployed.ec2.describe_vpc_endpoints(Filters=deployed.filters)["VpcEndpoints"]
    tables = {
        deployed.route_table(subnet)["RouteTableId"]
        for tier in ("public", "private", "isolated")
        for subnet in deployed.subnets(tier).values()
    }
    gateways = {found["ServiceName"]: found for found in endpoints if found["VpcEndpointType"] == "Gateway"}
    assert {name.rsplit(".", 1)[1] for name in gateways} == {"s3", "dynamodb"}
    assert [set(found["RouteTableIds"]) for found in gateways.values()] == [tables, tables]
    (interface,) = [found for found in endpoints if found["VpcEndpointType"] == "Interface"]
    assert interface["ServiceName"].endswith(".ssm")
    assert set(interface["SubnetIds"]) == {found["SubnetId"] for found in deployed.subnets("private").values()}


def test_the_deny_list_holds_both_ways_and_lets_all_else_pass(deployed: Deployed) -> None:
    lists = deployed.ec2.describe_network_acls(Filters=deployed.filters)["NetworkAcls"]
    (found,) = [entry for entry in lists if not entry["IsDefault"]]
    rules = sorted(
        (rule["RuleNumber"], rule["Egress"], rule["RuleAction"], rule.get("CidrBlock") or rule["Ipv6CidrBlock"])
        for rule in found["Entries"]
        if rule["RuleNumber"] < 32_767
    )
    assert rules == [
        (100, False, "deny", "192.0.2.0/24"),
        (100, True, "deny", "192.0.2.0/24"),
        (200, False, "deny", "2001:db8::/32"),
        (200, True, "deny", "2001:db8::/32"),
        (32_000, False, "allow", "0.0.0.0/0"),
        (32_000, True, "allow", "0.0.0.0/0"),
        (32_100, False, "allow", "::/0"),
        (32_100, True, "allow", "::/0"),
    ]
    # The emulator forgets which subnet an association is for; the unit tests say which.
    assert len(found["Associations"]) == len(deployed.subnets("public")) + len(deployed.subnets("private")) == 6


def test_the_default_security_group_lets_nothing_pass(deployed: Deployed) -> None:
    groups = deployed.ec2.describe_security_groups(Filters=deployed.filters)["SecurityGroups"]
    (default,) = [group for group in groups if group["GroupName"] == "default"]
    assert (default["IpPermissions"], default["IpPermissionsEgress"]) == ([], [])


def test_traffic_is_recorded_and_names_are_resolved(deployed: Deployed) -> None:
    wanted: FilterTypeDef = {"Name": "resource-id", "Values": [deployed.vpc]}
    (flow_log,) = deployed.ec2.describe_flow_logs(Filters=[wanted])["FlowLogs"]
    # The emulator gives the group's name as the destination.
    target = flow_log.get("LogGroupName") or flow_log["LogDestination"]
    assert (target, flow_log["TrafficType"]) == (deployed.flow_log_group, "ALL")
    support = deployed.ec2.describe_vpc_attribute(VpcId=deployed.vpc, Attribute="enableDnsSupport")
    names = deployed.ec2.describe_vpc_attribute(VpcId=deployed.vpc, Attribute="enableDnsHostnames")
    assert (support["EnableDnsSupport"], names["EnableDnsHostnames"]) == ({"Value": True}, {"Value": True})
