"""Asks endpoints whether they are healthy: from this machine, every few seconds whatever interval is declared.

Nothing outside this machine is asked: another address fails.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

from local_aws.hosts import balancer_name
from local_aws.launcher import hooks, metrics
from local_aws.launcher.dns import statuses
from local_aws.launcher.hooks import Record
from local_aws.launcher.names.resolution import lookup

_ENDPOINTS = frozenset({"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"})
_LOOKED_AT_BYTES = 5120
_HEALTHY_STATUSES = range(200, 400)
# Route 53 waits 4 seconds for a connection and 2 more for the answer.
_SECONDS = 2.0
_FAILURES = 3
_AGENT = "Amazon-Route53-Health-Check-Service (ref local_aws)"
_METRICS_REGION = "us-east-1"

_askers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="local-aws-health")


def check_all() -> None:
    """Look at every endpoint once, and tell of the status of every health check."""
    found = list(statuses.checks())
    endpoints = [one for one in found if one[2].get("Type") in _ENDPOINTS and not one[2].get("Disabled")]
    for (account, identifier, config), (problem, said) in zip(
        endpoints, _askers.map(lambda one: _ask(one[0], one[2]), endpoints), strict=True
    ):
        needed = int(config.get("FailureThreshold") or _FAILURES)
        statuses.note(statuses.observed(account, identifier), problem, said, needed)
    statuses.forget_all_but({(account, identifier) for account, identifier, _ in found})
    for account, identifier, config in found:
        with hooks.scope(account, _METRICS_REGION):
            _tell(identifier, config)


def _tell(identifier: str, config: Record) -> None:
    dimensions = {"HealthCheckId": identifier}
    healthy = statuses.is_healthy(identifier)
    metrics.record("AWS/Route53", "HealthCheckStatus", int(healthy), "None", dimensions)
    if config.get("Type") == "CALCULATED":
        children = statuses.healthy_children(config)
        metrics.record("AWS/Route53", "ChildHealthCheckHealthyCount", children, "None", dimensions)
    elif config.get("Type") in _ENDPOINTS:
        metrics.record("AWS/Route53", "HealthCheckPercentageHealthy", 100 * healthy, "Percent", dimensions)


def _ask(account: str, config: Record) -> tuple[str, str]:
    """Why an endpoint is not healthy, empty when it is; and what it said."""
    secure = str(config["Type"]).startswith("HTTPS")
    port = int(config.get("Port") or (443 if secure else 80))
    name = str(config.get("FullyQualifiedDomainName") or "").rstrip(".")
    try:
        with hooks.scope(account, _METRICS_REGION):
            place = _place(str(config.get("IPAddress") or ""), name, port)
        if place is None:
            return "DNS resolution failed: the name or the address is not on this machine", ""
        address, at, here = place
        if config["Type"] == "TCP" and not here:
            socket.create_connection((address, at), _SECONDS).close()
            return "", "TCP connection established"
        return _request(config, (address, at), _host(name or address, port, secure=secure), secure=secure and not here)
    except (OSError, http.client.HTTPException) as problem:
        return f"The health checker could not establish a connection or got no answer: {problem}", ""


def _place(address: str, name: str, port: int) -> tuple[str, int, bool] | None:
    """Where to connect to, and whether that is this server; None where it is not this machine."""
    if not address:
        told = lookup(name)
        if told.get("here"):
            return "127.0.0.1", int(os.environ["GATEWAY_PORT"]), True
        addresses = told.get("addresses")
        address = str(addresses[0]) if isinstance(addresses, list) and addresses else ""
    try:
        is_here = ipaddress.ip_address(address).is_loopback
    except ValueError:
        return None
    return (address, port, False) if is_here else None


def _request(config: Record, place: tuple[str, int], host: str, *, secure: bool) -> tuple[str, str]:
    if secure:
        # As on AWS: certificates are not looked at.
        context = ssl._create_unverified_context()  # noqa: S323 # see above
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(*place, timeout=_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(*place, timeout=_SECONDS)
    try:
        path = "/" + str(config.get("ResourcePath") or "").removeprefix("/")
        connection.request("GET", path, headers={"Host": host, "User-Agent": _AGENT})
        answer = connection.getresponse()
        said = f"HTTP Status Code {answer.status}, {answer.reason}"
        if answer.status not in _HEALTHY_STATUSES:
            return said, ""
        wanted = str(config.get("SearchString") or "")
        if str(config["Type"]).endswith("_STR_MATCH") and wanted.encode() not in answer.read(_LOOKED_AT_BYTES):
            return f"{said}, string not found", ""
        return "", said
    finally:
        connection.close()


def _host(name: str, port: int, *, secure: bool) -> str:
    """With its port where that is not the usual one, or says which listener of a load balancer is meant."""
    usual = port == (443 if secure else 80)
    return name if usual and not balancer_name(name) else f"{name}:{port}"
