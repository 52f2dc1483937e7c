"""What may be chosen about an Application Load Balancer, and within which limits. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.network.cidr_plan import parse_cidr

EVERYONE_IPV4 = "0.0.0.0/0"
EVERYONE_IPV6 = "::/0"

_WEB_ACL = re.compile(r"arn:[\w-]+:wafv2:(?P<region>[\w-]+):\d{12}:(?P<scope>regional|global)/webacl/[\w-]+/[\w-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessLogs:
    """A bucket of its own with a line for every request: ``AccessLogs(retention_days=365)``.

    Attributes:
        retention_days: After which a line is deleted, 1 to 36500. Default 30.
        connections: Whether there is a line for every connection as well: its TLS version and cipher, its
            certificate, and why it failed. Default: there is.
    """

    retention_days: int = defaults.ACCESS_LOG_RETENTION_DAYS
    connections: bool = True


class DesyncMitigation(StrEnum):
    """What becomes of requests that the load balancer and the application might understand differently."""

    DEFENSIVE = "defensive"
    """Those that are dangerous are refused, those that only deviate get a connection of their own."""
    STRICTEST = "strictest"
    """Whatever deviates from RFC 7230 is refused."""


def everyone(*, ipv6: bool) -> Sequence[str]:
    """Who may connect unless told otherwise."""
    return (EVERYONE_IPV4, EVERYONE_IPV6) if ipv6 else (EVERYONE_IPV4,)


@typed
def check_front(
    problems: Problems,
    *,
    allowed_cidrs: Sequence[str] | None = None,
    ipv6: bool = False,
    web_acl_arn: str | None = None,
    access_logs: AccessLogs | None = None,
    idle_timeout_seconds: int = defaults.IDLE_TIMEOUT_SECONDS,
    client_keep_alive_seconds: int = defaults.CLIENT_KEEP_ALIVE_SECONDS,
    desync_mitigation: str = DesyncMitigation.DEFENSIVE,
) -> None:
    """Add to ``problems`` whatever is wrong with the front's own options; TLS and rules have checks of their own."""
    if allowed_cidrs is not None:
        _check_allowed(problems, allowed_cidrs, ipv6=ipv6)
    if web_acl_arn is not None:
        check_web_acl(problems, web_acl_arn)
    if access_logs is not None:
        problems.between("access_logs.retention_days", access_logs.retention_days, 1, 36_500, " days")
    problems.between("idle_timeout_seconds", idle_timeout_seconds, 1, 4_000, " s")
    problems.between("client_keep_alive_seconds", client_keep_alive_seconds, 60, 604_800, " s")
    problems.one_of("desync_mitigation", desync_mitigation, tuple(DesyncMitigation))


def check_web_acl(problems: Problems, arn: str, *, region: str | None = None) -> None:
    """Add to ``problems`` why that web ACL can't guard a load balancer, in that Region if it is known."""
    if is_token(arn):
        return
    found = _WEB_ACL.fullmatch(arn)
    if found is None:
        problems.add(
            "web_acl_arn must be the ARN of a web ACL of AWS WAF, such as "
            f"arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/name/id, got {arn!r}"
        )
    elif found["scope"] == "global":
        problems.add(
            f"web_acl_arn must be of a REGIONAL web ACL, got {arn!r}: CLOUDFRONT ones guard distributions; make one "
            "with scope REGIONAL in this Region"
        )
    elif region is not None and not is_token(region) and found["region"] != region:
        problems.add(
            f"web_acl_arn must be of a web ACL in {region}, where the load balancer is, got one in {found['region']}"
        )


def _check_allowed(problems: Problems, cidrs: Sequence[str], *, ipv6: bool) -> None:
    if not cidrs:
        problems.add("allowed_cidrs must hold at least one network, got none: nobody could connect")
    networks: list[IPv4Network | IPv6Network] = []
    for cidr in cidrs:
        if is_token(cidr):
            problems.add("allowed_cidrs must be known at synthesis: whether one is IPv4 or IPv6 decides its rule")
            continue
        network = parse_cidr(problems, "allowed_cidrs", cidr)
        if network is None:
            continue
        if network in networks:
            problems.add(f"allowed_cidrs holds {network} twice: once is enough")
        elif isinstance(network, IPv6Network) and not ipv6:
            problems.add(f"allowed_cidrs holds {network}, and ipv6 is off: leave it out or turn it on")
        networks.append(network)
    if len(cidrs) > defaults.ALLOWED_CIDRS:
        problems.add(
            f"allowed_cidrs may hold {defaults.ALLOWED_CIDRS} networks, half of a security group's 60 rules as there "
            f"are two listeners, got {len(cidrs)}: join neighbours, or use a web ACL's IP set"
        )
