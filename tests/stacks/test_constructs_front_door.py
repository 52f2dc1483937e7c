"""State, traffic switch, registration and front door in every variant: no rule pack, nor the CDK, nor cfn-lint has an
open finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    from aws_patterns.disaster_recovery.regional_place import RegionalDomain
    from aws_patterns.disaster_recovery.workload import HttpFront

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]


def domain() -> RegionalDomain:
    from aws_patterns.disaster_recovery.regional_place import RegionalDomain

    return RegionalDomain(domain_name="orders.example.org", hosted_zone_id="Z0123456789ABCDEFGHIJ")


def front(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> HttpFront:
    from aws_cdk import aws_apigatewayv2 as apigatewayv2

    from aws_patterns._http_stage import http_stage
    from aws_patterns.disaster_recovery.workload import HttpFront

    api = apigatewayv2.HttpApi(stack, "Api", create_default_stage=False)
    stage = http_stage(stack, http_api=api, throttle_rate=10, throttle_burst=10, removal_policy=removal_policy)
    return HttpFront(api=api, stage=stage)


def switch(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
    from aws_patterns.disaster_recovery.traffic.traffic_switch import TrafficSwitch

    state = RecoveryState(stack, "State", name="orders", removal_policy=removal_policy)
    return TrafficSwitch(stack, "Switch", state=state, domain=domain(), removal_policy=removal_policy)


def switch_without_domain(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_sns as sns

    from aws_patterns._acknowledgments import acknowledge
    from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
    from aws_patterns.disaster_recovery.traffic.recovery_state_options import StateItem
    from aws_patterns.disaster_recovery.traffic.traffic_switch import TrafficSwitch

    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:eu-west-1:111122223333:alarms")
    state = RecoveryState(stack, "State", name="orders", alarm_topic=topic, removal_policy=removal_policy)
    runbook = iam.Role(stack, "Runbook", assumed_by=iam.AccountRootPrincipal())
    state.grant_read(runbook)
    state.grant_write(runbook, [StateItem.LOCK, StateItem.RUNS])
    state.grant_move_traffic(runbook)
    switch = TrafficSwitch(stack, "Switch", state=state, alarm_topic=topic, removal_policy=removal_policy)
    acknowledge(switch, {"Annotation::aws-patterns:noDomain": "What the pattern itself remarks is tested elsewhere."})
    return switch


def registration(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.disaster_recovery.plan import RegionRole
    from aws_patterns.disaster_recovery.traffic.registration import EndpointRegistration

    return EndpointRegistration(
        stack,
        "Registration",
        name="orders",
        role=RegionRole.PRIMARY,
        url="https://api.example.org",
        recovery_region="eu-central-1",
        removal_policy=removal_policy,
    )


def primary_door(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.disaster_recovery.plan import RegionRole
    from aws_patterns.disaster_recovery.traffic.front_door import FrontDoor

    return FrontDoor(stack, "FrontDoor", domain=domain(), role=RegionRole.PRIMARY, front=front(stack, removal_policy))


def automatic_primary_door(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.disaster_recovery.plan import RegionRole
    from aws_patterns.disaster_recovery.traffic.front_door import FrontDoor

    return FrontDoor(
        stack,
        "FrontDoor",
        domain=domain(),
        role=RegionRole.PRIMARY,
        front=front(stack, removal_policy),
        automatic_failover=True,
        check_interval_seconds=10,
    )


def recovery_door(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_cdk import aws_cloudwatch as cloudwatch

    from aws_patterns.disaster_recovery.plan import RegionRole
    from aws_patterns.disaster_recovery.traffic.front_door import FrontDoor
    from aws_patterns.disaster_recovery.traffic.routing_options import Latency

    metric = cloudwatch.Metric(namespace="Orders", metric_name="Failures", statistic="Sum")
    return FrontDoor(
        stack,
        "FrontDoor",
        domain=domain(),
        role=RegionRole.RECOVERY,
        front=front(stack, removal_policy),
        both_serve=Latency(),
        private_health_alarm=metric.create_alarm(stack, "Alarm", threshold=1, evaluation_periods=3),
    )


def records(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_cdk import aws_route53 as route53

    from aws_patterns.disaster_recovery.plan import RegionRole
    from aws_patterns.disaster_recovery.traffic import routing_options as routing
    from aws_patterns.disaster_recovery.traffic.health_checks import EndpointHealthCheck
    from aws_patterns.disaster_recovery.traffic.routed_record import RoutedRecord

    zone = route53.HostedZone.from_hosted_zone_attributes(
        stack, "Zone", hosted_zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.org"
    )
    check = EndpointHealthCheck(
        stack,
        "Check",
        domain_name="192.0.2.1",
        text="well",
        plain_http=True,
        checker_regions=["eu-west-1", "us-east-1", "us-west-2"],
    ).health_check
    chosen: tuple[routing.Routing, ...] = (
        routing.Simple(),
        routing.Weighted(weight=10),
        routing.Latency(region="eu-west-1"),
        routing.Failover(role=RegionRole.PRIMARY),
        routing.Geolocation(),
        routing.Geolocation(continent="EU"),
        routing.Geolocation(country="DE"),
        routing.Geolocation(country="US", subdivision="CA"),
        routing.Geoproximity(region="eu-west-1", bias=-20),
        routing.Multivalue(),
    )
    return [
        RoutedRecord(
            stack,
            f"Record{number}",
            zone=zone,
            record_name=f"r{number}.example.org",
            target=route53.RecordTarget.from_ip_addresses("192.0.2.1"),
            routing=policy,
            set_identifier=None if isinstance(policy, routing.Simple) else "one",
            health_check=None if isinstance(policy, routing.Simple) else check,
        )
        for number, policy in enumerate(chosen)
    ]


VARIANTS: Mapping[str, Build] = {
    "switch": switch,
    "switch without domain": switch_without_domain,
    "registration": registration,
    "primary door": primary_door,
    "automatic primary door": automatic_primary_door,
    "recovery door": recovery_door,
    "records": records,
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
