"""Health checks, made in earnest: a few seconds apart, whatever interval is declared.

What is registered by the id of an instance can be reached only where a program stands in for it: nothing boots here.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from local_aws.launcher import hooks, stand_ins
from local_aws.launcher.hooks import Record

_ID = re.compile(r"^(i-|arn:)")
_LONGEST_CHECK_SECONDS = 2.0


@dataclass(slots=True)
class Health:
    """What the checks of one target have found.

    Attributes:
        healthy: None until a check has been made.
        streak: How many checks in a row have contradicted that.
        reason: Why it is not healthy.
    """

    healthy: bool | None = None
    streak: int = 0
    reason: str = ""


_found: dict[tuple[str, str], Health] = {}


def install() -> None:
    """Describe the health of targets in this way wherever the emulator does."""
    operations = cast("dict[str, object]", hooks.BALANCER_ACTIONS.get())
    operations["DescribeTargetHealth"] = _describe_health


def name_of(target: Record, group: Record) -> str:
    """A target as ``id:port``."""
    return f"{target['Id']}:{target.get('Port') or group.get('Port') or 80}"


def is_reachable(target: Record) -> bool:
    """Whether anything may be listening: at an address or a host name, or in the place of an instance."""
    return not _ID.match(str(target["Id"])) or stand_ins.of(str(target["Id"])) is not None


def address_of(target: Record, group: Record) -> tuple[str, int]:
    """Where a target listens."""
    port = int(name_of(target, group).rpartition(":")[2])
    if other := stand_ins.of(str(target["Id"])):
        return other.address, other.port or port
    return str(target["Id"]), port


def state_of(target: Record, group: Record) -> tuple[str, str]:
    """A target's state and the reason, as DescribeTargetHealth gives them."""
    if group.get("TargetType") == "lambda":
        return "healthy", ""
    if not is_reachable(target):
        return "unhealthy", "Target.Timeout"
    health = _found.get((group["TargetGroupArn"], name_of(target, group)), Health())
    if health.healthy is None:
        return "initial", "Elb.InitialHealthChecking"
    return ("healthy", "") if health.healthy else ("unhealthy", health.reason)


def check_all() -> None:
    """Check every target of every account and region once."""
    groups = hooks.scoped(hooks.TARGET_GROUPS)
    present = set()
    for (account, region, arn), found in list(groups.all_items()):
        group = found
        if group.get("TargetType") == "lambda" or not group.get("HealthCheckEnabled", True):
            continue
        with hooks.scope(account, region):
            for target in list(hooks.lists(hooks.TARGETS).get(arn, [])):
                if is_reachable(target):
                    key = (arn, name_of(target, group))
                    present.add(key)
                    _note(_found.setdefault(key, Health()), group, _problem(target, group))
    for key in set(_found) - present:
        del _found[key]


def _note(health: Health, group: Record, problem: str) -> None:
    passed = not problem
    if health.healthy is None:
        health.healthy, health.reason = passed, problem
        return
    health.streak = health.streak + 1 if passed != health.healthy else 0
    needed = int(group.get("HealthyThresholdCount" if passed else "UnhealthyThresholdCount") or 2)
    if health.streak >= needed:
        health.healthy, health.reason, health.streak = passed, problem, 0


def _problem(target: Record, group: Record) -> str:
    """Why a check fails, in the API's words; empty when it passes."""
    declared = str(group.get("HealthCheckPort") or "traffic-port")
    host, own = address_of(target, group)
    port = own if declared == "traffic-port" else int(declared)
    seconds = min(float(group.get("HealthCheckTimeoutSeconds") or 5), _LONGEST_CHECK_SECONDS)
    protocol = str(group.get("HealthCheckProtocol") or group.get("Protocol") or "HTTP")
    try:
        if protocol not in {"HTTP", "HTTPS"}:
            socket.create_connection((host, port), seconds).close()
            return ""
        connection = connection_to(protocol, host, port, seconds)
        try:
            connection.request(
                "GET", str(group.get("HealthCheckPath") or "/"), headers={"User-Agent": "ELB-HealthChecker/2.0"}
            )
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return "Target.FailedHealthChecks"
    return (
        ""
        if _matches(status, str(group.get("Matcher", {}).get("HttpCode") or "200"))
        else "Target.ResponseCodeMismatch"
    )


def _matches(status: int, codes: str) -> bool:
    """Whether a status is in a list like ``200,300-399``."""
    for part in codes.split(","):
        first, _, last = part.strip().partition("-")
        if int(first) <= status <= int(last or first):
            return True
    return False


def connection_to(protocol: str, host: str, port: int, seconds: float) -> http.client.HTTPConnection:
    """A connection that gives up after so many seconds."""
    if protocol == "HTTPS":
        # As on AWS: a load balancer does not look at its targets' certificates.
        context = ssl._create_unverified_context()  # noqa: S323 # see above
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    return http.client.HTTPConnection(host, port, timeout=seconds)


def _describe_health(parameters: Mapping[str, object]) -> object:
    given = parameters.get("TargetGroupArn", "")
    arn = str(given[0]) if isinstance(given, list) else str(given)
    group = hooks.store(hooks.TARGET_GROUPS).get(arn)
    if group is None:
        refuse = cast("Callable[[str, str], object]", hooks.BALANCER_ERROR.get())
        return refuse("TargetGroupNotFound", f"Target group '{arn}' not found.")
    asked = {
        str(value[0] if isinstance(value, list) else value) for key, value in parameters.items() if key.endswith(".Id")
    }
    members = ""
    for target in hooks.lists(hooks.TARGETS).get(arn, []):
        if asked and target["Id"] not in asked:
            continue
        state, reason = state_of(target, group)
        why = f"<Reason>{reason}</Reason>" if reason else ""
        port = name_of(target, group).rpartition(":")[2]
        members += (
            f"<member><Target><Id>{target['Id']}</Id><Port>{port}</Port></Target>"
            f"<TargetHealth><State>{state}</State>{why}</TargetHealth></member>"
        )
    respond = cast("Callable[[int, str, str], object]", hooks.XML_ANSWER.get())
    return respond(200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>")
