"""Which rules, producers and archives there can be, and what is said of those that there can't."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from aws_patterns._validation import Problems
from aws_patterns.messaging.comparisons import AnythingBut, Cidr, Exists, Numeric, Prefix, Suffix, Wildcard
from aws_patterns.messaging.event_backbone_options import (
    EVERY_EVENT,
    EventArchive,
    EventPattern,
    EventRule,
    Producer,
    check_event_backbone,
    check_event_rule,
)
from aws_patterns.messaging.event_targets import BusTarget, EventTarget, QueueTarget, Retry, TopicTarget


def queue(*, fifo: bool = False) -> Any:
    return SimpleNamespace(fifo=fifo)


TARGETS: dict[str, EventTarget] = {"Jobs": QueueTarget(queue=queue())}


def problems_of_rule(
    pattern: EventPattern = EVERY_EVENT, targets: dict[str, EventTarget] | None = None, name: str = "R"
) -> list[str]:
    problems = Problems("E")
    check_event_rule(problems, EventRule(name=name, pattern=pattern, targets=TARGETS if targets is None else targets))
    return problems.found


def problems_of(**options: Any) -> list[str]:
    problems = Problems("E")
    check_event_backbone(problems, **options)
    return problems.found


class TestAPattern:
    def test_is_written_as_eventbridge_reads_it(self) -> None:
        pattern = EventPattern(
            source=["shop.orders", Prefix("shop.returns.")],
            detail_type="OrderPlaced",
            account="111122223333",
            region=AnythingBut("us-east-1"),
            resources=Wildcard("arn:*:s3:::*"),
            detail={"total": Numeric(at_least=100), "customer": {"ip": Cidr("10.0.0.0/8"), "vip": True}},
            detail_any_of=[{"country": "DE"}, {"gift": Exists()}],
            replayed=False,
        )
        assert problems_of_rule(pattern) == []
        assert pattern.to_json() == {
            "source": ["shop.orders", {"prefix": "shop.returns."}],
            "detail-type": ["OrderPlaced"],
            "account": ["111122223333"],
            "region": [{"anything-but": ["us-east-1"]}],
            "resources": [{"wildcard": "arn:*:s3:::*"}],
            "replay-name": [{"exists": False}],
            "detail": {
                "total": [{"numeric": [">=", 100]}],
                "customer": {"ip": [{"cidr": "10.0.0.0/8"}], "vip": [True]},
                "$or": [{"country": ["DE"]}, {"gift": [{"exists": True}]}],
            },
        }

    def test_of_every_event_says_so(self) -> None:
        assert EVERY_EVENT.to_json() == {"source": [{"prefix": ""}]}
        assert problems_of_rule(EVERY_EVENT) == []

    @pytest.mark.parametrize(
        "pattern",
        [
            EventPattern(replayed=True),
            # More than SNS allows.
            EventPattern(detail={str(number): "x" for number in range(20)}),
            EventPattern(detail={"a": [Numeric(at_least=1e12), AnythingBut(Suffix("x")), 0.123456789]}),
            EventPattern(detail={"a": "x" * 2027}),
        ],
    )
    def test_may_be_as_large_as_eventbridge_allows(self, pattern: EventPattern) -> None:
        assert problems_of_rule(pattern) == []

    @pytest.mark.parametrize(
        ("pattern", "problem"),
        [
            (
                EventPattern(),
                "rules['R'].pattern must compare something, got nothing: EVERY_EVENT says that all are meant",
            ),
            (
                EventPattern(detail={"a": "x" * 2028}),
                "rules['R'].pattern may have 2048 characters as JSON, got 2049: use prefixes, or several rules",
            ),
            (EventPattern(source=[]), "rules['R'].pattern.source must have at least one value, got none"),
            (EventPattern(detail={"a": []}), "rules['R'].pattern.detail.a must have at least one value, got none"),
            (
                EventPattern(detail={"a": {"b": Numeric(above=1, below=0)}}),
                "rules['R'].pattern.detail.a.b must have a lower bound below the upper one, got 1 and 0",
            ),
            (
                EventPattern(detail_any_of=[{"a": "x"}]),
                "rules['R'].pattern.detail.any_of must hold at least 2 alternatives, got 1: put it with the others",
            ),
            (
                EventPattern(detail={"a": Cidr("10.0.0.1/32")}),
                "rules['R'].pattern.detail.a must be a network of more than one address, got '10.0.0.1/32': give the "
                "address itself",
            ),
            (
                EventPattern(detail={"a": Wildcard("x**")}),
                "rules['R'].pattern.detail.a must not have two * in a row, got 'x**'",
            ),
            (
                EventPattern(detail_any_of=[{"a": str(number)} for number in range(1001)]),
                "rules['R'].pattern.detail_any_of may hold 1000 alternatives, got 1001",
            ),
        ],
    )
    def test_that_eventbridge_would_refuse_is_refused_before(self, pattern: EventPattern, problem: str) -> None:
        assert problems_of_rule(pattern) == [problem]


class TestATarget:
    @pytest.mark.parametrize(
        ("target", "problem"),
        [
            (
                QueueTarget(queue=queue(fifo=True)),
                "rules['R'].targets['T'].message_group is missing: a FIFO queue takes no message without one",
            ),
            (
                QueueTarget(queue=queue(), message_group="g"),
                "rules['R'].targets['T'].message_group is for FIFO queues, and this is none: leave it out",
            ),
            (
                QueueTarget(queue=queue(fifo=True), message_group="g" * 129),
                "rules['R'].targets['T'].message_group must have 1 to 128 characters, got 129",
            ),
            (
                TopicTarget(topic=cast("Any", SimpleNamespace(fifo=True))),
                "rules['R'].targets['T'] must be a standard topic: EventBridge publishes to no FIFO topic",
            ),
            (
                BusTarget(bus=cast("Any", SimpleNamespace()), detail_only=True),
                "rules['R'].targets['T'] can't be sent the detail only: a bus takes whole events",
            ),
            (
                QueueTarget(queue=queue(), retry=Retry(attempts=186)),
                "rules['R'].targets['T'].retry.attempts must be between 0 and 185, got 186",
            ),
            (
                QueueTarget(queue=queue(), retry=Retry(maximum_age_seconds=59)),
                "rules['R'].targets['T'].retry.maximum_age_seconds must be between 60 and 86400 seconds, "
                "got 59 seconds",
            ),
        ],
    )
    def test_that_eventbridge_would_refuse_is_refused_before(self, target: EventTarget, problem: str) -> None:
        assert problems_of_rule(targets={"T": target}) == [problem]

    def test_is_one_of_five(self) -> None:
        six = {f"T{number}": QueueTarget(queue=queue()) for number in range(6)}
        assert problems_of_rule(targets={**six}) == [
            "rules['R'].targets must be 1 to 5, got 6: let another rule with the same pattern have the others"
        ]
        assert problems_of_rule(targets={}) == [
            "rules['R'].targets must be 1 to 5, got 0: let another rule with the same pattern have the others"
        ]

    def test_and_its_rule_have_names_that_can_be_part_of_a_path(self) -> None:
        assert problems_of_rule(name="a/b", targets={"": QueueTarget(queue=queue())}) == [
            "rules must have names of up to 64 letters, digits, dashes and underscores that begin with a letter, got "
            "'a/b'",
            "rules['a/b'].targets must have names of up to 64 letters, digits, dashes and underscores that begin with "
            "a letter, got ''",
        ]


def test_every_problem_of_a_backbone_is_named_at_once() -> None:
    rule = EventRule(name="R", pattern=EVERY_EVENT, targets=TARGETS)
    assert problems_of(
        rules=[rule, rule],
        archive=EventArchive(retention_days=-1, pattern=EventPattern()),
        producers=[
            Producer(),
            Producer(account="1", sources=["shop.*"]),
            Producer(organization="org", sources=["aws.s3"]),
            Producer(account="111122223333", organization="o-a1b2c3d4e5", sources=["a"]),
        ],
        schema_discovery=True,
        has_key=True,
    ) == [
        "rules must have names of their own, got 'R' 2 times",
        "archive.retention_days must be between 0 and 36500 days, got -1 days",
        "archive.pattern must compare something, got nothing: EVERY_EVENT says that all are meant",
        "producers[0] must have an account or an organization, got neither",
        "producers[0].sources must name at least one source, got none: they could speak for anybody",
        "producers[1].account must be 12 digits, got '1'",
        "producers[1].sources must be up to 256 letters, digits and ._/:- without wildcards, got 'shop.*'",
        "producers[2].organization must be an id such as o-a1b2c3d4e5, got 'org'",
        "producers[2].sources must not begin with aws., which only AWS may send, got 'aws.s3'",
        "producers[3] must have an account or an organization, got both",
        "schema_discovery can't read a bus with an encryption_key: leave one of them out (without a key EventBridge "
        "encrypts with its own)",
    ]


def test_a_producer_is_named_once() -> None:
    twice = [Producer(account="111122223333", sources=[source]) for source in ("a", "b")]
    assert problems_of(producers=twice) == [
        "producers must not name 111122223333 2 times: give it all its sources at once"
    ]


def test_a_bus_has_so_many_rules_and_no_more() -> None:
    rules = [EventRule(name=f"R{number}", pattern=EVERY_EVENT, targets=TARGETS) for number in range(301)]
    assert problems_of(rules=rules) == ["rules may be 300 on one bus, got 301"]
    assert problems_of(rules=rules[:300]) == []
