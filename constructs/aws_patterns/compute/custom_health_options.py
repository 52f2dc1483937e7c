"""What may be chosen about a health check of one's own, and within which limits. Needs no CDK."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as defaults

# A path with an optional query, as a request line takes it.
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
_LONGEST_PATH = 1_024
_LARGEST_PORT = 65_535


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomHealth:
    """How a fleet's instances are probed from inside the network: ``CustomHealth(path="/deep", interval_minutes=5)``.

    Attributes:
        path: What is asked for; answers from 200 to 399 are healthy.
        interval_minutes: Time between two checks, 1 to 60.
        attempts: How often an instance is asked in one check, 1 to 10; it is unhealthy when every attempt fails.
        attempt_timeout_seconds: How long one attempt waits, 1 to 10.
        maximum_unhealthy_percent: When more of the fleet than this fails at once, none is marked and an alarm is
            raised instead: what all depend on, or the check itself, is likelier broken. 100 switches this off.
    """

    path: str = defaults.HEALTH_PATH
    interval_minutes: int = defaults.HEALTH_INTERVAL_MINUTES
    attempts: int = defaults.HEALTH_ATTEMPTS
    attempt_timeout_seconds: int = defaults.HEALTH_ATTEMPT_TIMEOUT_SECONDS
    maximum_unhealthy_percent: int = defaults.HEALTH_MAXIMUM_UNHEALTHY_PERCENT


def check_port(problems: Problems, port: int, name: str = "port") -> None:
    """Add to ``problems`` a port that nothing can listen on."""
    problems.between(name, port, 1, _LARGEST_PORT)


def check_custom_health(problems: Problems, health: CustomHealth, name: str = "custom_health") -> None:
    """Add to ``problems`` whatever is wrong with a health check."""
    prefix = f"{name}." if name else ""
    problems.between(
        f"{prefix}interval_minutes",
        health.interval_minutes,
        1,
        defaults.HEALTH_LONGEST_INTERVAL_MINUTES,
        " minutes",
    )
    problems.between(f"{prefix}attempts", health.attempts, 1, defaults.HEALTH_MOST_ATTEMPTS)
    problems.between(
        f"{prefix}attempt_timeout_seconds",
        health.attempt_timeout_seconds,
        1,
        defaults.HEALTH_LONGEST_ATTEMPT_TIMEOUT_SECONDS,
        " s",
    )
    problems.between(f"{prefix}maximum_unhealthy_percent", health.maximum_unhealthy_percent, 1, 100, " %")
    if is_token(health.path):
        return
    if not _PATH.fullmatch(health.path) or len(health.path) > _LONGEST_PATH:
        problems.add(
            f"{prefix}path must begin with a slash and hold up to {_LONGEST_PATH} characters of a URL's path and "
            f"query, without spaces, got {health.path!r}"
        )
