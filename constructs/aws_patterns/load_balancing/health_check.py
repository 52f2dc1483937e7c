"""How a load balancer finds out whether a target can serve. Needs no CDK."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults

_CODES = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")
_LOWEST_CODE = 200
_PATH = re.compile(r"/[!-~]{0,1023}")


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthCheck:
    """Asked of every target, over the protocol and port that requests take: ``HealthCheck(path="/ready")``.

    Attributes:
        path: Which must answer only when the target can serve. Default ``/health``.
        codes: Of an answer that counts as success, such as ``200``, ``200,204`` or ``200-399``, the default.
        interval_seconds: From one check to the next, 5 to 300. Default 10.
        timeout_seconds: How long an answer may take, 2 to 120 and less than the interval. Default 5.
        healthy_threshold: Successes in a row, 2 to 10, before a target gets requests. Default 2.
        unhealthy_threshold: Failures in a row, 2 to 10, before it gets none. Default 3.
    """

    path: str = defaults.HEALTH_CHECK_PATH
    codes: str = defaults.HEALTH_CHECK_CODES
    interval_seconds: int = defaults.HEALTH_CHECK_INTERVAL_SECONDS
    timeout_seconds: int = defaults.HEALTH_CHECK_TIMEOUT_SECONDS
    healthy_threshold: int = defaults.HEALTHY_THRESHOLD
    unhealthy_threshold: int = defaults.UNHEALTHY_THRESHOLD


def check_health_check(
    problems: Problems, check: HealthCheck, *, name: str = "health_check", highest_code: int = 499
) -> None:
    """Add to ``problems`` what is wrong with it. A Network Load Balancer takes codes up to 599."""
    if not is_token(check.path) and not _PATH.fullmatch(check.path):
        problems.add(f"{name}.path must begin with / and hold up to 1024 printable characters, got {check.path!r}")
    if not is_token(check.codes) and not _are_codes(check.codes, highest_code):
        problems.add(
            f"{name}.codes must be codes from {_LOWEST_CODE} to {highest_code}, such as 200, 200,204 or 200-399, "
            f"got {check.codes!r}"
        )
    problems.between(f"{name}.interval_seconds", check.interval_seconds, 5, 300, " s")
    problems.between(f"{name}.timeout_seconds", check.timeout_seconds, 2, 120, " s")
    problems.between(f"{name}.healthy_threshold", check.healthy_threshold, 2, 10)
    problems.between(f"{name}.unhealthy_threshold", check.unhealthy_threshold, 2, 10)
    known = not is_token(check.timeout_seconds) and not is_token(check.interval_seconds)
    if known and check.timeout_seconds >= check.interval_seconds:
        problems.add(
            f"{name}.timeout_seconds must be less than {name}.interval_seconds ({check.interval_seconds} s), got "
            f"{check.timeout_seconds} s: a check must end before the next begins"
        )


def _are_codes(codes: str, highest: int) -> bool:
    if not _CODES.fullmatch(codes):
        return False
    ranges = [[int(code) for code in part.split("-")] for part in codes.split(",")]
    return all(_LOWEST_CODE <= low <= high <= highest for low, *_, high in ([one[0], *one] for one in ranges))
