"""Which kinds of stickiness there are, for which load balancer, and how long they last."""

from __future__ import annotations

import pytest

from aws_patterns._validation import Problems
from aws_patterns.load_balancing.stickiness import (
    SOURCE_IP,
    ApplicationStickiness,
    DurationStickiness,
    SourceIpStickiness,
    Stickiness,
    check_stickiness,
)


def problems(stickiness: Stickiness | None) -> list[str]:
    found = Problems("Thing")
    check_stickiness(found, stickiness)
    return found.found


@pytest.mark.parametrize(
    "stickiness",
    [
        None,
        DurationStickiness(),
        DurationStickiness(1),
        DurationStickiness(604_800),
        ApplicationStickiness("session", 60),
        ApplicationStickiness("__Host-AWSALB"),
        ApplicationStickiness("awsalb"),
    ],
)
def test_what_is_allowed_is_accepted(stickiness: Stickiness | None) -> None:
    assert problems(stickiness) == []


@pytest.mark.parametrize(
    ("stickiness", "message"),
    [
        (DurationStickiness(0), "stickiness.seconds must be between 1 and 604800 s, got 0 s"),
        (DurationStickiness(604_801), "stickiness.seconds must be between 1 and 604800 s, got 604801 s"),
        (ApplicationStickiness("id", -1), "stickiness.seconds must be between 1 and 604800 s, got -1 s"),
        *(
            (
                ApplicationStickiness(name),
                "stickiness.cookie_name must not begin with AWSALB, AWSALBAPP, AWSALBTG (AWSALB is reserved for the "
                f"load balancer), got {name!r}: name the cookie that the application sets",
            )
            for name in ("AWSALB", "AWSALBAPP", "AWSALBTG", "AWSALBAPP-0", "AWSALBTG-1", "AWSALBCORS", "AWSALB-3")
        ),
        *(
            (
                ApplicationStickiness(name),
                f"stickiness.cookie_name must be a cookie's name (letters, digits and !#$%&'*+-.^_`|~), got {name!r}",
            )
            for name in ("", "my session", "a=b", "id;")
        ),
        (
            SourceIpStickiness(),
            "stickiness must be DurationStickiness or ApplicationStickiness or None here, got SourceIpStickiness: an "
            "Application Load Balancer knows a client by a cookie",
        ),
    ],
    ids=str,
)
def test_what_is_not_allowed_is_refused_with_the_reason(stickiness: Stickiness, message: str) -> None:
    assert problems(stickiness) == [message]


def test_a_network_load_balancer_knows_clients_by_their_address_alone() -> None:
    found = Problems("Thing")
    check_stickiness(found, SourceIpStickiness(), allowed=SOURCE_IP)
    assert found.found == []
    check_stickiness(found, DurationStickiness(), allowed=SOURCE_IP, name="listeners[0].stickiness")
    assert found.found == [
        "listeners[0].stickiness must be SourceIpStickiness or None here, got DurationStickiness: a Network Load "
        "Balancer sees no cookies"
    ]
