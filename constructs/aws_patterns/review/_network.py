"""What the network lets in that it did not let in before."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_patterns.review._renames import by_old_names
from aws_patterns.review._values import canonical
from aws_patterns.review.changes import Area, Finding, Severity

if TYPE_CHECKING:
    from aws_patterns.review._stack import Resource, Stack

_ALL = "-1"
_EVERY_PORT = (0, 65535)
_FROM_ANYWHERE = ("0.0.0.0/0", "::/0")
_OTHER_SIDES = (
    *("CidrIp", "CidrIpv6", "SourceSecurityGroupId", "DestinationSecurityGroupId"),
    *("SourcePrefixListId", "DestinationPrefixListId", "SourceSecurityGroupName"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """One rule of a security group."""

    group: str
    inward: bool
    protocol: str
    ports: tuple[int, int] | str
    other_side: str

    def covered_by(self, wider: _Rule) -> bool:
        return (
            (self.group, self.inward) == (wider.group, wider.inward)
            and wider.protocol in (self.protocol, _ALL)
            and (wider.protocol == _ALL or _within(self.ports, wider.ports))
            and _addresses_within(self.other_side, wider.other_side)
        )

    @property
    def from_anywhere(self) -> bool:
        return self.inward and self.other_side in _FROM_ANYWHERE

    def __str__(self) -> str:
        what = "everything" if self.protocol == _ALL else f"{self.protocol} {_ports(self.ports)}"
        where = "everywhere" if self.other_side in _FROM_ANYWHERE else self.other_side
        return f"{what} {'from' if self.inward else 'to'} {where}"


def network_findings(old: Stack, new: Stack, renamed: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for each rule that another one did not cover before, and for each door that is open now."""
    names = {after: before for before, after in renamed.items()}
    before, after = _rules(old, {}), _rules(new, names)
    for rule in after:
        if not any(map(rule.covered_by, before)):
            made = rule.group not in old.resources
            look = rule.from_anywhere or (rule.inward and not made)
            yield _finding(rule.group, f"opened: {rule}", look=look)
    for rule in before:
        if rule.group in new.resources.keys() | renamed.keys() and not any(map(rule.covered_by, after)):
            yield _finding(rule.group, f"closed: {rule}", look=False)
    open_before, open_now = _doors(old, {}), _doors(new, names)
    yield from (
        _finding(name, f"opened: {door}", look=True) for name, door in open_now if (name, door) not in open_before
    )


def _finding(logical_id: str, text: str, *, look: bool) -> Finding:
    return Finding(
        area=Area.NETWORK, severity=Severity.LOOK if look else Severity.NOTE, logical_id=logical_id, text=text
    )


def _rules(stack: Stack, names: Mapping[str, str]) -> list[_Rule]:
    found = []
    for name, resource in stack.resources.items():
        properties = resource.properties
        if resource.type == "AWS::EC2::SecurityGroup":
            for key, inward in (("SecurityGroupIngress", True), ("SecurityGroupEgress", False)):
                listed = [each for each in properties.get(key, []) if isinstance(each, dict)]
                found += [_rule(names.get(name, name), each, names, inward=inward) for each in listed]
        elif resource.type in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
            group = str(properties.get("GroupId", "")).removeprefix("${").partition(".")[0].removesuffix("}")
            found.append(_rule(names.get(group, group), properties, names, inward=resource.type.endswith("Ingress")))
    return list(dict.fromkeys(found))


def _rule(group: str, properties: Mapping[str, Any], names: Mapping[str, str], *, inward: bool) -> _Rule:
    other = next((properties[name] for name in _OTHER_SIDES if name in properties), "")
    # -1 stands for all, of ICMP's types, too.
    first, last = (properties.get(name, "-1") for name in ("FromPort", "ToPort"))
    numbers = all(str(each).lstrip("-").isdigit() for each in (first, last))
    ports: tuple[int, int] | str = (
        (int(first), int(last)) if numbers else (first if first == last else f"{first} to {last}")
    )
    return _Rule(
        group=group,
        inward=inward,
        protocol=str(properties.get("IpProtocol", _ALL)),
        ports=_EVERY_PORT if ports == (-1, -1) else ports,
        other_side=by_old_names(other if isinstance(other, str) else canonical(other), names),
    )


