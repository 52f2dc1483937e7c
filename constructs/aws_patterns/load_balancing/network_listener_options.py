"""What a Network Load Balancer listens to, and how its targets are treated. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.stickiness import SourceIpStickiness
from aws_patterns.load_balancing.tls import TlsApproach, TlsShape, network_shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_certificatemanager as acm


class NetworkProtocol(StrEnum):
    """What a Network Load Balancer speaks, with clients and with targets."""

    TCP = "TCP"
    TLS = "TLS"
    UDP = "UDP"
    TCP_UDP = "TCP_UDP"


class AlpnPolicy(StrEnum):
    """What a TLS listener agrees on with clients about HTTP/2."""

    HTTP1_ONLY = "HTTP1Only"
    HTTP2_ONLY = "HTTP2Only"
    HTTP2_OPTIONAL = "HTTP2Optional"
    HTTP2_PREFERRED = "HTTP2Preferred"


@dataclass(frozen=True, kw_only=True, slots=True)
class TcpHealthCheck:
    """A target is healthy while it takes TCP connections: ``TcpHealthCheck(port=8080)``.

    Args:
        port: Where it is asked. Default: where its traffic goes; a listener for UDP alone needs one.
        interval_seconds: Between two questions.
        timeout_seconds: For an answer.
        healthy_threshold: Answers in a row that make it healthy.
        unhealthy_threshold: Failures in a row that make it unhealthy.
    """

    port: int | None = None
    interval_seconds: int = defaults.HEALTH_CHECK_INTERVAL_SECONDS
    timeout_seconds: int = defaults.HEALTH_CHECK_TIMEOUT_SECONDS
    healthy_threshold: int = defaults.HEALTHY_THRESHOLD
    unhealthy_threshold: int = defaults.UNHEALTHY_THRESHOLD


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpHealthCheck:
    """A target is healthy while a page of it says so: ``HttpHealthCheck(path="/health", port=8080)``.

    Args:
        path: Of the page.
        port: Where it is asked. Default: where its traffic goes; a listener for UDP alone needs one.
        codes: Status codes that mean healthy.
        encrypted: Whether the page is asked for over HTTPS; whose certificate it is does not matter.
        interval_seconds: Between two questions.
        timeout_seconds: For an answer.
        healthy_threshold: Answers in a row that make it healthy.
        unhealthy_threshold: Failures in a row that make it unhealthy.
    """

    path: str = defaults.HEALTH_CHECK_PATH
    port: int | None = None
    codes: str = defaults.HEALTH_CHECK_CODES
    encrypted: bool = False
    interval_seconds: int = defaults.HEALTH_CHECK_INTERVAL_SECONDS
    timeout_seconds: int = defaults.HEALTH_CHECK_TIMEOUT_SECONDS
    healthy_threshold: int = defaults.HEALTHY_THRESHOLD
    unhealthy_threshold: int = defaults.UNHEALTHY_THRESHOLD


NetworkHealthCheck = TcpHealthCheck | HttpHealthCheck


@dataclass(frozen=True, kw_only=True, slots=True)
class Targets:
    """How a Network Load Balancer treats the instances behind it.

    Args:
        health_check: How it finds out which ones can serve.
        deregistration_delay_seconds: How long connections to an instance that leaves may go on, 0 to 3,600.
        keep_connections_after_delay: Whether connections that are still there after that are left to hang on an
            instance that goes away, instead of being ended.
        preserve_client_ip: Whether instances see the client's address as the source. Otherwise it is a load
            balancer's, of which each can hold 55,000 connections to one target. Always so for UDP.
        proxy_protocol: Whether each connection begins with a header of proxy protocol version 2, which the service,
            on the port of its health check as well, must understand.
        stickiness: Whether a client's address decides which instance serves it. Default: no.
    """

    health_check: NetworkHealthCheck = TcpHealthCheck()
    deregistration_delay_seconds: int = defaults.NETWORK_DEREGISTRATION_DELAY_SECONDS
    keep_connections_after_delay: bool = False
    preserve_client_ip: bool = True
    proxy_protocol: bool = False
    stickiness: SourceIpStickiness | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TcpListener:
    """Passes TCP connections on, whatever is in them: ``TcpListener(port=5432)``.

    Args:
        port: Where clients connect.
        target_port: Where the instances listen. Default: the same.
        idle_timeout_seconds: After which a silent connection is forgotten, 60 to 6,000.
        targets: How its targets are treated. Default: as those of the other listeners.
    """

    port: int
    target_port: int | None = None
    idle_timeout_seconds: int = defaults.TCP_IDLE_SECONDS
    targets: Targets | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsListener:
    """Serves clients that speak TLS: ``TlsListener(certificates=[certificate])``.

    Args:
        port: Where clients connect.
        target_port: Where the instances listen. Default: 8080 where TLS ends here, else 8443.
        approach: ``OFFLOAD`` ends TLS here, ``BRIDGING`` encrypts anew to the instances, whose certificates are not
            checked, ``PASS_THROUGH`` leaves it to the instances, which hold the certificate.
        certificates: The first is for clients that name no host, the others are chosen by the name. None for
            ``PASS_THROUGH``.
        alpn_policy: What is agreed on about HTTP/2. Default: nothing.
        targets: How its targets are treated. Default: as those of the other listeners.
    """

    port: int = defaults.HTTPS_PORT
    target_port: int | None = None
    approach: TlsApproach = TlsApproach.OFFLOAD
    certificates: Sequence[acm.ICertificate] = ()
    alpn_policy: AlpnPolicy | None = None
    targets: Targets | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class UdpListener:
    """Passes UDP datagrams on: ``UdpListener(port=514, targets=Targets(health_check=TcpHealthCheck(port=8080)))``.

    UDP can't be asked whether somebody is there: its health check needs a TCP port.

    Args:
        port: Where clients send to.
        target_port: Where the instances listen. Default: the same.
        targets: How its targets are treated. Default: as those of the other listeners.
    """

    port: int
    target_port: int | None = None
    targets: Targets | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TcpUdpListener:
    """Passes both on where a service has them on one port, as DNS does: ``TcpUdpListener(port=53)``.

    Args:
        port: Where clients connect and send to.
        target_port: Where the instances listen, for both. Default: the same.
        targets: How its targets are treated. Default: as those of the other listeners.
    """

    port: int
    target_port: int | None = None
    targets: Targets | None = None


NetworkListener = TcpListener | TlsListener | UdpListener | TcpUdpListener


@dataclass(frozen=True, kw_only=True, slots=True)
class ListenerShape:
    """What a listener comes down to.

    Attributes:
        port: Of the listener.
        protocol: Of the listener.
        target_port: Of the targets.
        target_protocol: Of the targets.
        targets: How they are treated.
    """

    port: int
    protocol: NetworkProtocol
    target_port: int
    target_protocol: NetworkProtocol
    targets: Targets

    @property
    def health_port(self) -> int:
        """Where the targets are asked how they are."""
        return self.targets.health_check.port or self.target_port

    @property
    def ends_tls(self) -> bool:
        """Whether the load balancer sees what is inside of TLS, and can log it."""
        return self.protocol is NetworkProtocol.TLS


def shape_of_listener(listener: NetworkListener, targets: Targets) -> ListenerShape:
    """What a listener, in a fleet that treats its ``targets`` so unless the listener says otherwise, comes down to."""
    if isinstance(listener, TlsListener):
        tls: TlsShape = network_shape_of(TlsApproach(listener.approach))
        protocol, target_protocol = NetworkProtocol(tls.listener_protocol), NetworkProtocol(tls.target_protocol)
        usual_target_port = tls.target_port
    else:
        protocol = target_protocol = _PROTOCOLS[type(listener)]
        usual_target_port = listener.port
    return ListenerShape(
        port=listener.port,
        protocol=protocol,
        target_port=usual_target_port if listener.target_port is None else listener.target_port,
        target_protocol=target_protocol,
        targets=listener.targets or targets,
    )


_PROTOCOLS: Mapping[type[NetworkListener], NetworkProtocol] = MappingProxyType(
    {
        TcpListener: NetworkProtocol.TCP,
        UdpListener: NetworkProtocol.UDP,
        TcpUdpListener: NetworkProtocol.TCP_UDP,
    }
)
