"""Every option that can't be used is refused with its name, its value, what is allowed, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.network._endpoint_services import ENDPOINT_SERVICES
from aws_patterns.network.multi_az_vpc_options import (
    RETENTION_NAMES,
    FlowLogDestination,
    FlowLogs,
    NatGateways,
    check_options,
)


def problems(**options: Any) -> list[str]:
    found = Problems("Thing")
    check_options(found, **options)
    return found.found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"availability_zones": 2},
        {"availability_zones": ["eu-west-1a", "eu-west-1c"]},
        {"nat_gateways": "single"},
        {"interface_endpoints": sorted(ENDPOINT_SERVICES)},
        *({"flow_logs": FlowLogs(retention_days=days)} for days in (1, 3653)),
        {"flow_logs": FlowLogs(destination=FlowLogDestination.S3, retention_days=2)},
        {"denied_cidrs": [f"192.0.2.{number}/32" for number in range(18)]},
        {"denied_cidrs": ["192.0.2.0/24", "2001:db8::/32", "2001:DB8:0:1::/64"], "ipv6": True},
    ],
    ids=lambda options: str(options)[:60],
)
def test_what_is_allowed_is_accepted(options: dict[str, Any]) -> None:
    assert problems(**options) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"availability_zones": 1},
            "availability_zones must be 2 or 3, got 1: a network in one zone goes down with it",
        ),
        ({"availability_zones": 4}, "availability_zones must be 2 or 3, got 4"),
        ({"availability_zones": -1}, "availability_zones must be 2 or 3, got -1"),
        ({"availability_zones": []}, "availability_zones must be 2 or 3, got 0"),
        (
            {"availability_zones": ["eu-west-1a", "eu-west-1a"]},
            "availability_zones must differ from each other, got eu-west-1a, eu-west-1a",
        ),
        ({"nat_gateways": "two"}, "nat_gateways must be one of per-az, single, none, got 'two'"),
        (
            {"interface_endpoints": ["ecr-api"]},
            "interface_endpoints must name AWS services that have an HTTPS endpoint, got 'ecr-api': "
            "did you mean ecr.api or execute-api?",
        ),
        (
            {"interface_endpoints": ["nothing-like-it-at-all"]},
            "interface_endpoints must name AWS services that have an HTTPS endpoint, got 'nothing-like-it-at-all': "
            "see aws-services-privatelink-support.html",
        ),
        (
            {"interface_endpoints": ["s3"]},
            "interface_endpoints must not name s3: every network has its gateway endpoint, which is free",
        ),
        ({"interface_endpoints": ["ssm", "kms", "ssm"]}, "interface_endpoints names ssm 2 times: once is enough"),
        (
            {"flow_logs": FlowLogs(retention_days=31)},
            "flow_logs.retention_days must be one that CloudWatch has (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, "
            "400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653), got 31",
        ),
        (
            {"flow_logs": FlowLogs(destination=FlowLogDestination.S3, retention_days=0)},
            "flow_logs.retention_days must be between 1 and 36500 days, got 0 days",
        ),
        ({"denied_cidrs": ["bad"]}, "denied_cidrs must be a network such as 10.0.0.0/16, got 'bad'"),
        (
            {"denied_cidrs": ["192.0.2.1/24"]},
            "denied_cidrs must start on the boundary of its prefix, got '192.0.2.1/24': write 192.0.2.0/24",
        ),
        ({"denied_cidrs": ["192.0.2.0/24"] * 2}, "denied_cidrs holds 192.0.2.0/24 twice: once is enough"),
        ({"denied_cidrs": ["0.0.0.0/0"]}, "denied_cidrs must not hold 0.0.0.0/0: nothing could pass"),
        (
            {"denied_cidrs": ["10.0.3.0/24"]},
            "denied_cidrs must not overlap cidr, got 10.0.3.0/24: it would cut 10.0.0.0/16 off from itself",
        ),
        (
            {"denied_cidrs": ["2001:db8::/32"]},
            "denied_cidrs holds 2001:db8::/32, and the network has no IPv6: leave it out or turn ipv6 on",
        ),
        (
            {"denied_cidrs": [f"192.0.2.{number}/32" for number in range(19)]},
            "denied_cidrs may hold 18 IPv4 networks, a network ACL's quota, got 19: "
            "for longer lists use AWS Network Firewall, or a web ACL's IP set",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_not_allowed_is_refused_with_the_reason(options: dict[str, Any], message: str) -> None:
    assert problems(**options) == [message]


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(
        cidr="8.8.0.0/16",
        availability_zones=1,
        nat_gateways="two",
        interface_endpoints=["smm"],
        flow_logs=FlowLogs(retention_days=2),
        denied_cidrs=["x"],
    )
    assert [problem.split()[0] for problem in found] == [
        "availability_zones",
        "cidr",
        "nat_gateways",
        "interface_endpoints",
        "flow_logs.retention_days",
        "denied_cidrs",
    ]


def test_values_of_the_choices_are_those_of_settings_files() -> None:
    assert [*NatGateways, *FlowLogDestination] == ["per-az", "single", "none", "cloudwatch", "s3"]


def test_every_retention_has_the_name_that_the_cdk_gives_it() -> None:
    from aws_cdk import aws_logs as logs

    names = {member.name for member in logs.RetentionDays} - {"INFINITE"}
    assert set(RETENTION_NAMES.values()) == names
