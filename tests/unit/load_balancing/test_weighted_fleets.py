"""Two versions side by side, and one number that says who gets how much of the traffic."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_policies import CpuTarget, RequestsPerTarget
from aws_patterns.load_balancing.application_front import ApplicationFront
from aws_patterns.load_balancing.content_routing import FixedResponse, PathPattern, Rule
from aws_patterns.load_balancing.health_check import HealthCheck
from aws_patterns.load_balancing.stickiness import DurationStickiness
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.weighted_fleets import WeightedFleets
from aws_patterns.load_balancing.weighted_fleets_options import Colour, FleetVersion
from aws_patterns.network.multi_az_vpc import MultiAzVpc
from tests.unit.load_balancing.metric_math import alarm_about, sources, value

EXPLICIT = cdk.Environment(account="111122223333", region="eu-west-1")
SMALL = FleetVersion(instances=Instances(instance_types=["t4g.micro"]), capacity=Capacity(minimum=3, maximum=4))
LARGE = FleetVersion(instances=Instances(instance_types=["m7g.large"]), capacity=Capacity(minimum=3, maximum=8))


def build(
    *,
    scope: cdk.App | cdk.Stage | None = None,
    env: cdk.Environment | None = None,
    front: Mapping[str, Any] | None = None,
    topic: bool = False,
    **props: Any,
) -> Template:
    return Template.from_stack(tier(scope=scope, env=env, front=front, topic=topic, **props))


def tier(
    *,
    scope: cdk.App | cdk.Stage | None = None,
    env: cdk.Environment | None = None,
    front: Mapping[str, Any] | None = None,
    topic: bool = False,
    **props: Any,
) -> cdk.Stack:
    stack = cdk.Stack(scope or cdk.App(builtin_cloud_formation_validation=False), "S", env=env)
    network = MultiAzVpc(stack, "Network")
    WeightedFleets(
        stack,
        "Web",
        **{
            "vpc": network.vpc,
            "front": ApplicationFront(stack, "Front", vpc=network.vpc, tls=TlsApproach.PLAIN_HTTP, **(front or {})),
            "alarm_topic": sns.Topic(stack, "Topic") if topic else None,
            **props,
        },
    )
    return stack


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two templates differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key), other.get(key), f"{path}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{path}/{index}")
    elif one != other:
        yield f"{path}: {one} -> {other}"


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    return {name: found["Properties"] for name, found in template.find_resources(f"AWS::{kind}").items()}


def tagged(template: Template, colour: str) -> dict[str, Any]:
    """The Auto Scaling group of a colour."""
    (found,) = [
        group
        for group in resources(template, "AutoScaling::AutoScalingGroup").values()
        if {"Key": "Colour", "PropagateAtLaunch": True, "Value": colour} in group["Tags"]
    ]
    return found


def weights(template: Template) -> dict[str, int]:
    """By colour: of the target group that each colour's Auto Scaling group is in."""
    (action,) = serving(template)["DefaultActions"]
    by_group = {found["TargetGroupArn"]["Ref"]: found["Weight"] for found in action["ForwardConfig"]["TargetGroups"]}
    return {
        colour: by_group[arn["Ref"]]
        for colour in ("blue", "green")
        for arn in tagged(template, colour)["TargetGroupARNs"]
    }


def serving(template: Template) -> dict[str, Any]:
    """The listener that forwards."""
    (found,) = [
        listener
        for listener in resources(template, "ElasticLoadBalancingV2::Listener").values()
        if listener["DefaultActions"][0]["Type"] == "forward"
    ]
    return found


@pytest.fixture(scope="module")
def template() -> Template:
    return build(topic=True)


