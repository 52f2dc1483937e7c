"""Which fan-outs there can be, and what is said of those that there can't."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aws_patterns._validation import Problems
from aws_patterns.messaging.comparisons import (
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exists,
    Numeric,
    Prefix,
    Suffix,
    Wildcard,
)
from aws_patterns.messaging.fanout_options import (
    AttributeFilter,
    BodyFilter,
    DeliveryLog,
    FifoTopic,
    FilterPolicy,
    Subscriber,
    check_fanout,
    check_filter,
)


def problems_of(policy: FilterPolicy) -> list[str]:
    problems = Problems("F")
    check_filter(problems, "f", policy)
    return problems.found


def found(check: Callable[[Problems], None]) -> list[str]:
    problems = Problems("F")
    check(problems)
    return problems.found


class TestAFilterPolicy:
    def test_is_written_as_sns_reads_it(self) -> None:
        policy = AttributeFilter(
            {
                "kind": ["order", Prefix("re"), AnythingBut("test", "draft")],
                "total": Numeric(above=0, at_most=100),
                "store": [Exists(False), None],
                "vip": True,
                "ip": Cidr("10.0.0.0/24"),
            },
            any_of=[{"a": Suffix(".png")}, {"b": [EqualsIgnoreCase("X"), Wildcard("a*b"), AnythingBut(Prefix("t-"))]}],
        )
        assert policy.to_json() == {
            "kind": ["order", {"prefix": "re"}, {"anything-but": ["test", "draft"]}],
            "total": [{"numeric": [">", 0, "<=", 100]}],
            "store": [{"exists": False}, None],
            "vip": [True],
            "ip": [{"cidr": "10.0.0.0/24"}],
            "$or": [
                {"a": [{"suffix": ".png"}]},
                {"b": [{"equals-ignore-case": "X"}, {"wildcard": "a*b"}, {"anything-but": {"prefix": "t-"}}]},
            ],
        }
        assert policy.scope == "MessageAttributes"

    def test_of_a_body_goes_as_deep_as_the_body(self) -> None:
        policy = BodyFilter({"order": {"address": {"country": ["DE", "AT"]}}, "test": Exists(False)})
        assert policy.to_json() == {
            "order": {"address": {"country": ["DE", "AT"]}},
            "test": [{"exists": False}],
        }
        assert policy.scope == "MessageBody"
        assert problems_of(policy) == []

    @pytest.mark.parametrize(
        "policy",
        [
            AttributeFilter({"a": [str(number) for number in range(150)]}),
            AttributeFilter({"a": list("abcde"), "b": list("abcde"), "c": list("abcdef")}),
            AttributeFilter(dict.fromkeys("abcde", "x")),
            AttributeFilter({"a": Numeric(equals=-1_000_000_000), "b": [1.12345, 0]}),
            # 4 values three deep and 3 values two deep: 4 x 3 x 3 x 2 = 72.
            BodyFilter({"a": {"b": {"c": list("abcd")}}, "d": {"e": list("abc")}}),
            # Nested keys are not counted.
            BodyFilter({"a": dict.fromkeys("abcdef", "x")}),
            AttributeFilter({"a": [Wildcard("*/a/*"), Wildcard("*/b/*"), Wildcard("*/c/*"), Wildcard("*/d/*")]}),
            AttributeFilter({}, any_of=[{"a": list("abcde")}, {"b": "x"}]),
        ],
    )
    def test_may_be_as_large_as_sns_allows(self, policy: FilterPolicy) -> None:
        assert problems_of(policy) == []

    @pytest.mark.parametrize(
        ("policy", "problem"),
        [
            (
                AttributeFilter(dict.fromkeys("abcdef", "x")),
                "f may have 5 keys, got 6: filter the rest in the worker, or let the publisher join keys",
            ),
            (
                AttributeFilter({"a": [str(number) for number in range(151)]}),
                "f may have 150 combinations (the numbers of values multiplied, each by its depth), got 151: use "
                "prefixes, or fewer keys",
            ),
            (
                BodyFilter(
                    {"a": {"b": {"c": list("abcd")}}, "d": {"e": list("abc")}, "f": list("abc")},
                ),
                "f may have 150 combinations (the numbers of values multiplied, each by its depth), got 216: use "
                "prefixes, or fewer keys",
            ),
            (
                AttributeFilter({"a": list("abcdefghij")}, any_of=[{"b": list("abcdefgh")}, {"c": list("abcdefgh")}]),
                "f may have 150 combinations (the numbers of values multiplied, each by its depth), got 160: use "
                "prefixes, or fewer keys",
            ),
            (
                AttributeFilter({"a": [Wildcard(f"*/{name}/*") for name in "abcde"]}),
                "f may have 100 points for wildcards (of a key: 1 for one with one *, 3 for each * of one with more, "
                "times their number), got 150: use prefixes and suffixes",
            ),
            (AttributeFilter({"a": ["x" * 262_144]}), "f may have 262144 bytes, got 262155"),
            (AttributeFilter(), "f must compare something, got nothing: leave it out to let everything through"),
            (AttributeFilter({"a": []}), "f.a must have at least one value, got none"),
            (AttributeFilter({"": "x"}), "f must not have the key ''"),
            (AttributeFilter({"$or": "x"}), "f must not have the key '$or': use any_of"),
            (BodyFilter({"a": {}}), "f.a must compare something, got nothing"),
            (
                AttributeFilter({"a": "x"}, any_of=[{"b": "x"}]),
                "f.any_of must hold at least 2 alternatives, got 1: put it with the others",
            ),
            (AttributeFilter({"a": "x"}, any_of=[{"b": "x"}, {}]), "f.any_of[1] must compare something, got nothing"),
            (
                AttributeFilter({"a": "x"}, any_of=[{"b": "x"}, {"prefix": "x"}]),
                "f.any_of[1] must not have a key 'prefix': it is the name of a comparison",
            ),
            (AttributeFilter({"a": ["x", "x"]}), "f.a must not hold a value twice, got 1 again"),
            (
                AttributeFilter({"a": {"b": "x"}}),  # type: ignore[dict-item] # as somebody without types does it
                "f.a.b is nested, and attributes are not: use BodyFilter(...)",
            ),
            (
                AttributeFilter({"a": [object]}),  # type: ignore[list-item] # as somebody without types does it
                "f.a must be texts, numbers, True, False, None or comparisons, got <class 'object'>",
            ),
            (
                AttributeFilter({"a": Numeric(at_least=1_000_000_001)}),
                "f.a must be a number between -1000000000 and 1000000000, got 1000000001",
            ),
            (AttributeFilter({"a": 1.123456}), "f.a must be a number with 5 decimal places at most, got 1.123456"),
            (AttributeFilter({"a": float("nan")}), "f.a must be a number that JSON knows, got nan"),
            (
                AttributeFilter({"a": Numeric()}),
                "f.a must have Numeric(equals=...), or one lower and one upper bound at most, got nothing",
            ),
            (
                AttributeFilter({"a": Numeric(above=1, at_least=2)}),
                "f.a must have Numeric(equals=...), or one lower and one upper bound at most, got > 1, >= 2",
            ),
            (
                AttributeFilter({"a": Numeric(above=2, below=2)}),
                "f.a must have a lower bound below the upper one, got 2 and 2",
            ),
            (AttributeFilter({"a": Cidr("10.0.0.1")}), "f.a must be a network such as 10.0.0.0/24, got '10.0.0.1'"),
            (
                AttributeFilter({"a": Cidr("10.0.0.0/33")}),
                "f.a must be a network such as 10.0.0.0/24, got '10.0.0.0/33'",
            ),
            (AttributeFilter({"a": Prefix("")}), "f.a must not be an empty prefix: use Exists() for any value"),
            (
                AttributeFilter({"a": AnythingBut()}),
                "f.a must have AnythingBut(...) of texts, or of numbers, or of one comparison",
            ),
            (
                AttributeFilter({"a": AnythingBut("x", 1)}),
                "f.a must have AnythingBut(...) of texts, or of numbers, or of one comparison",
            ),
            (
                AttributeFilter({"a": AnythingBut(Prefix("x"), Prefix("y"))}),
                "f.a must have AnythingBut(...) of one comparison at most, got 2",
            ),
            (
                AttributeFilter({"a": AnythingBut(Suffix("x"))}),
                "f.a must not have AnythingBut(Suffix(...)): SNS has it for texts, prefixes and wildcards",
            ),
            (
                AttributeFilter({"a": AnythingBut(Prefix(""))}),
                "f.a must not have AnythingBut(Prefix('')): nothing would be left",
            ),
            (
                AttributeFilter({"a": Wildcard("abc")}),
                "f.a must have a wildcard with a *, got 'abc': give the text itself",
            ),
            (AttributeFilter({"a": Wildcard("a**c")}), "f.a must not have two * in a row, got 'a**c'"),
            (AttributeFilter({"a": Wildcard("*a*b*c*")}), "f.a may have 3 * in one wildcard, got 4 in '*a*b*c*'"),
        ],
    )
    def test_that_sns_would_refuse_is_refused_before(self, policy: FilterPolicy, problem: str) -> None:
        assert problems_of(policy) == [problem]


def test_a_fan_out_may_have_nothing_yet() -> None:
    assert found(check_fanout) == []


def test_every_problem_of_a_fan_out_is_named_at_once() -> None:
    found_ones = found(
        lambda problems: check_fanout(
            problems,
            subscribers={
                "Billing": Subscriber(
                    filter_policy=AttributeFilter(), visibility_timeout_seconds=10, processing_seconds=20
                ),
                "2nd": Subscriber(max_receive_count=0),
            },
            fifo=FifoTopic(archive_days=366),
            external_queues=["arn:aws:sqs:eu-west-1:111122223333:*", "arn:aws:sqs:eu-west-1:111122223333:*"],
            delivery_log=DeliveryLog(success_percent=101),
        )
    )
    assert found_ones == [
        "subscribers['Billing'].filter_policy must compare something, got nothing: leave it out to let everything "
        "through",
        "subscribers['Billing'].visibility_timeout_seconds must be more than processing_seconds (20 seconds), got 10 "
        "seconds: another worker would get a message that is still being worked on",
        "subscribers must have names of up to 64 letters, digits, dashes and underscores that begin with a letter, got "
        "'2nd'",
        "subscribers['2nd'].max_receive_count must be between 1 and 1000, got 0",
        "fifo.archive_days must be between 1 and 365 days, got 366 days",
        "external_queues must hold ARNs of queues such as arn:aws:sqs:eu-west-1:111122223333:orders, without "
        "wildcards, got 'arn:aws:sqs:eu-west-1:111122223333:*'",
        "external_queues must hold ARNs of queues such as arn:aws:sqs:eu-west-1:111122223333:orders, without "
        "wildcards, got 'arn:aws:sqs:eu-west-1:111122223333:*'",
        "external_queues must not hold a queue twice",
        "delivery_log.success_percent must be between 0 and 100 percent, got 101 percent",
    ]


def test_a_fifo_queue_is_not_let_in_where_nothing_is_in_order() -> None:
    arn = "arn:aws:sqs:eu-west-1:111122223333:orders.fifo"
    assert found(lambda problems: check_fanout(problems, external_queues=[arn])) == [
        f"external_queues must hold standard queues, got '{arn}': for a FIFO queue give fifo=FifoTopic()"
    ]
    assert found(lambda problems: check_fanout(problems, fifo=FifoTopic(), external_queues=[arn])) == []


def test_a_topic_has_so_many_subscriptions_and_filters_and_no_more() -> None:
    many = {f"N{number}": Subscriber() for number in range(101)}
    assert found(lambda problems: check_fanout(problems, subscribers=many)) == []
    assert found(lambda problems: check_fanout(problems, subscribers=many, fifo=FifoTopic())) == [
        "a FIFO topic may have 100 subscriptions, got 101: use several topics, or EventBackbone where order does not "
        "matter"
    ]
    filtering = {f"N{number}": Subscriber(filter_policy=AttributeFilter({"a": "x"})) for number in range(201)}
    assert found(lambda problems: check_fanout(problems, subscribers=filtering)) == [
        "subscribers may have 200 filter policies, got 201"
    ]
