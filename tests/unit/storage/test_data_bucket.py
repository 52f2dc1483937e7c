"""What a bucket promises to whoever keeps something in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Match, Template

from aws_patterns.recovery import Loss
from aws_patterns.storage.data_bucket import DataBucket
from aws_patterns.storage.data_bucket_options import Lifecycle, LockMode, ObjectLock, recovery_of

PREFIX = "DataBucket S/Data can't be built:\n  - "


def build(**props: Any) -> tuple[Template, Mapping[str, Any]]:
    """The template, and the bucket's properties in it."""
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    key = kms.Key.from_key_arn(stack, "Key", KEY) if props.pop("with_key", False) else None
    data = DataBucket(stack, "Data", encryption_key=key, **props)
    template = Template.from_stack(stack)
    id = stack.resolve(data.bucket.bucket_name)["Ref"]
    return template, template.find_resources("AWS::S3::Bucket")[id]["Properties"]


KEY = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000000"


def rules(**props: Any) -> list[Mapping[str, Any]]:
    _, bucket = build(**props)
    return list(bucket["LifecycleConfiguration"]["Rules"])


def test_the_minimal_bucket_is_private_encrypted_versioned_and_recorded() -> None:
    template, bucket = build()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert "AccessLogs" in bucket["LoggingConfiguration"]["DestinationBucketName"]["Ref"]
    for policy in template.find_resources("AWS::S3::BucketPolicy").values():
        denied = policy["Properties"]["PolicyDocument"]["Statement"][0]
        assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert {found["DeletionPolicy"] for found in template.find_resources("AWS::S3::Bucket").values()} == {"Retain"}


def test_a_key_of_the_customer_is_asked_for_rarely() -> None:
    _, bucket = build(with_key=True)
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {
        "BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {"KMSMasterKeyID": KEY, "SSEAlgorithm": "aws:kms"},
    }


@pytest.mark.parametrize(
    ("lifecycle", "moves", "expires", "earlier"),
    [
        (Lifecycle.READY, {}, None, 30),
        (Lifecycle.UNKNOWN_USE, {"INTELLIGENT_TIERING": 0}, None, 30),
        (Lifecycle.AGEING, {"STANDARD_IA": 60, "GLACIER": 180}, None, 30),
        (Lifecycle.ORIGINALS, {"GLACIER": 60}, None, 30),
        (Lifecycle.THUMBNAILS, {"ONEZONE_IA": 30}, 60, 30),
        (Lifecycle.RECOVERABLE, {}, None, 365),
    ],
)
def test_a_lifecycle_is_that_of_its_scenario(
    lifecycle: Lifecycle, moves: Mapping[str, int], expires: int | None, earlier: int
) -> None:
    rule, leftovers = rules(lifecycle=lifecycle)
    assert {move["StorageClass"]: move["TransitionInDays"] for move in rule.get("Transitions", [])} == moves
    assert rule.get("ExpirationInDays") == expires
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": earlier}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert leftovers == {"ExpiredObjectDeleteMarker": True, "Status": "Enabled"}


def test_what_is_deleted_comes_back_at_once_for_a_month_and_within_two_days_for_a_year() -> None:
    rule, _ = rules(lifecycle=Lifecycle.RECOVERABLE)
    assert rule["NoncurrentVersionTransitions"] == [{"StorageClass": "DEEP_ARCHIVE", "TransitionInDays": 30}]


def test_numbers_that_are_given_take_the_place_of_those_of_the_scenario() -> None:
    rule, _ = rules(lifecycle=Lifecycle.THUMBNAILS, retention_days=90, earlier_version_days=1)
    assert (rule["ExpirationInDays"], rule["NoncurrentVersionExpiration"]["NoncurrentDays"]) == (90, 1)


def test_what_can_be_made_again_needs_no_versions() -> None:
    _, bucket = build(without_versions=True)
    assert "VersioningConfiguration" not in bucket
    assert bucket["LifecycleConfiguration"]["Rules"] == [
        {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}, "Status": "Enabled"}
    ]


def test_a_locked_object_can_be_deleted_by_nobody_before_its_time() -> None:
    _, bucket = build(object_lock=ObjectLock(days=3650, mode=LockMode.COMPLIANCE))
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"]["Rule"] == {"DefaultRetention": {"Days": 3650, "Mode": "COMPLIANCE"}}


def test_eventbridge_is_told_if_asked_for() -> None:
    template, _ = build(event_bridge=True)
    template.has_resource_properties(
        "Custom::S3BucketNotifications", {"NotificationConfiguration": {"EventBridgeConfiguration": {}}}
    )
    build()[0].resource_count_is("Custom::S3BucketNotifications", 0)


