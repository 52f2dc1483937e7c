"""Who may reach a Network Load Balancer, and at which addresses. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv6Network, ip_network

from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.network_listener_options import ListenerShape, NetworkProtocol
from aws_patterns.network.cidr_plan import parse_cidr

ANY_IPV4 = "0.0.0.0/0"
ANY_IPV6 = "::/0"
_ALLOCATION = re.compile(r"eipalloc-[0-9a-f]{8,17}")


def is_ipv6(cidr: str) -> bool:
    """Whether a network is one of IPv6. What is known only at deployment counts as IPv4."""
    return not is_token(cidr) and isinstance(ip_network(cidr, strict=False), IPv6Network)


def check_front(
    problems: Problems,
    *,
    shapes: Sequence[ListenerShape],
    zones: Sequence[str],
    internet_facing: bool,
    allowed_cidrs: Sequence[str] | None,
    elastic_ip_allocation_ids: Sequence[str],
    ipv6: bool,
    access_log_retention_days: int | None = None,
    subnets_name: str = "subnets",
) -> None:
    """Add to ``problems`` whatever is wrong with who may reach one load balancer, and where."""
    _check_zones(problems, zones, subnets_name, internet_facing=internet_facing)
    usual = [ANY_IPV4, ANY_IPV6] if internet_facing and ipv6 else [ANY_IPV4]
    cidrs = usual if allowed_cidrs is None else allowed_cidrs
    _check_cidrs(problems, cidrs, ipv6=ipv6)
    _check_addresses(problems, elastic_ip_allocation_ids, len(zones), internet_facing=internet_facing)
    if access_log_retention_days is not None:
        problems.between("access_log_retention_days", access_log_retention_days, 1, 36_500, " days")
    if ipv6:
        for shape in shapes:
            if shape.protocol in {NetworkProtocol.UDP, NetworkProtocol.TCP_UDP}:
                problems.add(
                    f"ipv6 must be False with the {shape.protocol} listener on port {shape.port}: instances have IPv4 "
                    "addresses, to which UDP over IPv6 is not passed on; give it a load balancer of its own"
                )
    # One for each protocol of a port, and one by which packets that are too large are answered.
    rules = len(cidrs) * (1 + sum(2 if shape.protocol is NetworkProtocol.TCP_UDP else 1 for shape in shapes))
    if rules > defaults.SECURITY_GROUP_RULES:
        problems.add(
            f"allowed_cidrs and listeners need {rules} rules, and a security group holds "
            f"{defaults.SECURITY_GROUP_RULES}: join networks, or leave allowed_cidrs empty and admit an "
            "ec2.Peer.prefix_list through connections"
        )


def _check_zones(problems: Problems, zones: Sequence[str], name: str, *, internet_facing: bool) -> None:
    if not zones:
        kind, fix = ("public ", " or choose internet_facing=False") if internet_facing else ("", "")
        problems.add(f"vpc has no {kind}subnets, of which the load balancer needs one in each zone: give {name}{fix}")
    elif len(zones) == 1:
        problems.add(
            f"{name} must be in 2 zones or more, got 1: a load balancer in one zone goes down with it; "
            "use a network with more"
        )
    for zone in dict.fromkeys(zones):
        count = list(zones).count(zone)
        if count > 1:
            problems.add(
                f"{name} must be in different zones, got {count} in {zone}: a load balancer stands in one of each; "
                "choose with one_per_az=True"
            )


def _check_cidrs(problems: Problems, cidrs: Sequence[str], *, ipv6: bool) -> None:
    seen = set()
    for cidr in cidrs:
        network = parse_cidr(problems, "allowed_cidrs", cidr)
        if network is None:
            continue
        if network in seen:
            problems.add(f"allowed_cidrs holds {network} twice: once is enough")
        elif isinstance(network, IPv6Network) and not ipv6:
            problems.add(
                f"allowed_cidrs holds {network}, and the load balancer has no IPv6: leave it out or turn ipv6 on"
            )
        seen.add(network)


def _check_addresses(problems: Problems, ids: Sequence[str], zones: int, *, internet_facing: bool) -> None:
    if not ids:
        return
    if not internet_facing:
        problems.add(
            f"elastic_ip_allocation_ids must be empty with internet_facing=False, got {len(ids)}: "
            "an internal load balancer has addresses of its network only"
        )
        return
    if len(ids) != zones:
        problems.add(f"elastic_ip_allocation_ids must hold one for each of the {zones} zones, got {len(ids)}")
    for id in dict.fromkeys(ids):
        if is_token(id):
            continue
        if not _ALLOCATION.fullmatch(id):
            problems.add(f"elastic_ip_allocation_ids must hold ids such as eipalloc-0123456789abcdef0, got {id!r}")
        if list(ids).count(id) > 1:
            problems.add(f"elastic_ip_allocation_ids holds {id} {list(ids).count(id)} times: each zone needs its own")
