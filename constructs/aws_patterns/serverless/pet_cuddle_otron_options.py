"""What may be chosen about a Pet Cuddle-O-Tron, and within which limits. Needs no CDK.

The construct and the settings of its stack check through the same function, so that a mistake in a settings
file reads the same as a mistake in code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email

from aws_patterns._validation import Problems, is_token
from aws_patterns.serverless import _defaults as defaults


class Channel(StrEnum):
    """A way to reach somebody."""

    EMAIL = "email"
    SMS = "sms"


_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
_PHONE_PREFIX = re.compile(r"\+[1-9]\d{0,14}")


def check_options(
    problems: Problems,
    *,
    sender: str,
    sender_identity: str | None = None,
    sandbox_recipients: Sequence[str] = (),
    channels: Collection[str] = tuple(Channel),
    throttle_rate: float = defaults.THROTTLE_RATE,
    throttle_burst: int = defaults.THROTTLE_BURST,
    allowed_email_domains: Sequence[str] = (),
    allowed_phone_prefixes: Sequence[str] = (),
    web_acl_rate_limit: int | None = None,
    domain_name: str | None = None,
    has_certificate: bool = False,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one Pet Cuddle-O-Tron."""
    _check_sender(problems, sender, sender_identity)
    for recipient in sandbox_recipients:
        _check_address(problems, "sandbox_recipients", recipient)
    _check_channels(problems, channels, allowed_email_domains, allowed_phone_prefixes)
    problems.between("throttle_rate", throttle_rate, 0.1, 10_000, " requests per second")
    problems.between("throttle_burst", throttle_burst, 1, 5_000, " requests")
    if web_acl_rate_limit is not None:
        problems.between("web_acl_rate_limit", web_acl_rate_limit, 10, 2_000_000_000, " requests in 5 minutes")
    if domain_name is not None and not is_token(domain_name) and not _DOMAIN.fullmatch(domain_name):
        problems.add(f"domain_name must be a lower-case host name such as cuddle.example.org, got {domain_name!r}")
    if (domain_name is None) == has_certificate:
        given, missing = ("certificate", "domain_name") if has_certificate else ("domain_name", "certificate")
        problems.add(f"{missing} is missing: {given} was given, and a custom domain needs both")


def _check_sender(problems: Problems, sender: str, identity: str | None) -> None:
    domain = _check_address(problems, "sender", sender)
    if domain is None or identity is None or is_token(identity):
        return
    if identity not in {sender, domain} and not domain.endswith(f".{identity}"):
        problems.add(
            f"sender_identity must be the sender's address, its domain or a parent domain of it "
            f"({sender} or {domain}), got {identity!r}"
        )


def _check_address(problems: Problems, name: str, address: str) -> str | None:
    """The domain of an address whose syntax is right and known before deployment."""
    if is_token(address):
        return None
    try:
        return validate_email(address, check_deliverability=False).ascii_domain.lower()
    except EmailNotValidError as error:
        problems.add(f"{name} must be an email address verified in SES, got {address!r}: {error}")
        return None


def _check_channels(
    problems: Problems, channels: Collection[str], domains: Sequence[str], prefixes: Sequence[str]
) -> None:
    if not channels:
        problems.add(f"channels must hold at least one of {', '.join(Channel)}, got none")
    for channel in channels:
        problems.one_of("channels", channel, tuple(Channel))
    for domain in domains:
        if not is_token(domain) and not _DOMAIN.fullmatch(domain):
            problems.add(f"allowed_email_domains must hold lower-case domains such as example.org, got {domain!r}")
    for prefix in prefixes:
        if not is_token(prefix) and not _PHONE_PREFIX.fullmatch(prefix):
            problems.add(
                f"allowed_phone_prefixes must hold a plus sign and 1 to 15 digits, such as +44, got {prefix!r}"
            )
    if domains and Channel.EMAIL not in channels:
        problems.add("allowed_email_domains was given, but channels leaves email out: remove one or the other")
    if prefixes and Channel.SMS not in channels:
        problems.add("allowed_phone_prefixes was given, but channels leaves sms out: remove one or the other")
    listed = sum(len(entry) + 1 for entry in (*domains, *prefixes))
    if listed > defaults.ALLOW_LIST_CHARACTERS:
        problems.add(
            f"allowed_email_domains and allowed_phone_prefixes together may hold {defaults.ALLOW_LIST_CHARACTERS} "
            f"characters (a function's environment ends at 4 KB), got {listed}: list parent domains instead"
        )
