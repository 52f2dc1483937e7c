"""How a network's addresses are shared out among its subnets. Pure arithmetic; needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network

from aws_patterns._validation import Problems, is_token
from aws_patterns.network import _defaults as defaults

_PRIVATE_RANGES = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
_TAKEN_BY_DOCKER = IPv4Network("172.17.0.0/16")


class Tier(StrEnum):
    """A kind of subnet, by its way to the internet."""

    PUBLIC = "public"
    PRIVATE = "private"
    ISOLATED = "isolated"


@dataclass(frozen=True, kw_only=True, slots=True)
class SubnetPrefixes:
    """The prefix lengths of the subnets of each tier: ``SubnetPrefixes(public=24, private=19, isolated=22)``."""

    public: int
    private: int
    isolated: int

    def of(self, tier: Tier) -> int:
        """The prefix length of a tier's subnets."""
        return {Tier.PUBLIC: self.public, Tier.PRIVATE: self.private, Tier.ISOLATED: self.isolated}[tier]


@dataclass(frozen=True, kw_only=True, slots=True)
class CidrPlan:
    """A network cut into four slots per tier, whatever the number of zones: a zone added later moves no subnet.

    The tier with the largest subnets comes first, so that every block starts on its own boundary.

    Attributes:
        network: All of it.
        prefixes: The size of the subnets of each tier.
    """

    network: IPv4Network
    prefixes: SubnetPrefixes

    @property
    def fits(self) -> bool:
        """Whether the network holds every slot of every tier."""
        return self.planned <= self.network.num_addresses

    def subnets(self, tier: Tier) -> tuple[IPv4Network, ...]:
        """The four slots of a tier, those of zones that are not used included. Only of a plan that fits."""
        prefix, first = self.prefixes.of(tier), int(self.network.network_address) + self._offsets()[tier]
        size = _size(prefix)
        return tuple(IPv4Network((first + slot * size, prefix)) for slot in range(defaults.ZONE_SLOTS))

    def unplanned(self) -> tuple[IPv4Network, ...]:
        """What belongs to no tier, in as few blocks as possible."""
        rest = [self.network]
        for tier in Tier:
            for used in self.subnets(tier):
                rest = [part for block in rest for part in _without(block, used)]
        return tuple(sorted(rest))

    def table(self, zones: int) -> str:
        """The plan for people, one tier a line."""
        titles = ["tier", "usable", *(f"zone {zone + 1}" for zone in range(zones)), "for later zones"]
        rows = [titles, *(self._row(tier, zones) for tier in self._by_size())]
        widths = [max(len(row[column]) for row in rows) for column in range(len(titles))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        rest = (", ".join(map(str, self.unplanned())) or "nothing") if self.fits else "nothing"
        return "\n".join([*lines, f"{'free'.ljust(widths[0])}  {rest}"])

    @property
    def planned(self) -> int:
        """How many addresses the slots of all tiers take."""
        return sum(_size(self.prefixes.of(tier)) for tier in Tier) * defaults.ZONE_SLOTS

    def _by_size(self) -> list[Tier]:
        return sorted(Tier, key=self.prefixes.of)

    def _offsets(self) -> Mapping[Tier, int]:
        offsets, next_offset = {}, 0
        for tier in self._by_size():
            offsets[tier] = next_offset
            next_offset += _size(self.prefixes.of(tier)) * defaults.ZONE_SLOTS
        return offsets

    def _row(self, tier: Tier, zones: int) -> list[str]:
        prefix = self.prefixes.of(tier)
        last = int(self.network.broadcast_address)
        cells = []
        for slot in range(defaults.ZONE_SLOTS):
            first = int(self.network.network_address) + self._offsets()[tier] + slot * _size(prefix)
            cells.append(
                str(IPv4Network((first, prefix))) if first + _size(prefix) - 1 <= last else f"/{prefix}: no room"
            )
        usable = max(0, _size(prefix) - defaults.ADDRESSES_KEPT_BY_AWS)
        return [tier, str(usable), *cells[:zones], ", ".join(cells[zones:])]


def default_prefixes(network: IPv4Network) -> SubnetPrefixes:
    """Sixteen equal slots: four for each tier, four left over."""
    prefix = min(network.prefixlen + defaults.DEFAULT_SUBNET_BITS, network.max_prefixlen)
    return SubnetPrefixes(public=prefix, private=prefix, isolated=prefix)


def check_plan(
    problems: Problems, *, cidr: str, prefixes: SubnetPrefixes | None, must_not_overlap: Sequence[str], zones: int
) -> CidrPlan | None:
    """The plan of a network, or ``None`` and in ``problems`` whatever is wrong with it, with the plan shown."""
    others = [parse_cidr(problems, "must_not_overlap", other) for other in must_not_overlap]
    if is_token(cidr):
        problems.add("cidr must be known at synthesis: the subnets are cut out of it")
        return None
    network = parse_cidr(problems, "cidr", cidr)
    if network is None:
        return None
    if not isinstance(network, IPv4Network):
        problems.add(f"cidr must be an IPv4 network such as {defaults.CIDR}, got {cidr!r}: AWS chooses the IPv6 one")
        return None
    if not any(network.subnet_of(private) for private in _PRIVATE_RANGES):
        problems.add(
            f"cidr must lie in {', '.join(map(str, _PRIVATE_RANGES[:-1]))} or {_PRIVATE_RANGES[-1]}, got {cidr!r}: "
            "hosts on the internet that have these addresses could not be reached"
        )
    if network.overlaps(_TAKEN_BY_DOCKER):
        problems.add(f"cidr must not overlap {_TAKEN_BY_DOCKER}, which Docker and some AWS services use, got {cidr!r}")
    if not defaults.LARGEST_PREFIX <= network.prefixlen <= defaults.SMALLEST_PREFIX:
        problems.between(
            "the prefix length of cidr", network.prefixlen, defaults.LARGEST_PREFIX, defaults.SMALLEST_PREFIX
        )
        return None
    plan = CidrPlan(network=network, prefixes=prefixes or default_prefixes(network))
    _check_sizes(problems, plan, zones)
    for other in others:
        if isinstance(other, IPv4Network) and network.overlaps(other):
            problems.add(f"cidr must not overlap {other} of must_not_overlap; the plan was{_shown(plan, zones)}")
    return plan


def parse_cidr(problems: Problems, name: str, value: str) -> IPv4Network | IPv6Network | None:
    """A network known at synthesis; ``None`` for a token, and for what is none, which is added to ``problems``."""
    if is_token(value):
        return None
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        problems.add(f"{name} must be a network such as {defaults.CIDR}, got {value!r}")
        return None
    if "/" not in value:
        problems.add(f"{name} must be a network with its prefix length, got {value!r}: write {network}")
    elif ip_interface(value).ip != network.network_address:
        problems.add(f"{name} must start on the boundary of its prefix, got {value!r}: write {network}")
    return network


def _check_sizes(problems: Problems, plan: CidrPlan, zones: int) -> None:
    found = []
    for tier in Tier:
        smallest = defaults.SMALLEST_PUBLIC_PREFIX if tier is Tier.PUBLIC else defaults.SMALLEST_PREFIX
        prefix = plan.prefixes.of(tier)
        if not defaults.LARGEST_PREFIX <= prefix <= smallest:
            found.append(f"{tier} subnets must be between /{defaults.LARGEST_PREFIX} and /{smallest}, got /{prefix}")
    if any(not 0 <= plan.prefixes.of(tier) <= plan.network.max_prefixlen for tier in Tier):
        problems.add("; ".join(found))
        return
    if not plan.fits:
        found.append(
            f"three tiers of {defaults.ZONE_SLOTS} slots (one to grow into included) need {plan.planned} addresses, "
            f"and {plan.network} has {plan.network.num_addresses}"
        )
    if found:
        problems.add(
            f"{'; '.join(found)}: choose a larger cidr or other subnet_prefixes; the plan was{_shown(plan, zones)}"
        )


def _shown(plan: CidrPlan, zones: int) -> str:
    return "".join(f"\n      {line}" for line in plan.table(zones).splitlines())


def _size(prefix: int) -> int:
    return 1 << (IPv4Network(0).max_prefixlen - prefix)


def _without(block: IPv4Network, used: IPv4Network) -> list[IPv4Network]:
    if not block.overlaps(used):
        return [block]
    return list(block.address_exclude(used)) if block != used else []
