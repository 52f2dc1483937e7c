"""Fleets of several instance types, partly on Spot capacity. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute.capacity import Capacity


class SpotAllocation(StrEnum):
    """Which of the types, in which zone, a Spot instance is taken from.

    Not ``lowest-price``: it takes what is interrupted most, and AWS advises against it.
    """

    PRICE_CAPACITY_OPTIMIZED = "price-capacity-optimized"
    """The cheapest of those least likely to be interrupted: right for nearly everything."""
    CAPACITY_OPTIMIZED = "capacity-optimized"
    """Those least likely to be interrupted, whatever they cost: for work that is dear to repeat."""
    CAPACITY_OPTIMIZED_PRIORITIZED = "capacity-optimized-prioritized"
    """The same, and the order of ``instance_types`` where it makes no difference."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MixedFleet:
    """Several types, some on Spot capacity: ``MixedFleet(on_demand_base=2, spot_percentage=50)``.

    On-Demand instances take the first of the types that is available, in their order. An instance at risk of
    interruption is replaced before it is lost where there is time, and drained in its two minutes' notice.

    Args:
        on_demand_base: So many are never Spot.
        spot_percentage: Of what runs beyond them, 0 to 100.
        spot_allocation: Default ``PRICE_CAPACITY_OPTIMIZED``.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-mixed-instances-groups.html
    """

    on_demand_base: int
    spot_percentage: int
    spot_allocation: SpotAllocation = SpotAllocation.PRICE_CAPACITY_OPTIMIZED


def check_mixed_fleet(
    problems: Problems,
    mixed_fleet: MixedFleet | None,
    *,
    capacity: Capacity,
    instance_types: Sequence[str],
    name: str = "mixed_fleet",
) -> None:
    """Add to ``problems`` whatever is wrong with the mixture of one fleet."""
    if mixed_fleet is None:
        return
    if not is_token(capacity.maximum) and capacity.maximum >= 0:
        problems.between(f"{name}.on_demand_base", mixed_fleet.on_demand_base, 0, capacity.maximum)
    problems.between(f"{name}.spot_percentage", mixed_fleet.spot_percentage, 0, 100, " %")
    problems.one_of(f"{name}.spot_allocation", mixed_fleet.spot_allocation, tuple(SpotAllocation))
    if len(set(instance_types)) == 1:
        problems.add(
            f"{name} needs several instance_types, got {instance_types[0]} alone: name more of its architecture, so "
            "that the shortage of one is not the end of the fleet"
        )
