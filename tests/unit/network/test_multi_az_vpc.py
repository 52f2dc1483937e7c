"""What a network over several Availability Zones promises to whoever builds in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Match, Template

from aws_patterns.network.cidr_plan import SubnetPrefixes, Tier
from aws_patterns.network.multi_az_vpc import MultiAzVpc
from aws_patterns.network.multi_az_vpc_options import FlowLogDestination, FlowLogs, NatGateways

EXPLICIT = cdk.Environment(account="111122223333", region="eu-west-1")


def build(env: cdk.Environment | None = None, **props: Any) -> Template:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S", env=env)
    MultiAzVpc(stack, "Network", **props)
    return Template.from_stack(stack)


def properties(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    return {name: found["Properties"] for name, found in template.find_resources(f"AWS::EC2::{kind}").items()}


def subnets(template: Template, tier: str) -> dict[str, dict[str, Any]]:
    return {
        name: found
        for name, found in properties(template, "Subnet").items()
        if {"Key": "Tier", "Value": tier} in found["Tags"]
    }


def default_routes(template: Template, tier: str, key: str = "DestinationCidrBlock") -> list[dict[str, Any]]:
    """The route out of each of a tier's subnets, empty for those that have none."""
    tables = {
        found["SubnetId"]["Ref"]: found["RouteTableId"]["Ref"]
        for found in properties(template, "SubnetRouteTableAssociation").values()
    }
    routes = {
        found["RouteTableId"]["Ref"]: found
        for found in properties(template, "Route").values()
        if found.get(key) in {"0.0.0.0/0", "::/0"}
    }
    return [routes.get(tables[subnet], {}) for subnet in subnets(template, tier)]


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


class TestZones:
    @pytest.mark.parametrize("env", [None, EXPLICIT], ids=["any account", "one account"])
    @pytest.mark.parametrize("count", [2, 3])
    def test_every_tier_is_in_every_zone(self, env: cdk.Environment | None, count: int) -> None:
        template = build(env, availability_zones=count)
        zones = [{"Fn::Select": [zone, {"Fn::GetAZs": ""}]} for zone in range(count)]
        for tier in Tier:
            assert [found["AvailabilityZone"] for found in subnets(template, tier).values()] == zones

    @pytest.mark.parametrize("zones", [3, ("eu-west-1a", "eu-west-1c")], ids=["number", "names"])
    def test_nothing_is_looked_up_in_a_known_account(self, tmp_path: Path, zones: Any) -> None:
        app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "S", env=EXPLICIT)
        sqs.Queue(stack, "Before")
        MultiAzVpc(stack, "Network", availability_zones=zones)
        sqs.Queue(stack, "After")
        children = [child.node.id for child in stack.node.children]
        app.synth()
        assert "missing" not in json.loads((tmp_path / "manifest.json").read_text())
        assert [name for name in children if name in {"Before", "Network", "After"}] == ["Before", "Network", "After"]

    def test_what_was_imported_before_the_network_stays_where_it_is(self) -> None:
        """Python knows an imported resource by its interface only."""
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "S", env=EXPLICIT)
        arn = "arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
        acm.Certificate.from_certificate_arn(stack, "Imported", arn)
        MultiAzVpc(stack, "Network")
        assert [child.node.id for child in stack.node.children][:2] == ["Imported", "Network"]

    def test_other_networks_of_the_stack_are_looked_up_as_ever(self, tmp_path: Path) -> None:
        app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "S", env=EXPLICIT)
        MultiAzVpc(stack, "Network")
        ec2.Vpc(stack, "Other")
        app.synth()
        (missing,) = json.loads((tmp_path / "manifest.json").read_text())["missing"]
        assert missing["provider"] == "availability-zones"

    def test_zones_that_were_looked_up_before_say_which_names_exist(self) -> None:
        known = {"availability-zones:account=111122223333:region=eu-west-1": ["eu-west-1a", "eu-west-1b"]}
        app = cdk.App(context=known, builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "S", env=EXPLICIT)
        MultiAzVpc(stack, "Good", availability_zones=["eu-west-1a", "eu-west-1b"])
        with pytest.raises(RuntimeError, match="must be a subset of the stack's availability zones"):
            MultiAzVpc(stack, "Bad", availability_zones=["eu-west-1a", "eu-west-1x"])

    def test_the_real_network_knows_its_zones(self, stack: cdk.Stack) -> None:
        network = MultiAzVpc(stack, "Network", availability_zones=2)
        assert isinstance(network.vpc, ec2.Vpc)
        assert len(network.vpc.availability_zones) == 2

    @pytest.mark.parametrize("ipv6", [False, True])
    def test_a_third_zone_moves_no_subnet(self, ipv6: bool) -> None:
        two, three = (properties(build(availability_zones=count, ipv6=ipv6), "Subnet") for count in (2, 3))
        for name, found in two.items():
            assert three[name] == found