def _within(ports: tuple[int, int] | str, wider: tuple[int, int] | str) -> bool:
    if isinstance(ports, str) or isinstance(wider, str):
        return wider in (ports, _EVERY_PORT)
    return wider[0] <= ports[0] and ports[1] <= wider[1]


def _addresses_within(addresses: str, wider: str) -> bool:
    if addresses == wider:
        return True
    try:
        inner, outer = ipaddress.ip_network(addresses), ipaddress.ip_network(wider)
    except ValueError:
        return False
    if isinstance(inner, ipaddress.IPv4Network):
        return isinstance(outer, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, ipaddress.IPv6Network) and inner.subnet_of(outer)


def _ports(ports: tuple[int, int] | str) -> str:
    if isinstance(ports, str):
        return f"port {ports}"
    if ports == _EVERY_PORT:
        return "every port"
    return f"port {ports[0]}" if ports[0] == ports[1] else f"ports {ports[0]} to {ports[1]}"


def _doors(stack: Stack, names: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (names.get(name, name), door)
        for name, resource in stack.resources.items()
        for door in _DOORS.get(resource.type, _none)(resource)
    ]


def _none(_: Resource) -> Iterator[str]:
    yield from ()


def _public(resource: Resource) -> Iterator[str]:
    if resource.properties.get("PubliclyAccessible") == "true":
        yield "it has an address on the internet (PubliclyAccessible)"


def _load_balancer(resource: Resource) -> Iterator[str]:
    if resource.properties.get("Scheme", "internet-facing") == "internet-facing":
        yield "it has an address on the internet (Scheme internet-facing)"


def _subnet(resource: Resource) -> Iterator[str]:
    if resource.properties.get("MapPublicIpOnLaunch") == "true":
        yield "what starts in it gets an address on the internet (MapPublicIpOnLaunch)"


def _route(resource: Resource) -> Iterator[str]:
    to = resource.properties.get("DestinationCidrBlock", resource.properties.get("DestinationIpv6CidrBlock"))
    if "GatewayId" in resource.properties and to in _FROM_ANYWHERE:
        yield f"{to} through {resource.properties['GatewayId']}"


def _bucket(resource: Resource) -> Iterator[str]:
    blocked = resource.properties.get("PublicAccessBlockConfiguration")
    if isinstance(blocked, Mapping):
        for name in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
            if blocked.get(name, "false") == "false":
                yield f"{name} is off"


def _without_authorization(resource: Resource) -> Iterator[str]:
    properties = resource.properties
    # A browser asks with OPTIONS whether it may, before anybody is known.
    asked_first = properties.get("HttpMethod") == "OPTIONS" or str(properties.get("RouteKey", "")).startswith("OPTIONS")
    if properties.get("AuthorizationType", "NONE") == "NONE" and not asked_first:
        yield "anybody may call it (AuthorizationType NONE)"


def _function_url(resource: Resource) -> Iterator[str]:
    if resource.properties.get("AuthType") == "NONE":
        yield "anybody may call it (AuthType NONE)"


def _acl_entry(resource: Resource) -> Iterator[str]:
    properties = resource.properties
    cidr = properties.get("CidrBlock", properties.get("Ipv6CidrBlock"))
    if properties.get("RuleAction") == "allow" and properties.get("Egress") != "true":
        yield f"rule {properties.get('RuleNumber')} lets in {cidr}"


_DOORS: Mapping[str, Callable[[Resource], Iterator[str]]] = {
    "AWS::ApiGateway::Method": _without_authorization,
    "AWS::ApiGatewayV2::Route": _without_authorization,
    "AWS::EC2::NetworkAclEntry": _acl_entry,
    "AWS::EC2::Route": _route,
    "AWS::EC2::Subnet": _subnet,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _load_balancer,
    "AWS::Lambda::Url": _function_url,
    "AWS::RDS::DBCluster": _public,
    "AWS::RDS::DBInstance": _public,
    "AWS::Redshift::Cluster": _public,
    "AWS::S3::Bucket": _bucket,
}
