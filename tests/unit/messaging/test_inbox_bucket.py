"""What an inbox promises to whoever puts files in, and to whoever reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from aws_patterns.messaging.fanout import Fanout
from aws_patterns.messaging.fanout_options import Subscriber
from aws_patterns.messaging.inbox_bucket import InboxBucket


def build(**props: Any) -> tuple[Template, Mapping[str, Any]]:
    """The template, and the bucket's properties in it."""
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    inbox = InboxBucket(stack, "Inbox", **props)
    template = Template.from_stack(stack)
    return template, bucket_of(template, stack.get_logical_id(inbox.bucket.node.default_child))  # type: ignore[arg-type] # a bucket's child is its resource


def bucket_of(template: Template, id: str) -> Mapping[str, Any]:
    return dict(template.find_resources("AWS::S3::Bucket")[id]["Properties"])


def test_files_are_private_encrypted_and_recorded_and_none_undoes_another() -> None:
    template, bucket = build()
    assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (logs,) = (found for found in template.find_resources("AWS::S3::Bucket") if "AccessLogs" in found)
    assert bucket["LoggingConfiguration"] == {"DestinationBucketName": {"Ref": logs}}
    policies = template.find_resources("AWS::S3::BucketPolicy").values()
    denied = [policy["Properties"]["PolicyDocument"]["Statement"][0] for policy in policies]
    assert [(one["Effect"], one["Condition"]) for one in denied] == [
        ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    ] * 2


def test_files_are_kept_for_ever_unless_told_otherwise() -> None:
    def lifecycle(**props: Any) -> list[Mapping[str, Any]]:
        _, bucket = build(**props)
        return list(bucket["LifecycleConfiguration"]["Rules"])

    always = {
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "Status": "Enabled",
    }
    markers = {"ExpiredObjectDeleteMarker": True, "Status": "Enabled"}
    assert lifecycle() == [always, markers]
    assert lifecycle(retention_days=90) == [{**always, "ExpirationInDays": 90}, markers]


@pytest.mark.parametrize(("removal_policy", "fate"), [("RETAIN", "Retain"), ("DESTROY", "Delete")])
def test_both_buckets_stay_or_go_together(removal_policy: str, fate: str) -> None:
    template, _ = build(removal_policy=cdk.RemovalPolicy[removal_policy])
    assert {found["DeletionPolicy"] for found in template.find_resources("AWS::S3::Bucket").values()} == {fate}
    emptied = 2 if removal_policy == "DESTROY" else 0
    template.resource_count_is("Custom::S3AutoDeleteObjects", emptied)


def test_it_is_a_source_of_a_fan_out() -> None:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    files = Fanout(stack, "Files", subscribers={"Import": Subscriber()})
    files.add_bucket_source(InboxBucket(stack, "Inbox").bucket, prefix="orders/")
    (notifications,) = Template.from_stack(stack).find_resources("Custom::S3BucketNotifications").values()
    (told,) = notifications["Properties"]["NotificationConfiguration"]["TopicConfigurations"]
    assert told["Filter"] == {"Key": {"FilterRules": [{"Name": "prefix", "Value": "orders/"}]}}


def test_every_option_that_cannot_be_used_is_named() -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        build(retention_days=0, access_log_retention_days=36_501)
    assert str(raised.value) == (
        "InboxBucket S/Inbox can't be built:\n"
        "  - retention_days must be between 1 and 36500 days, got 0 days\n"
        "  - access_log_retention_days must be between 1 and 36500 days, got 36501 days"
    )
