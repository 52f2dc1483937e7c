"""What each TLS approach means, and which combinations are refused."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from aws_patterns._validation import Problems
from aws_patterns.load_balancing.tls import TlsApproach, TlsShape, check_tls, network_shape_of, shape_of

POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"


def shape(listener: str, port: int, target: str, target_port: int, *, decrypts: bool, redirect: bool) -> TlsShape:
    return TlsShape(
        listener_protocol=listener,
        listener_port=port,
        target_protocol=target,
        target_port=target_port,
        needs_certificates=decrypts,
        redirect_http=redirect,
        tls_policy=POLICY if decrypts else None,
    )


PASSED_THROUGH = shape("TCP", 443, "TCP", 8443, decrypts=False, redirect=False)


@pytest.mark.parametrize(
    ("approach", "expected"),
    [
        (TlsApproach.OFFLOAD, shape("HTTPS", 443, "HTTP", 8080, decrypts=True, redirect=True)),
        (TlsApproach.BRIDGING, shape("HTTPS", 443, "HTTPS", 8443, decrypts=True, redirect=True)),
        (TlsApproach.PASS_THROUGH, PASSED_THROUGH),
        (TlsApproach.PLAIN_HTTP, shape("HTTP", 80, "HTTP", 8080, decrypts=False, redirect=False)),
    ],
)
def test_an_approach_decides_every_port_protocol_and_certificate(approach: TlsApproach, expected: TlsShape) -> None:
    assert shape_of(approach) == expected


@pytest.mark.parametrize(
    ("approach", "expected"),
    [
        (TlsApproach.OFFLOAD, shape("TLS", 443, "TCP", 8080, decrypts=True, redirect=False)),
        (TlsApproach.BRIDGING, shape("TLS", 443, "TLS", 8443, decrypts=True, redirect=False)),
        (TlsApproach.PASS_THROUGH, PASSED_THROUGH),
        (TlsApproach.PLAIN_HTTP, shape("TCP", 80, "TCP", 8080, decrypts=False, redirect=False)),
    ],
)
def test_a_network_load_balancer_does_the_same_without_reading_requests(
    approach: TlsApproach, expected: TlsShape
) -> None:
    assert network_shape_of(approach) == expected


def test_values_of_the_approaches_are_those_of_settings_files() -> None:
    assert list(TlsApproach) == ["offload", "bridging", "pass-through", "plain-http"]


def problems(approach: str, certificates: Sequence[object] = (), *, network: bool = False) -> list[str]:
    found = Problems("Thing")
    if network:
        check_tls(found, approach=approach, certificates=certificates, allowed=tuple(TlsApproach))
    else:
        check_tls(found, approach=approach, certificates=certificates)
    return found.found


@pytest.mark.parametrize(
    ("approach", "certificates"),
    [
        (TlsApproach.OFFLOAD, ["a"]),
        ("bridging", [f"certificate {number}" for number in range(26)]),
        (TlsApproach.PLAIN_HTTP, []),
    ],
)
def test_what_fits_together_is_accepted(approach: str, certificates: Sequence[object]) -> None:
    assert problems(approach, certificates) == []


def test_pass_through_is_for_network_load_balancers_and_has_no_certificates() -> None:
    assert problems(TlsApproach.PASS_THROUGH, network=True) == []
    assert problems(TlsApproach.PASS_THROUGH, ["a"], network=True) == [
        "certificates must be empty for tls='pass-through', got 1: the instances hold their own"
    ]


@pytest.mark.parametrize(
    ("approach", "certificates", "message"),
    [
        (
            TlsApproach.PASS_THROUGH,
            [],
            "tls must be one of offload, bridging, plain-http, got 'pass-through': an Application Load Balancer reads "
            "requests, so it decrypts them; use NetworkLoadBalancedFleet to pass TLS through",
        ),
        ("tls", [], "tls must be one of offload, bridging, plain-http, got 'tls'"),
        (
            TlsApproach.OFFLOAD,
            [],
            "certificates must hold at least one for tls='offload', got none: give certificates=[...] of AWS "
            "Certificate Manager, in this Region, or say tls=TlsApproach.PLAIN_HTTP to serve unencrypted",
        ),
        (
            TlsApproach.PLAIN_HTTP,
            ["a", "b"],
            "certificates must be empty for tls='plain-http', got 2: nothing is encrypted",
        ),
        (
            TlsApproach.OFFLOAD,
            [f"certificate {number}" for number in range(27)],
            "certificates may hold 26 (one by default and 25 by server name), got 27: let one certificate name several "
            "hosts, or have the quota raised",
        ),
        (TlsApproach.OFFLOAD, ["a", "b", "a"], "certificates[2] is certificates[0] again: once is enough"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_is_refused_with_the_fix(approach: str, certificates: Sequence[object], message: str) -> None:
    assert problems(approach, certificates) == [message]
