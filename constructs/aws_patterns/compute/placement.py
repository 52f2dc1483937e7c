"""Where the instances of a fleet stand in relation to each other. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute.capacity import Capacity

# Burstable and flexible types share what a cluster is there for: a network of one's own.
_NOT_IN_A_CLUSTER = re.compile(r"t\d[a-z]*\.|mac\d|[a-z]+\d+[a-z]*-flex\.")


class PlacementStrategy(StrEnum):
    """How near to each other."""

    SPREAD = "spread"
    """Each on a rack of its own, with own power and network: at most seven in a zone, replacements included, so stay
    one below that where instances are to be replaced before they are terminated."""
    CLUSTER = "cluster"
    """Close together in one zone, for the lowest latency among them: it goes down with that zone."""
    PARTITION = "partition"
    """In groups that share no rack with each other, for data that is replicated between them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """A placement group of the fleet's own: ``Placement(strategy=PlacementStrategy.SPREAD)``.

    Args:
        strategy: How near to each other.
        partitions: How many in each zone, 1 to 7, for ``PARTITION`` alone. Default 7.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html
    """

    strategy: PlacementStrategy
    partitions: int | None = None


def check_placement(
    problems: Problems,
    placement: Placement | None,
    *,
    capacity: Capacity,
    zones: int,
    instance_types: Sequence[str] = (),
    name: str = "placement",
) -> None:
    """Add to ``problems`` whatever one fleet can't be placed like."""
    if placement is None:
        return
    problems.one_of(f"{name}.strategy", placement.strategy, tuple(PlacementStrategy))
    if placement.partitions is not None:
        if placement.strategy == PlacementStrategy.PARTITION:
            problems.between(f"{name}.partitions", placement.partitions, 1, defaults.PARTITIONS_PER_ZONE)
        else:
            problems.add(
                f"{name}.partitions is for PlacementStrategy.PARTITION alone, got {placement.partitions} with "
                f"{placement.strategy}: leave it out"
            )
    most = defaults.SPREAD_PER_ZONE * zones
    if placement.strategy == PlacementStrategy.SPREAD and not is_token(capacity.maximum) and capacity.maximum > most:
        problems.add(
            f"capacity.maximum must be at most {most} with spread placement, {defaults.SPREAD_PER_ZONE} in each of "
            f"{zones} zones, got {capacity.maximum}: lower it, use more zones, or PlacementStrategy.PARTITION"
        )
    if placement.strategy == PlacementStrategy.CLUSTER:
        _check_cluster(problems, zones, instance_types, name)


def _check_cluster(problems: Problems, zones: int, instance_types: Sequence[str], name: str) -> None:
    if zones > 1:
        problems.add(
            f"{name} must be in one zone with PlacementStrategy.CLUSTER, got {zones} zones: choose subnets of one, "
            "such as subnets=ec2.SubnetSelection(subnets=[vpc.private_subnets[0]])"
        )
    unfit = [kind for kind in instance_types if not is_token(kind) and _NOT_IN_A_CLUSTER.match(kind)]
    if unfit:
        problems.add(
            f"{name} can't cluster burstable, flexible and Mac types, got {', '.join(unfit)}: "
            "use others, such as c7gn.large"
        )
