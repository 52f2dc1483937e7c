"""Whether a client comes back to the same target. Needs no CDK.

Off everywhere unless asked for: keep sessions in DynamoDB or ElastiCache instead, and any instance may end without
ending a session.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults

# A token of RFC 6265. The load balancer's own cookies begin with the reserved prefix, whatever follows: AWSALB,
# AWSALBAPP-0, AWSALBTG, AWSALBCORS (elasticloadbalancing/latest/application/edit-target-group-attributes.html).
_COOKIE_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_RESERVED_PREFIX = "AWSALB"
_RESERVED = "AWSALB, AWSALBAPP, AWSALBTG"


@dataclass(frozen=True, slots=True)
class DurationStickiness:
    """A client comes back to its target for ``seconds`` after a request, by a cookie of the load balancer."""

    seconds: int = defaults.STICKINESS_SECONDS


@dataclass(frozen=True, slots=True)
class ApplicationStickiness:
    """A client comes back to its target as long as the application sets ``cookie_name``, ``seconds`` at most."""

    cookie_name: str
    seconds: int = defaults.STICKINESS_SECONDS


@dataclass(frozen=True, slots=True)
class SourceIpStickiness:
    """A client comes back to its target by its address; for Network Load Balancers, which see no cookies."""


Stickiness = DurationStickiness | ApplicationStickiness | SourceIpStickiness

COOKIES = (DurationStickiness, ApplicationStickiness)
SOURCE_IP = (SourceIpStickiness,)


def check_stickiness(
    problems: Problems,
    stickiness: Stickiness | None,
    *,
    allowed: tuple[type[Stickiness], ...] = COOKIES,
    name: str = "stickiness",
) -> None:
    """Add to ``problems`` what is wrong with it. ``allowed`` is what the kind of load balancer can do."""
    if stickiness is None:
        return
    if not isinstance(stickiness, allowed):
        names = " or ".join(kind.__name__ for kind in allowed)
        why = (
            "an Application Load Balancer knows a client by a cookie"
            if allowed == COOKIES
            else "a Network Load Balancer sees no cookies"
        )
        problems.add(f"{name} must be {names} or None here, got {type(stickiness).__name__}: {why}")
        return
    if isinstance(stickiness, SourceIpStickiness):
        return
    problems.between(f"{name}.seconds", stickiness.seconds, 1, defaults.LONGEST_STICKINESS_SECONDS, " s")
    if isinstance(stickiness, ApplicationStickiness) and not is_token(stickiness.cookie_name):
        _check_cookie_name(problems, f"{name}.cookie_name", stickiness.cookie_name)


def _check_cookie_name(problems: Problems, name: str, cookie: str) -> None:
    if cookie.startswith(_RESERVED_PREFIX):
        problems.add(
            f"{name} must not begin with {_RESERVED} ({_RESERVED_PREFIX} is reserved for the load balancer), "
            f"got {cookie!r}: name the cookie that the application sets"
        )
    elif not _COOKIE_NAME.fullmatch(cookie):
        problems.add(f"{name} must be a cookie's name (letters, digits and !#$%&'*+-.^_`|~), got {cookie!r}")