class TestSubnets:
    def test_are_those_of_the_plan(self, stack: cdk.Stack) -> None:
        network = MultiAzVpc(stack, "Network", subnet_prefixes=SubnetPrefixes(public=24, private=19, isolated=22))
        template = Template.from_stack(stack)
        for tier in Tier:
            expected = [str(slot) for slot in network.plan.subnets(tier)[:3]]
            assert [found["CidrBlock"] for found in subnets(template, tier).values()] == expected
            assert len(expected) == 3

    def test_give_no_machine_a_public_address_by_accident(self, template: Template) -> None:
        assert {found["MapPublicIpOnLaunch"] for found in properties(template, "Subnet").values()} == {False}

    def test_names_are_resolved_inside(self, template: Template) -> None:
        (vpc,) = properties(template, "VPC").values()
        assert (vpc["EnableDnsSupport"], vpc["EnableDnsHostnames"]) == (True, True)
        assert vpc["CidrBlock"] == "10.0.0.0/16"

    def test_the_default_security_group_is_closed(self, template: Template) -> None:
        template.resource_count_is("Custom::VpcRestrictDefaultSG", 1)

    def test_carry_the_stacks_tags(self, stack: cdk.Stack) -> None:
        cdk.Tags.of(stack).add("owner", "cats")
        MultiAzVpc(stack, "Network")
        for found in properties(Template.from_stack(stack), "Subnet").values():
            assert {"Key": "owner", "Value": "cats"} in found["Tags"]


class TestWaysOut:
    def test_public_subnets_lead_to_the_internet_gateway(self, template: Template) -> None:
        (gateway,) = template.find_resources("AWS::EC2::InternetGateway")
        assert [found["GatewayId"] for found in default_routes(template, "public")] == [{"Ref": gateway}] * 3

    def test_each_private_subnet_leads_to_the_gateway_of_its_own_zone(self, template: Template) -> None:
        gateways = properties(template, "NatGateway")
        zone_of = {name: found["AvailabilityZone"] for name, found in properties(template, "Subnet").items()}
        zones = [
            zone_of[gateways[found["NatGatewayId"]["Ref"]]["SubnetId"]["Ref"]]
            for found in default_routes(template, "private")
        ]
        assert zones == [found["AvailabilityZone"] for found in subnets(template, "private").values()]
        assert len(gateways) == 3

    def test_isolated_subnets_lead_nowhere(self, template: Template) -> None:
        assert default_routes(template, "isolated") == [{}, {}, {}]

    def test_a_single_gateway_is_shared_by_all_zones(self) -> None:
        template = build(nat_gateways=NatGateways.SINGLE_POINT_OF_FAILURE)
        (gateway,) = properties(template, "NatGateway")
        assert [found["NatGatewayId"] for found in default_routes(template, "private")] == [{"Ref": gateway}] * 3

    def test_no_gateway_leaves_private_subnets_without_a_way_out(self) -> None:
        template = build(nat_gateways=NatGateways.NONE)
        template.resource_count_is("AWS::EC2::NatGateway", 0)
        template.resource_count_is("AWS::EC2::EIP", 0)
        assert default_routes(template, "private") == [{}, {}, {}]
        assert len(subnets(template, "private")) == 3

    def test_ipv6_leaves_private_subnets_through_the_egress_only_gateway(self) -> None:
        template = build(ipv6=True)
        (gateway,) = template.find_resources("AWS::EC2::EgressOnlyInternetGateway")
        (internet,) = template.find_resources("AWS::EC2::InternetGateway")
        key = "DestinationIpv6CidrBlock"
        private, public = (default_routes(template, tier, key) for tier in ("private", "public"))
        assert [found["EgressOnlyInternetGatewayId"] for found in private] == [{"Ref": gateway}] * 3
        assert [found["GatewayId"] for found in public] == [{"Ref": internet}] * 3
        assert default_routes(template, "isolated", key) == [{}, {}, {}]

    def test_every_ipv6_subnet_has_a_block_of_its_own(self) -> None:
        found = properties(build(ipv6=True), "Subnet").values()
        assert len({json.dumps(subnet["Ipv6CidrBlock"]) for subnet in found}) == 9
        assert {subnet["AssignIpv6AddressOnCreation"] for subnet in found} == {True}


