"""Every option that can't be used is refused with its name, its value, what is allowed, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.serverless.pet_cuddle_otron_options import check_options

SENDER = "whiskers@example.org"


def problems(**options: Any) -> list[str]:
    found = Problems("Thing")
    check_options(found, **{"sender": SENDER, **options})
    return found.found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sender_identity": SENDER},
        {"sender_identity": "example.org"},
        {"sender": "whiskers@mail.example.org", "sender_identity": "example.org"},
        {"sender": "Whiskers@Example.ORG", "sender_identity": "example.org"},
        {"channels": ["email"], "allowed_email_domains": ["example.org"]},
        {"channels": ["sms"], "allowed_phone_prefixes": ["+44", "+1"]},
        {"throttle_rate": 0.1, "throttle_burst": 1},
        {"throttle_rate": 10_000, "throttle_burst": 5_000},
        {"web_acl_rate_limit": 10},
        {"domain_name": "cuddle.example.org", "has_certificate": True},
        {"sandbox_recipients": ["me@example.net"]},
    ],
    ids=str,
)
def test_what_is_allowed_is_accepted(options: dict[str, Any]) -> None:
    assert problems(**options) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"sender": "whiskers"},
            "sender must be an email address verified in SES, got 'whiskers': An email address must have an @-sign.",
        ),
        (
            {"sender_identity": "example.net"},
            "sender_identity must be the sender's address, its domain or a parent domain of it "
            "(whiskers@example.org or example.org), got 'example.net'",
        ),
        (
            {"sandbox_recipients": ["me@"]},
            "sandbox_recipients must be an email address verified in SES, got 'me@': "
            "There must be something after the @-sign.",
        ),
        ({"channels": []}, "channels must hold at least one of email, sms, got none"),
        ({"channels": ["fax"]}, "channels must be one of email, sms, got 'fax'"),
        (
            {"allowed_email_domains": ["@example.org"]},
            "allowed_email_domains must hold lower-case domains such as example.org, got '@example.org'",
        ),
        (
            {"allowed_phone_prefixes": ["0044"]},
            "allowed_phone_prefixes must hold a plus sign and 1 to 15 digits, such as +44, got '0044'",
        ),
        (
            {"channels": ["sms"], "allowed_email_domains": ["example.org"]},
            "allowed_email_domains was given, but channels leaves email out: remove one or the other",
        ),
        (
            {"channels": ["email"], "allowed_phone_prefixes": ["+44"]},
            "allowed_phone_prefixes was given, but channels leaves sms out: remove one or the other",
        ),
        (
            {"allowed_email_domains": ["a" * 60 + ".example.org"] * 50},
            "allowed_email_domains and allowed_phone_prefixes together may hold 3000 characters "
            "(a function's environment ends at 4 KB), got 3650: list parent domains instead",
        ),
        (
            {"throttle_rate": 0},
            "throttle_rate must be between 0.1 and 10000 requests per second, got 0 requests per second",
        ),
        ({"throttle_burst": 0}, "throttle_burst must be between 1 and 5000 requests, got 0 requests"),
        (
            {"web_acl_rate_limit": 9},
            "web_acl_rate_limit must be between 10 and 2000000000 requests in 5 minutes, got 9 requests in 5 minutes",
        ),
        (
            {"domain_name": "https://example.org", "has_certificate": True},
            "domain_name must be a lower-case host name such as cuddle.example.org, got 'https://example.org'",
        ),
        (
            {"domain_name": "cuddle.example.org"},
            "certificate is missing: domain_name was given, and a custom domain needs both",
        ),
        (
            {"has_certificate": True},
            "domain_name is missing: certificate was given, and a custom domain needs both",
        ),
    ],
)
def test_what_is_not_is_explained(options: dict[str, Any], message: str) -> None:
    assert problems(**options) == [message]
