"""How a target is asked for its health, within the limits of AWS."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.load_balancing.health_check import HealthCheck, check_health_check


def problems(**options: Any) -> list[str]:
    found = Problems("Thing")
    check_health_check(found, HealthCheck(**options))
    return found.found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"path": "/"},
        {"path": "/health?deep=1"},
        {"path": "/" + "a" * 1023},
        *({"codes": codes} for codes in ("200", "200,204", "200-299,301", "200-499")),
        {"interval_seconds": 5, "timeout_seconds": 2},
        {"interval_seconds": 300, "timeout_seconds": 120},
        {"healthy_threshold": 10, "unhealthy_threshold": 10},
    ],
    ids=lambda options: str(options)[:40],
)
def test_what_is_allowed_is_accepted(options: dict[str, Any]) -> None:
    assert problems(**options) == []


def test_a_target_that_fails_is_out_within_half_a_minute() -> None:
    check = HealthCheck()
    assert check.interval_seconds * check.unhealthy_threshold <= 30
    assert (check.path, check.codes) == ("/health", "200-399")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *(
            (
                {"path": path},
                f"health_check.path must begin with / and hold up to 1024 printable characters, got {path!r}",
            )
            for path in ("health", "", "/a b", "/" + "a" * 1024)
        ),
        *(
            (
                {"codes": codes},
                f"health_check.codes must be codes from 200 to 499, such as 200, 200,204 or 200-399, got {codes!r}",
            )
            for codes in ("", "2xx", "200-", "199", "500", "200-500", "299-200", "200;204", "200,,204")
        ),
        ({"interval_seconds": 301}, "health_check.interval_seconds must be between 5 and 300 s, got 301 s"),
        ({"timeout_seconds": 1}, "health_check.timeout_seconds must be between 2 and 120 s, got 1 s"),
        (
            {"timeout_seconds": 121, "interval_seconds": 200},
            "health_check.timeout_seconds must be between 2 and 120 s, got 121 s",
        ),
        ({"healthy_threshold": 1}, "health_check.healthy_threshold must be between 2 and 10, got 1"),
        ({"unhealthy_threshold": 11}, "health_check.unhealthy_threshold must be between 2 and 10, got 11"),
        (
            {"timeout_seconds": 10},
            "health_check.timeout_seconds must be less than health_check.interval_seconds (10 s), got 10 s: a check "
            "must end before the next begins",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_not_allowed_is_refused_with_the_reason(options: dict[str, Any], message: str) -> None:
    assert problems(**options) == [message]


def test_a_network_load_balancer_takes_more_codes() -> None:
    found = Problems("Thing")
    check_health_check(found, HealthCheck(codes="200-599"), highest_code=599)
    assert found.found == []


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(path="x", codes="x", interval_seconds=1, timeout_seconds=1, healthy_threshold=1)
    assert [problem.split()[0] for problem in found] == [
        "health_check.path",
        "health_check.codes",
        "health_check.interval_seconds",
        "health_check.timeout_seconds",
        "health_check.healthy_threshold",
        "health_check.timeout_seconds",
    ]
