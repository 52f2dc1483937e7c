"""What a request is about, and where it goes for that: rules of an Application Load Balancer. Needs no CDK.

A rule applies when all of its conditions hold, and a condition holds when one of its values fits. Values of paths,
hosts, headers and query strings may hold wildcards: ``*`` for any characters, ``?`` for one. ``\\`` makes either of
them mean itself in a query string.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from aws_patterns._validation import Problems
from aws_patterns.load_balancing._rule_action_checks import check_fixed_response, check_redirect, check_weights
from aws_patterns.load_balancing._rule_checks import check_rule, check_together
from aws_patterns.load_balancing._rule_patterns import (
    Facet,
    exact_pattern,
    facet,
    network_pattern,
    pair_pattern,
    text_pattern,
)

if TYPE_CHECKING:
    from aws_cdk import aws_elasticloadbalancingv2 as elbv2


@dataclass(frozen=True, slots=True, init=False)
class _AnyOf:
    """Holds when one of the values fits."""

    values: tuple[str, ...]

    def __init__(self, *values: str) -> None:
        object.__setattr__(self, "values", values)


class PathPattern(_AnyOf):
    """The path, without the query string: ``PathPattern("/images/*", "/favicon.ico")``. Case matters."""

    __slots__ = ()
    subject: ClassVar[str] = "path"

    @property
    def facet(self) -> Facet:
        """What it asks, to be compared with what others ask."""
        return facet(self.subject, [text_pattern(value, case_matters=True) for value in self.values])


class HostHeader(_AnyOf):
    """The host that was asked for: ``HostHeader("*.example.com")``. Case does not matter."""

    __slots__ = ()
    subject: ClassVar[str] = "host"

    @property
    def facet(self) -> Facet:
        """What it asks, to be compared with what others ask."""
        return facet(self.subject, [text_pattern(value) for value in self.values])


class HttpMethod(_AnyOf):
    """The method: ``HttpMethod("GET", "HEAD")``. No wildcards."""

    __slots__ = ()
    subject: ClassVar[str] = "method"

    @property
    def facet(self) -> Facet:
        """What it asks, to be compared with what others ask."""
        return facet(self.subject, [exact_pattern(value) for value in self.values])


class SourceIp(_AnyOf):
    """The network that the connection comes from: ``SourceIp("192.0.2.0/24", "2001:db8::/32")``.

    Behind a proxy or a content delivery network that is the proxy's; ask ``HttpHeader("X-Forwarded-For", ...)`` then.
    """

    __slots__ = ()
    subject: ClassVar[str] = "source"

    @property
    def facet(self) -> Facet:
        """What it asks, to be compared with what others ask."""
        return facet(self.subject, [network_pattern(value) for value in self.values])


@dataclass(frozen=True, slots=True, init=False)
class HttpHeader:
    """A header other than the host's: ``HttpHeader("User-Agent", "*Chrome*")``. Case does not matter."""

    subject: ClassVar[str] = "header"
    name: str
    values: tuple[str, ...]

    def __init__(self, name: str, *values: str) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "values", values)

    @property
    def facet(self) -> Facet:
        """What it asks, to be compared with what others ask."""
        return facet(f"{self.subject} {self.name.lower()}", [text_pattern(value) for value in self.values])


@dataclass(frozen=True, slots=True, init=False)
class QueryString:
    """A parameter of the query string: ``QueryString("version", "1", "2")``. Case does not matter.

    ``QueryString(None, "debug")`` fits the value under any key.
    """

    subject: ClassVar[str] = "query"
    key: str | None
    values: tuple[str, ...]

    def __init__(self, key: str | None, *values: str) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "values", values)

    @property
    def facet(self) -> Facet:
        """What it asks, to be compared with what others ask."""
        key = text_pattern("*" if self.key is None else self.key, escapes=True)
        return facet(self.subject, [pair_pattern(key, text_pattern(value, escapes=True)) for value in self.values])


Condition = PathPattern | HostHeader | HttpMethod | SourceIp | HttpHeader | QueryString


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the request on, to the tier's own fleet unless another target group is given."""

    target_group: elbv2.IApplicationTargetGroup | None = None

    def check(self, problems: Problems, name: str, *, https: bool) -> None:
        """Nothing can be wrong with it."""


@dataclass(frozen=True, slots=True)
class WeightedForward:
    """Share requests out: ``WeightedForward({None: 9, canary: 1})``. ``None`` stands for the tier's own fleet.

    ``sticky_seconds`` keeps a client with the target group that it came to first.
    """

    weights: Mapping[elbv2.IApplicationTargetGroup | None, int] = field(hash=False)
    sticky_seconds: int | None = None

    def check(self, problems: Problems, name: str, *, https: bool) -> None:  # noqa: ARG002 - actions are checked alike
        """Add to ``problems`` what is wrong with it."""
        check_weights(problems, name, self.weights.values(), self.sticky_seconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class Redirect:
    """Send the client somewhere else: ``Redirect(host="www.example.com")``. What is not given stays as it was.

    Attributes:
        protocol: ``HTTP`` or ``HTTPS``.
        host: May hold ``#{host}``.
        port: A number.
        path: Begins with a slash; may hold ``#{path}``, which has none, ``#{host}`` and ``#{port}``.
        query: Without the question mark; may hold ``#{query}`` and the others. Empty: none.
        permanent: Whether clients may remember it for ever (301). Default: they ask again (302).
    """

    protocol: str | None = None
    host: str | None = None
    port: int | None = None
    path: str | None = None
    query: str | None = None
    permanent: bool = False

    def check(self, problems: Problems, name: str, *, https: bool) -> None:
        """Add to ``problems`` what is wrong with it on a listener that is HTTPS or not."""
        check_redirect(problems, name, self, https=https)


@dataclass(frozen=True, slots=True)
class FixedResponse:
    """Answer at once: ``FixedResponse(503, "Back at noon.")``. Any 2xx, 4xx or 5xx code, up to 1024 bytes."""

    status_code: int
    body: str = ""
    content_type: str = "text/plain"

    def check(self, problems: Problems, name: str, *, https: bool) -> None:  # noqa: ARG002 - actions are checked alike
        """Add to ``problems`` what is wrong with it."""
        check_fixed_response(problems, name, self)


RuleAction = Forward | WeightedForward | Redirect | FixedResponse


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What happens to requests for which every condition holds.

    Attributes:
        name: Of its own in the tier. Its automatic priority comes from it, so that rules may come and go around it.
        conditions: One to five; up to one each of path, host, method and source, any number of headers and query
            strings.
        action: Where such a request goes.
        priority: Rules are tried from 1 to 50000, the first that applies wins. Default: by how narrow it is, more
            conditions first, then exact values, then longer ones, out of 1001 to 49000; so what is below comes before
            every automatic one, and what is above behind.
    """

    name: str
    conditions: Sequence[Condition]
    action: RuleAction = Forward()
    priority: int | None = None


def check_rules(problems: Problems, rules: Sequence[Rule], *, https: bool = True) -> None:
    """Add to ``problems`` whatever is wrong with the rules of one listener, which is HTTPS or not."""
    before = len(problems.found)
    names = [rule.name for rule in rules]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            problems.add(f"rules must have names of their own, got {name!r} {names.count(name)} times")
    for rule in rules:
        check_rule(problems, rule, https=https)
    if len(problems.found) == before:
        check_together(problems, rules)
