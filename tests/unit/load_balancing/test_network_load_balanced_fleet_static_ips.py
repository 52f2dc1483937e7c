"""What static addresses in front of an Application Load Balancer promise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk.assertions import Match, Template

from aws_patterns.load_balancing.network_listener_options import HttpHealthCheck
from aws_patterns.load_balancing.static_ip_front import StaticIpFront
from aws_patterns.network.multi_az_vpc import MultiAzVpc

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0-1"
NOTHING = elbv2.ListenerAction.fixed_response(404)


def behind(scope: cdk.Stack, id: str = "Behind", *, vpc: ec2.IVpc | None = None) -> list[elbv2.ApplicationListener]:
    """An internal load balancer with HTTPS on 443, and on 80 what sends clients there."""
    balancer = elbv2.ApplicationLoadBalancer(scope, id, vpc=vpc or MultiAzVpc(scope, f"{id}Network").vpc)
    certificate = acm.Certificate.from_certificate_arn(scope, f"{id}Certificate", CERTIFICATE)
    https = balancer.add_listener("Https", port=443, open=False, certificates=[certificate], default_action=NOTHING)
    return [https, balancer.add_listener("Http", port=80, open=False, default_action=NOTHING)]


def kinds(template: Template, kind: str, **wanted: str) -> list[Mapping[str, Any]]:
    found = template.find_resources(f"AWS::ElasticLoadBalancingV2::{kind}").values()
    every = [resource["Properties"] for resource in found]
    return [one for one in every if all(one.get(name) == value for name, value in wanted.items())]


@pytest.fixture(scope="module")
def stack_with_front() -> tuple[cdk.Stack, StaticIpFront]:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    return stack, StaticIpFront(stack, "Front", listeners=behind(stack))


@pytest.fixture(scope="module")
def template(stack_with_front: tuple[cdk.Stack, StaticIpFront]) -> Template:
    return Template.from_stack(stack_with_front[0])


def test_each_zone_has_an_elastic_ip(template: Template) -> None:
    (balancer,) = kinds(template, "LoadBalancer", Type="network")
    addresses = [mapping["AllocationId"]["Fn::GetAtt"][0] for mapping in balancer["SubnetMappings"]]
    assert len(set(addresses)) == 3


def test_every_port_leads_to_the_same_port_behind_over_tcp(template: Template) -> None:
    groups = kinds(template, "TargetGroup", TargetType="alb")
    assert sorted((group["Port"], group["Protocol"]) for group in groups) == [(80, "TCP"), (443, "TCP")]
    for group in groups:
        ((target, name),) = [(entry["Port"], entry["Id"]["Ref"]) for entry in group["Targets"]]
        assert target == group["Port"]
        assert name in template.find_resources("AWS::ElasticLoadBalancingV2::LoadBalancer")
        assert "TargetGroupAttributes" not in group, "AWS lets nobody change them"
    assert sorted(found["Port"] for found in kinds(template, "Listener", Protocol="TCP")) == [80, 443]


def test_the_load_balancer_behind_is_asked_in_its_own_protocol(template: Template) -> None:
    checks = {group["Port"]: group["HealthCheckProtocol"] for group in kinds(template, "TargetGroup", TargetType="alb")}
    assert checks == {443: "HTTPS", 80: "HTTP"}
    for group in kinds(template, "TargetGroup", TargetType="alb"):
        assert (group["HealthCheckPath"], group["HealthCheckPort"]) == ("/health", "traffic-port")


def test_a_target_waits_for_its_listener(template: Template) -> None:
    listeners = template.find_resources("AWS::ElasticLoadBalancingV2::Listener")
    for group in template.find_resources("AWS::ElasticLoadBalancingV2::TargetGroup").values():
        (waited,) = [listeners[name]["Properties"] for name in group["DependsOn"] if name in listeners]
        assert waited["Port"] == group["Properties"]["Port"]


def test_the_load_balancer_behind_admits_its_front(template: Template) -> None:
    (front,) = kinds(template, "LoadBalancer", Type="network")
    (other,) = kinds(template, "LoadBalancer", Type="application")
    source, target = (found["SecurityGroups"][0]["Fn::GetAtt"][0] for found in (front, other))
    rules = [
        (rule["Properties"]["FromPort"], rule["Properties"]["SourceSecurityGroupId"]["Fn::GetAtt"][0])
        for rule in template.find_resources("AWS::EC2::SecurityGroupIngress").values()
        if rule["Properties"]["GroupId"]["Fn::GetAtt"][0] == target
    ]
    assert sorted(rules) == [(80, source), (443, source)]


def test_tells_its_addresses_parts_and_alarms(stack_with_front: tuple[cdk.Stack, StaticIpFront]) -> None:
    stack, front = stack_with_front
    assert len(stack.resolve(front.static_addresses)) == 3
    assert set(front.target_groups) == set(front.listeners) == {80, 443}
    assert set(front.alarms) == {"UnhealthyRouting", "TargetResets", "PortAllocationErrors", "RejectedFlows"}
    assert front.connections.security_groups[0].node.path == front.front.security_group.node.path


def test_others_may_be_told_to_admit_it(stack: cdk.Stack) -> None:
    front = StaticIpFront(stack, "Front", listeners=behind(stack))
    vpc = front.load_balancer.vpc
    assert vpc is not None
    other = ec2.SecurityGroup(stack, "Other", vpc=vpc)
    other.connections.allow_from(front, ec2.Port.tcp(1))
    rules = Template.from_stack(stack).find_resources("AWS::EC2::SecurityGroupIngress").values()
    (found,) = [rule["Properties"] for rule in rules if rule["Properties"]["FromPort"] == 1]
    assert found["SourceSecurityGroupId"] == stack.resolve(front.front.security_group.security_group_id)


def test_stands_inside_when_told_so(stack: cdk.Stack) -> None:
    StaticIpFront(stack, "Front", listeners=behind(stack), internet_facing=False, cross_zone=True)
    (found,) = kinds(Template.from_stack(stack), "LoadBalancer", Type="network")
    assert (found["Scheme"], len(found["Subnets"])) == ("internal", 3)


def test_stands_before_two_load_balancers_of_a_stage(app: cdk.App) -> None:
    stack = cdk.Stack(cdk.Stage(app, "Production"), "S")
    network = MultiAzVpc(stack, "Network")
    for name in ("One", "Two"):
        StaticIpFront(stack, f"{name}Front", listeners=behind(stack, name, vpc=network.vpc))
    assert len(kinds(Template.from_stack(stack), "LoadBalancer", Type="network")) == 2


def test_a_page_may_be_named(stack: cdk.Stack) -> None:
    StaticIpFront(stack, "Front", listeners=behind(stack), health_check=HttpHealthCheck(path="/up", codes="200-499"))
    Template.from_stack(stack).all_resources_properties(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        {"HealthCheckPath": "/up", "Matcher": {"HttpCode": "200-499"}, "TargetType": Match.any_value()},
    )


@pytest.mark.parametrize(
    ("props", "messages"),
    [
        ({"allowed_cidrs": ["bad"]}, ["allowed_cidrs must be a network such as 10.0.0.0/16, got 'bad'"]),
        (
            {"health_check": HttpHealthCheck(port=80, path="up")},
            [
                "health_check.path must begin with / and hold up to 1024 printable characters, got 'up'",
                "health_check.port must be None, got 80: the load balancer behind is asked where it listens",
            ],
        ),
        (
            {"elastic_ip_allocation_ids": ["eipalloc-01234567"]},
            ["elastic_ip_allocation_ids must hold one for each of the 3 zones, got 1"],
        ),
    ],
    ids=str,
)
def test_what_can_not_be_used_is_refused(stack: cdk.Stack, props: dict[str, Any], messages: list[str]) -> None:
    text = "\n  - ".join(["StaticIpFront S/Front can't be built:", *messages])
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        StaticIpFront(stack, "Front", listeners=behind(stack), **props)


def test_listeners_of_one_load_balancer_are_needed_each_once(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="listeners must hold at least one listener of an Application Load Balancer"):
        StaticIpFront(stack, "Empty", listeners=[])
    network = MultiAzVpc(stack, "Network")
    one, two = (behind(stack, name, vpc=network.vpc) for name in ("One", "Two"))
    text = (
        "StaticIpFront S/Front can't be built:\n"
        "  - listeners must be of one load balancer, got 2: give each a front of its own\n"
        "  - listeners[2] is on port 443, as listeners[0] is: once is enough"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        StaticIpFront(stack, "Front", listeners=[*one, two[0]])
