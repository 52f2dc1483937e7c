"""What may be chosen about a workload on premises with AWS beside it, and what follows. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from aws_patterns._names import DOMAIN_NAME
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults

_SERVER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?", re.ASCII)
_AGENT = re.compile(r"arn:[\w-]+:datasync:[a-z0-9-]+:\d{12}:agent/agent-[0-9a-z]{17}", re.ASCII)
_LARGEST_ASN = 4_294_967_295


@typed
def check_hybrid_front(
    problems: Problems,
    *,
    domain_name: str,
    on_premises_address: str,
    on_premises_weight: int = defaults.ON_PREMISES_WEIGHT,
    aws_weight: int = defaults.AWS_WEIGHT,
    health_path: str = "/health",
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``HybridFront``."""
    if not is_token(domain_name) and not DOMAIN_NAME.fullmatch(domain_name):
        problems.add(f"domain_name must look like shop.example.org, got {domain_name!r}")
    check_address(problems, on_premises_address=on_premises_address)
    for name, weight in (("on_premises_weight", on_premises_weight), ("aws_weight", aws_weight)):
        problems.between(name, weight, 0, defaults.MOST_WEIGHT)
    if on_premises_weight == aws_weight == 0:
        problems.add(
            "on_premises_weight and aws_weight must not both be 0, which Route 53 takes for equal shares: give one of "
            "them more"
        )
    if not is_token(health_path) and not health_path.startswith("/"):
        problems.add(f"health_path must begin with a slash, such as /health, got {health_path!r}")


@typed
def check_address(problems: Problems, *, on_premises_address: str) -> None:
    """Add to ``problems`` whether this is no public IPv4 address, as far as can be told."""
    if is_token(on_premises_address):
        return
    try:
        address = IPv4Address(on_premises_address)
    except AddressValueError:
        problems.add(f"on_premises_address must be an IPv4 address such as 203.0.113.10, got {on_premises_address!r}")
        return
    # Documentation's own addresses are "private" to Python, and stand for others in examples.
    if any(address in IPv4Network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")):
        problems.add(
            f"on_premises_address must be public, got {on_premises_address}: health checkers and AWS's end of the VPN "
            "come from the internet"
        )


@typed
def check_site_to_site_vpn(
    problems: Problems,
    *,
    on_premises_address: str,
    on_premises_cidrs: Sequence[str] = (),
    vpc_cidr: str | None = None,
    bgp_asn: int = defaults.ON_PREMISES_ASN,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``SiteToSiteVpn``.

    ``vpc_cidr`` stands for what the CDK knows of the network, if it does.
    """
    check_address(problems, on_premises_address=on_premises_address)
    problems.between("bgp_asn", bgp_asn, 1, _LARGEST_ASN)
    if bgp_asn == defaults.AWS_ASN:
        problems.add(f"bgp_asn must be another than that of AWS's end, got {bgp_asn} for both")
    if len(on_premises_cidrs) > defaults.MOST_STATIC_ROUTES:
        problems.add(
            f"on_premises_cidrs must be at most {defaults.MOST_STATIC_ROUTES} networks, got {len(on_premises_cidrs)}: "
            "join them, or leave them out and let BGP tell"
        )
    own = None if vpc_cidr is None or is_token(vpc_cidr) else IPv4Network(vpc_cidr)
    for cidr in on_premises_cidrs:
        if not is_token(cidr):
            _check_network(problems, cidr, own)


def _check_network(problems: Problems, cidr: str, own: IPv4Network | None) -> None:
    try:
        network = IPv4Network(cidr)
    except ValueError:
        problems.add(f"on_premises_cidrs must be networks such as 192.168.0.0/16, got {cidr!r}")
        return
    if own is not None and network.overlaps(own):
        problems.add(
            f"on_premises_cidrs must not overlap the network in AWS, got {cidr} and {own}: neither side could tell "
            "where an address is"
        )


@typed
def check_on_premises_copies(
    problems: Problems,
    *,
    server: str,
    path: str = "/",
    agent_arns: Sequence[str] = (),
    every_hours: int = defaults.COPY_HOURS,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``OnPremisesCopies``."""
    if not is_token(server) and not _SERVER.fullmatch(server):
        problems.add(f"server must be a name or an address such as files.corp.example.org, got {server!r}")
    if not is_token(path) and not path.startswith("/"):
        problems.add(f"path must begin with a slash, such as /export/files, got {path!r}")
    if not agent_arns:
        problems.add("agent_arns is missing: a DataSync agent on premises reads the files; deploy and activate one")
    for arn in agent_arns:
        if not is_token(arn) and not _AGENT.fullmatch(arn):
            problems.add(
                "agent_arns must look like arn:aws:datasync:eu-west-1:111122223333:agent/agent-0123456789abcdef0, got "
                f"{arn!r}"
            )
    low, high = defaults.FEWEST_HOURS_BETWEEN_COPIES, defaults.MOST_HOURS_BETWEEN_COPIES
    problems.between("every_hours", every_hours, low, high, " hours")
