"""How many instances a fleet may have, and what is left of it when a zone is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_patterns._validation import Problems
from aws_patterns.compute.capacity import Capacity, check_capacity, zone_loss_advice


def problems(zones: int = 3, **numbers: Any) -> list[str]:
    found = Problems("Thing")
    check_capacity(found, Capacity(**numbers), zones=zones)
    return found.found


@pytest.mark.parametrize(
    "numbers",
    [
        {"minimum": 3, "maximum": 3},
        {"minimum": 3, "maximum": 9, "desired": 3, "needed": 1},
        {"minimum": 3, "maximum": 9, "desired": 9, "needed": 9},
        {"minimum": 0, "maximum": 1, "desired": 0, "fewer_than_zones": True},
        {"minimum": 2, "maximum": 2, "zones": 2},
    ],
    ids=str,
)
def test_what_is_allowed_is_accepted(numbers: dict[str, Any]) -> None:
    assert problems(**numbers) == []


EMPTY_ZONES = (
    "capacity.minimum must be at least 3, one for each zone, got {}: raise it, use fewer zones, or accept empty zones "
    "with fewer_than_zones=True"
)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"minimum": 2, "maximum": 9}, EMPTY_ZONES.format(2)),
        ({"minimum": 0, "maximum": 9}, EMPTY_ZONES.format(0)),
        ({"minimum": -1, "maximum": 9}, "capacity.minimum must be 0 or more, got -1"),
        ({"minimum": 4, "maximum": 3}, "capacity.minimum must be at most its maximum, 3, got 4"),
        ({"minimum": 0, "maximum": 0}, "capacity.maximum must be 1 or more, got 0: nothing could ever run"),
        ({"minimum": 3, "maximum": 9, "desired": 2}, "capacity.desired must be between 3 and 9, got 2"),
        ({"minimum": 3, "maximum": 9, "desired": 10}, "capacity.desired must be between 3 and 9, got 10"),
        ({"minimum": 3, "maximum": 9, "needed": 10}, "capacity.needed must be between 1 and 9, got 10"),
        ({"minimum": 3, "maximum": 9, "needed": 0}, "capacity.needed must be between 1 and 9, got 0"),
    ],
    ids=str,
)
def test_what_is_not_allowed_is_refused_with_the_reason(numbers: dict[str, Any], message: str) -> None:
    assert problems(**numbers) == [message]


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(minimum=1, maximum=9, desired=10, needed=11)
    assert [problem.split()[0] for problem in found] == ["capacity.desired", "capacity.needed", "capacity.minimum"]


def test_a_problem_is_told_under_the_name_that_the_user_gave() -> None:
    found = Problems("Thing")
    check_capacity(found, Capacity(minimum=-1, maximum=1), zones=1, name="blue.capacity")
    assert found.found == ["blue.capacity.minimum must be 0 or more, got -1"]


def test_numbers_known_at_deployment_only_are_let_through() -> None:
    import aws_cdk as cdk

    token: Any = cdk.Token.as_number({"Ref": "Size"})
    assert problems(minimum=token, maximum=token, desired=token, needed=token) == []
    assert problems(minimum=3, maximum=token, desired=4) == []
    assert zone_loss_advice(Capacity(minimum=token, maximum=token, needed=2), 3) is None
    assert zone_loss_advice(Capacity(minimum=3, maximum=9, needed=token), 3) is None


class TestTheLossOfAZone:
    @pytest.mark.parametrize(
        ("capacity", "zones"),
        [
            (Capacity(minimum=3, maximum=9), 3),
            (Capacity(minimum=6, maximum=9, needed=4), 3),
            (Capacity(minimum=3, maximum=9, desired=9, needed=6), 3),
            (Capacity(minimum=1, maximum=9, desired=9), 1),
        ],
        ids=str,
    )
    def test_needs_no_advice_where_enough_is_left_or_nothing_is_known(self, capacity: Capacity, zones: int) -> None:
        assert zone_loss_advice(capacity, zones) is None

    @pytest.mark.parametrize(
        ("capacity", "advice"),
        [
            (
                Capacity(minimum=3, maximum=9, desired=6),
                "The loss of one of 3 zones leaves 4 of 6 instances, and 6 are needed until others have started: "
                "run 9 (desired=9), or say how many carry the load, such as needed=4",
            ),
            (
                Capacity(minimum=3, maximum=4, desired=4),
                "The loss of one of 3 zones leaves 2 of 4 instances, and 4 are needed until others have started: "
                "run 6 (desired=6 and maximum=6), or say how many carry the load, such as needed=2",
            ),
            (
                Capacity(minimum=3, maximum=9, needed=4),
                "The loss of one of 3 zones leaves 2 of 3 instances, and 4 are needed until others have started: "
                "run 6 (minimum=6)",
            ),
        ],
        ids=str,
    )
    def test_is_met_by_as_many_as_the_advice_says(self, capacity: Capacity, advice: str) -> None:
        assert zone_loss_advice(capacity, 3) == advice

    @given(needed=st.integers(1, 200), zones=st.integers(2, 6))
    def test_is_met_by_no_fewer(self, needed: int, zones: int) -> None:
        def left(running: int) -> int:
            return running - -(-running // zones)

        advice = zone_loss_advice(Capacity(minimum=0, maximum=1000, needed=needed), zones)
        assert advice is not None
        enough = int(advice.rpartition("=")[2].rstrip(")"))
        assert left(enough) >= needed > left(enough - 1)
        assert zone_loss_advice(Capacity(minimum=enough, maximum=1000, needed=needed), zones) is None
