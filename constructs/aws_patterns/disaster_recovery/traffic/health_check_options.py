"""What may be chosen about health checks of Route 53, and within which limits. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))+", re.ASCII)
# Of an alarm: p99, tm90 and the like Route 53 does not know.
_STATISTICS = ("Average", "Minimum", "Maximum", "Sum", "SampleCount")
_SHORTEST_PERIOD_SECONDS = 60
# Where Route 53 has checkers (Route53/latest/APIReference/API_HealthCheckConfig.html).
CHECKER_REGIONS = (
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "sa-east-1",
    "us-east-1",
    "us-west-1",
    "us-west-2",
)


class WithoutData(StrEnum):
    """What a health check is while its alarm has not enough data."""

    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"
    AS_BEFORE = "LastKnownStatus"


def is_address(domain_name: str) -> bool:
    """Whether this is an IPv4 address, or was meant to be one."""
    return domain_name.replace(".", "").isdigit()


@typed
def check_endpoint_check(
    problems: Problems,
    *,
    domain_name: str,
    path: str = "/health",
    text: str | None = None,
    port: int | None = None,
    interval_seconds: int = defaults.CHECK_INTERVAL_SECONDS,
    failures: int = defaults.CHECK_FAILURES,
    checker_regions: Sequence[str] = (),
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``EndpointHealthCheck``."""
    if not is_token(domain_name) and not _is_host(domain_name):
        problems.add(f"domain_name must be a name or an IPv4 address such as orders.example.org, got {domain_name!r}")
    if not is_token(path) and not path.startswith("/"):
        problems.add(f"path must begin with a slash, such as /health, got {path!r}")
    if text is not None and not is_token(text) and not 1 <= len(text) <= defaults.LONGEST_SEARCHED_TEXT:
        problems.add(
            f"text must have 1 to {defaults.LONGEST_SEARCHED_TEXT} letters, got {len(text)}: it is searched for in the "
            f"first {defaults.SEARCHED_BYTES:,} bytes of the answer"
        )
    if port is not None:
        problems.between("port", port, 1, 65_535)
    if not is_token(interval_seconds) and interval_seconds not in defaults.CHECK_INTERVALS_SECONDS:
        problems.add(f"interval_seconds must be 10 or 30, got {interval_seconds}")
    problems.between("failures", failures, 1, defaults.MOST_CHECK_FAILURES)
    for region in checker_regions:
        problems.one_of("checker_regions", region, CHECKER_REGIONS)
    if checker_regions and len(set(checker_regions)) < defaults.FEWEST_CHECKER_REGIONS:
        problems.add(
            f"checker_regions must name at least {defaults.FEWEST_CHECKER_REGIONS} Regions, got "
            f"{', '.join(checker_regions)}: add more, or leave it out for all of them"
        )


@typed
def check_calculated_check(
    problems: Problems, *, children: Sequence[object], healthy_at_least: int | None = None
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``CalculatedHealthCheck``."""
    most = defaults.MOST_CHILD_CHECKS
    if not 1 <= len(children) <= most:
        problems.add(f"children must be 1 to {most} health checks, got {len(children)}")
    elif healthy_at_least is not None:
        problems.between("healthy_at_least", healthy_at_least, 1, len(children))


@typed
def check_alarm_check(
    problems: Problems,
    *,
    expression: bool = False,
    statistic: str | None = None,
    period_seconds: float | None = None,
    datapoints: int | None = None,
    periods: int | None = None,
) -> None:
    """Add to ``problems`` why Route 53 can't follow an alarm, by what the CDK knows of it.

    Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_AlarmIdentifier.html
    """
    if expression:
        problems.add(
            "alarm must follow one metric, got an expression or a composite alarm: Route 53 looks at the metric "
            "itself. Have a check for each metric, and a CalculatedHealthCheck over them"
        )
    if statistic is not None and statistic not in _STATISTICS:
        problems.add(f"alarm must have one of the statistics {', '.join(_STATISTICS)}, got {statistic}")
    if period_seconds is not None and not is_token(period_seconds) and period_seconds < _SHORTEST_PERIOD_SECONDS:
        problems.add(f"alarm must have a period of 60 seconds or more, got {period_seconds:.15g} seconds")
    if datapoints is not None and datapoints != periods:
        problems.add(
            f"alarm must wait for all of its periods, got {datapoints} out of {periods}: leave out datapoints_to_alarm"
        )


def _is_host(domain_name: str) -> bool:
    if not is_address(domain_name):
        return _HOST.fullmatch(domain_name) is not None
    try:
        IPv4Address(domain_name)
    except AddressValueError:
        return False
    return True
