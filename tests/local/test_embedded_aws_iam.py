"""With IAM enforced a function may do what its role allows and nothing else; without, anything."""

from __future__ import annotations

import json
import uuid

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack, Template

CODE = """
import os
import boto3
from botocore.exceptions import ClientError

def handle(event, context):
    try:
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody="x")
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "sent"
"""


def template(actions: list[str]) -> Template:
    allowed = {"Effect": "Allow", "Action": actions, "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "Policies": [
                        {
                            "PolicyName": "queue",
                            "PolicyDocument": {"Version": "2012-10-17", "Statement": [allowed]},
                        }
                    ],
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.14",
                    "Handler": "index.handle",
                    "Code": {"ZipFile": CODE},
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Environment": {"Variables": {"QUEUE_URL": {"Ref": "Queue"}}},
                },
            },
        },
        "Outputs": {"Function": {"Value": {"Ref": "Function"}}},
    }


@pytest.mark.parametrize(
    ("enforced", "actions", "outcome"),
    [
        (True, ["sqs:SendMessage"], "sent"),
        (True, ["sqs:ReceiveMessage"], "AccessDenied"),
        (False, ["sqs:ReceiveMessage"], "sent"),
    ],
)
def test_a_function_may_do_what_its_role_allows(
    enforced: bool, actions: list[str], outcome: str, request: pytest.FixtureRequest, create_stack: CreateStack
) -> None:
    aws: EmbeddedAws = request.getfixturevalue("embedded_aws_enforcing_iam" if enforced else "embedded_aws")
    stack = create_stack(aws, f"iam-{uuid.uuid4().hex[:8]}", template(actions))

    answer = aws.client("lambda").invoke(FunctionName=stack.outputs()["Function"])

    assert json.loads(answer["Payload"].read()) == outcome


def test_buckets_that_refuse_plain_http_accept_the_loopback(
    embedded_aws_enforcing_iam: EmbeddedAws, create_stack: CreateStack
) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    stack = create_stack(
        embedded_aws_enforcing_iam,
        f"tls-{uuid.uuid4().hex[:8]}",
        {
            "Resources": {
                "Bucket": {"Type": "AWS::S3::Bucket"},
                "Policy": {
                    "Type": "AWS::S3::BucketPolicy",
                    "Properties": {
                        "Bucket": {"Ref": "Bucket"},
                        "PolicyDocument": {"Version": "2012-10-17", "Statement": [deny]},
                    },
                },
            }
        },
    )
    s3, bucket = embedded_aws_enforcing_iam.client("s3"), stack.physical_id("Bucket")

    s3.put_object(Bucket=bucket, Key="x", Body=b"x")

    s3.delete_object(Bucket=bucket, Key="x")
