"""What may be chosen about the alarms of a web tier."""

from __future__ import annotations

import pytest

from aws_patterns._validation import Problems
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds, check_thresholds


def complaints(thresholds: AlarmThresholds) -> list[str]:
    problems = Problems("x")
    check_thresholds(problems, thresholds)
    return problems.found


def test_the_defaults_can_be_used() -> None:
    assert complaints(AlarmThresholds()) == []


@pytest.mark.parametrize(
    "thresholds",
    [
        AlarmThresholds(p95_seconds=0.001, p99_seconds=0.001, error_percent=0.01, tls_error_percent=0.01),
        AlarmThresholds(p95_seconds=4000, p99_seconds=4000, error_percent=100, tls_error_percent=100),
        AlarmThresholds(minimum_requests=1, unhealthy_minutes=1, at_maximum_minutes=1),
        AlarmThresholds(minimum_requests=1_000_000, unhealthy_minutes=1440, at_maximum_minutes=1440),
    ],
)
def test_the_limits_themselves_can_be_used(thresholds: AlarmThresholds) -> None:
    assert complaints(thresholds) == []


def test_every_threshold_that_would_never_ring_or_always_is_told() -> None:
    assert complaints(
        AlarmThresholds(
            p95_seconds=0,
            p99_seconds=4001,
            error_percent=0,
            minimum_requests=0,
            unhealthy_minutes=0,
            at_maximum_minutes=1441,
            tls_error_percent=101,
        )
    ) == [
        "thresholds.p95_seconds must be between 0.001 and 4000 s, got 0 s",
        "thresholds.p99_seconds must be between 0.001 and 4000 s, got 4001 s",
        "thresholds.error_percent must be between 0.01 and 100 %, got 0 %",
        "thresholds.tls_error_percent must be between 0.01 and 100 %, got 101 %",
        "thresholds.minimum_requests must be between 1 and 1000000 requests per minute, got 0 requests per minute",
        "thresholds.unhealthy_minutes must be between 1 and 1440 minutes, got 0 minutes",
        "thresholds.at_maximum_minutes must be between 1 and 1440 minutes, got 1441 minutes",
    ]


def test_the_slowest_per_cent_is_not_expected_to_be_faster_than_the_rest() -> None:
    assert complaints(AlarmThresholds(p95_seconds=2, p99_seconds=1.5)) == [
        "thresholds.p99_seconds must be at least p95_seconds (2 s), got 1.5 s: the slowest per cent is never faster"
    ]


def test_what_is_known_at_deployment_only_may_be_a_threshold_and_no_part_of_a_text() -> None:
    import aws_cdk as cdk

    later = cdk.Token.as_number({"Ref": "Later"})
    assert complaints(AlarmThresholds(p95_seconds=later, p99_seconds=later, error_percent=later)) == []
    assert complaints(AlarmThresholds(minimum_requests=int(later), at_maximum_minutes=int(later))) == [
        "thresholds.minimum_requests must be known at synthesis: alarms have it in their texts",
        "thresholds.at_maximum_minutes must be known at synthesis: alarms have it in their texts",
    ]
