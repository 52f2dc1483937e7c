"""Media uploads in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stacks.construct_rules import PLACES, findings_about

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack], object]


def of_the_stack(*, key: bool = False, **props: float) -> Build:
    """With buckets of its own, and operators who are told."""

    def build(stack: cdk.Stack) -> object:
        import aws_cdk as cdk
        from aws_cdk import aws_kms as kms
        from aws_cdk import aws_s3 as s3
        from aws_cdk import aws_sns as sns

        from aws_patterns._acknowledgments import acknowledge
        from aws_patterns.serverless.media_uploads import MediaUploads

        with_key = kms.Key(stack, "Key", enable_key_rotation=True)
        master, transcode = (
            s3.Bucket(
                stack,
                name,
                block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
                encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
                encryption_key=with_key if key else None,
                enforce_ssl=True,
            )
            for name in ("Master", "Transcode")
        )
        for bucket in (master, transcode):
            acknowledge(bucket, {"AwsSolutions-S1": "A bucket of this test."})
        return MediaUploads(
            stack,
            "Uploads",
            master=master,
            transcode=transcode,
            alarm_topic=sns.Topic(stack, "Operators", master_key=with_key, enforce_ssl=True),
            removal_policy=cdk.RemovalPolicy.DESTROY if props else cdk.RemovalPolicy.RETAIN,
            **props,  # type: ignore[arg-type]  # numbers of whichever kind
        )

    return build


def of_somebody_else(stack: cdk.Stack) -> object:
    from aws_cdk import aws_s3 as s3

    from aws_patterns.serverless.media_uploads import MediaUploads

    master, transcode = (s3.Bucket.from_bucket_name(stack, name, f"their-{name.lower()}") for name in ("In", "Out"))
    return MediaUploads(stack, "Uploads", master=master, transcode=transcode)


VARIANTS: Mapping[str, Build] = {
    "as it stands": of_the_stack(),
    "with a key": of_the_stack(key=True),
    "with limits of its own, gone with the stack": of_the_stack(
        maximum_bytes=1_000, throttle_rate=0.5, throttle_burst=1
    ),
    "with buckets of somebody else": of_somebody_else,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_rule_has_an_open_finding(
    variant: str,
    place: str,
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    assert findings_about(VARIANTS[variant], place, folder=tmp_path, context=cdk_context, judge=judge) == []
