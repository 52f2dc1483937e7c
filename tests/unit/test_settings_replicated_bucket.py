from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aws_patterns.recovery import Loss
from aws_patterns.storage.data_bucket_options import Lifecycle, LockMode
from aws_patterns.storage.replicated_bucket_options import ReplicaClass
from stacks.registry import STACKS
from stacks.settings.load import SettingsError, read_request
from stacks.settings.regions import further_stacks, region_problems
from stacks.settings.replicated_bucket import ReplicatedBucketSettings

ACCOUNT = "111122223333"


def test_as_it_comes_it_can_be_used_and_keeps_what_it_has() -> None:
    settings = ReplicatedBucketSettings()
    assert settings.problems() == []
    assert settings.removal_policy == "retain"
    assert settings.object_lock() is None


def test_both_sides_are_told_the_same_names() -> None:
    settings = ReplicatedBucketSettings(bucket_prefix="orders", replica_region="eu-west-1")
    replica = settings.replica(ACCOUNT)
    assert settings.bucket_name(ACCOUNT) == "orders-111122223333"
    assert replica.bucket_name == "orders-111122223333-eu-west-1"
    assert (replica.region, replica.key) == ("eu-west-1", "alias/orders-replica")
    assert (replica.delete_markers, replica.without_time_control) == (False, False)


def test_a_copy_is_as_it_was_asked_for() -> None:
    settings = ReplicatedBucketSettings(
        customer_managed_keys=False, delete_markers=True, time_control=False, replica_class=ReplicaClass.GLACIER_IR
    )
    replica = settings.replica(ACCOUNT)
    assert (replica.key, replica.delete_markers, replica.without_time_control) == (None, True, True)
    assert replica.storage_class == ReplicaClass.GLACIER_IR


def test_both_sides_are_locked_for_as_long() -> None:
    lock = ReplicatedBucketSettings(locked_days=7, lock_mode=LockMode.COMPLIANCE).object_lock()
    assert lock is not None
    assert (lock.days, lock.mode) == (7, LockMode.COMPLIANCE)


def test_time_control_is_worth_hours() -> None:
    def lost(settings: ReplicatedBucketSettings) -> float:
        point = settings.recovery()["Bucket"][Loss.REGION].recovery_point
        assert point is not None
        return point.worst

    settings = ReplicatedBucketSettings()
    assert lost(settings) == 900
    assert lost(replace(settings, time_control=False)) > 3600


def test_every_problem_is_named_as_the_setting_is() -> None:
    settings = ReplicatedBucketSettings(
        bucket_prefix="My orders",
        lifecycle=Lifecycle.ORIGINALS,
        retention_days=30,
        locked_days=0,
        alarm_topic_arn="operators",
        replica_alarm_topic_arn="others",
        removal_policy="destroy",
    )
    topic = "must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got"
    assert settings.problems() == [
        "bucket_prefix must be 3 to 30 lowercase letters, digits and hyphens, with a letter or a digit at both ends, "
        "got 'My orders': account and Region follow in the names of the buckets",
        "locked_days must be between 1 and 36500 days, got 0 days",
        "retention_days must be more than 60 days with lifecycle=originals, got 30 days: objects are moved to another "
        "storage class at that age, and S3 refuses to delete them before",
        "removal_policy must be retain with locked_days: a bucket with locked objects can't be deleted, and the stack "
        "could not be either",
        f"alarm_topic_arn {topic} 'operators'",
        f"replica_alarm_topic_arn {topic} 'others'",
    ]


def test_the_other_region_is_another_one(project: Path) -> None:
    settings = ReplicatedBucketSettings(replica_region="eu-west-1")
    assert further_stacks("Letters", settings) == {"LettersReplica": "eu-west-1"}
    assert region_problems(settings, None) == region_problems(settings, "us-east-1") == []
    arguments = ["stacks=ReplicatedBucket", "region=eu-west-1", "replica_region=eu-west-1"]
    with pytest.raises(SettingsError) as raised:
        read_request(
            STACKS,
            arguments=[part for argument in arguments for part in ("-c", argument)],
            environment={},
            project=project,
        )
    assert str(raised.value) == (
        "The settings can't be used:\n"
        "  - replica_region must be another Region than the stack's own, got eu-west-1 for both "
        "(from -c replica_region; default: us-west-2)"
    )
