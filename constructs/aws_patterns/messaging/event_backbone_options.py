"""What may be chosen about an event backbone, and within which limits. Needs no CDK.

What patterns compare is in ``comparisons``, where events go in ``event_targets``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from aws_patterns._validation import Problems, is_token
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._filter_policy_checks import check_shape, check_values, leaves
from aws_patterns.messaging.comparisons import (
    Exists,
    Json,
    Prefix,
    Properties,
    Values,
    properties_json,
)
from aws_patterns.messaging.event_targets import (
    EventTarget,
    check_target,
)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_ACCOUNT = re.compile(r"\d{12}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_SOURCE = re.compile(rf"[A-Za-z0-9._/:-]{{1,{defaults.LONGEST_EVENT_SOURCE}}}")
# What a producer of its own account can't send is refused by EventBridge anyway.
_OF_AWS = "aws."


class BusLog(StrEnum):
    """What EventBridge records of its work; never the events themselves."""

    OFF = "OFF"
    ERRORS = "ERROR"
    STEPS = "INFO"
    EVERYTHING = "TRACE"


@dataclass(frozen=True, kw_only=True, slots=True)
class EventPattern:
    """Which events: ``EventPattern(source="shop.orders", detail={"total": Numeric(at_least=100)})``.

    Everything that is given must fit, with one of its values.

    Attributes:
        source: Who sent it.
        detail_type: What it is.
        detail: Values inside it, by key, or what is below a key.
        detail_any_of: Of these details at least one must fit too, with all its keys.
        account: Of whom it is.
        region: Where it comes from.
        resources: What it is about.
        replayed: ``False``: only when it happens; ``True``: only when it is replayed. Default: both.
    """

    source: Values = ()
    detail_type: Values = ()
    detail: Properties = field(default_factory=dict, hash=False)
    detail_any_of: Sequence[Properties] = field(default=(), hash=False)
    account: Values = ()
    region: Values = ()
    resources: Values = ()
    replayed: bool | None = None

    @property
    def envelope(self) -> Mapping[str, Values]:
        """What is asked of an event, apart from its detail."""
        asked: dict[str, Values] = {
            "source": self.source,
            "detail-type": self.detail_type,
            "account": self.account,
            "region": self.region,
            "resources": self.resources,
        }
        if self.replayed is not None:
            asked["replay-name"] = Exists(self.replayed)
        return {key: values for key, values in asked.items() if values != ()}

    def to_json(self) -> dict[str, Json]:
        """The event pattern as EventBridge takes it."""
        detail = properties_json(self.detail, self.detail_any_of)
        return {**properties_json(self.envelope), **({"detail": detail} if detail else {})}


# Nothing is compared by mistake: a rule that wants everything says so.
EVERY_EVENT = EventPattern(source=Prefix(""))


@dataclass(frozen=True, kw_only=True, slots=True)
class EventRule:
    """Events that fit the pattern go to each of the targets.

    Attributes:
        name: Of its own on the bus.
        pattern: Which events.
        targets: One to five, by names of their own.
    """

    name: str
    pattern: EventPattern
    targets: Mapping[str, EventTarget] = field(hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class EventArchive:
    """What the bus keeps, to be replayed.

    Attributes:
        retention_days: How long, 1 or more; 0 keeps it for ever. Default 30.
        pattern: Which events. Default: all.
    """

    retention_days: int = defaults.EVENT_ARCHIVE_DAYS
    pattern: EventPattern | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Producer:
    """Somebody else who may send events: ``Producer(account="111122223333", sources=["shop.orders"])``.

    Attributes:
        account: The number of their account. Either this or ``organization``.
        organization: The id of an organization, any of whose accounts may send.
        sources: Which sources they may send as, so that nobody speaks for another. At least one.
    """

    account: str | None = None
    organization: str | None = None
    sources: Sequence[str] = field(default=(), hash=False)


def check_event_backbone(
    problems: Problems,
    *,
    rules: Sequence[EventRule] = (),
    archive: EventArchive | None = None,
    producers: Sequence[Producer] = (),
    schema_discovery: bool = False,
    has_key: bool = False,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one event backbone."""
    for name, times in Counter(rule.name for rule in rules).items():
        if times > 1:
            problems.add(f"rules must have names of their own, got {name!r} {times} times")
    if len(rules) > defaults.RULES_PER_BUS:
        problems.add(f"rules may be {defaults.RULES_PER_BUS} on one bus, got {len(rules)}")
    for rule in rules:
        check_event_rule(problems, rule)
    if archive is not None:
        problems.between("archive.retention_days", archive.retention_days, 0, defaults.LONGEST_RETENTION_DAYS, " days")
        if archive.pattern is not None:
            _check_pattern(problems, "archive.pattern", archive.pattern)
    for index, producer in enumerate(producers):
        _check_producer(problems, f"producers[{index}]", producer)
    for who, times in Counter(producer.account or producer.organization for producer in producers).items():
        if who and times > 1:
            problems.add(f"producers must not name {who} {times} times: give it all its sources at once")
    if schema_discovery and has_key:
        problems.add(
            "schema_discovery can't read a bus with an encryption_key: leave one of them out (without a key "
            "EventBridge encrypts with its own)"
        )


