"""Which choices about a web tier fit together, said without the CDK."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.placement import Placement, PlacementStrategy
from aws_patterns.load_balancing.tls import TlsApproach, shape_of
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds
from aws_patterns.load_balancing.web_tier_options import check_web_tier, health_url

BOTH = Instances(instance_types=["t4g.small", "t4g.medium"])


def problems_of(**options: Any) -> list[str]:
    problems = Problems("WebTier")
    check_web_tier(problems, **{"zones": 3, "tls": TlsApproach.PLAIN_HTTP, **options})
    return problems.found


def test_nothing_is_wrong_with_the_least_that_can_be_said() -> None:
    assert problems_of() == []


@pytest.mark.parametrize("spot_percentage", [1, 100])
def test_a_spot_instance_is_drained_within_its_notice(spot_percentage: int) -> None:
    mixed = MixedFleet(on_demand_base=1, spot_percentage=spot_percentage)
    assert problems_of(mixed_fleet=mixed, instances=BOTH, deregistration_delay_seconds=90) == []
    assert problems_of(mixed_fleet=mixed, instances=BOTH, deregistration_delay_seconds=91) == [
        "deregistration_delay_seconds must be at most 90 s with Spot instances, got 91 s: one that is taken back has "
        "two minutes, in which it is drained"
    ]


def test_on_demand_instances_may_be_drained_for_longer() -> None:
    mixed = MixedFleet(on_demand_base=1, spot_percentage=0)
    assert problems_of(mixed_fleet=mixed, instances=BOTH, deregistration_delay_seconds=3_600) == []
    assert problems_of(deregistration_delay_seconds=3_600) == []


@pytest.mark.parametrize("zones", [2, 3])
def test_several_zones_are_enough(zones: int) -> None:
    assert problems_of(zones=zones, load_balancer_zones=zones) == []


def test_one_zone_is_for_a_cluster_alone() -> None:
    cluster = Placement(strategy=PlacementStrategy.CLUSTER)
    assert problems_of(zones=1, placement=cluster, instances=Instances(instance_types=["c7gn.large"])) == []
    spread = Placement(strategy=PlacementStrategy.SPREAD)
    assert [problem.split(",")[0] for problem in problems_of(zones=1, placement=spread)] == [
        "vpc must offer the instances subnets in 2 zones or more"
    ]


def test_more_than_seven_instances_in_a_zone_are_not_spread() -> None:
    from aws_patterns.compute.capacity import Capacity

    spread = Placement(strategy=PlacementStrategy.SPREAD)
    assert problems_of(placement=spread, capacity=Capacity(minimum=3, maximum=21)) == []
    assert problems_of(placement=spread, capacity=Capacity(minimum=3, maximum=22)) == [
        "capacity.maximum must be at most 21 with spread placement, 7 in each of 3 zones, got 22: lower it, use more "
        "zones, or PlacementStrategy.PARTITION"
    ]


def test_alarms_have_thresholds_that_can_be_crossed() -> None:
    assert problems_of(thresholds=AlarmThresholds(error_percent=0)) == [
        "thresholds.error_percent must be between 0.01 and 100 %, got 0 %"
    ]


@pytest.mark.parametrize(
    ("tls", "url"),
    [
        (TlsApproach.OFFLOAD, "http://127.0.0.1:8080/health"),
        (TlsApproach.BRIDGING, "https://127.0.0.1:8080/health"),
        (TlsApproach.PLAIN_HTTP, "http://127.0.0.1:8080/health"),
    ],
)
def test_an_instance_asks_itself_in_the_protocol_that_the_load_balancer_will_use(tls: TlsApproach, url: str) -> None:
    assert health_url(shape_of(tls), 8_080, "/health") == url
