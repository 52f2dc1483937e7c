"""Workers that take their work off a queue, as a template has them: on instances, or in tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from docs.generate import permissions
from docs.generate.template import Resource, at, items, text
from docs.generate.topology import Topology, number

_GROUP, _SERVICE = "AWS::AutoScaling::AutoScalingGroup", "AWS::ECS::Service"
_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
# From what runs to the role that it has.
_ON_THE_WAY = frozenset({"AWS::EC2::LaunchTemplate", "AWS::IAM::InstanceProfile", "AWS::ECS::TaskDefinition"})
_ROLE = "AWS::IAM::Role"
# What SQS does where nothing is said.
_RETENTION_SECONDS, _VISIBILITY_SECONDS = 345_600, 30


@dataclass(frozen=True, slots=True)
class Pool:
    """Workers behind a queue.

    Attributes:
        id: Of the group or service.
        noun: What a worker is.
        minimum: How many there always are.
        zones: Where they run.
        hidden_seconds: After which a message that a lost worker held can be had again.
        kept_seconds: How long a message waits for a worker.
        spot: Whether workers may be reclaimed.
        on_demand: How many may never.
    """

    id: str
    noun: str
    minimum: int
    zones: tuple[str, ...]
    hidden_seconds: int
    kept_seconds: int
    spot: bool
    on_demand: int


def pools(topology: Topology) -> list[Pool]:
    """What works on queues of the template."""
    template = topology.template
    taking = [one for one in permissions.allowed(template) if one.takes()]
    found = []
    for resource in template.of_type(_GROUP, _SERVICE):
        roles = set(_roles(topology, resource))
        named = [template.resources[name] for one in taking if one.role in roles for name in one.resources]
        queues = [one for one in named if one.type == "AWS::SQS::Queue"]
        if queues:
            found.append(_pool(topology, resource, queues[0]))
    return found


def _pool(topology: Topology, resource: Resource, queue: Resource) -> Pool:
    minimum, zones = _size(topology, resource)
    spot, on_demand = _spot(resource)
    return Pool(
        id=resource.id,
        noun="instance" if resource.type == _GROUP else "task",
        minimum=minimum,
        zones=zones,
        hidden_seconds=number(queue.properties.get("VisibilityTimeout"), _VISIBILITY_SECONDS),
        kept_seconds=number(queue.properties.get("MessageRetentionPeriod"), _RETENTION_SECONDS),
        spot=spot,
        on_demand=on_demand,
    )


def _size(topology: Topology, resource: Resource) -> tuple[int, tuple[str, ...]]:
    given = resource.properties
    if resource.type == _GROUP:
        return number(given.get("MinSize")), topology.zones(given.get("VPCZoneIdentifier"))
    targets = [one for one in topology.template.referrers(resource.id) if one.type == _TARGET]
    fewest = [number(one.properties.get("MinCapacity")) for one in targets] or [number(given.get("DesiredCount"), 1)]
    return fewest[0], topology.zones(at(given, "NetworkConfiguration.AwsvpcConfiguration.Subnets"))


def _spot(resource: Resource) -> tuple[bool, int]:
    if resource.type == _GROUP:
        spread = at(resource.properties, "MixedInstancesPolicy.InstancesDistribution")
        share = number(at(spread, "OnDemandPercentageAboveBaseCapacity"), 100)
        return share < 100, number(at(spread, "OnDemandBaseCapacity"))  # noqa: PLR2004 - per cent
    strategy = items(resource.properties.get("CapacityProviderStrategy"))
    names = {text(at(one, "CapacityProvider")): number(at(one, "Base")) for one in strategy}
    return "FARGATE_SPOT" in names, names.get("FARGATE", 0)


def _roles(topology: Topology, resource: Resource) -> Iterator[str]:
    for name in topology.template.references(resource.properties):
        found = topology.template.resources[name]
        if found.type == _ROLE:
            yield name
        elif found.type in _ON_THE_WAY:
            yield from _roles(topology, found)
