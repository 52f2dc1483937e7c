"""The front's own options, as a settings file checks them before the CDK is loaded."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.load_balancing.application_front_options import AccessLogs, DesyncMitigation, check_front, everyone

WEB_ACL = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/guard/0a1b2c3d-0000-1111-2222-333344445555"


def problems(**options: Any) -> list[str]:
    found = Problems("Thing")
    check_front(found, **options)
    return found.found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"allowed_cidrs": [f"192.0.2.{number}/32" for number in range(30)]},
        {"allowed_cidrs": ["192.0.2.0/24", "2001:db8::/32"], "ipv6": True},
        {"web_acl_arn": WEB_ACL},
        {"web_acl_arn": WEB_ACL.replace("arn:aws:", "arn:aws-cn:").replace("eu-west-1", "cn-north-1")},
        {"access_logs": AccessLogs(retention_days=36_500)},
        {"idle_timeout_seconds": 1, "client_keep_alive_seconds": 60},
        {"idle_timeout_seconds": 4_000, "client_keep_alive_seconds": 604_800},
        {"desync_mitigation": "strictest"},
    ],
    ids=lambda options: str(options)[:60],
)
def test_what_is_allowed_is_accepted(options: dict[str, Any]) -> None:
    assert problems(**options) == []


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(
        allowed_cidrs=["office", "home"],
        web_acl_arn="guard",
        access_logs=AccessLogs(retention_days=36_501),
        idle_timeout_seconds=4_001,
        client_keep_alive_seconds=604_801,
        desync_mitigation="monitor",
    )
    assert found == [
        "allowed_cidrs must be a network such as 10.0.0.0/16, got 'office'",
        "allowed_cidrs must be a network such as 10.0.0.0/16, got 'home'",
        "web_acl_arn must be the ARN of a web ACL of AWS WAF, such as "
        "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/name/id, got 'guard'",
        "access_logs.retention_days must be between 1 and 36500 days, got 36501 days",
        "idle_timeout_seconds must be between 1 and 4000 s, got 4001 s",
        "client_keep_alive_seconds must be between 60 and 604800 s, got 604801 s",
        "desync_mitigation must be one of defensive, strictest, got 'monitor'",
    ]


def test_everyone_is_both_families_where_there_are_both() -> None:
    assert (list(everyone(ipv6=False)), list(everyone(ipv6=True))) == (["0.0.0.0/0"], ["0.0.0.0/0", "::/0"])


def test_values_of_the_choices_are_those_of_settings_files() -> None:
    assert list(DesyncMitigation) == ["defensive", "strictest"]