class TestTraffic:
    def test_all_of_it_is_blues_at_first(self, template: Template) -> None:
        assert weights(template) == {"blue": 100, "green": 0}

    @pytest.mark.parametrize("green_percent", [1, 50, 100])
    def test_green_gets_its_per_cent_and_blue_the_rest(self, green_percent: int) -> None:
        assert weights(build(green_percent=green_percent)) == {"blue": 100 - green_percent, "green": green_percent}

    @pytest.mark.parametrize("env", [None, EXPLICIT], ids=["any account", "one account"])
    def test_a_shift_changes_the_weights_of_the_listener_and_nothing_else(self, env: cdk.Environment | None) -> None:
        cookie = DurationStickiness(3600)
        before, after = (
            build(env=env, green_percent=percent, colour_stickiness=cookie).to_json() for percent in (10, 90)
        )
        found = sorted(differences(before, after))
        assert len(found) == 2
        for path, change in zip(found, ("10 -> 90", "90 -> 10"), strict=False):
            assert "/Properties/DefaultActions/0/ForwardConfig/TargetGroups/" in path
            assert path.split(": ")[1] in {"10 -> 90", "90 -> 10"}, change

    def test_a_shift_waits_for_instances_that_the_same_deployment_starts(self, template: Template) -> None:
        groups = set(template.find_resources("AWS::AutoScaling::AutoScalingGroup"))
        (listener,) = [
            found
            for found in template.find_resources("AWS::ElasticLoadBalancingV2::Listener").values()
            if found["Properties"]["DefaultActions"][0]["Type"] == "forward"
        ]
        assert groups <= set(listener["DependsOn"])

    def test_every_request_is_decided_anew_unless_said_otherwise(self, template: Template) -> None:
        assert "TargetGroupStickinessConfig" not in json.dumps(serving(template))

    def test_a_visitor_can_be_kept_with_a_colour(self) -> None:
        (action,) = serving(build(colour_stickiness=DurationStickiness(600)))["DefaultActions"]
        assert action["ForwardConfig"]["TargetGroupStickinessConfig"] == {"DurationSeconds": 600, "Enabled": True}

    def test_a_visitor_can_be_kept_with_an_instance_of_it(self) -> None:
        day = DurationStickiness(86_400)
        template = build(colour_stickiness=day, stickiness=day)
        for group in resources(template, "ElasticLoadBalancingV2::TargetGroup").values():
            attributes = {found["Key"]: found["Value"] for found in group["TargetGroupAttributes"]}
            assert attributes["stickiness.enabled"] == "true"
            assert attributes["stickiness.lb_cookie.duration_seconds"] == "86400"

    def test_what_has_a_rule_of_its_own_is_not_shared(self) -> None:
        rule = Rule(name="robots", conditions=[PathPattern("/robots.txt")], action=FixedResponse(404))
        template = build(front={"rules": [rule]}, green_percent=50)
        assert weights(template) == {"blue": 50, "green": 50}
        template.resource_count_is("AWS::ElasticLoadBalancingV2::ListenerRule", 1)


