"""What the operator of a web tier is told, and what they see."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instance_fleet import InstanceFleet
from aws_patterns.load_balancing.tls import TlsApproach, shape_of
from aws_patterns.load_balancing.web_tier_monitoring import WebTierMonitoring
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds
from aws_patterns.network.multi_az_vpc import MultiAzVpc
from tests.unit.load_balancing.metric_math import alarm_about, sources, value

Alarms = Mapping[str, Mapping[str, Any]]
EXPLICIT = cdk.Environment(account="111122223333", region="eu-west-1")
THREE = Capacity(minimum=3, maximum=9)
EMPTY = Capacity(minimum=0, maximum=9, fewer_than_zones=True)


def build(
    *,
    capacities: Mapping[str, Capacity] | None = None,
    env: cdk.Environment | None = None,
    scope: cdk.App | None = None,
    topic: bool = True,
    **props: Any,
) -> Template:
    app = scope or cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S", env=env)
    vpc = MultiAzVpc(stack, "Network").vpc
    balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc)
    groups = {}
    fleets = {}
    for name, capacity in (capacities or {"Web": THREE}).items():
        groups[name] = elbv2.ApplicationTargetGroup(stack, f"{name}Group", vpc=vpc, port=80)
        fleets[name] = InstanceFleet(stack, f"{name}Fleet", vpc=vpc, capacity=capacity)
        fleets[name].group.attach_to_application_target_group(groups[name])
    balancer.add_listener("Http", port=80, open=False, default_target_groups=list(groups.values()))
    WebTierMonitoring(
        stack,
        "Monitoring",
        **{
            "load_balancer": balancer,
            "target_groups": groups,
            "fleets": fleets,
            "availability_zones": vpc.availability_zones,
            "shape": shape_of(TlsApproach.OFFLOAD),
            "alarm_topic": sns.Topic(stack, "Topic") if topic else None,
            **props,
        },
    )
    return Template.from_stack(stack)


def alarms_of(template: Template) -> Alarms:
    return template.find_resources("AWS::CloudWatch::Alarm")


def dimensions(alarm: Mapping[str, Any]) -> dict[str, Any]:
    return {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}


def rule_of(template: Template) -> str:
    """The composite alarm's rule, with the first words of an alarm's description in place of its ARN."""
    (composite,) = template.find_resources("AWS::CloudWatch::CompositeAlarm").values()
    alarms = alarms_of(template)
    parts = composite["Properties"]["AlarmRule"]["Fn::Join"][1]
    return "".join(
        part if isinstance(part, str) else alarms[part["Fn::GetAtt"][0]]["Properties"]["AlarmDescription"].split(".")[0]
        for part in parts
    )


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


@pytest.fixture(scope="module")
def alarms(template: Template) -> Alarms:
    return alarms_of(template)


@pytest.fixture(scope="module")
def two_fleets() -> Template:
    return build(capacities={"Blue": THREE, "Green": THREE})


class TestErrors:
    def test_those_of_targets_are_told_from_those_of_the_load_balancer(self, alarms: Alarms) -> None:
        own = alarm_about(alarms, "The load balancer itself answers with 5xx")
        targets = alarm_about(alarms, "Web answers with 5xx")
        assert sources(own)["errors"] == ("HTTPCode_ELB_5XX_Count", "Sum")
        assert sources(targets)["errors"] == ("HTTPCode_Target_5XX_Count", "Sum")

    def test_they_are_a_share_of_the_requests(self, alarms: Alarms) -> None:
        targets = alarm_about(alarms, "Web answers with 5xx")
        assert value(targets, requests=1000, errors=50) == 5
        assert value(targets, requests=1000, errors=None) == 0
        assert targets["Threshold"] == 5

    def test_a_load_balancer_that_finds_no_target_counts_no_request_and_is_told_of(self, alarms: Alarms) -> None:
        own = alarm_about(alarms, "The load balancer itself answers with 5xx")
        assert value(own, requests=None, errors=30) == 100
        assert value(own, requests=300, errors=100) == 25
        assert value(own, requests=300, errors=None) in {0, None}

    @pytest.mark.parametrize("words", ["The load balancer itself", "Web answers with 5xx"])
    def test_few_requests_say_nothing(self, alarms: Alarms, words: str) -> None:
        assert value(alarm_about(alarms, words), requests=10, errors=9) == 0

    @pytest.mark.parametrize("words", ["The load balancer itself", "Web answers with 5xx"])
    def test_three_bad_minutes_of_five_are_told(self, alarms: Alarms, words: str) -> None:
        alarm = alarm_about(alarms, words)
        assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (3, 5)
        assert {entry["MetricStat"]["Period"] for entry in alarm["Metrics"] if "MetricStat" in entry} == {60}
        assert alarm["TreatMissingData"] == "notBreaching"


class TestLatency:
    @pytest.mark.parametrize(("percentile", "seconds"), [("p95", 1.0), ("p99", 3.0)])
    def test_the_slow_end_is_watched_where_there_are_enough_requests(
        self, alarms: Alarms, percentile: str, seconds: float
    ) -> None:
        alarm = alarm_about(alarms, f"Web answers slowly ({percentile})")
        assert sources(alarm)["latency"] == ("TargetResponseTime", percentile)
        assert alarm["Threshold"] == seconds
        assert value(alarm, requests=20, latency=5) == 5
        assert value(alarm, requests=19, latency=5) == 0


class TestHosts:
    @pytest.mark.parametrize("env", [None, EXPLICIT], ids=["any account", "one account"])
    def test_every_zone_has_its_own_alarm(self, env: cdk.Environment | None) -> None:
        alarms = alarms_of(build(env=env))
        zones = []
        for number in (1, 2, 3):
            alarm = alarm_about(alarms, f"unhealthy hosts in its zone {number},")
            assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == ("UnHealthyHostCount", "Maximum", 1)
            assert alarm["EvaluationPeriods"] == 5
            zones.append(dimensions(alarm)["AvailabilityZone"])
        assert zones == [{"Fn::Select": [number, {"Fn::GetAZs": ""}]} for number in range(3)]

    def test_zones_known_by_name_are_watched_by_name(self) -> None:
        alarms = alarms_of(build(availability_zones=["eu-west-1a", "eu-west-1c"]))
        found = [dimensions(alarm_about(alarms, f"in its zone {number},"))["AvailabilityZone"] for number in (1, 2)]
        assert found == ["eu-west-1a", "eu-west-1c"]

    def test_fewer_than_the_minimum_are_told_and_so_are_none_at_all(self, alarms: Alarms) -> None:
        few = alarm_about(alarms, "Web has fewer healthy hosts than its minimum")
        none = alarm_about(alarms, "Web has no healthy host")
        assert (few["MetricName"], few["Statistic"], few["Threshold"]) == ("HealthyHostCount", "Minimum", 3)
        assert (none["MetricName"], none["Statistic"], none["Threshold"]) == ("HealthyHostCount", "Maximum", 1)
        for alarm in (few, none):
            assert alarm["ComparisonOperator"] == "LessThanThreshold"
            # A target group without hosts publishes nothing.
            assert alarm["TreatMissingData"] == "breaching"

    def test_they_are_not_missed_before_there_ever_were_any(self, alarms: Alarms, template: Template) -> None:
        (fleet,) = template.find_resources("AWS::AutoScaling::AutoScalingGroup")
        missed = [alarm for alarm in alarms.values() if alarm["Properties"]["TreatMissingData"] == "breaching"]
        assert len(missed) == 2
        assert all(fleet in alarm["DependsOn"] for alarm in missed)

    def test_a_fleet_that_may_be_empty_misses_nobody(self) -> None:
        alarms = alarms_of(build(capacities={"Web": THREE, "Spare": EMPTY}))
        assert [alarm for alarm in alarms.values() if "Spare has no healthy" in str(alarm)] == []
        assert [alarm for alarm in alarms.values() if "Spare has fewer" in str(alarm)] == []
        assert alarm_about(alarms, "Web has no healthy host")


class TestCapacity:
    def test_half_an_hour_at_the_maximum_is_told(self, alarms: Alarms, template: Template) -> None:
        alarm = alarm_about(alarms, "as large as it may become")
        assert alarm["EvaluationPeriods"] == 30
        assert value(alarm, minimum=3, maximum=9, in_service=9) == 1
        assert value(alarm, minimum=3, maximum=9, in_service=8) == 0
        (fleet,) = template.find_resources("AWS::AutoScaling::AutoScalingGroup").values()
        collected = {name for entry in fleet["Properties"]["MetricsCollection"] for name in entry.get("Metrics", [])}
        read = {name for name, _ in sources(alarm).values()}
        assert read == {"GroupMinSize", "GroupMaxSize", "GroupInServiceInstances"}
        assert not collected or read <= collected, "a group publishes nothing that it is not told to"

    def test_a_fleet_of_fixed_size_is_at_its_maximum_all_the_time(self, alarms: Alarms) -> None:
        alarm = alarm_about(alarms, "as large as it may become")
        assert value(alarm, minimum=9, maximum=9, in_service=9) == 0


class TestConnections:
    def test_refused_ones_are_told(self, alarms: Alarms) -> None:
        alarm = alarm_about(alarms, "refuses more")
        assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == ("RejectedConnectionCount", "Sum", 1)

    def test_a_scanner_is_no_reason_and_an_expired_certificate_is(self, alarms: Alarms) -> None:
        alarm = alarm_about(alarms, "Clients and load balancer find no common TLS")
        assert value(alarm, connections=1000, errors=50) == pytest.approx(4.76, abs=0.01)
        assert value(alarm, connections=None, errors=500) == 100
        assert value(alarm, connections=5, errors=10) == 0
        assert alarm["Threshold"] == 10

    @pytest.mark.parametrize(
        ("tls", "watched"),
        [
            (TlsApproach.OFFLOAD, {"Clients and"}),
            (TlsApproach.BRIDGING, {"Clients and", "Web and the"}),
            (TlsApproach.PLAIN_HTTP, set()),
        ],
    )
    def test_tls_is_watched_where_it_is_spoken(self, tls: TlsApproach, watched: set[str]) -> None:
        alarms = alarms_of(build(shape=shape_of(tls)))
        told = [alarm["Properties"]["AlarmDescription"] for alarm in alarms.values()]
        assert {
            " ".join(text.split()[: 2 if text[0] == "C" else 3]) for text in told if "common TLS" in text
        } == watched


class TestDegraded:
    def test_it_is_what_users_notice(self, template: Template) -> None:
        assert set(re.findall(r'ALARM\("([^"]*)"\)', rule_of(template))) == {
            "The load balancer itself answers with 5xx: it finds no healthy host, or hosts close connections or take "
            "too long",
            "The load balancer is at its limit of connections and refuses more",
            "Web answers with 5xx",
            "Web answers slowly (p95)",
            "Web answers slowly (p99)",
            "Web has no healthy host",
        }
        assert " AND " not in rule_of(template)

    def test_of_two_fleets_one_may_be_empty(self, two_fleets: Template) -> None:
        assert rule_of(two_fleets).endswith(
            '(ALARM("Blue has no healthy host") AND ALARM("Green has no healthy host")))'
        )

    def test_an_outage_is_one_message(self, template: Template, alarms: Alarms) -> None:
        (topic,) = template.find_resources("AWS::SNS::Topic")
        (composite,) = template.find_resources("AWS::CloudWatch::CompositeAlarm").values()
        rule = json.dumps(composite["Properties"]["AlarmRule"])
        assert composite["Properties"]["AlarmActions"] == composite["Properties"]["OKActions"] == [{"Ref": topic}]
        silent = {name for name, alarm in alarms.items() if "AlarmActions" not in alarm["Properties"]}
        assert silent == {name for name in alarms if name in rule}

    def test_without_a_topic_nobody_is_told(self) -> None:
        template = build(topic=False)
        for kind in ("Alarm", "CompositeAlarm"):
            for found in template.find_resources(f"AWS::CloudWatch::{kind}").values():
                assert not {"AlarmActions", "OKActions"} & set(found["Properties"])


def test_every_alarm_says_what_to_do(alarms: Alarms) -> None:
    for alarm in alarms.values():
        text = alarm["Properties"]["AlarmDescription"]
        assert len(text) < 1024
        assert re.search(r"\b(see|look|take|raise|shift|for|let|terminate)\b", text, re.IGNORECASE), text


def test_the_dashboard_shows_traffic_latency_errors_hosts_capacity_and_alarms(two_fleets: Template) -> None:
    (dashboard,) = two_fleets.find_resources("AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["Properties"]["DashboardBody"])
    for name in ("RequestCount", "HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count", "RejectedConnectionCount"):
        assert name in body
    for label in ("p50", "p95", "p99", "minimum", "desired", "maximum", "in service"):
        assert f'\\"label\\":\\"{label}\\"' in body, label
    for title in ("Alarms", "Traffic", "Errors", "Blue: latency, s", "Green: hosts per zone", "Green: capacity"):
        assert f'\\"title\\":\\"{title}\\"' in body, title
    assert body.count('\\"label\\":\\"healthy, zone ') == 2 * 3
    assert all(name in body for name in alarms_of(two_fleets))


def test_thresholds_are_the_callers() -> None:
    alarms = alarms_of(
        build(
            thresholds=AlarmThresholds(
                p95_seconds=0.2,
                p99_seconds=0.4,
                error_percent=2,
                minimum_requests=5,
                unhealthy_minutes=2,
                at_maximum_minutes=60,
                tls_error_percent=50,
            )
        )
    )
    assert alarm_about(alarms, "slowly (p95)")["Threshold"] == 0.2
    assert alarm_about(alarms, "slowly (p99)")["Threshold"] == 0.4
    assert alarm_about(alarms, "Web answers with 5xx")["Threshold"] == 2
    assert value(alarm_about(alarms, "Web answers with 5xx"), requests=5, errors=5) == 100
    assert alarm_about(alarms, "in its zone 1,")["EvaluationPeriods"] == 2
    assert alarm_about(alarms, "as large as it may become")["EvaluationPeriods"] == 60
    assert alarm_about(alarms, "for 60 minutes")
    assert alarm_about(alarms, "Clients and load balancer")["Threshold"] == 50


def test_all_problems_are_told_at_once() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S")
    vpc = ec2.Vpc(stack, "Vpc")
    fleet = InstanceFleet(stack, "Fleet", vpc=vpc, capacity=THREE)
    group = elbv2.ApplicationTargetGroup(stack, "Group", vpc=vpc, port=80)
    with pytest.raises(ValueError, match="can't be built") as error:
        WebTierMonitoring(
            stack,
            "Monitoring",
            load_balancer=elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc),
            target_groups={"a b": group},
            fleets={"Web": fleet},
            availability_zones=cdk.Token.as_list({"Fn::GetAZs": ""}),
            shape=shape_of(TlsApproach.OFFLOAD),
            thresholds=AlarmThresholds(error_percent=0),
        )
    assert str(error.value).splitlines() == [
        "WebTierMonitoring S/Monitoring can't be built:",
        "  - thresholds.error_percent must be between 0.01 and 100 %, got 0 %",
        "  - target_groups must have names of letters and digits, got 'a b': alarms carry them",
        "  - fleets holds Web, which target_groups doesn't: both have the same names",
        "  - availability_zones must be a list whose length is known at synthesis: each has an alarm",
    ]


def test_there_must_be_something_to_watch() -> None:
    with pytest.raises(ValueError, match="target_groups must hold at least one, got none: there is nothing to watch"):
        build(target_groups={}, fleets={})


def test_alarms_of_others_are_shown_with_its_own() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Others")
    other = cloudwatch.Alarm.from_alarm_arn(stack, "Other", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:queue")
    (dashboard,) = build(further_alarms=[other]).find_resources("AWS::CloudWatch::Dashboard").values()
    assert "111122223333:alarm:queue" in json.dumps(dashboard)


def test_two_tiers_fit_in_one_stack_of_a_stage() -> None:
    stage = cdk.Stage(cdk.App(builtin_cloud_formation_validation=False), "Production")
    stack = cdk.Stack(stage, "S")
    vpc = ec2.Vpc(stack, "Vpc")
    balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc)
    group = elbv2.ApplicationTargetGroup(stack, "Group", vpc=vpc, port=80)
    for name in ("One", "Two"):
        WebTierMonitoring(
            stack,
            name,
            load_balancer=balancer,
            target_groups={"Web": group},
            availability_zones=["eu-west-1a"],
            shape=shape_of(TlsApproach.PLAIN_HTTP),
        )
    Template.from_stack(stack).resource_count_is("AWS::CloudWatch::CompositeAlarm", 2)
