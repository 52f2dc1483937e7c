"""Every option that can't be used is refused with its name, its value, what is allowed, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.scaling_policies import CpuTarget, RequestsPerTarget
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.load_balancing.network_listener_options import (
    AlpnPolicy,
    HttpHealthCheck,
    NetworkListener,
    NetworkProtocol,
    Targets,
    TcpHealthCheck,
    TcpListener,
    TcpUdpListener,
    TlsListener,
    UdpListener,
    shape_of_listener,
)
from aws_patterns.load_balancing.network_load_balanced_fleet_options import check_options, health_url, shapes_of
from aws_patterns.load_balancing.stickiness import DurationStickiness, SourceIpStickiness
from aws_patterns.load_balancing.tls import TlsApproach

TCP = TcpListener(port=80)
ASKED = Targets(health_check=TcpHealthCheck(port=8080))
PASS_THROUGH = TlsListener(approach=TlsApproach.PASS_THROUGH)


def tls(**options: Any) -> TlsListener:
    """With stand-ins for certificates, of which is looked at how many there are and which are the same."""
    return TlsListener(**{"certificates": ("a",), **options})


def problems(*listeners: NetworkListener, **options: Any) -> list[str]:
    found = Problems("Thing")
    check_options(found, listeners=listeners or [TCP], **options)
    return found.found


@pytest.mark.parametrize(
    "listeners",
    [
        [TCP],
        [TcpListener(port=1, target_port=65_535, idle_timeout_seconds=60), TcpListener(port=65_535)],
        [tls(), TCP],
        [tls(approach=TlsApproach.BRIDGING, alpn_policy=AlpnPolicy.HTTP2_PREFERRED)],
        [tls(certificates=tuple(map(str, range(26))))],
        [PASS_THROUGH],
        [TlsListener(approach=TlsApproach.PASS_THROUGH, targets=Targets(stickiness=SourceIpStickiness()))],
        [UdpListener(port=514, targets=ASKED)],
        [TcpUdpListener(port=53)],
        [TcpUdpListener(port=53, targets=Targets(stickiness=SourceIpStickiness(), proxy_protocol=True))],
        [TcpListener(port=80, targets=Targets(preserve_client_ip=False, proxy_protocol=True))],
        [TcpListener(port=80, target_port=8080), TcpListener(port=81, target_port=8080)],
        [TcpListener(port=port) for port in range(1, 51)],
    ],
    ids=lambda listeners: str(listeners)[:60],
)
def test_listeners_that_work_are_accepted(listeners: list[NetworkListener]) -> None:
    assert problems(*listeners) == []


@pytest.mark.parametrize(
    "options",
    [
        {"internet_facing": False, "allowed_cidrs": ["10.0.0.0/8", "192.168.0.0/16"]},
        {"allowed_cidrs": []},
        {"ipv6": True},
        {"ipv6": True, "allowed_cidrs": ["2001:db8::/32", "192.0.2.0/24"]},
        {"elastic_ip_allocation_ids": ["eipalloc-0123456789abcdef0", "eipalloc-01234567"]},
        {"front_zones": ["a", "b", "c"], "fleet_zones": ["a", "b"], "cross_zone": True},
        {"access_log_retention_days": 36_500},
        {"targets": Targets(health_check=HttpHealthCheck(codes="200-599"), deregistration_delay_seconds=0)},
        {"targets": Targets(deregistration_delay_seconds=3_600)},
    ],
    ids=lambda options: str(options)[:60],
)
def test_options_that_work_are_accepted(options: dict[str, Any]) -> None:
    assert problems(**options) == []


def test_without_a_listener_there_is_nothing_to_serve() -> None:
    found = Problems("Thing")
    check_options(found, listeners=[])
    assert found.found == ["listeners must hold at least one, such as TcpListener(port=443), got none"]


@pytest.mark.parametrize(
    ("listeners", "message"),
    [
        ([TcpListener(port=0)], "listeners[0].port must be between 1 and 65535, got 0"),
        ([TcpListener(port=1, target_port=65_536)], "listeners[0].target_port must be between 1 and 65535, got 65536"),
        (
            [TCP, TcpListener(port=80)],
            "listeners[1].port must not be 80, which listeners[0] has: choose another",
        ),
        (
            [tls(), TCP, PASS_THROUGH],
            "listeners[2].port must not be 443, which listeners[0] has: choose another",
        ),
        (
            [TcpListener(port=53), UdpListener(port=53, targets=ASKED)],
            "listeners[1].port must not be 53, which listeners[0] has: "
            "for TCP and UDP on one port use TcpUdpListener(port=53)",
        ),
        (
            [TcpListener(port=port) for port in range(1, 52)],
            "listeners may hold 50, a load balancer's quota, got 51: share them out among several",
        ),
        (
            [TcpListener(port=1, idle_timeout_seconds=59)],
            "listeners[0].idle_timeout_seconds must be between 60 and 6000 seconds, got 59 seconds",
        ),
        (
            [TlsListener()],
            "listeners[0].certificates is missing: TLS ends at the load balancer; pass one of its Region, or let the "
            "instances hold it, with approach=TlsApproach.PASS_THROUGH",
        ),
        (
            [tls(certificates=tuple(map(str, range(27))))],
            "listeners[0].certificates may hold 26 (one by default and 25 by server name), got 27: "
            "let one certificate name several hosts, or have the quota raised",
        ),
        ([tls(certificates=("a", "b", "a"))], "listeners[0].certificates[2] is certificates[0] again: once is enough"),
        (
            [tls(approach=TlsApproach.PASS_THROUGH)],
            "listeners[0].certificates must be empty with pass-through, got 1: the instances hold them",
        ),
        (
            [TlsListener(approach=TlsApproach.PASS_THROUGH, alpn_policy=AlpnPolicy.HTTP1_ONLY)],
            "listeners[0].alpn_policy must be left out with pass-through: the instances agree on it",
        ),
        (
            [tls(approach=TlsApproach.PLAIN_HTTP)],
            "listeners[0].approach must be one of offload, bridging, pass-through, got 'plain-http': "
            "for connections without TLS use TcpListener",
        ),
        (
            [tls(approach="none")],
            "listeners[0].approach must be one of offload, bridging, pass-through, got 'none': "
            "for connections without TLS use TcpListener",
        ),
        (
            [tls(alpn_policy="HTTP3")],
            "listeners[0].alpn_policy must be one of HTTP1Only, HTTP2Only, HTTP2Optional, HTTP2Preferred, got 'HTTP3'",
        ),
        (
            [UdpListener(port=514)],
            "targets.health_check.port is missing for listeners[0] (UdpListener): nobody answers a question on a UDP "
            "port; name a TCP port on which the instances say how they are",
        ),
        (
            [UdpListener(port=514, targets=Targets())],
            "listeners[0].targets.health_check.port is missing for listeners[0] (UdpListener): nobody answers a "
            "question on a UDP port; name a TCP port on which the instances say how they are",
        ),
        (
            [UdpListener(port=514, targets=Targets(health_check=TcpHealthCheck(port=80), proxy_protocol=True))],
            "listeners[0].targets.proxy_protocol must be False for listeners[0] (UdpListener): its header stands at "
            "the beginning of a connection, and UDP has none",
        ),
        (
            [TcpUdpListener(port=53, targets=Targets(preserve_client_ip=False))],
            "listeners[0].targets.preserve_client_ip must be True for listeners[0] (TcpUdpListener): instances that "
            "are reached over UDP always see the client's address",
        ),
        (
            [tls(targets=Targets(stickiness=SourceIpStickiness()))],
            "listeners[0].targets.stickiness must be None for listeners[0] (TlsListener): AWS has it for TCP and UDP "
            "only; leave it out, or let the instances end TLS, with approach=TlsApproach.PASS_THROUGH",
        ),
        (
            [tls(approach=TlsApproach.BRIDGING, targets=Targets(health_check=HttpHealthCheck()))],
            "listeners[0].targets.health_check.encrypted must be True for listeners[0] (TlsListener): the instances "
            "speak TLS on port 8443; or name another port",
        ),
        (
            [TcpListener(port=80, targets=Targets(deregistration_delay_seconds=3_601))],
            "listeners[0].targets.deregistration_delay_seconds must be between 0 and 3600 seconds, got 3601 seconds",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_listeners_that_do_not_work_are_refused_with_the_reason(listeners: list[NetworkListener], message: str) -> None:
    assert problems(*listeners) == [message]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"targets": Targets(health_check=TcpHealthCheck(port=65_536))},
            "targets.health_check.port must be between 1 and 65535, got 65536",
        ),
        (
            {"targets": Targets(health_check=TcpHealthCheck(interval_seconds=5))},
            "targets.health_check.timeout_seconds must be less than targets.health_check.interval_seconds (5 s), got "
            "5 s: a check must end before the next begins",
        ),
        (
            {"targets": Targets(health_check=TcpHealthCheck(unhealthy_threshold=11))},
            "targets.health_check.unhealthy_threshold must be between 2 and 10, got 11",
        ),
        (
            {"targets": Targets(health_check=HttpHealthCheck(codes="600"))},
            "targets.health_check.codes must be codes from 200 to 599, such as 200, 200,204 or 200-399, got '600'",
        ),
        (
            {"targets": Targets(health_check=HttpHealthCheck(path="health"))},
            "targets.health_check.path must begin with / and hold up to 1024 printable characters, got 'health'",
        ),
        (
            {"targets": Targets(stickiness=DurationStickiness(60))},  # type: ignore[arg-type]  # the mistake
            "targets.stickiness must be SourceIpStickiness or None, got DurationStickiness",
        ),
        ({"allowed_cidrs": ["bad"]}, "allowed_cidrs must be a network such as 10.0.0.0/16, got 'bad'"),
        ({"allowed_cidrs": ["192.0.2.0/24"] * 2}, "allowed_cidrs holds 192.0.2.0/24 twice: once is enough"),
        (
            {"allowed_cidrs": ["2001:db8::/32"]},
            "allowed_cidrs holds 2001:db8::/32, and the load balancer has no IPv6: leave it out or turn ipv6 on",
        ),
        (
            {"allowed_cidrs": [f"192.0.2.{number}/32" for number in range(31)]},
            "allowed_cidrs and listeners need 62 rules, and a security group holds 60: join networks, or leave "
            "allowed_cidrs empty and admit an ec2.Peer.prefix_list through connections",
        ),
        (
            {"elastic_ip_allocation_ids": ["eipalloc-01234567"]},
            "elastic_ip_allocation_ids must hold one for each of the 2 zones, got 1",
        ),
        (
            {"elastic_ip_allocation_ids": ["eipalloc-01234567"] * 2},
            "elastic_ip_allocation_ids holds eipalloc-01234567 2 times: each zone needs its own",
        ),
        (
            {"elastic_ip_allocation_ids": ["eipalloc-01234567", "192.0.2.1"]},
            "elastic_ip_allocation_ids must hold ids such as eipalloc-0123456789abcdef0, got '192.0.2.1'",
        ),
        (
            {"elastic_ip_allocation_ids": ["eipalloc-01234567"] * 2, "internet_facing": False},
            "elastic_ip_allocation_ids must be empty with internet_facing=False, got 2: "
            "an internal load balancer has addresses of its network only",
        ),
        (
            {"access_log_retention_days": 0},
            "access_log_retention_days must be between 1 and 36500 days, got 0 days",
        ),
        (
            {"front_zones": [], "cross_zone": True, "fleet_zones": ()},
            "vpc has no public subnets, of which the load balancer needs one in each zone: give front_subnets or "
            "choose internet_facing=False",
        ),
        (
            {"front_zones": ["a", "b", "b"], "fleet_zones": ["a", "b"]},
            "front_subnets must be in different zones, got 2 in b: a load balancer stands in one of each; "
            "choose with one_per_az=True",
        ),
        (
            {"front_zones": ["a", "b"], "fleet_zones": ["a", "b", "c"]},
            "subnets must be in the load balancer's zones (a, b), got c: instances there are sent nothing; "
            "choose others, or add a subnet of that zone to front_subnets",
        ),
        (
            {"front_zones": ["a", "b", "c"], "fleet_zones": ["a", "b"]},
            "front_subnets must be in the instances' zones (a, b), got c: its address would serve nobody; "
            "choose others, add a subnet of that zone to subnets, or pay for cross_zone=True",
        ),
        (
            {"capacity": Capacity(minimum=1, maximum=2)},
            "capacity.minimum must be at least 2, one for each zone, got 1: raise it, use fewer zones, "
            "or accept empty zones with fewer_than_zones=True",
        ),
        (
            {
                "mixed_fleet": MixedFleet(on_demand_base=1, spot_percentage=50),
                "instances": Instances(instance_types=["t4g.small", "t4g.medium"]),
                "targets": Targets(deregistration_delay_seconds=91),
            },
            "targets.deregistration_delay_seconds must be at most 90 with Spot instances, got 91: "
            "one that is taken back has two minutes, in which it is drained",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_options_that_do_not_work_are_refused_with_the_reason(options: dict[str, Any], message: str) -> None:
    assert message in problems(**options)


def test_udp_is_not_passed_on_from_ipv6_to_instances_without_it() -> None:
    assert problems(TcpUdpListener(port=53), ipv6=True) == [
        "ipv6 must be False with the TCP_UDP listener on port 53: instances have IPv4 addresses, to which UDP over "
        "IPv6 is not passed on; give it a load balancer of its own"
    ]


def test_a_network_load_balancer_counts_no_requests() -> None:
    (found,) = problems(scaling_policies=[RequestsPerTarget(requests_per_minute=100)])
    assert found.startswith("scaling_policies")


def test_a_single_zone_is_refused() -> None:
    found = problems(front_zones=["a"], fleet_zones=["a"])
    assert (
        "front_subnets must be in 2 zones or more, got 1: a load balancer in one zone goes down with it; "
        "use a network with more"
    ) in found


def test_what_a_policy_needs_is_not_suspended() -> None:
    (found,) = problems(
        scaling_policies=[CpuTarget(percent=50)], suspended_processes=[ScalingProcess.ALARM_NOTIFICATION]
    )
    assert found.startswith("suspended_processes")


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(
        TcpListener(port=0),
        UdpListener(port=514),
        targets=Targets(deregistration_delay_seconds=-1),
        allowed_cidrs=["x"],
        elastic_ip_allocation_ids=["x"],
        access_log_retention_days=0,
        front_zones=["a", "b"],
        fleet_zones=["a", "c"],
        capacity=Capacity(minimum=3, maximum=2),
    )
    assert [problem.split()[0] for problem in found] == [
        "targets.deregistration_delay_seconds",
        "listeners[0].port",
        "targets.health_check.port",
        "allowed_cidrs",
        "elastic_ip_allocation_ids",
        "elastic_ip_allocation_ids",
        "access_log_retention_days",
        "subnets",
        "front_subnets",
        "capacity.minimum",
    ]


@pytest.mark.parametrize(
    ("listener", "protocols", "ports"),
    [
        (TcpListener(port=1), ("TCP", "TCP"), (1, 1)),
        (TcpListener(port=1, target_port=2), ("TCP", "TCP"), (1, 2)),
        (tls(), ("TLS", "TCP"), (443, 8080)),
        (tls(approach=TlsApproach.BRIDGING, port=8883), ("TLS", "TLS"), (8883, 8443)),
        (PASS_THROUGH, ("TCP", "TCP"), (443, 8443)),
        (UdpListener(port=3, target_port=4), ("UDP", "UDP"), (3, 4)),
        (TcpUdpListener(port=53), ("TCP_UDP", "TCP_UDP"), (53, 53)),
    ],
    ids=str,
)
def test_a_listener_comes_down_to_protocols_and_ports(
    listener: NetworkListener, protocols: tuple[str, str], ports: tuple[int, int]
) -> None:
    shape = shape_of_listener(listener, Targets())
    assert (shape.protocol, shape.target_protocol) == protocols
    assert (shape.port, shape.target_port) == ports
    assert shape.ends_tls == (shape.protocol is NetworkProtocol.TLS)


@pytest.mark.parametrize(
    ("targets", "url"),
    [
        (Targets(), None),
        (Targets(health_check=HttpHealthCheck(path="/ready")), "http://localhost:80/ready"),
        (Targets(health_check=HttpHealthCheck(port=8443, encrypted=True)), "https://localhost:8443/health"),
        (Targets(health_check=HttpHealthCheck(), proxy_protocol=True), None),
    ],
    ids=str,
)
def test_a_new_instance_asks_itself_what_the_load_balancer_will_ask(targets: Targets, url: str | None) -> None:
    assert health_url(shapes_of([TCP], targets)) == url


def test_values_of_the_choices_are_those_that_aws_takes() -> None:
    assert [*NetworkProtocol] == ["TCP", "TLS", "UDP", "TCP_UDP"]
    assert [*AlpnPolicy] == ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred"]
