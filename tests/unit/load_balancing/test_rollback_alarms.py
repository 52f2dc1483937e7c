"""What a deployment is rolled back for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk.assertions import Template

from aws_patterns.compute.health import FleetHealth
from aws_patterns.load_balancing.rollback_alarms import RollbackAlarms
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds
from tests.unit.load_balancing.metric_math import alarm_about, sources, value

Alarms = Mapping[str, Mapping[str, Any]]


def build(**props: Any) -> Template:
    """A fleet that names the alarms, as a rolling update's boot script or an instance refresh does."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S")
    vpc = ec2.Vpc(stack, "Vpc")
    balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc)
    group = elbv2.ApplicationTargetGroup(stack, "Group", vpc=vpc, port=80)
    balancer.add_listener("Http", port=80, default_target_groups=[group])
    alarms = RollbackAlarms(stack, "Rollback", load_balancer=balancer, target_group=group, **props)
    fleet = autoscaling.AutoScalingGroup(
        stack,
        "Fleet",
        vpc=vpc,
        instance_type=ec2.InstanceType("t4g.micro"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
    )
    fleet.add_user_data(*(alarm.alarm_name for alarm in alarms.alarms))
    fleet.attach_to_application_target_group(group)
    # Raises where resources wait for each other.
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def alarms() -> Alarms:
    return build().find_resources("AWS::CloudWatch::Alarm")


def test_a_fleet_that_names_them_waits_for_them_and_they_not_for_it(alarms: Alarms) -> None:
    assert len(alarms) == 4
    assert "AutoScaling" not in str(alarms)


def test_what_users_meet_rings_within_two_minutes_and_nothing_for_want_of_data(alarms: Alarms) -> None:
    assert sorted(alarm["Properties"]["EvaluationPeriods"] for alarm in alarms.values()) == [2, 2, 2, 5]
    for alarm in alarms.values():
        found = alarm["Properties"]
        assert found["TreatMissingData"] == "notBreaching"
        periods = {entry["MetricStat"]["Period"] for entry in found.get("Metrics", ()) if "MetricStat" in entry}
        assert (periods or {found["Period"]}) == {60}


def test_they_tell_nobody(alarms: Alarms) -> None:
    assert [alarm for alarm in alarms.values() if "AlarmActions" in alarm["Properties"]] == []


def test_a_release_that_answers_with_errors_is_seen(alarms: Alarms) -> None:
    alarm = alarm_about(alarms, "too many requests with 5xx")
    assert sources(alarm) == {"requests": ("RequestCount", "Sum"), "errors": ("HTTPCode_Target_5XX_Count", "Sum")}
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (5, "GreaterThanOrEqualToThreshold")
    assert value(alarm, requests=200, errors=10) == 5
    assert value(alarm, requests=200, errors=None) == 0


def test_one_failed_request_of_few_is_no_reason(alarms: Alarms) -> None:
    alarm = alarm_about(alarms, "too many requests with 5xx")
    assert value(alarm, requests=19, errors=19) == 0
    assert value(alarm, requests=20, errors=20) == 100


def test_hosts_that_stay_unhealthy_are_seen(alarms: Alarms) -> None:
    alarm = alarm_about(alarms, "fail their health check")
    assert sources(alarm) == {
        "healthy": ("HealthyHostCount", "Maximum"),
        "unhealthy": ("UnHealthyHostCount", "Minimum"),
    }
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (10, "GreaterThanOrEqualToThreshold")
    assert value(alarm, healthy=3, unhealthy=1) == 25
    assert value(alarm, healthy=None, unhealthy=3) == 100
    assert value(alarm, healthy=0, unhealthy=0) == 0


def test_the_tenth_of_a_fleet_that_is_booting_is_no_reason(alarms: Alarms) -> None:
    alarm = alarm_about(alarms, "fail their health check")
    found = value(alarm, healthy=30, unhealthy=3)
    assert found is not None
    assert found < alarm["Threshold"]


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 2), (300, 5), (301, 6), (900, 15)])
def test_a_host_may_be_unhealthy_for_as_long_as_it_has_grace(seconds: int, minutes: int) -> None:
    found = build(health=FleetHealth(grace_seconds=seconds)).find_resources("AWS::CloudWatch::Alarm")
    assert alarm_about(found, "fail their health check")["EvaluationPeriods"] == minutes


@pytest.mark.parametrize(("words", "percentile", "seconds"), [("in twenty", "p95", 1.0), ("in a hundred", "p99", 3.0)])
def test_a_release_that_answers_slowly_is_seen(alarms: Alarms, words: str, percentile: str, seconds: float) -> None:
    alarm = alarm_about(alarms, words)
    assert sources(alarm) == {"requests": ("RequestCount", "Sum"), "latency": ("TargetResponseTime", percentile)}
    assert alarm["Threshold"] == seconds
    assert value(alarm, requests=20, latency=4) == 4
    assert value(alarm, requests=19, latency=4) == 0


def test_the_thresholds_are_the_callers() -> None:
    thresholds = AlarmThresholds(p95_seconds=0.2, p99_seconds=0.4, error_percent=1, minimum_requests=7)
    alarms = build(thresholds=thresholds).find_resources("AWS::CloudWatch::Alarm")
    assert sorted(alarm["Properties"]["Threshold"] for alarm in alarms.values()) == [0.2, 0.4, 1, 10]
    assert value(alarm_about(alarms, "in twenty"), requests=7, latency=3) == 3


def test_thresholds_that_can_not_be_used_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"^RollbackAlarms S/Rollback can't be built:\n") as error:
        build(thresholds=AlarmThresholds(error_percent=0, minimum_requests=0))
    assert str(error.value).splitlines()[1:] == [
        "  - thresholds.error_percent must be between 0.01 and 100 %, got 0 %",
        "  - thresholds.minimum_requests must be between 1 and 1000000 requests per minute, got 0 requests per minute",
    ]
