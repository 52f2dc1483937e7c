"""How the instances of a fleet may be replaced: batch by batch, or under the eyes of alarms."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instance_refresh import InstanceRefresh, check_instance_refresh
from aws_patterns.compute.rolling_update import RollingUpdate, check_rolling_update


class TestBatchByBatch:
    @staticmethod
    def problems(maximum: int = 9, **options: Any) -> list[str]:
        found = Problems("Thing")
        check_rolling_update(found, RollingUpdate(**options), capacity=Capacity(minimum=3, maximum=maximum))
        return found.found

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"batch_size": 9, "minimum_in_service": 8, "minimum_successful_percent": 0},
            {"minimum_in_service": 0},
        ],
        ids=str,
    )
    def test_what_is_allowed_is_accepted(self, options: dict[str, Any]) -> None:
        assert self.problems(**options) == []

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"batch_size": 0}, "update.batch_size must be between 1 and 9, got 0"),
            ({"batch_size": 10}, "update.batch_size must be between 1 and 9, got 10"),
            (
                {"minimum_in_service": 9},
                "update.minimum_in_service must be between 0 and 8, less than capacity.maximum, got 9: "
                "otherwise there is no room to replace any",
            ),
            (
                {"minimum_in_service": -1},
                "update.minimum_in_service must be between 0 and 8, less than capacity.maximum, got -1: "
                "otherwise there is no room to replace any",
            ),
            (
                {"minimum_successful_percent": 101},
                "update.minimum_successful_percent must be between 0 and 100 %, got 101 %",
            ),
        ],
        ids=str,
    )
    def test_what_is_not_allowed_is_refused_with_the_reason(self, options: dict[str, Any], message: str) -> None:
        assert self.problems(**options) == [message]

    @pytest.mark.parametrize(
        ("capacity", "serving"),
        [
            (Capacity(minimum=3, maximum=9), 3),
            (Capacity(minimum=3, maximum=9, desired=6), 6),
            (Capacity(minimum=3, maximum=9, desired=6, needed=7), 7),
            (Capacity(minimum=3, maximum=3), 2),
            (Capacity(minimum=0, maximum=1), 0),
        ],
        ids=str,
    )
    def test_as_many_serve_meanwhile_as_the_maximum_leaves_room_for(self, capacity: Capacity, serving: int) -> None:
        assert RollingUpdate().in_service(capacity) == serving
        assert RollingUpdate(minimum_in_service=1).in_service(capacity) == 1

    def test_numbers_known_at_deployment_only_are_let_through(self) -> None:
        import aws_cdk as cdk

        token: Any = cdk.Token.as_number({"Ref": "Size"})
        assert self.problems(maximum=token, minimum_in_service=500, batch_size=5) == []
        assert self.problems(minimum_in_service=token, batch_size=token, minimum_successful_percent=token) == []
        assert RollingUpdate().in_service(Capacity(minimum=3, maximum=token)) == 3
        assert RollingUpdate().in_service(Capacity(minimum=token, maximum=9)) == token


class TestUnderTheEyesOfAlarms:
    @staticmethod
    def problems(rollback_alarms: int = 0, **options: Any) -> list[str]:
        found = Problems("Thing")
        check_instance_refresh(found, InstanceRefresh(**options), rollback_alarms=rollback_alarms)
        return found.found

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"checkpoint_percentages": [], "checkpoint_seconds": 0, "bake_seconds": 0},
            {"checkpoint_percentages": (1, 50, 100), "checkpoint_seconds": 172_800, "bake_seconds": 172_800},
            {"minimum_healthy_percent": 0, "maximum_healthy_percent": 100},
            {"minimum_healthy_percent": 100, "maximum_healthy_percent": 200},
            {"rollback_alarms": 10},
        ],
        ids=str,
    )
    def test_what_is_allowed_is_accepted(self, options: dict[str, Any]) -> None:
        assert self.problems(**options) == []

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"checkpoint_percentages": [50, 10, 100]}, "update.checkpoint_percentages must ascend, got 50, 10, 100"),
            ({"checkpoint_percentages": [50, 50, 100]}, "update.checkpoint_percentages must ascend, got 50, 50, 100"),
            (
                {"checkpoint_percentages": [10, 50]},
                "update.checkpoint_percentages must end with 100, got 10, 50: the rest would stay as it is",
            ),
            (
                {"checkpoint_percentages": [0, 100]},
                "update.checkpoint_percentages must be between 1 and 100 %, got 0 %",
            ),
            (
                {"checkpoint_seconds": 172_801},
                "update.checkpoint_seconds must be between 0 and 172800 s, got 172801 s",
            ),
            ({"bake_seconds": -1}, "update.bake_seconds must be between 0 and 172800 s, got -1 s"),
            (
                {"minimum_healthy_percent": 101},
                "update.minimum_healthy_percent must be between 0 and 100 %, got 101 %",
            ),
            (
                {"maximum_healthy_percent": 99},
                "update.maximum_healthy_percent must be between 100 and 200 %, got 99 %",
            ),
            (
                {"minimum_healthy_percent": 50, "maximum_healthy_percent": 200},
                "update.maximum_healthy_percent must be at most 100 more than minimum_healthy_percent, got 200 % and "
                "50 %",
            ),
            (
                {"maximum_healthy_percent": 100},
                "update.maximum_healthy_percent must be more than minimum_healthy_percent, got 100 % for both: "
                "there is no room to replace any",
            ),
            (
                {"rollback_alarms": 11},
                "rollback_alarms must be 10 at most, got 11: join some in a cloudwatch.CompositeAlarm",
            ),
        ],
        ids=str,
    )
    def test_what_is_not_allowed_is_refused_with_the_reason(self, options: dict[str, Any], message: str) -> None:
        assert self.problems(**options) == [message]

    def test_nothing_is_waited_for_where_nobody_looks(self) -> None:
        update = InstanceRefresh()
        assert (update.checkpoints(watched=False), update.bake(watched=False)) == ((), 0)
        assert (update.checkpoints(watched=True), update.bake(watched=True)) == ((10, 100), 300)

    def test_what_was_asked_for_is_waited_for_in_any_case(self) -> None:
        update = InstanceRefresh(checkpoint_percentages=[50, 100], bake_seconds=60)
        for watched in (True, False):
            assert (update.checkpoints(watched=watched), update.bake(watched=watched)) == ([50, 100], 60)

    def test_numbers_known_at_deployment_only_are_let_through(self) -> None:
        import aws_cdk as cdk

        token: Any = cdk.Token.as_number({"Ref": "Percent"})
        assert (
            self.problems(
                checkpoint_percentages=[token, 50],
                checkpoint_seconds=token,
                bake_seconds=token,
                minimum_healthy_percent=token,
                maximum_healthy_percent=100,
            )
            == []
        )
