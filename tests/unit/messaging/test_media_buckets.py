"""Where originals and renditions are kept, and what workers may do there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Match, Template

from aws_patterns.messaging.fanout import Fanout
from aws_patterns.messaging.fanout_options import Subscriber
from aws_patterns.messaging.media_buckets import MediaBuckets


def bucket(stack: cdk.Stack, name: str) -> Mapping[str, Any]:
    """The bucket that the construct calls so."""
    logical = stack.resolve(name)["Ref"]
    return dict(Template.from_stack(stack).to_json()["Resources"][logical])


def test_originals_are_kept_when_somebody_deletes_them_and_renditions_are_not(stack: cdk.Stack) -> None:
    buckets = MediaBuckets(stack, "Media")
    master, transcode = (bucket(stack, each.bucket_name) for each in (buckets.master, buckets.transcode))
    assert master["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "VersioningConfiguration" not in transcode["Properties"]
    assert {each["DeletionPolicy"] for each in (master, transcode)} == {"Retain"}


def test_nobody_gets_at_them_from_outside(stack: cdk.Stack) -> None:
    buckets = MediaBuckets(stack, "Media")
    template = Template.from_stack(stack)
    for each in (buckets.master, buckets.transcode):
        properties = bucket(stack, each.bucket_name)["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert properties["BucketEncryption"]
        logged = properties["LoggingConfiguration"]["DestinationBucketName"]
        assert logged == stack.resolve(buckets.access_logs.bucket_name)
        template.has_resource_properties(
            "AWS::S3::BucketPolicy",
            {
                "Bucket": stack.resolve(each.bucket_name),
                "PolicyDocument": {
                    "Statement": Match.array_with(
                        [Match.object_like({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})]
                    )
                },
            },
        )


def test_parts_of_uploads_that_nobody_ended_are_thrown_away(stack: cdk.Stack) -> None:
    buckets = MediaBuckets(stack, "Media")
    for each in (buckets.master, buckets.transcode):
        rules = bucket(stack, each.bucket_name)["Properties"]["LifecycleConfiguration"]["Rules"]
        assert [rule for rule in rules if rule.get("AbortIncompleteMultipartUpload")]
        assert not [rule for rule in rules if "ExpirationInDays" in rule], "nothing else goes by itself"


def test_workers_read_originals_and_write_renditions(stack: cdk.Stack) -> None:
    buckets = MediaBuckets(stack, "Media")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    buckets.grant_transcode(role).assert_success()
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    allowed = {
        (action, json.dumps(resource))
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }
    master, transcode = (json.dumps(stack.resolve(each.bucket_arn)) for each in (buckets.master, buckets.transcode))
    inside = {
        each: json.dumps(stack.resolve(one.arn_for_objects("*")))
        for each, one in ((master, buckets.master), (transcode, buckets.transcode))
    }
    assert allowed == {
        ("s3:GetObject", inside[master]),
        ("s3:GetObject", inside[transcode]),
        ("s3:PutObject", inside[transcode]),
        ("s3:ListBucket", master),
        ("s3:ListBucket", transcode),
    }


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_a_fan_out_tells_of_originals(stack: cdk.Stack) -> None:
    buckets = MediaBuckets(stack, "Media")
    Fanout(stack, "Uploads", subscribers={"Renditions": Subscriber()}).add_bucket_source(buckets.master)
    Template.from_stack(stack).has_resource_properties(
        "Custom::S3BucketNotifications", {"BucketName": stack.resolve(buckets.master.bucket_name)}
    )


def test_what_is_not_wanted_any_more_goes_with_the_stack(stack: cdk.Stack) -> None:
    MediaBuckets(stack, "Media", removal_policy=cdk.RemovalPolicy.DESTROY)
    template = Template.from_stack(stack)
    template.resource_count_is("Custom::S3AutoDeleteObjects", 3)
    assert {each["DeletionPolicy"] for each in template.find_resources("AWS::S3::Bucket").values()} == {"Delete"}


def test_access_logs_can_not_be_kept_for_no_time(stack: cdk.Stack) -> None:
    problem = "access_log_retention_days must be between 1 and 36500 days, got 0 days"
    with pytest.raises(ValueError, match=re.escape(problem)):
        MediaBuckets(stack, "Media", access_log_retention_days=0)
