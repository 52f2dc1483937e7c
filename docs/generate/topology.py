"""Where the parts of a template stand and what reaches them: zones, ways out, fleets, load balancers."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property

from docs.generate.kinds import words
from docs.generate.template import Resource, Template, at, items, text

# Metadata of a group: how many of its instances carry the load, which CloudFormation has no property for.
NEEDED = "aws-patterns:needed"

_ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_LISTENERS = ("AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule")


@dataclass(frozen=True, slots=True)
class Balancer:
    """A load balancer.

    Attributes:
        kind: ``application``, ``network`` or ``gateway``.
        zones: Where it has a subnet.
        addresses: How many Elastic IPs it has.
        cross_zone: Whether it sends requests to other zones.
    """

    kind: str
    zones: tuple[str, ...]
    addresses: int
    cross_zone: bool


@dataclass(frozen=True, slots=True)
class Fleet:
    """An Auto Scaling group.

    Attributes:
        id: Its logical id.
        title: What tells it from the others; empty for the only one.
        needed: How many carry the load, as the template notes it; otherwise its minimum size.
        known: Whether the template notes that.
        running: How many instances are certain to run: the minimum where something may make it smaller.
        zones: Where it may start them.
        share: The per cent of the requests that listeners send it; None behind no listener.
        on_demand: How many are certainly not Spot.
        types: How many instance types it may choose from.
        looked_up: Whether its image is looked up at each launch.
        asks_balancer: Whether what a load balancer finds unhealthy is replaced.
    """

    id: str
    title: str
    needed: int
    known: bool
    running: int
    zones: tuple[str, ...]
    share: float | None
    on_demand: int
    types: int
    looked_up: bool
    asks_balancer: bool

    def lost_with_a_zone(self) -> int:
        """Instances that the fullest zone holds, when they are spread evenly."""
        return math.ceil(self.running / len(self.zones)) if self.zones else self.running


class Topology:
    """What a template says about places.

    Args:
        template: The template.
    """

    def __init__(self, template: Template) -> None:
        self.template = template

    @cached_property
    def fleets(self) -> list[Fleet]:
        """The Auto Scaling groups."""
        groups = self.template.of_type("AWS::AutoScaling::AutoScalingGroup")
        titles = _titles(groups)
        return [self._fleet(group, titles[group.id]) for group in groups]

    @cached_property
    def balancers(self) -> list[Balancer]:
        """The load balancers."""
        return [self._balancer(one) for one in self.template.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer")]

    @cached_property
    def ways_out(self) -> dict[str, tuple[str, ...]]:
        """The zones whose subnets use a NAT gateway to reach the internet, by the gateway."""
        found: dict[str, list[str]] = {one.id: [] for one in self.template.of_type("AWS::EC2::NatGateway")}
        for route in self.template.of_type("AWS::EC2::Route"):
            destinations = {
                text(route.properties.get(name)) for name in ("DestinationCidrBlock", "DestinationIpv6CidrBlock")
            }
            for gateway in self.template.references(route.properties.get("NatGatewayId")):
                if destinations & _ANYWHERE:
                    found[gateway] += self._zones_of_table(route)
        return {gateway: tuple(dict.fromkeys(zones)) for gateway, zones in found.items()}

    @cached_property
    def gateway_zones(self) -> dict[str, str]:
        """The zone that each NAT gateway stands in."""
        gateways = self.template.of_type("AWS::EC2::NatGateway")
        placed = {one.id: self.zones(one.properties.get("SubnetId")) for one in gateways}
        return {gateway: next(iter(zones), "") for gateway, zones in placed.items()}

    @cached_property
    def endpoints(self) -> list[str]:
        """The AWS services that are reached without a way out."""
        found = (text(one.properties.get("ServiceName")) for one in self.template.of_type("AWS::EC2::VPCEndpoint"))
        return sorted({name.rpartition(".")[2] for name in found})

    def zones(self, value: object) -> tuple[str, ...]:
        """The zones of the subnets that a value refers to; none for subnets that the template does not hold."""
        named = [self.template.resources[name] for name in self.template.references(value)]
        subnets = [one for one in named if one.type == "AWS::EC2::Subnet"]
        zones = [one.properties["AvailabilityZone"] for one in subnets if "AvailabilityZone" in one.properties]
        return tuple(dict.fromkeys(json.dumps(zone) for zone in zones))

    def _zones_of_table(self, route: Resource) -> list[str]:
        tables = self.template.references(route.properties.get("RouteTableId"))
        associated = self.template.of_type("AWS::EC2::SubnetRouteTableAssociation")
        return [
            zone
            for one in associated
            if set(self.template.references(one.properties.get("RouteTableId"))) & set(tables)
            for zone in self.zones(one.properties.get("SubnetId"))
        ]

    def _balancer(self, resource: Resource) -> Balancer:
        given = resource.properties
        kind = text(given.get("Type")) or "application"
        attributes = {
            text(at(one, "Key")): text(at(one, "Value")) for one in items(given.get("LoadBalancerAttributes"))
        }
        by_default = "true" if kind == "application" else "false"
        cross_zone = attributes.get("load_balancing.cross_zone.enabled", by_default).lower() == "true"
        addresses = sum(at(one, "AllocationId") is not None for one in items(given.get("SubnetMappings")))
        return Balancer(kind, self.zones([given.get("Subnets"), given.get("SubnetMappings")]), addresses, cross_zone)

    def _fleet(self, group: Resource, title: str) -> Fleet:
        given = group.properties
        mixed = given.get("MixedInstancesPolicy")
        minimum = number(given.get("MinSize"))
        needed = number(group.metadata.get(NEEDED), minimum)
        running = minimum if self._shrinks(group) else max(minimum, number(given.get("DesiredCapacity"), minimum))
        base = min(running, number(at(mixed, "InstancesDistribution.OnDemandBaseCapacity")))
        percentage = number(at(mixed, "InstancesDistribution.OnDemandPercentageAboveBaseCapacity"), 100)
        above = math.ceil((running - base) * percentage / 100)
        return Fleet(
            id=group.id,
            title=title,
            needed=needed,
            known=NEEDED in group.metadata,
            running=running,
            zones=self.zones(given.get("VPCZoneIdentifier")),
            share=self._share(group),
            on_demand=base + above if mixed else running,
            types=len(items(at(mixed, "LaunchTemplate.Overrides"))) or 1,
            looked_up=self._looks_up_its_image(group),
            asks_balancer="ELB" in text(given.get("HealthCheckType")),
        )

    def _shrinks(self, group: Resource) -> bool:
        """Whether a policy or a schedule may take instances away."""
        changing = self.template.of_type("AWS::AutoScaling::ScalingPolicy", "AWS::AutoScaling::ScheduledAction")
        return any(group.id in self.template.references(one.properties.get("AutoScalingGroupName")) for one in changing)

    def _share(self, group: Resource) -> float | None:
        served = set(self.template.references(group.properties.get("TargetGroupARNs")))
        weights = [
            weight for listener in self.template.of_type(*_LISTENERS) for weight in self._shares(listener, served)
        ]
        return max(weights, default=None)

    def _shares(self, listener: Resource, served: set[str]) -> list[float]:
        found = []
        for action in [*items(listener.properties.get("DefaultActions")), *items(listener.properties.get("Actions"))]:
            groups = items(at(action, "ForwardConfig.TargetGroups"))
            total = sum(number(at(one, "Weight"), 1) for one in groups)
            for one in groups:
                if set(self.template.references(one)) & served:
                    found.append(100 * number(at(one, "Weight"), 1) / total if total else 0.0)
            if not groups and set(self.template.references(at(action, "TargetGroupArn"))) & served:
                found.append(100.0)
        return found

    def _looks_up_its_image(self, group: Resource) -> bool:
        named = self.template.references(
            [group.properties.get("LaunchTemplate"), group.properties.get("MixedInstancesPolicy")]
        )
        images = [text(at(self.template.resources[one].properties, "LaunchTemplateData.ImageId")) for one in named]
        return any(image.startswith("resolve:ssm:") for image in images)


def number(value: object, default: int = 0) -> int:
    """A whole number, however the template writes it."""
    written = text(value)
    return int(float(written)) if written.replace(".", "", 1).isdigit() else default


def _titles(resources: list[Resource]) -> dict[str, str]:
    """What tells resources of one type from each other, out of their places in the construct tree."""
    if len(resources) < 2:  # noqa: PLR2004 # nothing to tell apart
        return {one.id: "" for one in resources}
    depth = 0
    while len({one.path[depth : depth + 1] for one in resources}) == 1 and resources[0].path[depth : depth + 1]:
        depth += 1
    return {one.id: " ".join(words(one.path[depth])).lower() if one.path[depth:] else one.id for one in resources}
