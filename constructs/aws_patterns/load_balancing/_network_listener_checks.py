"""Whether listeners and targets of a Network Load Balancer can work together. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence

from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.health_check import HealthCheck, check_health_check
from aws_patterns.load_balancing.network_listener_options import (
    AlpnPolicy,
    HttpHealthCheck,
    ListenerShape,
    NetworkHealthCheck,
    NetworkListener,
    NetworkProtocol,
    Targets,
    TcpListener,
    TlsListener,
    UdpListener,
    shape_of_listener,
)
from aws_patterns.load_balancing.stickiness import SOURCE_IP, check_stickiness
from aws_patterns.load_balancing.tls import TlsApproach

_LAST_PORT = 65_535
_HIGHEST_CODE = 599
_APPROACHES = (TlsApproach.OFFLOAD, TlsApproach.BRIDGING, TlsApproach.PASS_THROUGH)


def check_listeners(problems: Problems, listeners: Sequence[NetworkListener], targets: Targets) -> None:
    """Add to ``problems`` whatever is wrong with the listeners of one load balancer and with their targets."""
    if not listeners:
        problems.add("listeners must hold at least one, such as TcpListener(port=443), got none")
    if len(listeners) > defaults.NETWORK_LISTENERS:
        problems.add(
            f"listeners may hold {defaults.NETWORK_LISTENERS}, a load balancer's quota, got {len(listeners)}: "
            "share them out among several"
        )
    check_targets(problems, "targets", targets)
    _check_collisions(problems, listeners)
    for position, listener in enumerate(listeners):
        _check_listener(problems, f"listeners[{position}]", listener, targets)


def check_targets(problems: Problems, name: str, targets: Targets) -> None:
    """Add to ``problems`` whatever is wrong with a treatment of targets by itself."""
    problems.between(f"{name}.deregistration_delay_seconds", targets.deregistration_delay_seconds, 0, 3_600, " seconds")
    check_stickiness(problems, targets.stickiness, allowed=SOURCE_IP, name=f"{name}.stickiness")
    check_health(problems, f"{name}.health_check", targets.health_check)


def check_health(problems: Problems, name: str, check: NetworkHealthCheck) -> None:
    """Add to ``problems`` whatever is wrong with a health check by itself."""
    if check.port is not None:
        problems.between(f"{name}.port", check.port, 1, _LAST_PORT)
    page = check if isinstance(check, HttpHealthCheck) else HttpHealthCheck()
    common = HealthCheck(
        path=page.path,
        codes=page.codes,
        interval_seconds=check.interval_seconds,
        timeout_seconds=check.timeout_seconds,
        healthy_threshold=check.healthy_threshold,
        unhealthy_threshold=check.unhealthy_threshold,
    )
    check_health_check(problems, common, name=name, highest_code=_HIGHEST_CODE)


def _check_collisions(problems: Problems, listeners: Sequence[NetworkListener]) -> None:
    first: dict[int, int] = {}
    for position, listener in enumerate(listeners):
        if is_token(listener.port):
            problems.add(f"listeners[{position}].port must be known at synthesis: it tells the listener from others")
            continue
        other = first.setdefault(listener.port, position)
        if other == position:
            continue
        both = isinstance(listener, UdpListener) != isinstance(listeners[other], UdpListener)
        fix = f"for TCP and UDP on one port use TcpUdpListener(port={listener.port})" if both else "choose another"
        problems.add(f"listeners[{position}].port must not be {listener.port}, which listeners[{other}] has: {fix}")


def _check_listener(problems: Problems, name: str, listener: NetworkListener, targets: Targets) -> None:
    problems.between(f"{name}.port", listener.port, 1, _LAST_PORT)
    if listener.target_port is not None:
        problems.between(f"{name}.target_port", listener.target_port, 1, _LAST_PORT)
    if listener.targets is not None:
        check_targets(problems, f"{name}.targets", listener.targets)
    if isinstance(listener, TcpListener):
        problems.between(f"{name}.idle_timeout_seconds", listener.idle_timeout_seconds, 60, 6_000, " seconds")
    if isinstance(listener, TlsListener) and not _check_tls(problems, name, listener):
        return
    # What is wrong is said of where it was written, once for each listener that it does not fit.
    where = "targets" if listener.targets is None else f"{name}.targets"
    _check_fit(problems, where, f"{name} ({type(listener).__name__})", shape_of_listener(listener, targets))
    _check_page_of_tls(problems, where, f"{name} ({type(listener).__name__})", listener, targets)


def _check_tls(problems: Problems, name: str, listener: TlsListener) -> bool:
    """Whether its approach is one that a Network Load Balancer has."""
    if listener.approach not in _APPROACHES:
        problems.add(
            f"{name}.approach must be one of {', '.join(_APPROACHES)}, got {str(listener.approach)!r}: "
            "for connections without TLS use TcpListener"
        )
        return False
    count = len(listener.certificates)
    if listener.approach == TlsApproach.PASS_THROUGH:
        if count:
            problems.add(f"{name}.certificates must be empty with pass-through, got {count}: the instances hold them")
        if listener.alpn_policy is not None:
            problems.add(f"{name}.alpn_policy must be left out with pass-through: the instances agree on it")
        return True
    if count == 0:
        problems.add(
            f"{name}.certificates is missing: TLS ends at the load balancer; pass one of its Region, or let the "
            "instances hold it, with approach=TlsApproach.PASS_THROUGH"
        )
    if count > defaults.MAXIMUM_CERTIFICATES:
        problems.add(
            f"{name}.certificates may hold {defaults.MAXIMUM_CERTIFICATES} (one by default and 25 by server name), got "
            f"{count}: let one certificate name several hosts, or have the quota raised"
        )
    for position, certificate in enumerate(listener.certificates):
        first = list(listener.certificates).index(certificate)
        if first < position:
            problems.add(f"{name}.certificates[{position}] is certificates[{first}] again: once is enough")
    if listener.alpn_policy is not None:
        problems.one_of(f"{name}.alpn_policy", listener.alpn_policy, tuple(AlpnPolicy))
    return True


def _check_fit(problems: Problems, where: str, listener: str, shape: ListenerShape) -> None:
    targets = shape.targets
    if shape.protocol in {NetworkProtocol.UDP, NetworkProtocol.TCP_UDP} and not targets.preserve_client_ip:
        problems.add(
            f"{where}.preserve_client_ip must be True for {listener}: instances that are reached over UDP always see "
            "the client's address"
        )
    if shape.protocol is NetworkProtocol.UDP:
        if targets.proxy_protocol:
            problems.add(
                f"{where}.proxy_protocol must be False for {listener}: its header stands at the beginning of a "
                "connection, and UDP has none"
            )
        if targets.health_check.port is None:
            problems.add(
                f"{where}.health_check.port is missing for {listener}: nobody answers a question on a UDP port; "
                "name a TCP port on which the instances say how they are"
            )
    if targets.stickiness is not None and NetworkProtocol.TLS in {shape.protocol, shape.target_protocol}:
        problems.add(
            f"{where}.stickiness must be None for {listener}: AWS has it for TCP and UDP only; leave it out, or let "
            "the instances end TLS, with approach=TlsApproach.PASS_THROUGH"
        )


def _check_page_of_tls(problems: Problems, where: str, name: str, listener: NetworkListener, targets: Targets) -> None:
    if not isinstance(listener, TlsListener) or listener.approach == TlsApproach.OFFLOAD:
        return
    shape = shape_of_listener(listener, targets)
    check = shape.targets.health_check
    if isinstance(check, HttpHealthCheck) and not check.encrypted and shape.health_port == shape.target_port:
        problems.add(
            f"{where}.health_check.encrypted must be True for {name}: the instances speak TLS on port "
            f"{shape.target_port}; or name another port"
        )
