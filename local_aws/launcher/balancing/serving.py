"""Which listener a request comes to, and the metrics that a load balancer publishes about it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import cast

from local_aws.launcher import hooks, metrics
from local_aws.launcher.balancing import health, targets
from local_aws.launcher.balancing.routing import Answer, chosen_group, client_address
from local_aws.launcher.hooks import Record

_NAMESPACE = "AWS/ApplicationELB"
_DEFAULT_PORTS = (":80", ":443")


def install() -> None:
    """Serve in this way wherever the emulator does."""
    serve = cast("Callable[..., Awaitable[Answer]]", hooks.BALANCE.get())

    async def balance(  # noqa: PLR0917 # the emulator's signature
        balancer: Record,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: object,
        port: int = 80,
        client_ip: str | None = None,
        **raw: object,
    ) -> Answer:
        client_address.set(client_ip or "127.0.0.1")
        chosen_group.set("")
        targets.answered_by.set("")
        host = headers.get("host", "")
        if host.endswith(_DEFAULT_PORTS):
            # It says which listener is meant; a client leaves it out.
            headers = {**headers, "host": host.rpartition(":")[0]}
        started = time.perf_counter()
        answer = await serve(
            balancer, method, path, headers, body, query, _listener_port(balancer, port), client_ip, **raw
        )
        _measure(balancer, answer[0], time.perf_counter() - started)
        return answer

    hooks.BALANCE.replace(balance)
    # Their hosts have become paths before the emulator sees them.
    hooks.FIND_BALANCER.replace(lambda _host: None)


def _listener_port(balancer: Record, asked: int) -> int:
    """The port that was asked for where somebody listens; otherwise that of the listener with TLS, or the first."""
    arn = balancer["LoadBalancerArn"]
    listeners = [one for one in hooks.store(hooks.LISTENERS).values() if one["LoadBalancerArn"] == arn]
    ports = [int(one["Port"]) for one in listeners]
    secure = [int(one["Port"]) for one in listeners if one.get("Protocol") in {"HTTPS", "TLS"}]
    return asked if asked in ports else next(iter([*secure, *ports]), asked)


def _measure(balancer: Record, status: int, seconds: float) -> None:
    if balancer.get("Type") == "network":
        return
    of_balancer = {"LoadBalancer": balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]}
    group, answered = chosen_group.get(), targets.answered_by.get()
    both = [of_balancer]
    if group:
        both.append({**of_balancer, "TargetGroup": group.rpartition(":")[2]})
    family = f"{status // 100}XX_Count"
    for dimensions in both:
        metrics.record(_NAMESPACE, "RequestCount", 1, "Count", dimensions)
        if answered and status != HTTPStatus.BAD_GATEWAY:
            metrics.record(_NAMESPACE, f"HTTPCode_Target_{family}", 1, "Count", dimensions)
            metrics.record(_NAMESPACE, "TargetResponseTime", seconds, "Seconds", dimensions)
    if group:
        metrics.record(_NAMESPACE, "RequestCountPerTarget", 1, "Count", {"TargetGroup": group.rpartition(":")[2]})
    if group and (not answered or status == HTTPStatus.BAD_GATEWAY):
        metrics.record(_NAMESPACE, f"HTTPCode_ELB_{family}", 1, "Count", of_balancer)


def publish_health() -> None:
    """Publish how many targets of each group are healthy, for every load balancer in front of it."""
    groups = hooks.scoped(hooks.TARGET_GROUPS)
    for (account, region, arn), found in list(groups.all_items()):
        group = found
        with hooks.scope(account, region):
            registered = list(hooks.lists(hooks.TARGETS).get(arn, []))
            if group.get("TargetType") == "lambda" or not any(health.is_reachable(one) for one in registered):
                continue
            healthy, all_in_zone = Counter[str](), Counter[str]()
            for target in registered:
                zones = {"", _zone_of(target)}
                all_in_zone.update(zones)
                healthy.update(zones if health.state_of(target, group)[0] == "healthy" else ())
            for balancer in group.get("LoadBalancerArns", ()):
                full_name = balancer.partition(":loadbalancer/")[2]
                namespace = "AWS/NetworkELB" if full_name.startswith("net/") else _NAMESPACE
                of_group = {"LoadBalancer": full_name, "TargetGroup": arn.rpartition(":")[2]}
                for zone, count in all_in_zone.items():
                    dimensions = {**of_group, "AvailabilityZone": zone} if zone else of_group
                    metrics.record(namespace, "HealthyHostCount", healthy[zone], "Count", dimensions)
                    metrics.record(namespace, "UnHealthyHostCount", count - healthy[zone], "Count", dimensions)


def _zone_of(target: Record) -> str:
    """The zone of an instance; empty for an address, which is in none that is known here."""
    known = hooks.store(hooks.INSTANCES).get(str(target["Id"]), {})
    return str(known.get("Placement", {}).get("AvailabilityZone", ""))
