from __future__ import annotations

from typing import Any

import pytest

from aws_patterns.database.aurora_parts import ConnectionProxy, Provisioned, ReaderMetric, ReaderScaling, ServerlessV2
from aws_patterns.recovery import Loss, Span
from stacks.settings.aurora_database import AuroraDatabaseSettings, Connections


def test_as_it_comes_it_can_be_used_and_keeps_what_it_has() -> None:
    settings = AuroraDatabaseSettings()
    assert settings.problems() == []
    assert settings.removal_policy == "retain"
    assert settings.capacity() == ServerlessV2()
    assert settings.proxy() is None
    assert settings.reader_scaling() is None


def test_what_was_chosen_is_what_is_made() -> None:
    settings = AuroraDatabaseSettings(
        engine="mysql",
        instance_type="r8g.large",
        readers=2,
        maximum_readers=5,
        reader_metric=ReaderMetric.CONNECTIONS,
        reader_target=300,
        connections=Connections.PROXY_IAM,
        backtrack_hours=0,
    )
    assert settings.problems() == []
    assert settings.capacity() == Provisioned(instance_type="r8g.large")
    assert settings.reader_scaling() == ReaderScaling(maximum=5, metric=ReaderMetric.CONNECTIONS, target=300)
    assert settings.proxy() == ConnectionProxy(iam_required=True)


def test_a_proxy_without_readers_has_no_endpoint_for_them() -> None:
    settings = AuroraDatabaseSettings(readers=0, single_point_of_failure=True, connections=Connections.PROXY)
    assert settings.problems() == []
    assert settings.proxy() == ConnectionProxy(read_only_endpoint=False)


def test_what_follows_from_a_loss_is_known_before_deploying() -> None:
    (lost,) = AuroraDatabaseSettings().recovery().values()
    assert lost[Loss.AVAILABILITY_ZONE].recovery_time == Span(usual=30, worst=60)
    (alone,) = AuroraDatabaseSettings(readers=0, single_point_of_failure=True).recovery().values()
    assert not alone[Loss.AVAILABILITY_ZONE].automatic


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"engine_version": "3.10.4"}, "engine_version must be a release of Aurora PostgreSQL such as 18.3, 18.4, "),
        ({"maximum_acu": 300.0}, "maximum_acu must be between 1 and 256 ACUs, got 300 ACUs"),
        ({"maximum_acu": 1.0}, "maximum_acu must be at least minimum_acu, got 1 and 2 ACUs"),
        ({"pause_seconds": 600}, "pause_seconds has no effect with minimum_acu=2: only what may go down to 0 ACUs "),
        (
            {"minimum_acu": 0.0, "connections": Connections.PROXY},
            "minimum_acu=0 has no effect with a proxy, which stays connected: nothing ever pauses",
        ),
        (
            {"instance_type": "r7g.large", "minimum_acu": 0.0, "pause_seconds": 600},
            "pause_seconds has no effect with instance_type: only serverless instances pause",
        ),
        ({"instance_type": "t4g.medium"}, "instance_type must be a memory-optimised type ("),
        ({"readers": 0}, "readers must be between 1 and 15, got 0: the loss of the only instance is a matter of ten "),
        (
            {"single_point_of_failure": True},
            "single_point_of_failure=true says that there are no readers, got readers=1",
        ),
        ({"maximum_readers": 1}, "maximum_readers must be more than readers, which stay, got 1 and 1"),
        ({"maximum_readers": 4, "reader_target": 0.0}, "reader_target must be between 1 and 100 %, got 0 %"),
        ({"backtrack_hours": 5.0}, "backtrack_hours is there for MySQL only, got 5 hours with PostgreSQL"),
        (
            {"connections": Connections.PROXY_IAM, "iam_authentication": False},
            "connections=proxy-iam contradicts iam_authentication=false: choose one of them",
        ),
        ({"backup_retention_days": 0}, "backup_retention_days must be between 1 and 35 days, got 0 days"),
        ({"log_retention_days": 2}, "log_retention_days must be one of 1, 3, 5, "),
        ({"availability_zones": 4}, "availability_zones must be 2 or 3, got 4"),
        ({"interface_endpoints": ()}, "interface_endpoints must hold secretsmanager with nat_gateways=none: the "),
        ({"encryption_key_arn": "key"}, "encryption_key_arn must look like"),
        ({"alarm_topic_arn": "topic"}, "alarm_topic_arn must look like"),
    ],
)
def test_what_can_not_be_used_is_told_by_the_settings_own_name(settings: dict[str, Any], problem: str) -> None:
    (found,) = AuroraDatabaseSettings(**settings).problems()
    assert found.startswith(problem)


def test_windows_that_overlap() -> None:
    (found,) = AuroraDatabaseSettings(backup_window="04:00-05:00").problems()
    assert found == (
        "backup_window and maintenance_window must not overlap, got '04:00-05:00' and 'sun:04:00-sun:05:00': move one "
        "of them"
    )


def test_without_a_rotation_there_need_be_no_way_out() -> None:
    assert AuroraDatabaseSettings(rotation_days=None, interface_endpoints=()).problems() == []
