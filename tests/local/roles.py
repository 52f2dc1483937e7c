"""Acting with the permissions of a role, where the embedded AWS enforces them."""

from __future__ import annotations

import boto3

from local_aws.embedded import EmbeddedAws
from local_aws.project import REGION


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
