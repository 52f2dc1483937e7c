"""With IAM enforced a function may do what its role allows and nothing else; without, anything."""

from __future__ import annotations

import json
import uuid

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack

CODE = """
import os
import boto3
from botocore.exceptions import ClientError

def handle(event, context):
    try:
        CALL
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"
"""
SEND = 'boto3.client("sqs").send_message(QueueUrl=os.environ["TARGET"], MessageBody="x")'
STORE = 'boto3.client("s3").put_object(Bucket=os.environ["TARGET"], Key="x", Body=b"x")'


def template(call: str, target: object, *, action: str, resource: object) -> dict[str, dict[str, object]]:
    """A queue, and a function that makes one call with one action allowed."""
    allowed = {"Effect": "Allow", "Action": action, "Resource": resource}
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
                    "Code": {"ZipFile": CODE.replace("CALL", call)},
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Environment": {"Variables": {"TARGET": target}},
                },
            },
        },
        "Outputs": {"Function": {"Value": {"Ref": "Function"}}},
    }


@pytest.mark.parametrize(
    ("enforced", "action", "outcome"),
    [
        (True, "sqs:SendMessage", "done"),
        (True, "sqs:ReceiveMessage", "AccessDenied"),
        (False, "sqs:ReceiveMessage", "done"),
    ],
)
def test_a_function_may_do_what_its_role_allows(
    enforced: bool, action: str, outcome: str, request: pytest.FixtureRequest, create_stack: CreateStack
) -> None:
    aws: EmbeddedAws = request.getfixturevalue("embedded_aws_enforcing_iam" if enforced else "embedded_aws")
    stack = create_stack(
        aws,
        f"iam-{uuid.uuid4().hex[:8]}",
        template(SEND, {"Ref": "Queue"}, action=action, resource={"Fn::GetAtt": ["Queue", "Arn"]}),
    )

    answer = aws.client("lambda").invoke(FunctionName=stack.outputs()["Function"])

    assert json.loads(answer["Payload"].read()) == outcome


def test_a_bucket_that_refuses_plain_http_accepts_a_function_over_the_loopback(
    embedded_aws_enforcing_iam: EmbeddedAws, create_stack: CreateStack
) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    whole = template(STORE, {"Ref": "Bucket"}, action="s3:PutObject", resource="*")
    whole["Resources"] |= {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [deny]},
            },
        },
    }
    aws = embedded_aws_enforcing_iam
    stack = create_stack(aws, f"tls-{uuid.uuid4().hex[:8]}", whole)

    answer = aws.client("lambda").invoke(FunctionName=stack.outputs()["Function"])

    assert json.loads(answer["Payload"].read()) == "done"
    aws.client("s3").delete_object(Bucket=stack.physical_id("Bucket"), Key="x")


@pytest.mark.parametrize(("named", "outcome"), [("fleet", "done"), ("another", "AccessDenied")])
def test_a_call_about_an_instance_is_about_its_group(
    named: str, outcome: str, embedded_aws_enforcing_iam: EmbeddedAws, create_stack: CreateStack
) -> None:
    aws = embedded_aws_enforcing_iam
    scaling, group = aws.client("autoscaling"), f"fleet-{uuid.uuid4().hex[:8]}"
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=group, MinSize=1, MaxSize=1, LaunchTemplate={"LaunchTemplateName": "any"}
    )
    instance = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0]["Instances"]
    call = (
        'boto3.client("autoscaling").set_instance_health('
        'InstanceId=os.environ["TARGET"], HealthStatus="Healthy", ShouldRespectGracePeriod=False)'
    )
    allowed = group if named == "fleet" else named
    arn = f"arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:*:autoScalingGroupName/{allowed}"
    whole = template(call, instance[0]["InstanceId"], action="autoscaling:SetInstanceHealth", resource=arn)
    stack = create_stack(aws, f"iam-{uuid.uuid4().hex[:8]}", whole)

    answer = aws.client("lambda").invoke(FunctionName=stack.outputs()["Function"])

    assert json.loads(answer["Payload"].read()) == outcome
    scaling.delete_auto_scaling_group(AutoScalingGroupName=group)


ENTRY = '[{"Id": "1", "ReceiptHandle": "unknown", "VisibilityTimeout": 9}]'


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("SendMessage", 'send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "x"}])'),
        ("DeleteMessage", 'delete_message_batch(QueueUrl=url, Entries=[{"Id": "1", "ReceiptHandle": "unknown"}])'),
        ("ChangeMessageVisibility", f"change_message_visibility_batch(QueueUrl=url, Entries={ENTRY})"),
    ],
)
def test_a_batch_is_the_action_on_one_message(
    action: str, call: str, allowed: bool, embedded_aws_enforcing_iam: EmbeddedAws, create_stack: CreateStack
) -> None:
    aws = embedded_aws_enforcing_iam
    granted = f"sqs:{action}" if allowed else "sqs:ReceiveMessage"
    whole = template(
        f'url = os.environ["TARGET"]; boto3.client("sqs").{call}',
        {"Ref": "Queue"},
        action=granted,
        resource={"Fn::GetAtt": ["Queue", "Arn"]},
    )
    stack = create_stack(aws, f"iam-{uuid.uuid4().hex[:8]}", whole)

    answer = aws.client("lambda").invoke(FunctionName=stack.outputs()["Function"])

    assert json.loads(answer["Payload"].read()) == ("done" if allowed else "AccessDenied")