def check_event_rule(problems: Problems, rule: EventRule) -> None:
    """Add to ``problems`` whatever is wrong with one rule, whose name comes before each problem."""
    label = f"rules[{rule.name!r}]"
    if not _NAME.fullmatch(rule.name):
        problems.add(
            "rules must have names of up to 64 letters, digits, dashes and underscores that begin with a letter, got "
            f"{rule.name!r}"
        )
    _check_pattern(problems, f"{label}.pattern", rule.pattern)
    if not 1 <= len(rule.targets) <= defaults.TARGETS_PER_RULE:
        problems.add(
            f"{label}.targets must be 1 to {defaults.TARGETS_PER_RULE}, got {len(rule.targets)}: let another rule with "
            "the same pattern have the others"
        )
    for name, target in rule.targets.items():
        if not _NAME.fullmatch(name):
            problems.add(
                f"{label}.targets must have names of up to 64 letters, digits, dashes and underscores that begin with "
                f"a letter, got {name!r}"
            )
        check_target(problems, f"{label}.targets[{name!r}]", target)


def _check_pattern(problems: Problems, name: str, pattern: EventPattern) -> None:
    before = len(problems.found)
    if not pattern.envelope and not pattern.detail and not pattern.detail_any_of:
        problems.add(f"{name} must compare something, got nothing: EVERY_EVENT says that all are meant")
        return
    if pattern.envelope:
        check_shape(problems, name, pattern.envelope, ())
    if pattern.detail or pattern.detail_any_of:
        check_shape(problems, f"{name}.detail", pattern.detail, pattern.detail_any_of)
    parts: Sequence[tuple[str, Properties]] = [
        (name, pattern.envelope),
        *((f"{name}.detail", part) for part in (pattern.detail, *pattern.detail_any_of)),
    ]
    for label, part in parts:
        for key, _, values in leaves(part):
            check_values(problems, f"{label}.{key}", values, sns=False)
    if len(pattern.detail_any_of) > defaults.EVENT_PATTERN_COMBINATIONS:
        most = defaults.EVENT_PATTERN_COMBINATIONS
        problems.add(f"{name}.detail_any_of may hold {most} alternatives, got {len(pattern.detail_any_of)}")
    if len(problems.found) > before:
        return
    size = len(json.dumps(pattern.to_json(), separators=(",", ":"), ensure_ascii=False))
    if size > defaults.LARGEST_EVENT_PATTERN:
        problems.add(
            f"{name} may have {defaults.LARGEST_EVENT_PATTERN} characters as JSON, got {size}: use prefixes, or "
            "several rules"
        )


def _check_producer(problems: Problems, name: str, producer: Producer) -> None:
    if (producer.account is None) == (producer.organization is None):
        problems.add(f"{name} must have an account or an organization, got {'both' if producer.account else 'neither'}")
    if producer.account is not None and not is_token(producer.account) and not _ACCOUNT.fullmatch(producer.account):
        problems.add(f"{name}.account must be 12 digits, got {producer.account!r}")
    organization = producer.organization
    if organization is not None and not is_token(organization) and not _ORGANIZATION.fullmatch(organization):
        problems.add(f"{name}.organization must be an id such as o-a1b2c3d4e5, got {organization!r}")
    if not producer.sources:
        problems.add(f"{name}.sources must name at least one source, got none: they could speak for anybody")
    for source in producer.sources:
        check_source(problems, f"{name}.sources", source)


def check_source(problems: Problems, name: str, source: str) -> None:
    """Add to ``problems`` what is wrong with the source of somebody's own events."""
    if is_token(source):
        return
    if not _SOURCE.fullmatch(source):
        problems.add(
            f"{name} must be up to {defaults.LONGEST_EVENT_SOURCE} letters, digits and ._/:- without wildcards, got "
            f"{source!r}"
        )
    elif source.startswith(_OF_AWS):
        problems.add(f"{name} must not begin with {_OF_AWS}, which only AWS may send, got {source!r}")
