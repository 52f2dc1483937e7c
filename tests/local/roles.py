"""Acting with the permissions of a role, where the embedded AWS enforces them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import uuid4

import boto3

from local_aws.embedded import EmbeddedAws
from local_aws.project import REGION

Statement = Mapping[str, object]


def assumed(aws: EmbeddedAws, role_arn: str) -> boto3.Session:
    """A session of somebody who has assumed a role."""
    # Its own client: the one that everybody shares has no types for it.
    tokens = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION).client(
        "sts", endpoint_url=aws.endpoint_url
    )
    given = tokens.assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    tokens.close()
    return boto3.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=REGION,
    )


@contextmanager
def somebody_who_may(aws: EmbeddedAws, actions: Mapping[str, str]) -> Iterator[boto3.Session]:
    """A session of somebody with a role of their own, for as long as the block lasts.

    Args:
        aws: Where.
        actions: What they may do, each with the ARN of what they may do it to.
    """
    iam, name = aws.client("iam"), f"somebody-{uuid4()}"
    anybody: Statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    may: list[Statement] = [
        {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in actions.items()
    ]
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy([anybody]))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="May", PolicyDocument=_policy(may))
    try:
        yield assumed(aws, role["Arn"])
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="May")
        iam.delete_role(RoleName=name)


def _policy(statements: list[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
