"""Where the instances of a fleet may stand in relation to each other."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.placement import Placement, PlacementStrategy, check_placement


def problems(strategy: str, *, maximum: int = 9, zones: int = 3, kind: str = "c7gn.large", **options: Any) -> list[str]:
    found = Problems("Thing")
    placement = Placement(strategy=strategy, **options)  # type: ignore[arg-type]  # as a settings file would have it
    check_placement(found, placement, capacity=Capacity(minimum=3, maximum=maximum), zones=zones, instance_types=[kind])
    return found.found


@pytest.mark.parametrize(
    "options",
    [
        {"strategy": "spread", "maximum": 21},
        {"strategy": "spread", "maximum": 7, "zones": 1, "kind": "t4g.small"},
        {"strategy": "cluster", "zones": 1, "maximum": 100},
        *({"strategy": "partition", "partitions": count} for count in (None, 1, 7)),
        {"strategy": "partition", "maximum": 100},
    ],
    ids=str,
)
def test_what_is_allowed_is_accepted(options: dict[str, Any]) -> None:
    assert problems(**options) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"strategy": "spread", "maximum": 22},
            "capacity.maximum must be at most 21 with spread placement, 7 in each of 3 zones, got 22: "
            "lower it, use more zones, or PlacementStrategy.PARTITION",
        ),
        (
            {"strategy": "spread", "partitions": 3},
            "placement.partitions is for PlacementStrategy.PARTITION alone, got 3 with spread: leave it out",
        ),
        ({"strategy": "partition", "partitions": 8}, "placement.partitions must be between 1 and 7, got 8"),
        ({"strategy": "partition", "partitions": 0}, "placement.partitions must be between 1 and 7, got 0"),
        (
            {"strategy": "cluster"},
            "placement must be in one zone with PlacementStrategy.CLUSTER, got 3 zones: choose subnets of one, such as "
            "subnets=ec2.SubnetSelection(subnets=[vpc.private_subnets[0]])",
        ),
        *(
            (
                {"strategy": "cluster", "zones": 1, "kind": kind},
                f"placement can't cluster burstable, flexible and Mac types, got {kind}: "
                "use others, such as c7gn.large",
            )
            for kind in ("t4g.small", "t3a.nano", "m7i-flex.large", "mac1.metal")
        ),
        ({"strategy": "near"}, "placement.strategy must be one of spread, cluster, partition, got 'near'"),
    ],
    ids=str,
)
def test_what_is_not_allowed_is_refused_with_the_reason(options: dict[str, Any], message: str) -> None:
    assert problems(**options) == [message]


def test_no_placement_has_no_problem() -> None:
    found = Problems("Thing")
    check_placement(found, None, capacity=Capacity(minimum=1, maximum=100), zones=1)
    assert found.found == []


def test_a_size_known_at_deployment_only_is_let_through() -> None:
    import aws_cdk as cdk

    token: Any = cdk.Token.as_number({"Ref": "Size"})
    assert problems("spread", maximum=token) == []


def test_every_strategy_has_the_name_that_the_cdk_gives_it() -> None:
    from aws_cdk import aws_ec2 as ec2

    assert {choice.name for choice in PlacementStrategy} == set(ec2.PlacementGroupStrategy.__members__)
