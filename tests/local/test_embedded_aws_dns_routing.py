"""Which records answer, by policy and health, as Route 53's guide says."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.launcher.dns.routing import Users, choose

_PICK = random.Random(1)
Record = dict[str, Any]


def record(name: str, **more: object) -> Record:
    return {"SetIdentifier": name, **more}


def chosen(records: list[Record], healthy: Collection[str], users: Users | None = None) -> list[str]:
    found = choose(records, lambda one: one["SetIdentifier"] in healthy, users or Users(), _PICK)
    return [one["SetIdentifier"] for one in found]


@pytest.mark.parametrize(
    ("healthy", "expected"), [("ps", "p"), ("p", "p"), ("s", "s"), ("", "p")], ids=["both", "primary", "other", "none"]
)
def test_failover_is_to_the_primary_while_it_is_healthy_or_none_is(healthy: str, expected: str) -> None:
    records = [record("s", Failover="SECONDARY"), record("p", Failover="PRIMARY")]
    assert chosen(records, healthy) == [expected]


@pytest.mark.parametrize(
    ("region", "healthy", "expected"),
    [
        ("us-east-1", "uew", "u"),
        ("us-west-2", "uew", "w"),
        ("us-west-2", "ue", "u"),
        ("eu-central-1", "uew", "e"),
        ("eu-central-1", "uw", "u"),
        ("us-west-2", "", "w"),
    ],
)
def test_latency_is_lowest_in_the_same_region_then_the_same_part_of_the_world(
    region: str, healthy: str, expected: str
) -> None:
    records = [record("e", Region="eu-west-1"), record("w", Region="us-west-2"), record("u", Region="us-east-1")]
    assert chosen(records, healthy, Users(region)) == [expected]


def test_weights_are_shares_of_the_healthy() -> None:
    records = [record("a", Weight=3), record("b", Weight=1), record("c", Weight=4)]
    seen = Counter(chosen(records, "ab")[0] for _ in range(2000))
    assert set(seen) == {"a", "b"}
    assert 0.7 < seen["a"] / 2000 < 0.8


@pytest.mark.parametrize(
    ("healthy", "expected"), [("az", {"a"}), ("z", {"z"}), ("", {"a"})], ids=["all", "only without weight", "none"]
)
def test_what_has_no_weight_serves_when_nothing_else_is_healthy(healthy: str, expected: set[str]) -> None:
    records = [record("a", Weight=1), record("z", Weight=0)]
    assert {chosen(records, healthy)[0] for _ in range(50)} == expected


def test_without_any_weight_all_are_equal() -> None:
    records = [record("a", Weight=0), record("b", Weight=0)]
    assert {chosen(records, "ab")[0] for _ in range(100)} == {"a", "b"}


@pytest.mark.parametrize(
    ("users", "healthy", "expected"),
    [
        (Users(continent="NA", country="US", subdivision="CA"), "scnw", ["s"]),
        (Users(continent="NA", country="US", subdivision="NY"), "scnw", ["c"]),
        (Users(continent="NA", country="MX"), "scnw", ["n"]),
        (Users(continent="EU", country="DE"), "scnw", ["w"]),
        (Users(continent="NA", country="US", subdivision="CA"), "nw", ["n"]),
        (Users(continent="NA", country="US", subdivision="CA"), "w", ["w"]),
        (Users(continent="NA", country="US", subdivision="CA"), "", ["s"]),
    ],
)
def test_the_smallest_healthy_area_answers(users: Users, healthy: str, expected: list[str]) -> None:
    records = [
        record("w", GeoLocation={"CountryCode": "*"}),
        record("n", GeoLocation={"ContinentCode": "NA"}),
        record("c", GeoLocation={"CountryCode": "US"}),
        record("s", GeoLocation={"CountryCode": "US", "SubdivisionCode": "CA"}),
    ]
    assert chosen(records, healthy, users) == expected


def test_without_a_default_those_outside_every_area_get_no_answer() -> None:
    assert chosen([record("n", GeoLocation={"ContinentCode": "NA"})], "n", Users(continent="EU")) == []


@pytest.mark.parametrize(("bias", "expected"), [(0, "u"), (60, "e")])
def test_a_bias_draws_users_to_a_place(bias: int, expected: str) -> None:
    records = [
        record("u", GeoProximityLocation={"AWSRegion": "us-west-2", "Bias": -50}),
        record("e", GeoProximityLocation={"AWSRegion": "eu-west-1", "Bias": bias}),
    ]
    assert chosen(records, "ue") == [expected]


@given(st.integers(1, 20), st.sets(st.integers(0, 19)))
def test_multivalue_answers_hold_up_to_eight_and_only_healthy_ones(count: int, healthy: set[int]) -> None:
    records = [record(str(number), MultiValueAnswer=True) for number in range(count)]
    names = {str(number) for number in healthy if number < count}
    found = chosen(records, names)
    assert len(found) == len(set(found)) == min(8, len(names) or count)
    assert set(found) <= (names or {str(number) for number in range(count)})


@given(
    policy=st.sampled_from(["Failover", "Region", "Weight", "MultiValueAnswer", "GeoProximityLocation"]),
    healthy=st.sets(st.sampled_from("abcd")),
)
def test_nothing_unhealthy_answers_while_something_is_healthy(policy: str, healthy: set[str]) -> None:
    regions = ("us-east-1", "us-west-2", "eu-west-1", "sa-east-1")
    values: dict[str, list[object]] = {
        "Failover": ["PRIMARY", "PRIMARY", "SECONDARY", "SECONDARY"],
        "Region": [*regions],
        "Weight": [1, 2, 3, 0],
        "MultiValueAnswer": [True] * 4,
        "GeoProximityLocation": [
            {"AWSRegion": region} for region in ("us-east-1", "us-west-2", "eu-west-1", "sa-east-1")
        ],
    }
    records = [record(name, **{policy: value}) for name, value in zip("abcd", values[policy], strict=True)]
    found = chosen(records, healthy)
    assert found
    if healthy:
        assert set(found) <= healthy
