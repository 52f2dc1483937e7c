"""The resilience table says what a template says, and would say something else of another template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from docs.generate.resilience import Answer, Loss, Verdict, assess, table

Resources = dict[str, Mapping[str, Any]]
YES, DEGRADED, NO = Answer.YES, Answer.DEGRADED, Answer.NO


def _resource(resource_type: str, /, **properties: object) -> dict[str, object]:
    return {"Type": resource_type, "Properties": properties}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _group(minimum: int, zones: int, desired: int | None = None, **more: object) -> dict[str, object]:
    wanted: dict[str, object] = {
        "MinSize": str(minimum),
        "VPCZoneIdentifier": [_ref(f"Private{zone}") for zone in range(zones)],
        "HealthCheckType": "ELB",
        **({"DesiredCapacity": str(desired)} if desired is not None else {}),
    }
    return _resource("AWS::AutoScaling::AutoScalingGroup", **{**wanted, **more})


def _balancer(zones: int, **more: object) -> dict[str, object]:
    subnets = [_ref(f"Public{zone}") for zone in range(zones)]
    return _resource("AWS::ElasticLoadBalancingV2::LoadBalancer", **({"Subnets": subnets} | more))


@pytest.fixture
def network() -> Callable[[int, int], Resources]:
    """Public and private subnets in so many zones, and so many NAT gateways."""

    def of(zones: int, gateways: int) -> Resources:
        found: Resources = {}
        for zone in range(zones):
            place = {"Fn::Select": [zone, {"Fn::GetAZs": ""}]}
            for tier in ("Public", "Private"):
                found[f"{tier}{zone}"] = _resource("AWS::EC2::Subnet", AvailabilityZone=place)
            found[f"Table{zone}"] = _resource("AWS::EC2::RouteTable")
            found[f"Association{zone}"] = _resource(
                "AWS::EC2::SubnetRouteTableAssociation",
                RouteTableId=_ref(f"Table{zone}"),
                SubnetId=_ref(f"Private{zone}"),
            )
            if gateways:
                found[f"Route{zone}"] = _resource(
                    "AWS::EC2::Route",
                    RouteTableId=_ref(f"Table{zone}"),
                    DestinationCidrBlock="0.0.0.0/0",
                    NatGatewayId=_ref(f"Nat{zone % gateways}"),
                )
        for gateway in range(gateways):
            found[f"Nat{gateway}"] = _resource("AWS::EC2::NatGateway", SubnetId=_ref(f"Public{gateway}"))
        return found

    return of


Network = Callable[[int, int], Resources]


def _judged(loss: Loss, resources: Mapping[str, Mapping[str, Any]]) -> tuple[Answer, str]:
    verdict = assess({"Resources": resources})[loss]
    return verdict.answer, verdict.reason


class TestWithoutAnInstance:
    @pytest.mark.parametrize(
        ("minimum", "desired", "answer", "reason"),
        [
            (3, None, DEGRADED, "2 of 3 serve until Auto Scaling has replaced the other"),
            (3, 4, YES, "3 of 4 serve, no fewer than the minimum of 3"),
            (1, None, NO, "the only instance, until Auto Scaling has replaced it"),
            (0, 0, NO, "no instance runs"),
            (4, 2, DEGRADED, "3 of 4 serve until Auto Scaling has replaced the other"),
        ],
    )
    def test_a_fleet_serves_with_the_others(
        self, minimum: int, desired: int | None, answer: Answer, reason: str, network: Network
    ) -> None:
        resources = {**network(3, 0), "Fleet": _group(minimum, 3, desired)}
        assert _judged(Loss.INSTANCE, resources) == (answer, reason)

    def test_a_fleet_that_does_not_ask_its_load_balancer_keeps_what_does_not_answer(self, network: Network) -> None:
        served = _group(2, 2, 3, TargetGroupARNs=[_ref("Targets")], HealthCheckType="EC2")
        action = {"Type": "forward", "TargetGroupArn": _ref("Targets")}
        resources = {
            **network(2, 0),
            "Fleet": served,
            "Targets": _resource("AWS::ElasticLoadBalancingV2::TargetGroup"),
            "Listener": _resource("AWS::ElasticLoadBalancingV2::Listener", DefaultActions=[action]),
        }
        answer, reason = _judged(Loss.INSTANCE, resources)
        assert answer is DEGRADED
        assert reason.startswith("one that runs without answering gets no requests, and is not replaced either; 2 of 3")

    def test_an_instance_of_its_own_is_not_replaced(self) -> None:
        assert _judged(Loss.INSTANCE, {"One": _resource("AWS::EC2::Instance")}) == (
            NO,
            "an instance of its own is not replaced",
        )


class TestWithoutAZone:
    @pytest.mark.parametrize(
        ("fleet", "answer", "reason"),
        [
            ((3, 3, None), DEGRADED, "2 of 3 zones and 2 of 3 instances remain until 1 more runs in the others"),
            (
                *((3, 4, 6), YES),
                "2 of 3 zones and 4 of 6 instances remain, no fewer than the minimum of 4: nothing has to be launched",
            ),
            ((3, 4, 5), DEGRADED, "2 of 3 zones and 3 of 5 instances remain until 2 more run in the others"),
            ((1, 3, None), NO, "0 of 1 zones and 0 of 3 instances remain"),
            ((2, 1, None), NO, "1 of 2 zones and 0 of 1 instances remain"),
        ],
    )
    def test_a_fleet_serves_from_the_others(
        self, fleet: tuple[int, int, int | None], answer: Answer, reason: str, network: Network
    ) -> None:
        zones, minimum, desired = fleet
        resources = {**network(zones, 0), "Fleet": _group(minimum, zones, desired)}
        assert _judged(Loss.ZONE, resources) == (answer, reason)

    def test_a_fleet_in_subnets_of_elsewhere_is_not_certain_to_survive(self) -> None:
        fleet = _group(2, 0, VPCZoneIdentifier=["subnet-1", "subnet-2"])
        reason = "its subnets are not in this template, so nothing is certain"
        assert _judged(Loss.ZONE, {"Fleet": fleet}) == (DEGRADED, reason)

    def test_a_load_balancer_answers_from_the_others(self, network: Network) -> None:
        resources = {**network(3, 0), "Balancer": _balancer(3)}
        assert _judged(Loss.ZONE, resources) == (YES, "the load balancer answers from 2 of 3 zones")
        assert _judged(Loss.ZONE, {**resources, "Balancer": _balancer(1)}) == (
            NO,
            "the load balancer is in one zone",
        )

    def test_a_network_load_balancer_loses_an_address_and_dns_leaves_the_zone_out(self, network: Network) -> None:
        mappings = [{"SubnetId": _ref(f"Public{zone}"), "AllocationId": f"eipalloc-{zone}"} for zone in range(3)]
        cross_zone = {"Key": "load_balancing.cross_zone.enabled", "Value": "true"}
        balancer = _balancer(0, Type="network", SubnetMappings=mappings)
        across = _balancer(0, Type="network", SubnetMappings=mappings, LoadBalancerAttributes=[cross_zone])
        answered = "2 of 3 Elastic IPs answer, and DNS leaves out the other"
        assert _judged(Loss.ZONE, {**network(3, 0), "Balancer": balancer}) == (
            YES,
            f"{answered}; without cross-zone balancing, DNS leaves out a zone whose targets are all unhealthy",
        )
        assert _judged(Loss.ZONE, {**network(3, 0), "Balancer": across}) == (YES, answered)

    def test_the_zone_of_the_only_nat_gateway_takes_the_way_out_of_the_others(self, network: Network) -> None:
        assert _judged(Loss.ZONE, network(3, 3)) == (YES, "each zone leaves through its own NAT gateway")
        assert _judged(Loss.ZONE, network(3, 1)) == (
            DEGRADED,
            "if it is the zone of the NAT gateway, the private subnets of 2 other zones are cut off from the internet",
        )

    def test_functions_run_on(self) -> None:
        functions = {"Work": _resource("AWS::Lambda::Function")}
        assert _judged(Loss.ZONE, functions) == (YES, "functions run in several zones by themselves")


class TestWithoutANatGateway:
    @pytest.mark.parametrize(
        ("gateways", "answer", "reason"),
        [
            (3, DEGRADED, "the private subnets of 1 of 3 zones are cut off from the internet"),
            (1, DEGRADED, "the private subnets of all 3 zones are cut off from the internet"),
            (0, YES, "nothing here depends on one"),
        ],
    )
    def test_the_zones_that_use_it_are_cut_off(
        self, gateways: int, answer: Answer, reason: str, network: Network
    ) -> None:
        assert _judged(Loss.NAT, network(3, gateways)) == (answer, reason)

    def test_requests_and_endpoints_go_on(self, network: Network) -> None:
        endpoint = _resource("AWS::EC2::VPCEndpoint", ServiceName={"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"})
        resources = {**network(2, 1), "Balancer": _balancer(2), "S3": endpoint}
        assert _judged(Loss.NAT, resources)[1] == (
            "the private subnets of all 2 zones are cut off from the internet, and requests from the load balancer are "
            "still served; only s3 can be reached from there"
        )


class TestWithoutLaunches:
    def test_what_runs_goes_on_and_a_spare_zone_covers_the_loss_of_another(self, network: Network) -> None:
        spare = {**network(3, 0), "Fleet": _group(4, 3, 6)}
        tight = {**network(3, 0), "Fleet": _group(3, 3)}
        assert _judged(Loss.LAUNCHES, spare) == (
            YES,
            "the 6 running go on, and even without a zone 4 are no fewer than the minimum of 4",
        )
        assert _judged(Loss.LAUNCHES, tight) == (
            DEGRADED,
            "the 3 running go on, but nothing that is lost is replaced: without a zone as well, 2 are left",
        )

    @pytest.mark.parametrize("kind", ["ScalingPolicy", "ScheduledAction"])
    def test_what_scaling_may_take_away_is_not_counted_on(self, kind: str, network: Network) -> None:
        shrinking = _resource(f"AWS::AutoScaling::{kind}", AutoScalingGroupName=_ref("Fleet"))
        resources = {**network(3, 0), "Fleet": _group(4, 3, 6), "Shrinking": shrinking}
        assert _judged(Loss.LAUNCHES, resources) == (
            DEGRADED,
            "the 4 running go on, but nothing that is lost is replaced: without a zone as well, 2 are left",
        )

    def test_a_minimum_above_what_carries_the_load_is_capacity_to_spare(self, network: Network) -> None:
        fleet = {**_group(6, 3), "Metadata": {"aws-patterns:needed": 4}}
        assert _judged(Loss.LAUNCHES, {**network(3, 0), "Fleet": fleet}) == (
            YES,
            "the 6 running go on, and even without a zone 4 are no fewer than the 4 that carry the load",
        )

    def test_spot_instances_may_go_and_not_come_back(self, network: Network) -> None:
        distribution = {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 50}
        overrides = [{"InstanceType": name} for name in ("m7g.large", "m6g.large")]
        mixed = {"InstancesDistribution": distribution, "LaunchTemplate": {"Overrides": overrides}}
        resources = {**network(3, 0), "Fleet": _group(4, 3, 6, MixedInstancesPolicy=mixed)}
        answer, reason = _judged(Loss.LAUNCHES, resources)
        assert answer is DEGRADED
        assert reason.startswith(
            "up to 2 are Spot, may be reclaimed and would not come back (2 types to choose from); "
        )

    def test_an_image_that_is_looked_up_at_each_launch_is_one_more_thing_to_fail(self, network: Network) -> None:
        data = {"ImageId": "resolve:ssm:/images/web"}
        template = _resource("AWS::EC2::LaunchTemplate", LaunchTemplateData=data)
        fleet = _group(4, 3, 6, LaunchTemplate={"LaunchTemplateId": _ref("Template")})
        answer, reason = _judged(Loss.LAUNCHES, {**network(3, 0), "Fleet": fleet, "Template": template})
        assert (answer, reason.partition(";")[0]) == (
            DEGRADED,
            "the image's parameter is looked up at each launch",
        )

    def test_a_fleet_of_none_serves_nobody(self, network: Network) -> None:
        assert _judged(Loss.LAUNCHES, {**network(3, 0), "Fleet": _group(0, 3, 0)}) == (NO, "no instance runs")


class TestTwoColours:
    @pytest.fixture
    def colours(self, network: Network) -> Callable[[int, int], Resources]:
        def of(blue: int, green: int) -> Resources:
            groups = [
                {"TargetGroupArn": _ref(f"{name}Targets"), "Weight": weight}
                for name, weight in (("Blue", blue), ("Green", green))
            ]
            action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
            resources: Resources = {
                **network(3, 0),
                "Listener": _resource("AWS::ElasticLoadBalancingV2::Listener", DefaultActions=[action]),
            }
            for name, minimum in (("Blue", 3), ("Green", 1)):
                resources[f"{name}Targets"] = _resource("AWS::ElasticLoadBalancingV2::TargetGroup")
                fleet = _group(minimum, 3, TargetGroupARNs=[_ref(f"{name}Targets")])
                resources[name] = {**fleet, "Metadata": {"aws:cdk:path": f"S/Web/{name}/Group/Resource"}}
            return resources

        return of

    def test_both_count_while_both_get_requests(self, colours: Callable[[int, int], Resources]) -> None:
        assert _judged(Loss.INSTANCE, colours(90, 10)) == (
            NO,
            "green (10 % of requests): the only instance, until Auto Scaling has replaced it; "
            "blue (90 % of requests): 2 of 3 serve until Auto Scaling has replaced the other",
        )

    def test_the_one_without_a_weight_does_not(self, colours: Callable[[int, int], Resources]) -> None:
        assert _judged(Loss.INSTANCE, colours(100, 0)) == (
            DEGRADED,
            "blue: 2 of 3 serve until Auto Scaling has replaced the other",
        )


def test_of_several_reasons_the_worst_decides_and_comes_first(network: Network) -> None:
    resources = {**network(3, 3), "Balancer": _balancer(3), "Fleet": _group(3, 3)}
    verdict = assess({"Resources": resources})[Loss.ZONE]
    assert verdict == Verdict(
        DEGRADED,
        "2 of 3 zones and 2 of 3 instances remain until 1 more runs in the others; "
        "the load balancer answers from 2 of 3 zones; each zone leaves through its own NAT gateway",
    )


def test_the_table_has_a_row_for_each_variant_and_a_column_for_each_loss(network: Network) -> None:
    one = {"Resources": {**network(2, 1), "Fleet": _group(2, 2)}}
    lines = table({"as shipped": one, "no gateway": {"Resources": network(2, 0)}}).splitlines()
    assert lines[0] == ("| Variant | Without an instance | Without a zone | Without a NAT gateway | Without launches |")
    assert lines[2].startswith("| as shipped | **degraded**: 1 of 2 serve until")
    assert lines[3].startswith("| no gateway | **yes**: nothing here depends on one | ")
    assert lines[-1].startswith("Without an instance: one instance ends or stops answering; without a zone: ")