class TestEndpoints:
    def test_s3_and_dynamodb_are_free_from_every_tier(self, template: Template) -> None:
        endpoints = properties(template, "VPCEndpoint").values()
        assert [found["VpcEndpointType"] for found in endpoints] == ["Gateway", "Gateway"]
        assert [len(found["RouteTableIds"]) for found in endpoints] == [9, 9]
        names = sorted(found["ServiceName"]["Fn::Join"][1][-1] for found in endpoints)
        assert names == [".dynamodb", ".s3"]

    def test_named_services_share_one_security_group_that_admits_https_from_inside_only(self, stack: cdk.Stack) -> None:
        network = MultiAzVpc(stack, "Network", interface_endpoints=["ssm", "ecr.api"])
        template = Template.from_stack(stack)
        endpoints = [
            found for found in properties(template, "VPCEndpoint").values() if found["VpcEndpointType"] == "Interface"
        ]
        private = [{"Ref": name} for name in subnets(template, "private")]
        assert [found["SubnetIds"] for found in endpoints] == [private, private]
        assert [found["PrivateDnsEnabled"] for found in endpoints] == [True, True]
        ((group, rules),) = properties(template, "SecurityGroup").items()
        assert [found["SecurityGroupIds"] for found in endpoints] == [[{"Fn::GetAtt": [group, "GroupId"]}]] * 2
        (rule,) = rules["SecurityGroupIngress"]
        assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("10.0.0.0/16", 443, 443)
        assert {egress["CidrIp"] for egress in rules["SecurityGroupEgress"]} == {"255.255.255.255/32"}
        assert sorted(network.interface_endpoints) == ["ecr.api", "ssm"]
        assert sorted(network.gateway_endpoints) == ["dynamodb", "s3"]

    def test_without_interface_endpoints_there_is_no_group(self, template: Template) -> None:
        template.resource_count_is("AWS::EC2::SecurityGroup", 0)


class TestFlowLogs:
    def test_go_to_cloudwatch_for_a_month_unless_told_otherwise(self, template: Template) -> None:
        template.has_resource_properties(
            "AWS::EC2::FlowLog", {"LogDestinationType": "cloud-watch-logs", "TrafficType": "ALL", "ResourceType": "VPC"}
        )
        template.has_resource(
            "AWS::Logs::LogGroup", {"Properties": {"RetentionInDays": 30}, "DeletionPolicy": "Retain"}
        )

    def test_go_to_an_encrypted_private_bucket_when_asked(self) -> None:
        template = build(flow_logs=FlowLogs(destination=FlowLogDestination.S3, retention_days=400))
        template.has_resource_properties("AWS::EC2::FlowLog", {"LogDestinationType": "s3"})
        template.has_resource_properties(
            "AWS::S3::Bucket",
            {
                "BucketEncryption": Match.any_value(),
                "LifecycleConfiguration": {"Rules": [{"ExpirationInDays": 400, "Status": "Enabled"}]},
                "PublicAccessBlockConfiguration": Match.object_like({"BlockPublicPolicy": True}),
            },
        )

    def test_are_off_only_when_told_so(self) -> None:
        build(flow_logs=None).resource_count_is("AWS::EC2::FlowLog", 0)

    @pytest.mark.parametrize("destination", FlowLogDestination)
    def test_are_removed_with_the_network_only_when_told_so(self, destination: FlowLogDestination) -> None:
        template = build(flow_logs=FlowLogs(destination=destination), removal_policy=cdk.RemovalPolicy.DESTROY)
        kind = "AWS::Logs::LogGroup" if destination == FlowLogDestination.CLOUDWATCH else "AWS::S3::Bucket"
        template.has_resource(kind, {"DeletionPolicy": "Delete"})


