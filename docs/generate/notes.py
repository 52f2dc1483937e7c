"""What stands below the name of some resources in a diagram: how many there are, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from docs.generate.template import Resource, items, text
from docs.generate.topology import Topology

Note = Callable[[Topology, Resource], str]


def note(topology: Topology, resource: Resource) -> str:
    """The line about a resource; empty for most."""
    make = _NOTES.get(resource.type)
    return make(topology, resource) if make else ""


def zones_of_network(topology: Topology, network: Resource) -> str:
    """How many zones a network spans; empty where that is not known."""
    subnets = [
        one.id
        for one in topology.template.of_type("AWS::EC2::Subnet")
        if network.id in topology.template.references(one.properties.get("VpcId"))
    ]
    return _zones(len(topology.zones([{"Ref": name} for name in subnets])))


def _fleet(topology: Topology, group: Resource) -> str:
    given = group.properties
    minimum, maximum = text(given.get("MinSize")), text(given.get("MaxSize"))
    count = f"{minimum} to {maximum}" if minimum != maximum else minimum
    zones = _zones(len(topology.zones(given.get("VPCZoneIdentifier"))))
    spot = ", partly Spot" if "MixedInstancesPolicy" in given else ""
    noun = "instance" if count == "1" else "instances"
    return f"{count} {noun}{f' in {zones}' if zones else ''}{spot}"


def _balancer(topology: Topology, resource: Resource) -> str:
    given = resource.properties
    placed = _zones(len(topology.zones([given.get("Subnets"), given.get("SubnetMappings")])))
    addresses = sum("AllocationId" in one for one in items(given.get("SubnetMappings")) if isinstance(one, dict))
    fixed = f"{addresses} Elastic IP{'s' * (addresses > 1)}" if addresses else ""
    return ", ".join(filter(None, (text(given.get("Type")) or "application", placed, fixed)))


def _zones(count: int) -> str:
    return f"{count} zone{'s' * (count > 1)}" if count else ""


_NOTES: Mapping[str, Note] = {
    "AWS::AutoScaling::AutoScalingGroup": _fleet,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _balancer,
}
