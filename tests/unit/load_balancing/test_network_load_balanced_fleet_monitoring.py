"""What is told to whoever is on call for a network load balanced fleet, and what they see."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.compute.capacity import Capacity
from aws_patterns.load_balancing.network_flow_alarms import NetworkFlowAlarms
from aws_patterns.load_balancing.network_listener_options import TcpListener, TlsListener
from aws_patterns.load_balancing.network_load_balanced_fleet import NetworkLoadBalancedFleet
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.network.multi_az_vpc import MultiAzVpc

FLOWS = ["UnhealthyRouting", "TargetResets", "PortAllocationErrors", "RejectedFlows"]


def template_of(stack: cdk.Stack) -> Template:
    return Template.from_stack(stack)


def alarms(template: Template) -> Mapping[str, Mapping[str, Any]]:
    """Metric alarms, by the beginning of what they say."""
    found = template.find_resources("AWS::CloudWatch::Alarm").values()
    return {alarm["Properties"]["AlarmDescription"].split(" and ")[0]: alarm for alarm in found}


def named(template: Template, beginning: str) -> Mapping[str, Any]:
    (found,) = [alarm for text, alarm in alarms(template).items() if text.startswith(beginning)]
    return dict(found["Properties"])


@pytest.fixture(scope="module")
def service() -> NetworkLoadBalancedFleet:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    return NetworkLoadBalancedFleet(
        stack, "Service", listeners=[TcpListener(port=80)], alarm_topic=sns.Topic(stack, "Topic")
    )


@pytest.fixture(scope="module")
def template(service: NetworkLoadBalancedFleet) -> Template:
    return template_of(cdk.Stack.of(service))


def metrics(alarm: Mapping[str, Any]) -> Sequence[str]:
    if "MetricName" in alarm:
        return [alarm["MetricName"]]
    return sorted(entry["MetricStat"]["Metric"]["MetricName"] for entry in alarm["Metrics"] if "MetricStat" in entry)


class TestAlarms:
    def test_are_known_by_name(self, service: NetworkLoadBalancedFleet) -> None:
        assert sorted(service.monitoring.alarms) == sorted(
            [
                *FLOWS,
                "Port80UnhealthyHostsInZone1",
                "Port80UnhealthyHostsInZone2",
                "Port80NoHealthyHostInZone1",
                "Port80NoHealthyHostInZone2",
                "Port80NoHealthyHosts",
                "AtMaximum",
            ]
        )

    def test_each_zone_tells_of_its_own_hosts(self, template: Template) -> None:
        found = [
            alarm["Properties"]
            for alarm in template.find_resources("AWS::CloudWatch::Alarm").values()
            if alarm["Properties"].get("MetricName") == "UnHealthyHostCount"
        ]
        assert {alarm["Namespace"] for alarm in found} == {"AWS/NetworkELB"}
        zones = [
            entry["Value"] for alarm in found for entry in alarm["Dimensions"] if entry["Name"] == "AvailabilityZone"
        ]
        assert zones == [{"Fn::Select": [zone, {"Fn::GetAZs": ""}]} for zone in (0, 1)]
        assert {(alarm["EvaluationPeriods"], alarm["Threshold"], alarm["Period"]) for alarm in found} == {(5, 1, 60)}

    def test_a_zone_that_serves_nobody_is_told_even_when_it_has_no_host_left(self, template: Template) -> None:
        found = [
            alarm
            for alarm in template.find_resources("AWS::CloudWatch::Alarm").values()
            if alarm["Properties"].get("MetricName") == "HealthyHostCount"
        ]
        assert len(found) == 3
        (group,) = template.find_resources("AWS::AutoScaling::AutoScalingGroup")
        for alarm in found:
            assert alarm["Properties"]["TreatMissingData"] == "breaching"
            assert group in alarm["DependsOn"], "or every new fleet would begin with an alarm"

    def test_zones_that_are_empty_at_times_are_not_told(self) -> None:
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
        service = NetworkLoadBalancedFleet(
            stack,
            "Service",
            listeners=[TcpListener(port=80)],
            cross_zone=True,
            capacity=Capacity(minimum=1, maximum=2, fewer_than_zones=True),
        )
        assert "Port80NoHealthyHosts" in service.monitoring.alarms
        assert not [name for name in service.monitoring.alarms if "NoHealthyHostInZone" in name]

    @pytest.mark.parametrize(
        ("beginning", "expected"),
        [
            ("No target is healthy,", ["UnhealthyRoutingFlowCount"]),
            ("Targets end many flows", ["NewFlowCount", "TCP_Target_Reset_Count"]),
            ("The load balancer has no port left", ["PortAllocationErrorCount"]),
            ("The load balancer can't keep more flows", ["RejectedFlowCount"]),
            ("The fleet has been as large", ["GroupInServiceInstances", "GroupMaxSize", "GroupMinSize"]),
        ],
    )
    def test_watch_what_they_speak_of(self, template: Template, beginning: str, expected: list[str]) -> None:
        assert metrics(named(template, beginning)) == expected

    def test_few_resets_say_nothing(self, template: Template) -> None:
        found = named(template, "Targets end many flows")
        (expression,) = [entry["Expression"] for entry in found["Metrics"] if "Expression" in entry]
        assert expression == "IF(flows >= 20, 100 * FILL(resets, 0) / flows, 0)"
        assert found["Threshold"] == 20

    def test_tls_with_instances_can_fail_too(self) -> None:
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
        certificate = acm.Certificate.from_certificate_arn(
            stack, "Certificate", "arn:aws:acm:eu-west-1:111122223333:certificate/0-1"
        )
        service = NetworkLoadBalancedFleet(
            stack,
            "Service",
            listeners=[TlsListener(certificates=[certificate], approach=TlsApproach.BRIDGING)],
        )
        assert "TargetTlsErrors" in service.monitoring.alarms
        (group,) = template_of(stack).find_resources("AWS::AutoScaling::AutoScalingGroup").values()
        preferences = group["UpdatePolicy"]["AutoScalingInstanceRefresh"]["Preferences"]
        assert len(preferences["AlarmSpecification"]["Alarms"]) == 3


class TestDegraded:
    def test_is_one_message_for_what_clients_notice(self, template: Template) -> None:
        (found,) = template.find_resources("AWS::CloudWatch::CompositeAlarm").values()
        rule = json.dumps(found["Properties"]["AlarmRule"])
        assert rule.count("ALARM(") == len(FLOWS) + 1
        (topic,) = template.find_resources("AWS::SNS::Topic")
        assert found["Properties"]["AlarmActions"] == [{"Ref": topic}]

    def test_what_clients_notice_is_not_told_twice(self, template: Template) -> None:
        found = named(template, "No target is healthy")
        assert "AlarmActions" not in found
        assert "AlarmActions" in named(template, "The fleet has been as large")


class TestDashboard:
    def test_shows_flows_bytes_resets_capacity_and_the_hosts_of_each_zone(self, template: Template) -> None:
        (found,) = template.find_resources("AWS::CloudWatch::Dashboard").values()
        body = json.dumps(found["Properties"]["DashboardBody"])
        for word in (
            "ProcessedBytes",
            "ActiveFlowCount",
            "RejectedFlowCount",
            "PortAllocationErrorCount",
            "TCP_Target_Reset_Count",
            "GroupInServiceInstances",
            "UnHealthyHostCount",
            "Port80: hosts per zone",
            "healthy, zone 2",
        ):
            assert word in body

    def test_takes_as_many_alarms_as_a_widget_may_hold(self) -> None:
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
        listeners = [TcpListener(port=port) for port in range(1, 26)]
        service = NetworkLoadBalancedFleet(stack, "Service", listeners=listeners)
        assert len(service.monitoring.alarms) > 100
        (found,) = template_of(stack).find_resources("AWS::CloudWatch::Dashboard").values()
        body = json.dumps(found["Properties"]["DashboardBody"])
        assert body.count(":alarm:") + body.count('"Arn"') <= 100


def test_flow_alarms_tell_by_themselves_where_nothing_joins_them(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "Topic")
    balancer = elbv2.NetworkLoadBalancer(stack, "Balancer", vpc=MultiAzVpc(stack, "Network").vpc)
    found = NetworkFlowAlarms(stack, "Flows", load_balancer=balancer, alarm_topic=topic)
    assert sorted(found.alarms) == sorted(FLOWS)
    template = template_of(stack)
    for alarm in template.find_resources("AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["AlarmActions"] == [stack.resolve(topic.topic_arn)]