def rules(template: Template) -> list[tuple[int, bool, str, str]]:
    return sorted(
        (entry["RuleNumber"], entry["Egress"], entry["RuleAction"], entry.get("CidrBlock") or entry["Ipv6CidrBlock"])
        for entry in properties(template, "NetworkAclEntry").values()
    )


class TestDenyList:
    def test_denies_both_ways_and_lets_all_else_pass_both_ways(self) -> None:
        template = build(denied_cidrs=["192.0.2.0/24", "2001:db8::/32"], ipv6=True)
        assert rules(template) == [
            (100, False, "deny", "192.0.2.0/24"),
            (100, True, "deny", "192.0.2.0/24"),
            (200, False, "deny", "2001:db8::/32"),
            (200, True, "deny", "2001:db8::/32"),
            (32_000, False, "allow", "0.0.0.0/0"),
            (32_000, True, "allow", "0.0.0.0/0"),
            (32_100, False, "allow", "::/0"),
            (32_100, True, "allow", "::/0"),
        ]
        entries = properties(template, "NetworkAclEntry").values()
        assert {entry["Protocol"] for entry in entries} == {-1}, "every protocol and port, ephemeral ones included"

    def test_guards_the_subnets_that_have_a_way_out_and_only_once_its_rules_are_there(self) -> None:
        template = build(denied_cidrs=["192.0.2.0/24"])
        found = template.find_resources("AWS::EC2::SubnetNetworkAclAssociation").values()
        guarded = {association["Properties"]["SubnetId"]["Ref"] for association in found}
        assert guarded == {*subnets(template, "public"), *subnets(template, "private")}
        for association in found:
            assert set(association["DependsOn"]) == set(properties(template, "NetworkAclEntry"))

    def test_no_rule_changes_its_number_when_the_list_changes(self) -> None:
        def numbers(*denied: str) -> Mapping[str, int]:
            entries = properties(build(denied_cidrs=denied), "NetworkAclEntry")
            return {name: entry["RuleNumber"] for name, entry in entries.items()}

        longer = numbers("192.0.2.0/24", "198.51.100.0/24")
        assert numbers("198.51.100.0/24").items() <= longer.items()

    def test_is_not_there_without_denied_networks(self, template: Template) -> None:
        template.resource_count_is("AWS::EC2::NetworkAcl", 0)


class TestComposition:
    def test_everything_wrong_is_said_at_once(self, stack: cdk.Stack) -> None:
        message = (
            "MultiAzVpc S/Network can't be built:\n"
            "  - availability_zones must be 2 or 3, got 1: a network in one zone goes down with it\n"
            "  - interface_endpoints must name AWS services that have an HTTPS endpoint, got 'smm': "
            "did you mean ssm or sms?"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            MultiAzVpc(stack, "Network", availability_zones=1, interface_endpoints=["smm"])

    def test_a_cidr_known_only_at_deployment_is_refused(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="cidr must be known at synthesis: the subnets are cut out of it"):
            MultiAzVpc(stack, "Network", cidr=cdk.CfnParameter(stack, "Cidr").value_as_string)

    def test_fits_twice_into_a_stack_and_into_a_stage(self, app: cdk.App) -> None:
        stage = cdk.Stage(app, "Production", env=EXPLICIT)
        stack = cdk.Stack(stage, "S")
        one = MultiAzVpc(stack, "One")
        MultiAzVpc(stack, "Two", cidr="10.1.0.0/16", must_not_overlap=[str(one.plan.network)])
        Template.from_stack(stack).resource_count_is("AWS::EC2::VPC", 2)

    def test_serves_another_stack(self, app: cdk.App) -> None:
        network = MultiAzVpc(cdk.Stack(app, "Network"), "Network")
        other = cdk.Stack(app, "Other")
        ec2.SecurityGroup(other, "Group", vpc=network.vpc)
        chosen = network.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        assert chosen.subnet_ids == [subnet.subnet_id for subnet in network.isolated_subnets]
        Template.from_stack(other).resource_count_is("AWS::EC2::SecurityGroup", 1)

    def test_the_examples_in_the_documentation_run(self, stack: cdk.Stack) -> None:
        examples = re.findall(r"^ *>>> (.+)$", MultiAzVpc.__doc__ or "", re.MULTILINE)
        assert len(examples) == 2
        for example in examples:
            eval(example, {"stack": stack, "MultiAzVpc": MultiAzVpc, "NatGateways": NatGateways})
