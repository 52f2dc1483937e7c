"""What a value of a rule's condition may look like. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.network.cidr_plan import parse_cidr

# elasticloadbalancing/latest/application/rule-condition-types.html
_PATH = re.compile(r"[/*?][\w\-.$/~\"'@:+&*?]*", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.*?-]*\.[A-Za-z]+")
_METHOD = re.compile(rf"[A-Z_-]{{1,{defaults.LONGEST_METHOD}}}")
_HEADER_NAME = re.compile(rf"[!#$%&'*+\-.^_`|~0-9A-Za-z]{{1,{defaults.LONGEST_HEADER_NAME}}}")
_HEADER = re.compile(r"[ -~]+")
_QUERY = re.compile(r"[\w\-.$/~\"'@:+&()!,;=*?\\]+", re.ASCII)


def _is_network(problems: Problems, name: str, value: str) -> None:
    parse_cidr(problems, name, value)


def _is_like(form: re.Pattern[str], what: str) -> Callable[[Problems, str, str], None]:
    def check(problems: Problems, name: str, value: str) -> None:
        if not value:
            problems.add(f"{name} must not be empty")
        elif not form.fullmatch(value):
            problems.add(f"{name} must be {what}, got {value!r}")
        elif len(value) > defaults.LONGEST_CONDITION_VALUE:
            problems.add(
                f"{name} may hold {defaults.LONGEST_CONDITION_VALUE} characters, got {len(value)} in {value!r}"
            )

    return check


_CHECKS: Mapping[str, Callable[[Problems, str, str], None]] = MappingProxyType(
    {
        "path": _is_like(_PATH, "a path such as /images/* (letters, digits, _-.$/~\"'@:+& and wildcards)"),
        "host": _is_like(_HOST, "a host such as *.example.com, with letters alone behind the last dot, and no port"),
        "method": _is_like(_METHOD, f"a method such as GET, {defaults.LONGEST_METHOD} capitals at most, no wildcards"),
        "header": _is_like(_HEADER, "printable characters"),
        "query": _is_like(_QUERY, "letters, digits, _-.$/~\"'@:+&()!,;=\\ and wildcards"),
        "source": _is_network,
    }
)


def check_value(problems: Problems, subject: str, name: str, value: str) -> None:
    """Add to ``problems`` why a condition of that kind can't compare with the value."""
    if not is_token(value):
        _CHECKS[subject](problems, name, value)


def check_header_name(problems: Problems, name: str, header: str) -> None:
    """Add to ``problems`` why there can't be a condition on that header."""
    if header.lower() == "host":
        problems.add(f"{name} must not be {header}: use HostHeader(...) for it")
    elif not is_token(header) and not _HEADER_NAME.fullmatch(header):
        problems.add(
            f"{name} must be the name of a header, up to {defaults.LONGEST_HEADER_NAME} letters, digits and dashes "
            f"without wildcards, got {header!r}"
        )


def wildcards(value: str) -> int:
    """How many wildcards the value holds; an escaped one is none."""
    return len(re.findall(r"[*?]", re.sub(r"\\.", "", value)))
