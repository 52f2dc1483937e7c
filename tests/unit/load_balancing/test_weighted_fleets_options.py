"""What may be chosen about two fleets that share the traffic."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_policies import CpuTarget
from aws_patterns.load_balancing.stickiness import ApplicationStickiness, DurationStickiness
from aws_patterns.load_balancing.weighted_fleets_options import (
    Colour,
    FleetVersion,
    check_weighted_fleets,
    percent_of,
)

EMPTY = Capacity(minimum=0, maximum=6)
WARM = FleetVersion()
COLD = FleetVersion(capacity=EMPTY, slow_to_take_over=True)


def complaints(**options: Any) -> list[str]:
    problems = Problems("x")
    check_weighted_fleets(problems, **{"blue": WARM, "green": WARM, "zones": 3, **options})
    return problems.found


@pytest.mark.parametrize("green_percent", [0, 1, 50, 99, 100])
def test_the_traffic_can_be_shared_in_any_way(green_percent: int) -> None:
    assert complaints(green_percent=green_percent) == []
    assert percent_of(Colour.BLUE, green_percent) + percent_of(Colour.GREEN, green_percent) == 100


@pytest.mark.parametrize(("green_percent", "told"), [(-1, "-1 %"), (101, "101 %")])
def test_nobody_gets_more_than_all_or_less_than_nothing(green_percent: int, told: str) -> None:
    assert complaints(green_percent=green_percent)[0] == f"green_percent must be between 0 and 100 %, got {told}"


def test_what_is_known_at_deployment_only_can_not_be_shared() -> None:
    import aws_cdk as cdk

    assert complaints(green_percent=cdk.Token.as_number({"Ref": "Share"})) == [
        "green_percent must be known at synthesis: blue gets what is left of 100"
    ]


@pytest.mark.parametrize(
    ("colours", "green_percent", "colour"),
    [({"green": COLD}, 1, "green"), ({"green": COLD}, 100, "green"), ({"blue": COLD}, 99, "blue")],
)
def test_nobody_is_sent_where_nobody_might_answer(
    colours: dict[str, FleetVersion], green_percent: int, colour: str
) -> None:
    assert complaints(green_percent=green_percent, **colours) == [
        f"green_percent is {green_percent} %, so {colour} has traffic, and {colour}.capacity.minimum is 0: nobody "
        "might be there to answer. Give it instances first, and traffic in a later deployment"
    ]


@pytest.mark.parametrize(("colours", "green_percent"), [({"green": COLD}, 0), ({"blue": COLD}, 100)])
def test_a_colour_without_traffic_may_be_empty_when_that_is_said(
    colours: dict[str, FleetVersion], green_percent: int
) -> None:
    assert complaints(green_percent=green_percent, **colours) == []


def test_a_colour_without_traffic_stays_warm_unless_it_is_said() -> None:
    empty = FleetVersion(capacity=Capacity(minimum=0, maximum=6, fewer_than_zones=True))
    assert complaints(green=empty) == [
        "green.capacity.minimum must be at least 1, got 0: without instances it can't take traffic over at once. "
        "Keep it warm, or say green.slow_to_take_over"
    ]


def test_an_empty_colour_needs_no_instance_in_each_zone_and_a_warm_one_does() -> None:
    assert COLD.capacity_over(3) == Capacity(minimum=0, maximum=6, fewer_than_zones=True)
    assert WARM.capacity_over(2) == Capacity(minimum=2, maximum=4)
    assert complaints(blue=FleetVersion(capacity=Capacity(minimum=2, maximum=4))) == [
        "blue.capacity.minimum must be at least 3, one for each zone, got 2: raise it, use fewer zones, or accept "
        "empty zones with fewer_than_zones=True"
    ]


def test_a_visitor_may_come_back_to_a_colour_and_to_an_instance_of_it() -> None:
    day = DurationStickiness(86_400)
    assert complaints(colour_stickiness=day) == []
    assert complaints(colour_stickiness=day, stickiness=DurationStickiness(1)) == []


def test_who_comes_back_to_an_instance_comes_back_to_its_colour() -> None:
    assert complaints(stickiness=DurationStickiness(60)) == [
        "colour_stickiness is missing: stickiness was given, and who comes back to the same instance has to come back "
        "to its colour"
    ]


def test_a_cookie_that_weighted_target_groups_do_not_know_is_refused() -> None:
    cookie = ApplicationStickiness("session")
    assert complaints(colour_stickiness=cookie, stickiness=cookie) == [
        f"{name} must be DurationStickiness or None, got ApplicationStickiness: target groups that share traffic know "
        "no other"
        for name in ("colour_stickiness", "stickiness")
    ]


def test_a_cookie_lives_a_week_at_most() -> None:
    assert complaints(colour_stickiness=DurationStickiness(604_801)) == [
        "colour_stickiness.seconds must be between 1 and 604800 s, got 604801 s"
    ]


def test_fleets_in_one_zone_go_down_with_it() -> None:
    assert complaints(zones=1) == [
        "vpc must offer the instances subnets in 2 zones or more, got 1: fleets in one zone go down with it. Give a "
        "network of several, such as MultiAzVpc, or other subnets of it"
    ]


def test_requests_to_a_spot_instance_have_ended_before_it_is_taken_back() -> None:
    spot = FleetVersion(
        instances=Instances(instance_types=["t4g.small", "t4g.medium"]),
        mixed_fleet=MixedFleet(on_demand_base=1, spot_percentage=50),
    )
    told = complaints(blue=spot, green=spot, deregistration_delay_seconds=300)
    assert [problem.split(" with")[0] for problem in told] == ["deregistration_delay_seconds must be at most 90 s"]


def test_all_problems_of_both_colours_are_told_at_once_with_the_name_of_the_colour() -> None:
    assert complaints(
        blue=FleetVersion(
            instances=Instances(instance_types=["t4g.small", "t4g.medium"], root_volume_gib=0),
            update=RollingUpdate(batch_size=7),
        ),
        green=FleetVersion(
            capacity=Capacity(minimum=3, maximum=2),
            mixed_fleet=MixedFleet(on_demand_base=0, spot_percentage=101),
            update=InstanceRefresh(maximum_healthy_percent=201),
            scaling_policies=[CpuTarget(percent=0)],
        ),
        green_percent=101,
    ) == [
        "green_percent must be between 0 and 100 %, got 101 %",
        "blue.instances.instance_types must be one type, got t4g.small, t4g.medium: leave the others out, or say with "
        "mixed_fleet=MixedFleet(...) how they are chosen from",
        "blue.instances.root_volume_gib must be between 1 and 16384 GiB, got 0 GiB",
        "blue.update.batch_size must be between 1 and 6, got 7",
        "green.capacity.minimum must be at most its maximum, 2, got 3",
        "green.mixed_fleet.spot_percentage must be between 0 and 100 %, got 101 %",
        "green.mixed_fleet needs several instance_types, got t4g.small alone: name more of its architecture, so that "
        "the shortage of one is not the end of the fleet",
        "green.update.maximum_healthy_percent must be between 100 and 200 %, got 201 %",
        "green.scaling_policies.Cpu.percent must be between 1 and 99 percent, got 0 percent",
    ]
