"""How targets are spoken to, watched, and spared: as properties of the target group."""

from __future__ import annotations

import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk.assertions import Template

from aws_patterns.load_balancing.health_check import HealthCheck
from aws_patterns.load_balancing.stickiness import ApplicationStickiness, DurationStickiness, SourceIpStickiness
from aws_patterns.load_balancing.target_group_options import Algorithm, MinimumHealthy
from aws_patterns.load_balancing.target_groups import fleet_target_group
from aws_patterns.load_balancing.tls import TlsApproach, shape_of

HTTP = shape_of(TlsApproach.OFFLOAD)


def build(**props: Any) -> dict[str, Any]:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S")
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"])
    fleet_target_group(stack, "Targets", **{"vpc": vpc, "shape": HTTP, **props})
    (found,) = Template.from_stack(stack).find_resources("AWS::ElasticLoadBalancingV2::TargetGroup").values()
    properties: dict[str, Any] = found["Properties"]
    return properties


def attributes(**props: Any) -> dict[str, str]:
    return {entry["Key"]: entry["Value"] for entry in build(**props)["TargetGroupAttributes"]}


@pytest.fixture(scope="module")
def defaults() -> dict[str, Any]:
    return build()


def test_an_instance_is_asked_for_its_health_where_it_gets_its_requests(defaults: dict[str, Any]) -> None:
    assert {key: value for key, value in defaults.items() if key != "TargetGroupAttributes"} == {
        "VpcId": "vpc-1",
        "TargetType": "instance",
        "Protocol": "HTTP",
        "Port": 8080,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": "/health",
        "Matcher": {"HttpCode": "200-399"},
        "HealthCheckIntervalSeconds": 10,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 3,
    }


def test_targets_start_slowly_leave_soon_and_keep_no_client_unless_told_otherwise() -> None:
    assert attributes() == {
        "deregistration_delay.timeout_seconds": "30",
        "slow_start.duration_seconds": "30",
        "stickiness.enabled": "false",
        "load_balancing.algorithm.type": "round_robin",
        "target_group_health.dns_failover.minimum_healthy_targets.percentage": "50",
    }


def test_bridging_speaks_and_asks_in_https() -> None:
    found = build(shape=shape_of(TlsApproach.BRIDGING))
    assert (found["Protocol"], found["Port"], found["HealthCheckProtocol"]) == ("HTTPS", 8443, "HTTPS")


def test_every_choice_arrives() -> None:
    found = build(
        port=9000,
        target_type=elbv2.TargetType.IP,
        health_check=HealthCheck(
            path="/ready",
            codes="204",
            interval_seconds=20,
            timeout_seconds=4,
            healthy_threshold=3,
            unhealthy_threshold=5,
        ),
    )
    assert (found["Port"], found["TargetType"]) == (9000, "ip")
    assert (found["HealthCheckPath"], found["Matcher"]) == ("/ready", {"HttpCode": "204"})
    assert (found["HealthCheckIntervalSeconds"], found["HealthCheckTimeoutSeconds"]) == (20, 4)
    assert (found["HealthyThresholdCount"], found["UnhealthyThresholdCount"]) == (3, 5)


