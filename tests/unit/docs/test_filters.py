"""Filter policies and event patterns are told in words, shortly."""

from __future__ import annotations

import pytest

from docs.generate.filters import lines


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ({"kind": ["order"]}, ["kind: order"]),
        ({"kind": ["order", "refund"]}, ["kind: order or refund"]),
        ({"kind": ["a", "b", "c"]}, ["kind: a or b …"]),
        ({"total": [{"numeric": [">=", 1000]}]}, ["total ≥ 1000"]),
        ({"total": [{"numeric": [">", 0, "<=", 5.5]}]}, ["total > 0 and ≤ 5.5"]),
        ({"total": [{"numeric": ["=", 7]}, "free"]}, ["total: = 7 or free"]),
        ({"kind": [{"anything-but": ["test"]}]}, ["kind not test"]),
        ({"kind": [{"anything-but": {"prefix": "test-"}}]}, ["kind not test-…"]),
        ({"kind": ["order", {"anything-but": "test"}]}, ["kind: order or not test"]),
        ({"kind": [{"prefix": "or"}, {"suffix": "der"}]}, ["kind: or… or …der"]),
        ({"at": [{"cidr": "10.0.0.0/8"}]}, ["at: in 10.0.0.0/8"]),
        ({"name": [{"equals-ignore-case": "ann"}, {"wildcard": "b*b"}]}, ["name: ann or b*b"]),
        ({"note": [{"exists": True}], "gift": [{"exists": False}]}, ["with note", "without gift"]),
        ({"note": ["x", {"exists": False}]}, ["note: x or none"]),
        ({"paid": [True, None]}, ["paid: true or null"]),
        ({"order": {"payment": {"method": ["card"]}}}, ["order.payment.method: card"]),
        ({"$or": [{"kind": ["a"]}, {"total": [{"numeric": ["<", 3]}]}]}, ["kind: a or total < 3"]),
        (
            {"source": ["shop.orders"], "detail-type": ["Placed", "Paid"], "detail": {"total": [9]}},
            ["from shop.orders", "Placed or Paid", "total: 9"],
        ),
        ({"replay-name": [{"exists": False}]}, ["not replayed"]),
        ({"replay-name": [{"exists": True}]}, ["only replayed"]),
        ({"source": [{"prefix": ""}]}, ["everything"]),
        ({}, ["everything"]),
        (None, ["everything"]),
    ],
)
def test_a_condition_is_a_line(pattern: object, told: list[str]) -> None:
    assert list(lines(pattern)) == told


def test_many_conditions_are_counted() -> None:
    assert lines({name: [1] for name in "abcd"}) == ("a: 1", "b: 1", "and 2 more")


def test_three_are_not_many() -> None:
    assert lines({name: [1] for name in "abc"}) == ("a: 1", "b: 1", "c: 1")


def test_a_long_condition_is_cut() -> None:
    (line,) = lines({"customer": ["somebody with a very long name indeed"]})
    assert len(line) <= 36
    assert line.endswith("…")
