"""What may be chosen about a network over several Availability Zones, and within which limits. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from types import MappingProxyType

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.network import _defaults as defaults
from aws_patterns.network._endpoint_services import ENDPOINT_SERVICES
from aws_patterns.network.cidr_plan import CidrPlan, SubnetPrefixes, check_plan, parse_cidr

_GATEWAY_SERVICES = ("s3", "dynamodb")


class NatGateways(StrEnum):
    """How private subnets reach the internet over IPv4."""

    PER_AZ = "per-az"
    """One in each zone: the loss of a zone takes nobody else's way out, and no traffic pays for crossing zones."""
    SINGLE_POINT_OF_FAILURE = "single"
    """One for all, in the first zone: cheaper, and when that zone fails every private subnet is cut off."""
    NONE = "none"
    """None at all: private subnets reach AWS's services through endpoints, and the internet over IPv6 at most."""


class FlowLogDestination(StrEnum):
    """Where records of the network's traffic go."""

    CLOUDWATCH = "cloudwatch"
    """A log group: searched at once, the dearer of the two."""
    S3 = "s3"
    """A bucket: cheap to keep, searched with Athena."""


# By the names that the CDK has for what CloudWatch allows.
RETENTION_NAMES = MappingProxyType(
    {
        1: "ONE_DAY",
        3: "THREE_DAYS",
        5: "FIVE_DAYS",
        7: "ONE_WEEK",
        14: "TWO_WEEKS",
        30: "ONE_MONTH",
        60: "TWO_MONTHS",
        90: "THREE_MONTHS",
        120: "FOUR_MONTHS",
        150: "FIVE_MONTHS",
        180: "SIX_MONTHS",
        365: "ONE_YEAR",
        400: "THIRTEEN_MONTHS",
        545: "EIGHTEEN_MONTHS",
        731: "TWO_YEARS",
        1096: "THREE_YEARS",
        1827: "FIVE_YEARS",
        2192: "SIX_YEARS",
        2557: "SEVEN_YEARS",
        2922: "EIGHT_YEARS",
        3288: "NINE_YEARS",
        3653: "TEN_YEARS",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowLogs:
    """Records of who spoke with whom: ``FlowLogs(destination=FlowLogDestination.S3, retention_days=365)``."""

    destination: FlowLogDestination = FlowLogDestination.CLOUDWATCH
    retention_days: int = defaults.FLOW_LOG_RETENTION_DAYS


def zone_count(zones: int | Sequence[str]) -> int:
    """How many zones were asked for, by number or by name."""
    return zones if isinstance(zones, int) else len(zones)


@typed
def check_options(
    problems: Problems,
    *,
    cidr: str = defaults.CIDR,
    availability_zones: int | Sequence[str] = defaults.AVAILABILITY_ZONES,
    subnet_prefixes: SubnetPrefixes | None = None,
    must_not_overlap: Sequence[str] = (),
    nat_gateways: str = NatGateways.PER_AZ,
    interface_endpoints: Sequence[str] = (),
    flow_logs: FlowLogs | None = None,
    denied_cidrs: Sequence[str] = (),
    ipv6: bool = False,
) -> CidrPlan | None:
    """Add to ``problems`` whatever is wrong with the options of one network; its plan where it has one."""
    zones = zone_count(availability_zones)
    _check_zones(problems, availability_zones, zones)
    plan = check_plan(
        problems,
        cidr=cidr,
        prefixes=subnet_prefixes,
        must_not_overlap=must_not_overlap,
        zones=min(max(zones, 1), defaults.AVAILABILITY_ZONES),
    )
    problems.one_of("nat_gateways", nat_gateways, tuple(NatGateways))
    _check_endpoints(problems, interface_endpoints)
    _check_flow_logs(problems, flow_logs)
    _check_denied(problems, denied_cidrs, plan.network if plan else None, ipv6=ipv6)
    return plan


def _check_zones(problems: Problems, given: int | Sequence[str], zones: int) -> None:
    if zones == 1:
        problems.add("availability_zones must be 2 or 3, got 1: a network in one zone goes down with it")
    elif zones not in {2, 3}:
        problems.add(f"availability_zones must be 2 or 3, got {zones}")
    if not isinstance(given, int):
        known = [zone for zone in given if not is_token(zone)]
        if len(set(known)) < len(known):
            problems.add(f"availability_zones must differ from each other, got {', '.join(known)}")


def _check_endpoints(problems: Problems, names: Sequence[str]) -> None:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            problems.add(f"interface_endpoints names {name} {names.count(name)} times: once is enough")
        if name in _GATEWAY_SERVICES:
            problems.add(
                f"interface_endpoints must not name {name}: every network has its gateway endpoint, which is free"
            )
        elif name not in ENDPOINT_SERVICES:
            similar = get_close_matches(name.lower(), sorted(ENDPOINT_SERVICES), n=2)
            hint = f"did you mean {' or '.join(similar)}?" if similar else "see aws-services-privatelink-support.html"
            problems.add(
                f"interface_endpoints must name AWS services that have an HTTPS endpoint, got {name!r}: {hint}"
            )


def _check_flow_logs(problems: Problems, flow_logs: FlowLogs | None) -> None:
    if flow_logs is None:
        return
    problems.one_of("flow_logs.destination", flow_logs.destination, tuple(FlowLogDestination))
    if flow_logs.destination == FlowLogDestination.S3:
        problems.between("flow_logs.retention_days", flow_logs.retention_days, 1, 36_500, " days")
    elif flow_logs.retention_days not in RETENTION_NAMES:
        allowed = ", ".join(map(str, RETENTION_NAMES))
        problems.add(
            f"flow_logs.retention_days must be one that CloudWatch has ({allowed}), got {flow_logs.retention_days}"
        )


def _check_denied(problems: Problems, cidrs: Sequence[str], own: IPv4Network | None, *, ipv6: bool) -> None:
    networks: list[IPv4Network | IPv6Network] = []
    for cidr in cidrs:
        if is_token(cidr):
            problems.add("denied_cidrs must be known at synthesis: whether one is IPv4 or IPv6 decides its rules")
            continue
        network = parse_cidr(problems, "denied_cidrs", cidr)
        if network is None:
            continue
        if network in networks:
            problems.add(f"denied_cidrs holds {network} twice: once is enough")
        elif isinstance(network, IPv6Network) and not ipv6:
            problems.add(f"denied_cidrs holds {network}, and the network has no IPv6: leave it out or turn ipv6 on")
        elif network.prefixlen == 0:
            problems.add(f"denied_cidrs must not hold {network}: nothing could pass")
        elif isinstance(network, IPv4Network) and own is not None and network.overlaps(own):
            problems.add(f"denied_cidrs must not overlap cidr, got {network}: it would cut {own} off from itself")
        networks.append(network)
    for version in (4, 6):
        count = sum(network.version == version for network in networks)
        if count > defaults.DENIED_CIDRS_PER_FAMILY:
            problems.add(
                f"denied_cidrs may hold {defaults.DENIED_CIDRS_PER_FAMILY} IPv{version} networks, a network ACL's "
                f"quota, got {count}: for longer lists use AWS Network Firewall, or a web ACL's IP set"
            )