@pytest.mark.parametrize(
    ("props", "expected"),
    [
        ({"deregistration_delay_seconds": 3600}, {"deregistration_delay.timeout_seconds": "3600"}),
        ({"slow_start_seconds": 900}, {"slow_start.duration_seconds": "900"}),
        (
            {"stickiness": DurationStickiness(60)},
            {
                "stickiness.enabled": "true",
                "stickiness.type": "lb_cookie",
                "stickiness.lb_cookie.duration_seconds": "60",
            },
        ),
        (
            {"stickiness": ApplicationStickiness("session", 120)},
            {
                "stickiness.enabled": "true",
                "stickiness.type": "app_cookie",
                "stickiness.app_cookie.cookie_name": "session",
                "stickiness.app_cookie.duration_seconds": "120",
            },
        ),
        (
            {"algorithm": Algorithm.LEAST_OUTSTANDING_REQUESTS, "slow_start_seconds": 0},
            {"load_balancing.algorithm.type": "least_outstanding_requests"},
        ),
        (
            {"algorithm": Algorithm.WEIGHTED_RANDOM, "slow_start_seconds": 0},
            {
                "load_balancing.algorithm.type": "weighted_random",
                "load_balancing.algorithm.anomaly_mitigation": "on",
            },
        ),
        ({"cross_zone": False}, {"load_balancing.cross_zone.enabled": "false"}),
        (
            {"minimum_healthy": MinimumHealthy(dns_failover_percent=70, routing_percent=30)},
            {
                "target_group_health.dns_failover.minimum_healthy_targets.percentage": "70",
                "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "30",
            },
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_every_attribute_arrives(props: dict[str, Any], expected: dict[str, str]) -> None:
    assert expected.items() <= attributes(**props).items()


def test_dns_and_routing_may_change_together() -> None:
    found = attributes(minimum_healthy=MinimumHealthy(dns_failover_percent=40, routing_percent=40))
    assert list(found.values()).count("40") == 2


def test_no_slow_start_and_no_minimum_are_choices_too() -> None:
    found = attributes(slow_start_seconds=0, minimum_healthy=MinimumHealthy(dns_failover_percent=None))
    assert not [name for name in found if name.startswith(("slow_start", "target_group_health"))]


def test_a_fleet_is_opened_for_its_load_balancer_and_the_other_way_round(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc")
    group = autoscaling.AutoScalingGroup(
        stack,
        "Fleet",
        vpc=vpc,
        instance_type=ec2.InstanceType("t4g.nano"),
        machine_image=ec2.MachineImage.generic_linux({}),
        allow_all_outbound=False,
    )
    targets = fleet_target_group(stack, "Targets", vpc=vpc, shape=HTTP, groups=[group])
    balancer = elbv2.ApplicationLoadBalancer(stack, "Front", vpc=vpc)
    balancer.add_listener("Http", port=80, open=False, default_target_groups=[targets])
    template = Template.from_stack(stack)
    template.resource_properties_count_is(
        "AWS::EC2::SecurityGroupIngress", {"FromPort": 8080, "ToPort": 8080, "IpProtocol": "tcp"}, 1
    )
    template.resource_properties_count_is("AWS::EC2::SecurityGroupEgress", {"FromPort": 8080, "ToPort": 8080}, 1)


@pytest.mark.parametrize(
    ("props", "message"),
    [
        ({"slow_start_seconds": 29}, "slow_start_seconds must be 0 (none) or between 30 and 900 s, got 29 s"),
        ({"slow_start_seconds": 901}, "slow_start_seconds must be 0 (none) or between 30 and 900 s, got 901 s"),
        (
            {"algorithm": Algorithm.LEAST_OUTSTANDING_REQUESTS},
            "slow_start_seconds must be 0 with algorithm='least_outstanding_requests', got 30 s: only round_robin "
            "starts targets slowly",
        ),
        (
            {"algorithm": Algorithm.WEIGHTED_RANDOM, "slow_start_seconds": 60},
            "slow_start_seconds must be 0 with algorithm='weighted_random', got 60 s: only round_robin starts targets "
            "slowly",
        ),
        (
            {"deregistration_delay_seconds": 0},
            "deregistration_delay_seconds must be between 1 and 3600 s, got 0 s",
        ),
        (
            {"deregistration_delay_seconds": 3601},
            "deregistration_delay_seconds must be between 1 and 3600 s, got 3601 s",
        ),
        (
            {"cross_zone": False, "stickiness": DurationStickiness()},
            "stickiness must be None with cross_zone=False: AWS has no sticky sessions without it",
        ),
        (
            {"minimum_healthy": MinimumHealthy(dns_failover_percent=0)},
            "minimum_healthy.dns_failover_percent must be between 1 and 100 %, got 0 %",
        ),
        (
            {"minimum_healthy": MinimumHealthy(dns_failover_percent=20, routing_percent=30)},
            "minimum_healthy.routing_percent must not be more than dns_failover_percent (20), got 30 %: DNS leads "
            "elsewhere before unhealthy targets get requests",
        ),
        (
            {"minimum_healthy": MinimumHealthy(dns_failover_percent=None, routing_percent=30)},
            "minimum_healthy.routing_percent must not be more than dns_failover_percent (none), got 30 %: DNS leads "
            "elsewhere before unhealthy targets get requests",
        ),
        ({"port": 0}, "port must be between 1 and 65535, got 0"),
        (
            {"stickiness": SourceIpStickiness()},
            "stickiness must be DurationStickiness or ApplicationStickiness or None here, got SourceIpStickiness: an "
            "Application Load Balancer knows a client by a cookie",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_not_allowed_is_refused_with_the_reason(props: dict[str, Any], message: str) -> None:
    whole = f"Target group S/Targets can't be built:\n  - {message}"
    with pytest.raises(ValueError, match=f"^{re.escape(whole)}$"):
        build(**props)


def test_a_delay_known_only_at_deployment_is_let_through(stack: cdk.Stack) -> None:
    delay = cdk.CfnParameter(stack, "Delay", type="Number").value_as_number
    vpc = ec2.Vpc(stack, "Vpc")
    fleet_target_group(stack, "Targets", vpc=vpc, shape=HTTP, deregistration_delay_seconds=int(delay))
