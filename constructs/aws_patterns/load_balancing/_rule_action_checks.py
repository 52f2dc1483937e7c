"""What may be wrong with the action of a rule. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults

if TYPE_CHECKING:
    from aws_patterns.load_balancing.content_routing import FixedResponse, Redirect

_LONGEST = 128
_FIXED_CODES = (range(200, 300), range(400, 600))
_KEYWORDS = ("protocol", "host", "port", "path", "query")
_CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
# What each part of a redirect is when nothing is said about it.
_UNCHANGED = ("#{protocol}", "#{host}", "#{port}", "/#{path}")


def check_weights(problems: Problems, name: str, weights: Iterable[int], sticky_seconds: int | None) -> None:
    """Add to ``problems`` what is wrong with how requests are shared out among target groups."""
    given = list(weights)
    if not 1 <= len(given) <= defaults.TARGET_GROUPS_PER_ACTION:
        problems.add(
            f"{name}.weights must hold 1 to {defaults.TARGET_GROUPS_PER_ACTION} target groups, got {len(given)}"
        )
    for weight in given:
        problems.between(f"{name}.weights", weight, 0, defaults.LARGEST_WEIGHT)
    if given and not any(is_token(weight) or weight for weight in given):
        problems.add(f"{name}.weights must not all be 0: nobody would get a request")
    if sticky_seconds is not None:
        problems.between(f"{name}.sticky_seconds", sticky_seconds, 1, defaults.LONGEST_STICKINESS_SECONDS, " s")


def check_fixed_response(problems: Problems, name: str, response: FixedResponse) -> None:
    """Add to ``problems`` what is wrong with an answer of the load balancer's own."""
    code = response.status_code
    if not is_token(code) and not any(code in allowed for allowed in _FIXED_CODES):
        problems.add(f"{name}.status_code must be 200 to 299 or 400 to 599, got {code}")
    length = len(response.body.encode())
    if not is_token(response.body) and length > defaults.LONGEST_FIXED_BODY:
        problems.add(f"{name}.body may hold {defaults.LONGEST_FIXED_BODY} bytes, got {length}: serve it from a target")
    problems.one_of(f"{name}.content_type", response.content_type, _CONTENT_TYPES)


def check_redirect(problems: Problems, name: str, redirect: Redirect, *, https: bool) -> None:
    """Add to ``problems`` what is wrong with where clients are sent, from a listener that is HTTPS or not."""
    if redirect.protocol is not None:
        problems.one_of(f"{name}.protocol", redirect.protocol, ("HTTP", "HTTPS"))
    if redirect.port is not None:
        problems.between(f"{name}.port", redirect.port, 1, 65_535)
    for part in ("host", "path", "query"):
        _check_part(problems, f"{name}.{part}", getattr(redirect, part))
    if redirect.path is not None and not is_token(redirect.path) and not redirect.path.startswith("/"):
        problems.add(f"{name}.path must begin with /, got {redirect.path!r}: write {'/' + redirect.path!r}")
    if redirect.host == "":
        problems.add(f"{name}.host must not be empty: leave it out to keep the host")
    if redirect.query is not None and redirect.query.startswith("?"):
        problems.add(f"{name}.query must not begin with ?, got {redirect.query!r}: it is put there")
    if https and redirect.protocol == "HTTP":
        problems.add(f"{name}.protocol must not be HTTP: a load balancer does not send clients from HTTPS to HTTP")
    own = "HTTPS" if https else "HTTP"
    given = (redirect.protocol, redirect.host, redirect.port, redirect.path)
    if all(part is None or part in (*_UNCHANGED, own) for part in given):
        problems.add(f"{name} must change the protocol, host, port or path: clients would be sent round in circles")


def _check_part(problems: Problems, name: str, part: str | None) -> None:
    if part is None or is_token(part):
        return
    if len(part) > _LONGEST:
        problems.add(f"{name} may hold {_LONGEST} characters, got {len(part)}")
    for keyword in re.findall(r"#\{(.*?)\}", part):
        if keyword not in _KEYWORDS:
            allowed = ", ".join(f"#{{{known}}}" for known in _KEYWORDS)
            problems.add(f"{name} may hold {allowed}, got #{{{keyword}}}")
