"""What stands below the name of some resources in a diagram: how many there are, where, what they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from docs.generate import filters, stores
from docs.generate.template import Resource, at, items, text
from docs.generate.topology import Topology

_SCALABLE = "AWS::ApplicationAutoScaling::ScalableTarget"

Note = Callable[[Topology, Resource], str]


def note(topology: Topology, resource: Resource) -> str:
    """The line about a resource; empty for most."""
    make = _NOTES.get(resource.type)
    return make(topology, resource) if make else ""


def qualifier(resource: Resource) -> str:
    """What kind of its kind it is; empty for most."""
    ordered = [text(resource.properties.get(name)).lower() for name in ("FifoQueue", "FifoTopic")]
    return "FIFO" if "true" in ordered else stores.engine(resource)


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
    return "\n".join([f"{count} {noun}{f' in {zones}' if zones else ''}{spot}", *_following(topology, group)])


def _service(topology: Topology, service: Resource) -> str:
    targets = [one for one in topology.template.referrers(service.id) if one.type == _SCALABLE]
    ranges = [(text(one.properties.get("MinCapacity")), text(one.properties.get("MaxCapacity"))) for one in targets]
    minimum, maximum = ranges[0] if ranges else (text(service.properties.get("DesiredCount")) or "1",) * 2
    count = f"{minimum} to {maximum}" if minimum != maximum else minimum
    zones = _zones(len(topology.zones(at(service.properties, "NetworkConfiguration.AwsvpcConfiguration.Subnets"))))
    providers = [text(at(one, "CapacityProvider")) for one in items(service.properties.get("CapacityProviderStrategy"))]
    spot = ", partly Spot" if "FARGATE_SPOT" in providers else ""
    followed = [line for target in targets for line in _following(topology, target)]
    noun = "task" if count == "1" else "tasks"
    return "\n".join([f"{count} {noun}{f' in {zones}' if zones else ''}{spot}", *dict.fromkeys(followed)])


def _following(topology: Topology, scaled: Resource) -> list[str]:
    """That its size follows a queue, where the metrics of a policy say so."""
    template = topology.template
    policies = [one for one in template.referrers(scaled.id) if one.type.endswith("::ScalingPolicy")]
    queues = [
        name
        for policy in policies
        for name in template.references(policy.properties)
        if template.resources[name].type == "AWS::SQS::Queue"
    ]
    return ["as many as the queue needs"] if queues else []


def _rule(topology: Topology, rule: Resource) -> str:
    """What a rule lets through, on a bus of one's own; AWS's own events are told at the arrow from their source."""
    own_bus = topology.template.references(rule.properties.get("EventBusName"))
    return "\n".join(filters.lines(rule.properties.get("EventPattern"))) if own_bus else ""


def _archive(_topology: Topology, archive: Resource) -> str:
    days = text(archive.properties.get("RetentionDays"))
    return f"for {days} day{'s' * (days != '1')}" if days not in ("", "0") else "for ever"


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
    "AWS::ECS::Service": _service,
    "AWS::EFS::FileSystem": stores.files,
    "AWS::ElastiCache::CacheCluster": stores.cache,
    "AWS::ElastiCache::ReplicationGroup": stores.cache,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _balancer,
    "AWS::Events::Archive": _archive,
    "AWS::Events::Rule": _rule,
    "AWS::RDS::DBCluster": stores.cluster,
    "AWS::RDS::DBInstance": stores.database,
    "AWS::S3::Bucket": stores.bucket,
}
