"""Where TLS ends, and what follows from it for listeners, targets and certificates. Needs no CDK."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from aws_patterns._validation import Problems
from aws_patterns.load_balancing import _defaults as defaults


class TlsApproach(StrEnum):
    """Where the encryption of a request ends."""

    OFFLOAD = "offload"
    """At the load balancer: HTTPS before it, HTTP behind it, inside the network. No certificate on an instance."""
    BRIDGING = "bridging"
    """Twice: HTTPS before the load balancer and, newly encrypted, behind it. Instances need a certificate, which may
    be self-signed: the load balancer encrypts, and does not verify whom it speaks to."""
    PASS_THROUGH = "pass-through"  # noqa: S105 - not a password
    """At the instance: the load balancer passes TCP on and sees no request, so it needs to be a network one."""
    PLAIN_HTTP = "plain-http"
    """Nowhere: whoever is on the way reads and changes what is sent. For trials, and behind something that encrypts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsShape:
    """What an approach means for a load balancer.

    Attributes:
        listener_protocol: What clients speak: HTTPS or HTTP; TLS or TCP with a network load balancer.
        listener_port: Where they do.
        target_protocol: What instances are spoken to in.
        target_port: Where they listen.
        needs_certificates: Whether the listener has any.
        redirect_http: Whether a second listener, on port 80, sends clients over to HTTPS.
        tls_policy: Versions and ciphers that the listener accepts; ``None`` where it does not decrypt.
    """

    listener_protocol: str
    listener_port: int
    target_protocol: str
    target_port: int
    needs_certificates: bool
    redirect_http: bool
    tls_policy: str | None


def _shape(listener: str, target: str) -> TlsShape:
    decrypts = listener in {"HTTPS", "TLS"}
    return TlsShape(
        listener_protocol=listener,
        listener_port=defaults.HTTPS_PORT if decrypts else defaults.HTTP_PORT,
        target_protocol=target,
        target_port=defaults.TARGET_HTTPS_PORT if target in {"HTTPS", "TLS"} else defaults.TARGET_HTTP_PORT,
        needs_certificates=decrypts,
        redirect_http=listener == "HTTPS",
        tls_policy=defaults.TLS_POLICY if decrypts else None,
    )


_PASS_THROUGH = TlsShape(
    listener_protocol="TCP",
    listener_port=defaults.HTTPS_PORT,
    target_protocol="TCP",
    target_port=defaults.TARGET_HTTPS_PORT,
    needs_certificates=False,
    redirect_http=False,
    tls_policy=None,
)
_SHAPES: Mapping[TlsApproach, TlsShape] = MappingProxyType(
    {
        TlsApproach.OFFLOAD: _shape("HTTPS", "HTTP"),
        TlsApproach.BRIDGING: _shape("HTTPS", "HTTPS"),
        TlsApproach.PASS_THROUGH: _PASS_THROUGH,
        TlsApproach.PLAIN_HTTP: _shape("HTTP", "HTTP"),
    }
)
_NETWORK_SHAPES: Mapping[TlsApproach, TlsShape] = MappingProxyType(
    {
        TlsApproach.OFFLOAD: _shape("TLS", "TCP"),
        TlsApproach.BRIDGING: _shape("TLS", "TLS"),
        TlsApproach.PASS_THROUGH: _PASS_THROUGH,
        TlsApproach.PLAIN_HTTP: _shape("TCP", "TCP"),
    }
)

# What an Application Load Balancer can do.
APPLICATION_APPROACHES = (TlsApproach.OFFLOAD, TlsApproach.BRIDGING, TlsApproach.PLAIN_HTTP)


def shape_of(approach: TlsApproach) -> TlsShape:
    """What the approach means for an Application Load Balancer; of ``PASS_THROUGH``, for a network one."""
    return _SHAPES[approach]


def network_shape_of(approach: TlsApproach) -> TlsShape:
    """What the approach means for a Network Load Balancer."""
    return _NETWORK_SHAPES[approach]


def check_tls(
    problems: Problems,
    *,
    approach: str,
    certificates: Sequence[object],
    allowed: Collection[str] = APPLICATION_APPROACHES,
) -> None:
    """Add to ``problems`` what is wrong with an approach and the certificates for it (objects or their ARNs)."""
    if approach == TlsApproach.PASS_THROUGH and approach not in allowed:
        problems.add(
            f"tls must be one of {', '.join(allowed)}, got {str(approach)!r}: an Application Load Balancer reads "
            "requests, so it decrypts them; use NetworkLoadBalancedFleet to pass TLS through"
        )
        return
    if approach not in allowed:
        problems.one_of("tls", str(approach), allowed)
        return
    needed = shape_of(TlsApproach(approach)).needs_certificates
    if needed and not certificates:
        problems.add(
            f"certificates must hold at least one for tls={str(approach)!r}, got none: give certificates=[...] of AWS "
            "Certificate Manager, in this Region, or say tls=TlsApproach.PLAIN_HTTP to serve unencrypted"
        )
    if not needed and certificates:
        where = "the instances hold their own" if approach == TlsApproach.PASS_THROUGH else "nothing is encrypted"
        problems.add(f"certificates must be empty for tls={str(approach)!r}, got {len(certificates)}: {where}")
    if len(certificates) > defaults.MAXIMUM_CERTIFICATES:
        problems.add(
            f"certificates may hold {defaults.MAXIMUM_CERTIFICATES} (one by default and 25 by server name), got "
            f"{len(certificates)}: let one certificate name several hosts, or have the quota raised"
        )
    for position, certificate in enumerate(certificates):
        if certificate in certificates[:position]:
            first = list(certificates).index(certificate)
            problems.add(f"certificates[{position}] is certificates[{first}] again: once is enough")