def test_records_may_go_where_others_are() -> None:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    first = DataBucket(stack, "First")
    second = DataBucket(stack, "Second", access_logs=first.access_logs, access_log_prefix="second/")
    assert second.access_logs is first.access_logs
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::S3::Bucket", 3)
    template.has_resource_properties(
        "AWS::S3::Bucket", {"LoggingConfiguration": Match.object_like({"LogFilePrefix": "second/"})}
    )


def test_everything_goes_with_the_stack_when_that_is_wanted() -> None:
    template, _ = build(removal_policy=cdk.RemovalPolicy.DESTROY)
    assert {found["DeletionPolicy"] for found in template.find_resources("AWS::S3::Bucket").values()} == {"Delete"}
    template.resource_count_is("Custom::S3AutoDeleteObjects", 2)


def test_two_in_one_stack_in_a_stage_and_with_a_name_known_at_deployment() -> None:
    stage = cdk.Stage(cdk.App(builtin_cloud_formation_validation=False), "Production")
    stack = cdk.Stack(stage, "S")
    DataBucket(stack, "One", bucket_name=f"one-{cdk.Aws.ACCOUNT_ID}")
    DataBucket(stack, "Two", retention_days=int(cdk.Token.as_number(cdk.Fn.import_value("Days"))))
    Template.from_stack(stack).resource_count_is("AWS::S3::Bucket", 4)


class TestRecovery:
    def test_a_zone_costs_nothing_and_a_region_everything(self) -> None:
        found = recovery_of(Lifecycle.READY)
        assert set(found) == set(Loss)
        assert found[Loss.AVAILABILITY_ZONE].recovery_time == found[Loss.INSTANCE].recovery_time
        assert found[Loss.REGION].recovery_time is None

    def test_what_is_kept_in_one_zone_is_lost_with_it(self) -> None:
        found = recovery_of(Lifecycle.THUMBNAILS)
        assert found[Loss.AVAILABILITY_ZONE].recovery_point is None
        assert found[Loss.INSTANCE].automatic


def test_every_option_that_cannot_be_used_is_named() -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        build(
            bucket_name="My_bucket",
            lifecycle=Lifecycle.ORIGINALS,
            retention_days=60,
            earlier_version_days=0,
            access_log_retention_days=36_501,
            object_lock=ObjectLock(days=0),
            without_versions=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
    assert str(raised.value) == PREFIX + "\n  - ".join(
        [
            "bucket_name must be 3 to 63 lowercase letters, digits and hyphens, with a letter or a digit at both ends, "
            "got 'My_bucket'",
            "earlier_version_days must be between 1 and 36500 days, got 0 days",
            "access_log_retention_days must be between 1 and 36500 days, got 36501 days",
            "object_lock.days must be between 1 and 36500 days, got 0 days",
            "retention_days must be more than 60 days with lifecycle=originals, got 60 days: objects are moved to "
            "another storage class at that age, and S3 refuses to delete them before",
            "without_versions can't be with object_lock, which is about earlier versions: leave one of them out",
            "without_versions can't be with earlier_version_days, which is about earlier versions: leave one of them "
            "out",
            "removal_policy must be RETAIN with object_lock: a bucket with locked objects can't be deleted, and the "
            "stack could not be either",
        ]
    )


@pytest.mark.parametrize(
    ("props", "problem"),
    [
        (
            {"lifecycle": "soon"},
            "lifecycle must be one of ready, unknown-use, ageing, originals, thumbnails, recoverable, got 'soon'",
        ),
        (
            {"object_lock": ObjectLock(days=1, mode="NONE")},  # type: ignore[arg-type] # what people write
            "object_lock.mode must be one of GOVERNANCE, COMPLIANCE, got 'NONE'",
        ),
        (
            {"lifecycle": Lifecycle.RECOVERABLE, "earlier_version_days": 30},
            "earlier_version_days must be more than 30 days with lifecycle=recoverable, got 30 days: objects are moved "
            "to another storage class at that age, and S3 refuses to delete them before",
        ),
        (
            {"lifecycle": Lifecycle.RECOVERABLE, "without_versions": True},
            "without_versions can't be with lifecycle=recoverable, which is about earlier versions: leave one of them "
            "out",
        ),
        ({"retention_days": "7"}, "retention_days must be a whole number or None, got '7'"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_what_can(props: Mapping[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        build(**props)
    assert str(raised.value) == PREFIX + problem
