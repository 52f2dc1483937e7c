"""Acting with the permissions of a role, where the embedded AWS enforces them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import boto3

from local_aws.embedded import EmbeddedAws
from local_aws.project import REGION

Statement = Mapping[str, object]

# Written by the Lambda service on a function's behalf, which the emulator does without asking the role.
WRITTEN_BY_THE_SERVICE = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


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


def allowed_actions(aws: EmbeddedAws, role: str) -> set[str]:
    """What the policies of a role name, whatever it is allowed to do it to."""
    policies = aws.client("iam").list_role_policies(RoleName=role)["PolicyNames"]
    return {
        action
        for policy in policies
        for statement in _document(aws, role, policy)["Statement"]
        for action in _actions(statement)
    }


@contextmanager
def role_without(aws: EmbeddedAws, role: str, action: str) -> Iterator[None]:
    """The role has lost one action for a while."""
    iam = aws.client("iam")
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    whole = _document(aws, role, policy)
    reduced = [
        {**statement, "Action": left}
        for statement in whole["Statement"]
        if (left := [allowed for allowed in _actions(statement) if allowed != action])
    ]
    assert reduced != whole["Statement"]
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps({**whole, "Statement": reduced}))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(whole))


def _document(aws: EmbeddedAws, role: str, name: str) -> dict[str, Any]:
    document: object = aws.client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    assert isinstance(document, dict)
    return document


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


def _policy(statements: list[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