class TestColours:
    def test_each_has_its_version_and_its_capacity(self) -> None:
        template = build(blue=SMALL, green=LARGE)
        assert (tagged(template, "blue")["MaxSize"], tagged(template, "green")["MaxSize"]) == ("4", "8")
        types = {
            found["LaunchTemplateData"]["InstanceType"] for found in resources(template, "EC2::LaunchTemplate").values()
        }
        assert types == {"t4g.micro", "m7g.large"}

    def test_both_are_warm_unless_said_otherwise(self, template: Template) -> None:
        for colour in Colour:
            assert (tagged(template, colour)["MinSize"], tagged(template, colour)["MaxSize"]) == ("3", "6")

    def test_one_without_traffic_can_be_empty(self) -> None:
        cold = FleetVersion(capacity=Capacity(minimum=0, maximum=6, desired=0), slow_to_take_over=True)
        template = build(green=cold)
        green = tagged(template, "green")
        assert (green["MinSize"], green["DesiredCapacity"]) == ("0", "0")
        alarms = template.find_resources("AWS::CloudWatch::Alarm")
        assert [alarm for alarm in alarms.values() if "Green has no healthy host" in str(alarm)] == []

    def test_an_instance_that_the_load_balancer_can_not_reach_is_replaced(self, template: Template) -> None:
        for colour in Colour:
            assert "ELB" in tagged(template, colour)["HealthCheckType"]

    def test_a_new_version_of_one_is_rolled_back_for_its_own_alarms(self, template: Template) -> None:
        alarms = template.find_resources("AWS::CloudWatch::Alarm")
        groups = template.find_resources("AWS::AutoScaling::AutoScalingGroup")
        asked = []
        for group in groups.values():
            named = {name for name in alarms if name in json.dumps(group["UpdatePolicy"])}
            assert len(named) == 4
            (arn,) = group["Properties"]["TargetGroupARNs"]
            assert all(arn["Ref"] in json.dumps(alarms[name]) for name in named)
            asked.append(named)
        assert not asked[0] & asked[1]

    def test_a_rolling_update_listens_to_the_instances(self) -> None:
        template = build(green=FleetVersion(update=RollingUpdate()))
        policies = [
            group["UpdatePolicy"] for group in template.find_resources("AWS::AutoScaling::AutoScalingGroup").values()
        ]
        assert any("AutoScalingRollingUpdate" in policy for policy in policies)

    @pytest.mark.parametrize(
        ("front", "address"),
        [
            ({}, "http://127.0.0.1:8080/ready"),
            ({"tls": TlsApproach.BRIDGING, "certificates": True}, "https://127.0.0.1:8443/ready"),
        ],
        ids=["http", "https"],
    )
    def test_a_deployment_waits_for_the_answer_to_the_health_check(self, front: dict[str, Any], address: str) -> None:
        from aws_cdk import aws_certificatemanager as acm

        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
        vpc = ec2.Vpc(stack, "Vpc", max_azs=3)
        if front.get("certificates"):
            front = {**front, "certificates": [acm.Certificate(stack, "Certificate", domain_name="www.example.com")]}
        else:
            front = {"tls": TlsApproach.PLAIN_HTTP}
        WeightedFleets(
            stack,
            "Web",
            vpc=vpc,
            front=ApplicationFront(stack, "Front", vpc=vpc, **front),
            blue=FleetVersion(capacity=Capacity(minimum=2, maximum=4)),
            green=FleetVersion(capacity=Capacity(minimum=2, maximum=4), trust_new_instances=True),
            health_check=HealthCheck(path="/ready"),
        )
        scripts = [
            json.dumps(found["LaunchTemplateData"]["UserData"])
            for found in resources(Template.from_stack(stack), "EC2::LaunchTemplate").values()
        ]
        assert sorted(address in script for script in scripts) == [False, True]

    def test_only_the_load_balancer_reaches_instances(self, template: Template) -> None:
        inside = resources(template, "EC2::SecurityGroupIngress").values()
        balancer = resources(template, "ElasticLoadBalancingV2::LoadBalancer")
        (own,) = next(iter(balancer.values()))["SecurityGroups"]
        assert len(list(inside)) == 2
        for rule in inside:
            assert (rule["FromPort"], rule["ToPort"], rule["SourceSecurityGroupId"]) == (8080, 8080, own)

    def test_each_scales_by_its_own_requests(self) -> None:
        version = FleetVersion(scaling_policies=[RequestsPerTarget(requests_per_minute=600), CpuTarget(percent=60)])
        template = build(blue=version)
        policies = resources(template, "AutoScaling::ScalingPolicy").values()
        labels = [
            json.dumps(found["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]["ResourceLabel"])
            for found in policies
            if "ResourceLabel" in json.dumps(found)
        ]
        (arn,) = tagged(template, "blue")["TargetGroupARNs"]
        (label,) = labels
        assert arn["Ref"] in label

    def test_one_can_be_left_to_its_size(self) -> None:
        fixed = FleetVersion(scaling_policies=())
        build(blue=fixed, green=fixed).resource_count_is("AWS::AutoScaling::ScalingPolicy", 0)


class TestComparison:
    @pytest.mark.parametrize(
        ("colour", "other", "way_out"),
        [
            ("green", "blue", "shift back, green_percent = 0"),
            ("blue", "green", "shift on to green, green_percent = 100"),
        ],
    )
    def test_a_colour_that_fails_more_is_told_with_the_way_out(
        self, template: Template, colour: str, other: str, way_out: str
    ) -> None:
        alarms = template.find_resources("AWS::CloudWatch::Alarm")
        alarm = alarm_about(alarms, f"{colour} fails 2 % more than {other}")
        assert way_out in alarm["AlarmDescription"]
        assert alarm["AlarmActions"]
        enough = {"its_requests": 100, "others_requests": 900}
        assert value(alarm, **enough, its_errors=5, others_errors=9) == 4
        assert value(alarm, **enough, its_errors=5, others_errors=None) == 5
        assert value(alarm, **enough, its_errors=None, others_errors=90) == -10
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (2, "GreaterThanOrEqualToThreshold")

    def test_a_colour_without_traffic_is_not_compared(self, template: Template) -> None:
        alarms = template.find_resources("AWS::CloudWatch::Alarm")
        alarm = alarm_about(alarms, "green fails 2 % more")
        for requests in ({"its_requests": 1, "others_requests": 900}, {"its_requests": 900, "others_requests": None}):
            assert value(alarm, **requests, its_errors=1, others_errors=None) == 0

    def test_a_colour_that_is_slower_is_told_where_it_can_be_felt(self, template: Template) -> None:
        alarms = template.find_resources("AWS::CloudWatch::Alarm")
        alarm = alarm_about(alarms, "green takes 1.5 times as long as blue")
        enough = {"its_requests": 100, "others_requests": 900}
        assert value(alarm, **enough, its_latency=0.6, others_latency=0.3) == 2
        assert value(alarm, **enough, its_latency=0.09, others_latency=0.001) == 0
        assert alarm["Threshold"] == 1.5
        assert {statistic for name, statistic in sources(alarm).values() if name == "TargetResponseTime"} == {"p95"}

    def test_the_dashboard_shows_both_beside_each_other_with_these_alarms(self, template: Template) -> None:
        (dashboard,) = resources(template, "CloudWatch::Dashboard").values()
        body = json.dumps(dashboard)
        for title in ("Blue: latency, s", "Green: latency, s", "Blue: capacity", "Green: capacity"):
            assert title in body
        alarms = template.find_resources("AWS::CloudWatch::Alarm")
        compared = [name for name, alarm in alarms.items() if "others_requests" in str(alarm)]
        assert len(compared) == 4
        assert all(name in body for name in compared)


class TestComposition:
    def test_two_fit_in_one_stack_of_a_stage(self) -> None:
        stage = cdk.Stage(cdk.App(builtin_cloud_formation_validation=False), "Production", env=EXPLICIT)
        stack = cdk.Stack(stage, "S")
        network = MultiAzVpc(stack, "Network")
        for name in ("One", "Two"):
            front = ApplicationFront(stack, f"{name}Front", vpc=network.vpc, tls=TlsApproach.PLAIN_HTTP)
            WeightedFleets(stack, name, vpc=network.vpc, front=front)
        Template.from_stack(stack).resource_count_is("AWS::AutoScaling::AutoScalingGroup", 4)

    def test_the_network_may_be_of_another_stack(self) -> None:
        app = cdk.App(builtin_cloud_formation_validation=False)
        network = MultiAzVpc(cdk.Stack(app, "NetworkStack"), "Network")
        stack = cdk.Stack(app, "S")
        front = ApplicationFront(stack, "Front", vpc=network.vpc, tls=TlsApproach.PLAIN_HTTP)
        WeightedFleets(stack, "Web", vpc=network.vpc, front=front)
        Template.from_stack(stack).resource_count_is("AWS::AutoScaling::AutoScalingGroup", 2)

    def test_the_network_may_be_an_imported_one(self) -> None:
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["eu-west-1a", "eu-west-1b"],
            public_subnet_ids=["subnet-1", "subnet-2"],
            private_subnet_ids=["subnet-3", "subnet-4"],
        )
        front = ApplicationFront(stack, "Front", vpc=vpc, tls=TlsApproach.PLAIN_HTTP)
        made = WeightedFleets(stack, "Web", vpc=vpc, front=front)
        assert made.fleets[Colour.BLUE].capacity == Capacity(minimum=2, maximum=4)
        alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
        assert alarm_about(alarms, "Green has unhealthy hosts in its zone 2")

    def test_others_can_be_opened_for_the_instances_of_both(self) -> None:
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
        network = MultiAzVpc(stack, "Network")
        front = ApplicationFront(stack, "Front", vpc=network.vpc, tls=TlsApproach.PLAIN_HTTP)
        web = WeightedFleets(stack, "Web", vpc=network.vpc, front=front)
        database = ec2.SecurityGroup(stack, "Database", vpc=network.vpc, allow_all_outbound=False)
        database.connections.allow_from(web, ec2.Port.tcp(5432))
        rules = resources(Template.from_stack(stack), "EC2::SecurityGroupIngress").values()
        assert len([rule for rule in rules if rule["FromPort"] == 5432]) == 2


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ValueError, match="can't be built") as error:
        build(
            blue=FleetVersion(capacity=Capacity(minimum=4, maximum=3)),
            green=FleetVersion(capacity=Capacity(minimum=0, maximum=3)),
            green_percent=10,
            health_check=HealthCheck(path="health"),
            slow_start_seconds=10,
            deregistration_delay_seconds=0,
        )
    assert str(error.value).splitlines() == [
        "WeightedFleets S/Web can't be built:",
        "  - health_check.path must begin with / and hold up to 1024 printable characters, got 'health'",
        "  - slow_start_seconds must be 0 (none) or between 30 and 900 s, got 10 s",
        "  - deregistration_delay_seconds must be between 1 and 3600 s, got 0 s",
        "  - blue.capacity.minimum must be at most its maximum, 3, got 4",
        "  - green.capacity.minimum must be at least 3, one for each zone, got 0: raise it, use fewer zones, or accept "
        "empty zones with fewer_than_zones=True",
        "  - green_percent is 10 %, so green has traffic, and green.capacity.minimum is 0: nobody might be there to "
        "answer. Give it instances first, and traffic in a later deployment",
    ]
