"""The plan of a network: subnets are inside, apart from each other, as large as promised, and stay where they are."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_patterns._validation import Problems
from aws_patterns.network.cidr_plan import CidrPlan, SubnetPrefixes, Tier, check_plan, default_prefixes


@st.composite
def plans(draw: st.DrawFn) -> CidrPlan:
    prefix = draw(st.integers(16, 24))
    base = draw(st.sampled_from(["10.0.0.0", "100.64.0.0", "172.24.0.0", "192.168.0.0"]))
    network = IPv4Network(f"{base}/{prefix}")
    sizes = [draw(st.integers(prefix + 2, 28)) for _ in Tier]
    return CidrPlan(network=network, prefixes=SubnetPrefixes(public=sizes[0], private=sizes[1], isolated=sizes[2]))


def slots(plan: CidrPlan) -> list[IPv4Network]:
    return [slot for tier in Tier for slot in plan.subnets(tier)]


@given(plans().filter(lambda plan: plan.fits))
def test_subnets_lie_in_the_network_and_never_overlap(plan: CidrPlan) -> None:
    assert all(slot.subnet_of(plan.network) for slot in slots(plan))
    assert not [pair for pair in combinations(slots(plan), 2) if pair[0].overlaps(pair[1])]


@given(plans().filter(lambda plan: plan.fits))
def test_every_tier_has_four_slots_of_the_size_asked_for(plan: CidrPlan) -> None:
    for tier in Tier:
        assert [slot.prefixlen for slot in plan.subnets(tier)] == [plan.prefixes.of(tier)] * 4


@given(plans().filter(lambda plan: plan.fits))
def test_what_is_planned_and_what_is_free_make_up_the_network(plan: CidrPlan) -> None:
    parts = [*slots(plan), *plan.unplanned()]
    assert sum(part.num_addresses for part in parts) == plan.network.num_addresses
    assert not [pair for pair in combinations(parts, 2) if pair[0].overlaps(pair[1])]


@given(plans())
def test_a_plan_fits_exactly_when_nothing_is_refused(plan: CidrPlan) -> None:
    found = Problems("Thing")
    check_plan(found, cidr=str(plan.network), prefixes=plan.prefixes, must_not_overlap=(), zones=3)
    assert (found.found == []) is (plan.fits and plan.prefixes.public <= 27)


@given(plans())
def test_the_table_can_always_be_shown(plan: CidrPlan) -> None:
    assert len(plan.table(3).splitlines()) == 5
    assert ("no room" in plan.table(2)) is not plan.fits


@given(st.text(max_size=30))
def test_no_text_crashes_the_check(cidr: str) -> None:
    found = Problems("Thing")
    check_plan(found, cidr=cidr, prefixes=None, must_not_overlap=[cidr], zones=3)
    assert found.found


@given(st.tuples(*[st.integers(-(10**6), 10**6)] * 3))
def test_no_size_crashes_the_check(sizes: tuple[int, int, int]) -> None:
    found = Problems("Thing")
    prefixes = SubnetPrefixes(public=sizes[0], private=sizes[1], isolated=sizes[2])
    check_plan(found, cidr="10.0.0.0/16", prefixes=prefixes, must_not_overlap=(), zones=3)
    assert found.found == [] or "subnets must be" in found.found[0] or "slots" in found.found[0]


def test_the_default_plan_is_the_one_in_the_documentation() -> None:
    network = IPv4Network("10.0.0.0/16")
    plan = CidrPlan(network=network, prefixes=default_prefixes(network))
    assert plan.table(3).splitlines() == [
        "tier      usable  zone 1         zone 2         zone 3         for later zones",
        "public    4091    10.0.0.0/20    10.0.16.0/20   10.0.32.0/20   10.0.48.0/20",
        "private   4091    10.0.64.0/20   10.0.80.0/20   10.0.96.0/20   10.0.112.0/20",
        "isolated  4091    10.0.128.0/20  10.0.144.0/20  10.0.160.0/20  10.0.176.0/20",
        "free      10.0.192.0/18",
    ]


def problems(cidr: str, *, prefixes: SubnetPrefixes | None = None, others: tuple[str, ...] = ()) -> list[str]:
    found = Problems("Thing")
    check_plan(found, cidr=cidr, prefixes=prefixes, must_not_overlap=others, zones=2)
    return found.found


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.200.4.0/23", "172.16.0.0/16", "192.168.0.0/16", "100.64.0.0/16"])
def test_private_networks_are_accepted(cidr: str) -> None:
    assert problems(cidr, others=("10.99.0.0/16", "fd00::/8")) == []


@pytest.mark.parametrize(
    ("cidr", "message"),
    [
        ("ten", "cidr must be a network such as 10.0.0.0/16, got 'ten'"),
        ("10.0.0.0", "cidr must be a network with its prefix length, got '10.0.0.0': write 10.0.0.0/32"),
        ("10.0.5.0/16", "cidr must start on the boundary of its prefix, got '10.0.5.0/16': write 10.0.0.0/16"),
        ("fd00::/56", "cidr must be an IPv4 network such as 10.0.0.0/16, got 'fd00::/56': AWS chooses the IPv6 one"),
        (
            "8.8.0.0/16",
            "cidr must lie in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10, got '8.8.0.0/16': "
            "hosts on the internet that have these addresses could not be reached",
        ),
        (
            "172.17.0.0/16",
            "cidr must not overlap 172.17.0.0/16, which Docker and some AWS services use, got '172.17.0.0/16'",
        ),
        ("10.0.0.0/8", "the prefix length of cidr must be between 16 and 28, got 8"),
        ("10.0.0.0/29", "the prefix length of cidr must be between 16 and 28, got 29"),
    ],
)
def test_what_is_no_network_of_ones_own_is_refused(cidr: str, message: str) -> None:
    assert message in problems(cidr)


def test_too_small_a_network_is_refused_with_its_plan() -> None:
    assert problems("10.0.0.0/25") == [
        "public subnets must be between /16 and /27, got /29; private subnets must be between /16 and /28, got /29; "
        "isolated subnets must be between /16 and /28, got /29: choose a larger cidr or other subnet_prefixes; "
        "the plan was"
        "\n      tier      usable  zone 1        zone 2        for later zones"
        "\n      public    3       10.0.0.0/29   10.0.0.8/29   10.0.0.16/29, 10.0.0.24/29"
        "\n      private   3       10.0.0.32/29  10.0.0.40/29  10.0.0.48/29, 10.0.0.56/29"
        "\n      isolated  3       10.0.0.64/29  10.0.0.72/29  10.0.0.80/29, 10.0.0.88/29"
        "\n      free      10.0.0.96/27"
    ]


def test_subnets_that_leave_no_room_are_refused_with_the_plan() -> None:
    assert problems("10.0.0.0/16", prefixes=SubnetPrefixes(public=24, private=18, isolated=24)) == [
        "three tiers of 4 slots (one to grow into included) need 67584 addresses, and 10.0.0.0/16 has 65536: "
        "choose a larger cidr or other subnet_prefixes; the plan was"
        "\n      tier      usable  zone 1        zone 2        for later zones"
        "\n      private   16379   10.0.0.0/18   10.0.64.0/18  10.0.128.0/18, 10.0.192.0/18"
        "\n      public    251     /24: no room  /24: no room  /24: no room, /24: no room"
        "\n      isolated  251     /24: no room  /24: no room  /24: no room, /24: no room"
        "\n      free      nothing"
    ]


def test_an_overlap_is_refused_with_the_plan() -> None:
    (found,) = problems("10.0.0.0/16", others=("10.1.0.0/16", "10.0.64.0/20"))
    assert found.startswith("cidr must not overlap 10.0.64.0/20 of must_not_overlap; the plan was\n      tier ")
    assert "10.0.64.0/20" in found.splitlines()[3]
