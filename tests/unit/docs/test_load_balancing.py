"""Diagrams say how requests come to a fleet, how large it is, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from docs.generate.architecture import VISITORS, draw
from docs.generate.graph import Edge, Graph
from docs.generate.template import Template

Resources = Mapping[str, Mapping[str, object]]


def _resource(resource_type: str, path: str, /, **properties: object) -> dict[str, object]:
    return {"Type": resource_type, "Properties": properties, "Metadata": {"aws:cdk:path": path}}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _listener(port: int, action: Mapping[str, object], protocol: str = "HTTP") -> dict[str, object]:
    known = {"LoadBalancerArn": _ref("Front"), "Port": port, "Protocol": protocol}
    return _resource("AWS::ElasticLoadBalancingV2::Listener", f"S/Listener{port}", **known, DefaultActions=[action])


def _rule(action: Mapping[str, object], *conditions: Mapping[str, object]) -> dict[str, object]:
    known = {"ListenerArn": _ref("Listener"), "Actions": [action], "Conditions": list(conditions)}
    return _resource("AWS::ElasticLoadBalancingV2::ListenerRule", "S/Rule", **known)


def _forward(**weights: int) -> dict[str, object]:
    groups = [{"TargetGroupArn": _ref(name), "Weight": weight} for name, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


@pytest.fixture
def tier() -> Callable[..., Graph]:
    """A load balancer and a fleet in two zones, and what else is given."""

    def of(**more: Mapping[str, object]) -> Graph:
        zones = {
            f"Zone{zone}": _resource(
                "AWS::EC2::Subnet", f"S/Net/Subnet{zone}", VpcId=_ref("Net"), AvailabilityZone=f"us-east-1{zone}"
            )
            for zone in "ab"
        }
        subnets = [_ref(name) for name in zones]
        fleet = {"VPCZoneIdentifier": subnets, "MinSize": "2", "MaxSize": "4", "TargetGroupARNs": [_ref("Blue")]}
        known = {
            "Net": _resource("AWS::EC2::VPC", "S/Net/Resource"),
            **zones,
            "Front": _resource(
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                "S/Front/Resource",
                Subnets=subnets,
                Scheme="internet-facing",
            ),
            "Listener": _listener(443, {"Type": "forward", "TargetGroupArn": _ref("Blue")}, "HTTPS"),
            "Blue": _resource("AWS::ElasticLoadBalancingV2::TargetGroup", "S/Blue", Protocol="HTTP", Port=8080),
            "Fleet": _resource("AWS::AutoScaling::AutoScalingGroup", "S/Web/ASG", **fleet),
        }
        return draw(Template({"Resources": {**known, **more}}))

    return of


def _between(graph: Graph, source: str, target: str) -> tuple[str, ...]:
    return next(edge.labels for edge in graph.edges if (edge.source, edge.target) == (source, target))


def test_a_fleet_and_its_load_balancer_tell_their_size_and_zones(tier: Callable[..., Graph]) -> None:
    graph = tier()
    assert graph.nodes["Fleet"].spoken() == "Web (Auto Scaling group, 2 to 4 instances in 2 zones)"
    assert graph.nodes["Front"].spoken() == "Front (Load balancer, application, 2 zones)"
    assert {graph.nodes[name].group for name in ("Fleet", "Front")} == {"Net VPC, 2 zones"}


def test_visitors_are_shown_the_doors_and_those_that_only_redirect(tier: Callable[..., Graph]) -> None:
    graph = tier(Plain=_listener(80, {"Type": "redirect"}))
    assert _between(graph, VISITORS, "Front") == ("HTTPS 443", "HTTP 80, redirected")


def test_one_fleet_gets_its_requests_on_its_port(tier: Callable[..., Graph]) -> None:
    assert _between(tier(), "Front", "Fleet") == ("HTTP 8080",)


def test_two_colours_show_their_weights(tier: Callable[..., Graph]) -> None:
    green = {"MinSize": "1", "MaxSize": "1", "TargetGroupARNs": [_ref("Green")]}
    graph = tier(
        Listener=_listener(443, _forward(Blue=9, Green=1), "HTTPS"),
        Green=_resource("AWS::ElasticLoadBalancingV2::TargetGroup", "S/Green"),
        Other=_resource("AWS::AutoScaling::AutoScalingGroup", "S/Green/ASG", **green),
    )
    assert _between(graph, "Front", "Fleet") == ("90 %", "HTTP 8080")
    assert _between(graph, "Front", "Other") == ("10 %",)
    assert graph.nodes["Other"].kind == "Auto Scaling group\n1 instance"


@pytest.mark.parametrize(
    ("condition", "label"),
    [
        ({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}, "/api/*"),
        ({"Field": "host-header", "Values": ["a.org", "b.org", "c.org"]}, "a.org or b.org ..."),
        (
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}, {"Value": "x"}]}},
            "?v=2 or x",
        ),
        (
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Beta", "Values": ["yes"]}},
            "X-Beta: yes",
        ),
        ({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["PUT"]}}, "PUT"),
    ],
)
def test_a_rule_is_told_by_its_conditions(
    condition: Mapping[str, object], label: str, tier: Callable[..., Graph]
) -> None:
    forward = {"Type": "forward", "TargetGroupArn": _ref("Blue")}
    fixed = _listener(443, {"Type": "fixed-response"}, "HTTPS")
    graph = tier(Listener=fixed, Rule=_rule(forward, condition, {"Field": "source-ip", "Values": ["10.0.0.0/8"]}))
    assert _between(graph, "Front", "Fleet") == (f"{label} and 10.0.0.0/8", "HTTP 8080")


def test_a_network_load_balancer_tells_its_addresses(tier: Callable[..., Graph]) -> None:
    mappings = [{"SubnetId": _ref(f"Zone{zone}"), "AllocationId": f"eipalloc-{zone}"} for zone in "ab"]
    front = _resource(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "S/Front/Resource/Resource",
        Type="network",
        SubnetMappings=mappings,
    )
    assert tier(Front=front).nodes["Front"].spoken() == "Front (Load balancer, network, 2 zones, 2 Elastic IPs)"


def test_access_logs_go_into_their_bucket(tier: Callable[..., Graph]) -> None:
    attributes = [{"Key": "access_logs.s3.bucket", "Value": _ref("Logs")}]
    front = _resource("AWS::ElasticLoadBalancingV2::LoadBalancer", "S/Front", LoadBalancerAttributes=attributes)
    graph = tier(Front=front, Logs=_resource("AWS::S3::Bucket", "S/Logs/Resource"))
    assert Edge("Front", "Logs", ("access logs",)) in graph.edges


def test_what_happens_to_instances_reaches_the_function_that_handles_it(tier: Callable[..., Graph]) -> None:
    pattern = {
        "detail-type": ["EC2 Instance-terminate Lifecycle Action"],
        "detail": {"AutoScalingGroupName": [_ref("Fleet")]},
    }
    rule = _resource("AWS::Events::Rule", "S/Hook", EventPattern=pattern, Targets=[{"Arn": _ref("Work")}])
    timer = _resource(
        "AWS::Events::Rule", "S/Timer", ScheduleExpression="rate(1 minute)", Targets=[{"Arn": _ref("Work")}]
    )
    graph = tier(Hook=rule, Timer=timer, Work=_resource("AWS::Lambda::Function", "S/Work/Resource"))
    assert _between(graph, "Fleet", "Hook") == ("Instance-terminate Lifecycle Action",)
    assert _between(graph, "Hook", "Work") == ()
    assert _between(graph, "Timer", "Work") == ("rate(1 minute)",)


def test_a_command_that_is_sent_to_instances_is_shown(tier: Callable[..., Graph]) -> None:
    statement = {"Effect": "Allow", "Action": ["ssm:SendCommand", "ssm:GetParameter"], "Resource": _ref("Collect")}
    policies = [{"PolicyName": "Own", "PolicyDocument": {"Statement": [statement]}}]
    graph = tier(
        Collect=_resource("AWS::SSM::Document", "S/Collect"),
        Role=_resource("AWS::IAM::Role", "S/Role", Policies=policies),
        Work=_resource("AWS::Lambda::Function", "S/Work/Resource", Role={"Fn::GetAtt": ["Role", "Arn"]}),
    )
    assert _between(graph, "Work", "Collect") == ("SendCommand",)
