"""What instances behind a Network Load Balancer promise to whoever deploys them, connects to them, or is on call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Match, Template

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.load_balancing.network_front import NetworkFront
from aws_patterns.load_balancing.network_listener_options import (
    AlpnPolicy,
    HttpHealthCheck,
    NetworkListener,
    Targets,
    TcpHealthCheck,
    TcpListener,
    TcpUdpListener,
    TlsListener,
    UdpListener,
)
from aws_patterns.load_balancing.network_load_balanced_fleet import NetworkLoadBalancedFleet
from aws_patterns.load_balancing.stickiness import SourceIpStickiness
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.network.multi_az_vpc import MultiAzVpc

EXPLICIT = cdk.Environment(account="111122223333", region="eu-west-1")
CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0-1"
TCP = TcpListener(port=80, target_port=8080)
UDP = UdpListener(port=514, targets=Targets(health_check=TcpHealthCheck(port=8080)))
PASS_THROUGH = TlsListener(approach=TlsApproach.PASS_THROUGH)

Resources = Mapping[str, Mapping[str, Any]]


def new_stack(env: cdk.Environment | None = None) -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S", env=env)


def build(*listeners: NetworkListener, stack: cdk.Stack | None = None, **props: Any) -> Template:
    stack = stack or new_stack()
    NetworkLoadBalancedFleet(stack, "Service", listeners=listeners or [TCP], **props)
    return Template.from_stack(stack)


def build_tls(
    approach: TlsApproach, *, certificates: int = 1, stack: cdk.Stack | None = None, **props: Any
) -> Template:
    stack = stack or new_stack()
    given = [
        acm.Certificate.from_certificate_arn(stack, f"Certificate{number}", f"{CERTIFICATE}{number}")
        for number in range(certificates)
    ]
    listener = TlsListener(approach=approach, certificates=given, alpn_policy=props.pop("alpn_policy", None))
    return build(listener, stack=stack, **props)


def of_type(template: Template, kind: str) -> Resources:
    return template.find_resources(kind)


def properties(template: Template, kind: str) -> list[Mapping[str, Any]]:
    return [found.get("Properties", {}) for found in of_type(template, kind).values()]


def balancing(template: Template, kind: str) -> list[Mapping[str, Any]]:
    return properties(template, f"AWS::ElasticLoadBalancingV2::{kind}")


def attributes(found: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return {entry["Key"]: entry["Value"] for entry in found.get(f"{kind}Attributes", [])}


def public_subnets(template: Template) -> list[Mapping[str, str]]:
    return [
        {"Ref": name}
        for name, found in of_type(template, "AWS::EC2::Subnet").items()
        if {"Key": "Tier", "Value": "public"} in found["Properties"]["Tags"]
    ]


def groups(template: Template) -> tuple[str, str]:
    """The security groups of the load balancer and of the instances."""
    (balancer,) = balancing(template, "LoadBalancer")
    (launch,) = properties(template, "AWS::EC2::LaunchTemplate")
    front = balancer["SecurityGroups"][0]["Fn::GetAtt"][0]
    fleet = launch["LaunchTemplateData"]["SecurityGroupIds"][0]["Fn::GetAtt"][0]
    return front, fleet


def admitted(template: Template, group: str) -> set[tuple[str, int, int, str]]:
    """Who may reach a security group, and where: protocol, from, to, and a network or another group."""
    inside = of_type(template, "AWS::EC2::SecurityGroup")[group]["Properties"].get("SecurityGroupIngress", [])
    beside = [
        rule
        for rule in properties(template, "AWS::EC2::SecurityGroupIngress")
        if rule["GroupId"]["Fn::GetAtt"][0] == group
    ]
    return {
        (
            rule["IpProtocol"],
            rule["FromPort"],
            rule["ToPort"],
            json.dumps(rule.get("CidrIp") or rule.get("CidrIpv6") or rule["SourceSecurityGroupId"]["Fn::GetAtt"][0]),
        )
        for rule in [*inside, *beside]
    }


def admitted_ports(template: Template, group: str, who: object) -> set[tuple[str, int]]:
    found = admitted(template, group)
    assert {rule[3] for rule in found} == {json.dumps(who)}
    return {(protocol, start) for protocol, start, _, _ in found if not protocol.startswith("icmp")}


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


@pytest.fixture(scope="module")
def offloading() -> Template:
    return build_tls(TlsApproach.OFFLOAD, certificates=3)


@pytest.fixture(scope="module")
def internal() -> Template:
    return build(internet_facing=False)


class TestAddresses:
    @pytest.mark.parametrize("zones", [2, 3])
    def test_each_zone_has_an_elastic_ip_of_its_own(self, zones: int) -> None:
        stack = new_stack()
        network = MultiAzVpc(stack, "Network", availability_zones=zones)
        template = build(stack=stack, vpc=network.vpc)
        (balancer,) = balancing(template, "LoadBalancer")
        mappings = balancer["SubnetMappings"]
        assert [found["SubnetId"] for found in mappings] == public_subnets(template)
        addresses = {found["AllocationId"]["Fn::GetAtt"][0] for found in mappings}
        assert len(addresses) == zones
        assert addresses <= set(of_type(template, "AWS::EC2::EIP"))
        assert (balancer["Scheme"], balancer["Type"], balancer["IpAddressType"]) == (
            "internet-facing",
            "network",
            "ipv4",
        )
        assert "Subnets" not in balancer

    def test_a_network_of_its_own_stays_within_the_quota_of_elastic_ips(self, template: Template) -> None:
        assert len(of_type(template, "AWS::EC2::EIP")) == 4
        assert len(of_type(template, "AWS::EC2::NatGateway")) == 2

    def test_the_way_to_the_internet_is_there_before_the_load_balancer(self, template: Template) -> None:
        (found,) = of_type(template, "AWS::ElasticLoadBalancingV2::LoadBalancer").values()
        routes = {
            name for name, route in of_type(template, "AWS::EC2::Route").items() if "GatewayId" in route["Properties"]
        }
        assert len(routes) == 2
        assert routes <= set(found["DependsOn"])

    def test_addresses_that_exist_already_are_used(self) -> None:
        ids = ["eipalloc-0123456789abcdef0", "eipalloc-0123456789abcdef1"]
        stack = new_stack()
        service = NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP], elastic_ip_allocation_ids=ids)
        template = Template.from_stack(stack)
        (balancer,) = balancing(template, "LoadBalancer")
        assert [found["AllocationId"] for found in balancer["SubnetMappings"]] == ids
        assert len(of_type(template, "AWS::EC2::EIP")) == len(of_type(template, "AWS::EC2::NatGateway"))
        assert service.front.static_addresses == []

    def test_its_own_addresses_can_be_told(self, stack: cdk.Stack) -> None:
        service = NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP])
        told = stack.resolve(service.front.static_addresses)
        assert [address["Fn::GetAtt"][1] for address in told] == ["PublicIp", "PublicIp"]

    def test_an_internal_one_stands_beside_the_instances_without_elastic_ips(self, internal: Template) -> None:
        (balancer,) = balancing(internal, "LoadBalancer")
        (group,) = properties(internal, "AWS::AutoScaling::AutoScalingGroup")
        assert balancer["Scheme"] == "internal"
        assert balancer["Subnets"] == group["VPCZoneIdentifier"]
        assert "SubnetMappings" not in balancer
        assert len(of_type(internal, "AWS::EC2::EIP")) == len(of_type(internal, "AWS::EC2::NatGateway"))

    def test_ipv6_comes_beside_ipv4(self) -> None:
        template = build(ipv6=True)
        (balancer,) = balancing(template, "LoadBalancer")
        assert balancer["IpAddressType"] == "dualstack"
        front, _ = groups(template)
        everybody = {rule[3] for rule in admitted(template, front) if rule[0] == "tcp"}
        assert everybody == {'"0.0.0.0/0"', '"::/0"'}
        assert ("icmpv6", 2, 0, '"::/0"') in admitted(template, front)


class TestZones:
    def test_each_zone_serves_by_its_own_instances_unless_told_otherwise(self, template: Template) -> None:
        (balancer,) = balancing(template, "LoadBalancer")
        assert attributes(balancer, "LoadBalancer")["load_balancing.cross_zone.enabled"] == "false"

    def test_zones_help_each_other_out_when_told_so(self) -> None:
        (balancer,) = balancing(build(cross_zone=True), "LoadBalancer")
        assert attributes(balancer, "LoadBalancer")["load_balancing.cross_zone.enabled"] == "true"

    def test_a_zone_in_trouble_can_be_taken_out(self, template: Template) -> None:
        (balancer,) = balancing(template, "LoadBalancer")
        assert attributes(balancer, "LoadBalancer")["zonal_shift.config.enabled"] == "true"

    def test_every_zone_of_the_load_balancer_has_instances(self, template: Template) -> None:
        (group,) = properties(template, "AWS::AutoScaling::AutoScalingGroup")
        assert len(group["VPCZoneIdentifier"]) == 2
        assert (group["MinSize"], group["MaxSize"]) == ("2", "4")

    def test_instances_in_other_zones_than_the_load_balancer_are_refused(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["a", "b", "c"],
            public_subnet_ids=["subnet-1", "subnet-2", "subnet-3"],
            private_subnet_ids=["subnet-4", "subnet-5", "subnet-6"],
        )
        with pytest.raises(ValueError, match=r"front_subnets must be in the instances' zones \(a, b\), got c: its"):
            NetworkLoadBalancedFleet(
                stack,
                "Service",
                listeners=[TCP],
                vpc=vpc,
                subnets=ec2.SubnetSelection(
                    subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, availability_zones=["a", "b"]
                ),
            )


class TestListeners:
    @pytest.mark.parametrize(
        ("listener", "protocol", "target", "port", "target_port"),
        [
            (TCP, "TCP", "TCP", 80, 8080),
            (UDP, "UDP", "UDP", 514, 514),
            (TcpUdpListener(port=53), "TCP_UDP", "TCP_UDP", 53, 53),
            (PASS_THROUGH, "TCP", "TCP", 443, 8443),
        ],
        ids=["tcp", "udp", "both", "pass-through"],
    )
    def test_pass_on_what_they_are_for(
        self, listener: NetworkListener, protocol: str, target: str, port: int, target_port: int
    ) -> None:
        template = build(listener)
        (found,) = balancing(template, "Listener")
        assert (found["Protocol"], found["Port"]) == (protocol, port)
        assert "Certificates" not in found
        ((group, properties),) = of_type(template, "AWS::ElasticLoadBalancingV2::TargetGroup").items()
        assert found["DefaultActions"] == [{"TargetGroupArn": {"Ref": group}, "Type": "forward"}]
        assert properties["Properties"]["Protocol"] == target
        assert properties["Properties"]["Port"] == target_port
        assert properties["Properties"]["TargetType"] == "instance"
        assert not of_type(template, "AWS::S3::Bucket"), "nothing would ever be logged"

    @pytest.mark.parametrize(
        ("approach", "target", "target_port"), [(TlsApproach.OFFLOAD, "TCP", 8080), (TlsApproach.BRIDGING, "TLS", 8443)]
    )
    def test_end_tls_with_modern_ciphers(self, approach: TlsApproach, target: str, target_port: int) -> None:
        template = build_tls(approach)
        (found,) = balancing(template, "Listener")
        assert (found["Protocol"], found["Port"]) == ("TLS", 443)
        assert found["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
        assert found["Certificates"] == [{"CertificateArn": f"{CERTIFICATE}0"}]
        (group,) = balancing(template, "TargetGroup")
        assert (group["Protocol"], group["Port"]) == (target, target_port)

    def test_choose_a_certificate_by_the_name_asked_for(self, offloading: Template) -> None:
        found = balancing(offloading, "ListenerCertificate")
        assert [entry["Certificates"] for entry in found] == [
            [{"CertificateArn": f"{CERTIFICATE}1"}],
            [{"CertificateArn": f"{CERTIFICATE}2"}],
        ]

    def test_agree_on_http_2_when_told_so(self) -> None:
        (found,) = balancing(build_tls(TlsApproach.OFFLOAD, alpn_policy=AlpnPolicy.HTTP2_PREFERRED), "Listener")
        assert found["AlpnPolicy"] == ["HTTP2Preferred"]

    def test_forget_silent_connections_when_told(self) -> None:
        (found,) = balancing(build(TcpListener(port=22, idle_timeout_seconds=6_000)), "Listener")
        assert attributes(found, "Listener") == {"tcp.idle_timeout.seconds": "6000"}

    def test_several_share_the_fleet(self) -> None:
        template = build(TCP, PASS_THROUGH, UDP, TcpUdpListener(port=53))
        (group,) = properties(template, "AWS::AutoScaling::AutoScalingGroup")
        names = set(of_type(template, "AWS::ElasticLoadBalancingV2::TargetGroup"))
        assert {entry["Ref"] for entry in group["TargetGroupARNs"]} == names
        assert len(names) == 4

    def test_one_that_changes_its_protocol_stays_itself(self) -> None:
        kind = "AWS::ElasticLoadBalancingV2::Listener"
        templates = (build(TcpListener(port=443)), build_tls(TlsApproach.OFFLOAD))
        before, after = (set(of_type(template, kind)) for template in templates)
        assert before == after

    def test_are_there_before_the_instances_are_judged(self, template: Template) -> None:
        (group,) = of_type(template, "AWS::AutoScaling::AutoScalingGroup").values()
        assert set(of_type(template, "AWS::ElasticLoadBalancingV2::Listener")) <= set(group["DependsOn"])
        assert group["Properties"]["HealthCheckType"] == "ELB"


class TestTargets:
    def test_are_drained_then_disconnected_and_see_the_clients_addresses(self, template: Template) -> None:
        (group,) = balancing(template, "TargetGroup")
        assert attributes(group, "TargetGroup") == {
            "deregistration_delay.timeout_seconds": "90",
            "deregistration_delay.connection_termination.enabled": "true",
            "preserve_client_ip.enabled": "true",
            "proxy_protocol_v2.enabled": "false",
            "stickiness.enabled": "false",
            "stickiness.type": "source_ip",
        }

    def test_are_treated_as_told(self) -> None:
        treatment = Targets(
            deregistration_delay_seconds=5,
            keep_connections_after_delay=True,
            preserve_client_ip=False,
            proxy_protocol=True,
            stickiness=SourceIpStickiness(),
        )
        (group,) = balancing(build(targets=treatment), "TargetGroup")
        assert attributes(group, "TargetGroup") == {
            "deregistration_delay.timeout_seconds": "5",
            "deregistration_delay.connection_termination.enabled": "false",
            "preserve_client_ip.enabled": "false",
            "proxy_protocol_v2.enabled": "true",
            "stickiness.enabled": "true",
            "stickiness.type": "source_ip",
        }

    def test_a_listener_may_differ_from_the_others(self) -> None:
        other = TcpListener(port=81, targets=Targets(proxy_protocol=True))
        found = balancing(build(TCP, other), "TargetGroup")
        assert [attributes(group, "TargetGroup")["proxy_protocol_v2.enabled"] for group in found] == ["false", "true"]

    def test_stickiness_is_not_even_mentioned_for_tls_which_has_none(self, offloading: Template) -> None:
        (group,) = balancing(offloading, "TargetGroup")
        assert not [key for key in attributes(group, "TargetGroup") if key.startswith("stickiness")]

    def test_are_asked_for_a_connection(self, template: Template) -> None:
        template.has_resource_properties(
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            {
                "HealthCheckProtocol": "TCP",
                "HealthCheckPort": "traffic-port",
                "HealthCheckPath": Match.absent(),
                "HealthCheckIntervalSeconds": 10,
                "HealthCheckTimeoutSeconds": 5,
                "HealthyThresholdCount": 2,
                "UnhealthyThresholdCount": 3,
            },
        )

    @pytest.mark.parametrize(("encrypted", "protocol"), [(False, "HTTP"), (True, "HTTPS")])
    def test_are_asked_for_a_page_when_told_so(self, encrypted: bool, protocol: str) -> None:
        check = HttpHealthCheck(path="/ready", port=9000, codes="200", encrypted=encrypted)
        build(targets=Targets(health_check=check)).has_resource_properties(
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            {
                "HealthCheckProtocol": protocol,
                "HealthCheckPort": "9000",
                "HealthCheckPath": "/ready",
                "Matcher": {"HttpCode": "200"},
            },
        )


class TestWhoMayConnect:
    def test_the_load_balancer_admits_everybody_to_its_ports_alone(self) -> None:
        template = build(TCP, UDP, TcpUdpListener(port=53))
        front, _ = groups(template)
        ports = admitted_ports(template, front, "0.0.0.0/0")
        assert ports == {("tcp", 80), ("udp", 514), ("tcp", 53), ("udp", 53)}

    def test_the_load_balancer_admits_only_named_networks_when_told_so(self) -> None:
        template = build(allowed_cidrs=["192.0.2.0/24"])
        front, _ = groups(template)
        assert admitted_ports(template, front, "192.0.2.0/24") == {("tcp", 80)}

    def test_an_internal_one_admits_its_network_alone(self, internal: Template) -> None:
        front, _ = groups(internal)
        (vpc,) = of_type(internal, "AWS::EC2::VPC")
        assert admitted_ports(internal, front, {"Fn::GetAtt": [vpc, "CidrBlock"]}) == {("tcp", 80)}

    @pytest.mark.parametrize("preserve", [True, False])
    def test_instances_accept_only_what_came_through_the_load_balancer(self, preserve: bool) -> None:
        check = HttpHealthCheck(port=9000)
        template = build(TCP, targets=Targets(health_check=check, preserve_client_ip=preserve))
        front, fleet = groups(template)
        assert admitted_ports(template, fleet, front) == {("tcp", 8080), ("tcp", 9000)}

    def test_instances_are_reached_over_udp_where_they_serve_it(self) -> None:
        template = build(UDP)
        front, fleet = groups(template)
        assert admitted_ports(template, fleet, front) == {("udp", 514), ("tcp", 8080)}

    def test_the_load_balancer_reaches_nothing_but_the_instances(self, template: Template) -> None:
        front, fleet = groups(template)
        rules = [
            rule
            for rule in properties(template, "AWS::EC2::SecurityGroupEgress")
            if rule["GroupId"]["Fn::GetAtt"][0] == front
        ]
        assert {rule["DestinationSecurityGroupId"]["Fn::GetAtt"][0] for rule in rules} == {fleet}
        assert {(rule["IpProtocol"], rule["FromPort"]) for rule in rules} == {("tcp", 8080), ("icmp", 3)}
        assert "SecurityGroupEgress" not in of_type(template, "AWS::EC2::SecurityGroup")[front]["Properties"]

    def test_packets_that_are_too_large_are_answered(self, template: Template) -> None:
        front, fleet = groups(template)
        assert ("icmp", 3, 4, '"0.0.0.0/0"') in admitted(template, front)
        assert ("icmp", 3, 4, json.dumps(front)) in admitted(template, fleet)

    def test_somebody_may_be_let_in_past_the_load_balancer(self, stack: cdk.Stack) -> None:
        service = NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP])
        other = ec2.SecurityGroup(stack, "Other", vpc=service.vpc)
        service.connections.allow_from(other, ec2.Port.tcp(9100))
        template = Template.from_stack(stack)
        _, fleet = groups(template)
        assert 9100 in {rule[1] for rule in admitted(template, fleet)}

    def test_others_may_be_told_to_admit_the_instances_or_the_load_balancer(self, stack: cdk.Stack) -> None:
        service = NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP])
        database = ec2.SecurityGroup(stack, "Database", vpc=service.vpc)
        database.connections.allow_from(service, ec2.Port.tcp(5432))
        database.connections.allow_from(service.front, ec2.Port.tcp(5433))
        template = Template.from_stack(stack)
        front, fleet = groups(template)
        name = stack.resolve(database.security_group_id)["Fn::GetAtt"][0]
        assert admitted(template, name) == {
            ("tcp", 5432, 5432, json.dumps(fleet)),
            ("tcp", 5433, 5433, json.dumps(front)),
        }


class TestProtection:
    def test_the_load_balancer_is_not_deleted_by_accident(self, template: Template) -> None:
        (balancer,) = balancing(template, "LoadBalancer")
        assert attributes(balancer, "LoadBalancer")["deletion_protection.enabled"] == "true"

    def test_the_load_balancer_may_be_deleted_when_told_so(self) -> None:
        (balancer,) = balancing(build(deletion_protection=False), "LoadBalancer")
        assert attributes(balancer, "LoadBalancer")["deletion_protection.enabled"] == "false"


class TestAccessLogs:
    def test_keep_tls_connections_for_a_month_where_only_aws_writes(self, offloading: Template) -> None:
        ((bucket, found),) = of_type(offloading, "AWS::S3::Bucket").items()
        assert found["DeletionPolicy"] == "Retain"
        assert found["Properties"]["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 30
        ((name, policy),) = of_type(offloading, "AWS::S3::BucketPolicy").items()
        allowed = [
            statement
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
        ]
        assert {statement["Principal"]["Service"] for statement in allowed} == {"delivery.logs.amazonaws.com"}
        assert [statement["Action"] for statement in allowed] == ["s3:GetBucketAcl", "s3:PutObject"]
        for statement in allowed:
            assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
        ((_, balancer),) = of_type(offloading, "AWS::ElasticLoadBalancingV2::LoadBalancer").items()
        switched = attributes(balancer["Properties"], "LoadBalancer")
        assert (switched["access_logs.s3.enabled"], switched["access_logs.s3.bucket"]) == ("true", {"Ref": bucket})
        assert name in balancer["DependsOn"]

    def test_go_with_the_stack_when_told_so(self) -> None:
        template = build_tls(TlsApproach.OFFLOAD, removal_policy=cdk.RemovalPolicy.DESTROY)
        template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Delete"})

    def test_are_not_kept_when_told_so(self) -> None:
        template = build_tls(TlsApproach.OFFLOAD, access_log_retention_days=None)
        template.resource_count_is("AWS::S3::Bucket", 0)


class TestFleet:
    def test_grows_while_processors_are_busy_half_of_the_time(self, template: Template) -> None:
        template.has_resource_properties(
            "AWS::AutoScaling::ScalingPolicy",
            {"TargetTrackingConfiguration": Match.object_like({"TargetValue": 50})},
        )

    def test_a_release_that_serves_badly_is_taken_back(self, template: Template) -> None:
        (group,) = of_type(template, "AWS::AutoScaling::AutoScalingGroup").values()
        alarms = group["UpdatePolicy"]["AutoScalingInstanceRefresh"]["Preferences"]["AlarmSpecification"]["Alarms"]
        watched = of_type(template, "AWS::CloudWatch::Alarm")
        descriptions = [watched[alarm["Ref"]]["Properties"]["AlarmDescription"] for alarm in alarms]
        assert [text.split(",")[0].split(":")[0] for text in descriptions] == [
            "No target is healthy",
            "Targets end many flows by a reset",
        ]

    @pytest.mark.parametrize(
        "props",
        [
            {"update": RollingUpdate()},
            {"update": InstanceRefresh(bake_seconds=600)},
            {"capacity": Capacity(minimum=4, maximum=8, desired=4)},
            {"scaling_policies": ()},
            {
                "mixed_fleet": MixedFleet(on_demand_base=2, spot_percentage=50),
                "instances": Instances(instance_types=["t4g.small", "t4g.medium"]),
            },
        ],
        ids=str,
    )
    def test_may_be_what_a_fleet_may_be(self, props: dict[str, Any]) -> None:
        build(**props).resource_count_is("AWS::AutoScaling::AutoScalingGroup", 1)

    def test_leaves_what_it_is_told_to_leave(self) -> None:
        template = build(suspended_processes=[ScalingProcess.AZ_REBALANCE])
        assert [
            found
            for found in template.to_json()["Resources"].values()
            if "AZRebalance" in json.dumps(found.get("Properties", {}))
        ]

    def test_its_role_takes_grants(self, stack: cdk.Stack) -> None:
        service = NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP])
        bucket = cdk.aws_s3.Bucket(stack, "Bucket")
        bucket.grant_read(service)
        (launch,) = properties(Template.from_stack(stack), "AWS::IAM::InstanceProfile")
        assert "s3:GetObject*" in json.dumps(properties(Template.from_stack(stack), "AWS::IAM::Policy"))
        assert launch["Roles"]


class TestComposition:
    MESSAGE = (
        "NetworkLoadBalancedFleet S/Service can't be built:\n"
        "  - listeners[1].port must not be 80, which listeners[0] has: choose another\n"
        "  - allowed_cidrs must be a network such as 10.0.0.0/16, got 'bad'"
    )

    def test_everything_wrong_is_said_at_once_and_nothing_is_made(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match=f"^{re.escape(self.MESSAGE)}$"):
            NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP, TcpListener(port=80)], allowed_cidrs=["bad"])
        assert [child.node.path for child in stack.node.find_all()] == ["S", "S/Service"]

    @pytest.mark.parametrize("env", [None, EXPLICIT], ids=["any account", "one account"])
    def test_fits_twice_into_a_stack_of_a_stage(self, app: cdk.App, env: cdk.Environment | None) -> None:
        stack = cdk.Stack(cdk.Stage(app, "Production", env=env), "S")
        one = NetworkLoadBalancedFleet(stack, "One", listeners=[TCP])
        NetworkLoadBalancedFleet(stack, "Two", listeners=[TCP, UDP], vpc=one.vpc)
        template = Template.from_stack(stack)
        template.resource_count_is("AWS::ElasticLoadBalancingV2::LoadBalancer", 2)
        template.resource_count_is("AWS::EC2::VPC", 1)

    def test_serves_in_a_network_of_another_stack(self, app: cdk.App) -> None:
        network = MultiAzVpc(cdk.Stack(app, "Network"), "Network")
        stack = cdk.Stack(app, "Service")
        service = NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP], vpc=network.vpc)
        template = Template.from_stack(stack)
        template.resource_count_is("AWS::EC2::VPC", 0)
        template.resource_count_is("AWS::EC2::EIP", 3)
        assert service.network is None

    def test_serves_in_an_imported_network(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            vpc_cidr_block="10.0.0.0/16",
            availability_zones=["a", "b"],
            public_subnet_ids=["subnet-1", "subnet-2"],
            private_subnet_ids=["subnet-3", "subnet-4"],
        )
        NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP], vpc=vpc)
        NetworkLoadBalancedFleet(stack, "Inside", listeners=[TCP], vpc=vpc, internet_facing=False)
        outside, inside = balancing(Template.from_stack(stack), "LoadBalancer")
        assert [found["SubnetId"] for found in outside["SubnetMappings"]] == ["subnet-1", "subnet-2"]
        assert inside["Subnets"] == ["subnet-3", "subnet-4"]

    def test_several_subnets_in_a_zone_are_no_further_zones(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc(
            stack,
            "Vpc",
            max_azs=2,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
                ec2.SubnetConfiguration(name="One", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
                ec2.SubnetConfiguration(name="Two", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            ],
        )
        service = NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP], vpc=vpc, internet_facing=False)
        (balancer,) = balancing(Template.from_stack(stack), "LoadBalancer")
        assert (service.fleet.capacity.minimum, len(balancer["Subnets"])) == (2, 2)

    def test_a_network_without_public_subnets_has_no_addresses_of_the_internet(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["a", "b"],
            private_subnet_ids=["subnet-3", "subnet-4"],
        )
        with pytest.raises(ValueError, match="vpc has no public subnets, of which the load balancer needs one in each"):
            NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP], vpc=vpc)

    @pytest.mark.parametrize("zones", [1, 2, 3])
    def test_a_network_in_one_zone_is_refused(self, stack: cdk.Stack, zones: int) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["a", "b", "c"][:zones],
            public_subnet_ids=["subnet-1", "subnet-2", "subnet-3"][:zones],
            private_subnet_ids=["subnet-4", "subnet-5", "subnet-6"][:zones],
        )
        if zones > 1:
            NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP], vpc=vpc)
            return
        with pytest.raises(ValueError, match="front_subnets must be in 2 zones or more, got 1: a load balancer in one"):
            NetworkLoadBalancedFleet(stack, "Service", listeners=[TCP], vpc=vpc)

    def test_the_load_balancer_serves_other_targets_by_itself(self, stack: cdk.Stack) -> None:
        network = MultiAzVpc(stack, "Network")
        front = NetworkFront(stack, "Front", vpc=network.vpc)
        assert len(front.elastic_ips) == len(front.zones) == 3
        with pytest.raises(ValueError, match=r"^NetworkFront S/Bad can't be built:\n  - allowed_cidrs holds ::/0, and"):
            NetworkFront(stack, "Bad", vpc=network.vpc, allowed_cidrs=["::/0"])
