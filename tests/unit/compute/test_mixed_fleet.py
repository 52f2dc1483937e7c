"""Which mixtures of types and of Spot capacity there may be."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.mixed_fleet import MixedFleet, SpotAllocation, check_mixed_fleet

TYPES = ("m7g.large", "m6g.large")


def problems(instance_types: tuple[str, ...] = TYPES, **options: Any) -> list[str]:
    found = Problems("Thing")
    mixed = MixedFleet(**{"on_demand_base": 1, "spot_percentage": 50, **options})
    check_mixed_fleet(found, mixed, capacity=Capacity(minimum=3, maximum=9), instance_types=instance_types)
    return found.found


@pytest.mark.parametrize("base", [0, 9])
@pytest.mark.parametrize("spot", [0, 100])
@pytest.mark.parametrize("allocation", SpotAllocation)
def test_what_is_allowed_is_accepted(base: int, spot: int, allocation: SpotAllocation) -> None:
    assert problems(on_demand_base=base, spot_percentage=spot, spot_allocation=allocation) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on_demand_base": -1}, "mixed_fleet.on_demand_base must be between 0 and 9, got -1"),
        ({"on_demand_base": 10}, "mixed_fleet.on_demand_base must be between 0 and 9, got 10"),
        ({"spot_percentage": 101}, "mixed_fleet.spot_percentage must be between 0 and 100 %, got 101 %"),
        (
            {"spot_allocation": "lowest-price"},
            "mixed_fleet.spot_allocation must be one of price-capacity-optimized, capacity-optimized, "
            "capacity-optimized-prioritized, got 'lowest-price'",
        ),
        (
            {"instance_types": ("m7g.large",)},
            "mixed_fleet needs several instance_types, got m7g.large alone: name more of its architecture, so that the "
            "shortage of one is not the end of the fleet",
        ),
    ],
    ids=str,
)
def test_what_is_not_allowed_is_refused_with_the_reason(options: dict[str, Any], message: str) -> None:
    assert problems(**options) == [message]


def test_no_mixture_has_no_problem() -> None:
    found = Problems("Thing")
    check_mixed_fleet(found, None, capacity=Capacity(minimum=1, maximum=1), instance_types=["t4g.small"])
    assert found.found == []


def test_every_allocation_has_the_name_that_the_cdk_gives_it() -> None:
    from aws_cdk import aws_autoscaling as autoscaling

    assert {choice.name for choice in SpotAllocation} <= set(autoscaling.SpotAllocationStrategy.__members__)
