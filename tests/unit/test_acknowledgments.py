"""The ids of accepted findings follow the construct wherever it is put."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from aws_patterns._acknowledgments import wildcard


def test_a_reference_is_written_in_angle_brackets(stack: cdk.Stack) -> None:
    bucket = s3.Bucket(stack, "Files")
    logical_id = stack.get_logical_id(bucket.node.default_child)  # type: ignore[arg-type]  # a CfnElement
    assert wildcard(stack, bucket.arn_for_objects("*")) == f"AwsSolutions-IAM5[Resource::<{logical_id}.Arn>/*]"


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        (None, "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:*"),
        (
            cdk.Environment(account="111122223333", region="eu-west-1"),
            "arn:aws:states:eu-west-1:111122223333:execution:*",
        ),
    ],
)
def test_a_known_environment_is_written_out(app: cdk.App, env: cdk.Environment | None, expected: str) -> None:
    stack = cdk.Stack(app, "S", env=env)
    arn = stack.format_arn(service="states", resource="execution:*", arn_format=cdk.ArnFormat.NO_RESOURCE_NAME)
    assert wildcard(stack, arn) == f"AwsSolutions-IAM5[Resource::{expected}]"


def test_a_substitution_is_written_like_its_parts(stack: cdk.Stack) -> None:
    assert wildcard(stack, cdk.Fn.sub("bucket-${AWS::Region}/*")) == (
        "AwsSolutions-IAM5[Resource::bucket-<AWS::Region>/*]"
    )
