"""When the alarms of a web tier ring, and within which limits that may be chosen. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults

# CloudWatch looks back a day at most (AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
_MINUTES_PER_DAY = 1_440

# The longest that a load balancer waits (elasticloadbalancing/latest/application/application-load-balancers.html).
_LONGEST_ANSWER_SECONDS = 4_000


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmThresholds:
    """What is no longer good enough: ``AlarmThresholds(p99_seconds=0.5, minimum_requests=5)``.

    Args:
        p95_seconds: In which 95 per cent of the requests must be answered.
        p99_seconds: In which 99 per cent of them must be.
        error_percent: Of the requests that may be answered with 5xx, by the load balancer and by its targets.
        minimum_requests: In a minute, below which neither share nor latency says anything.
        unhealthy_minutes: For which a host may be unhealthy, or hosts missing, before it is told.
        at_maximum_minutes: For which a fleet may be as large as it is allowed to become.
        tls_error_percent: Of the connections for which clients and load balancer may find no common TLS.
    """

    p95_seconds: float = defaults.P95_SECONDS
    p99_seconds: float = defaults.P99_SECONDS
    error_percent: float = defaults.ERROR_PERCENT
    minimum_requests: int = defaults.MINIMUM_REQUESTS_PER_MINUTE
    unhealthy_minutes: int = defaults.UNHEALTHY_MINUTES
    at_maximum_minutes: int = defaults.AT_MAXIMUM_MINUTES
    tls_error_percent: float = defaults.TLS_ERROR_PERCENT


def check_thresholds(problems: Problems, thresholds: AlarmThresholds, *, name: str = "thresholds") -> None:
    """Add to ``problems`` whatever would make an alarm that never rings, or always."""
    for field in ("p95_seconds", "p99_seconds"):
        problems.between(f"{name}.{field}", getattr(thresholds, field), 0.001, _LONGEST_ANSWER_SECONDS, " s")
    known = not is_token(thresholds.p95_seconds) and not is_token(thresholds.p99_seconds)
    if known and thresholds.p99_seconds < thresholds.p95_seconds:
        problems.add(
            f"{name}.p99_seconds must be at least p95_seconds ({thresholds.p95_seconds:g} s), "
            f"got {thresholds.p99_seconds:g} s: the slowest per cent is never faster"
        )
    for field in ("error_percent", "tls_error_percent"):
        problems.between(f"{name}.{field}", getattr(thresholds, field), 0.01, 100, " %")
    problems.between(f"{name}.minimum_requests", thresholds.minimum_requests, 1, 1_000_000, " requests per minute")
    for field in ("unhealthy_minutes", "at_maximum_minutes"):
        problems.between(f"{name}.{field}", getattr(thresholds, field), 1, _MINUTES_PER_DAY, " minutes")
    for field in ("minimum_requests", "at_maximum_minutes"):
        if is_token(getattr(thresholds, field)):
            problems.add(f"{name}.{field} must be known at synthesis: alarms have it in their texts")
