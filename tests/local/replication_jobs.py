"""Batch Replication in the embedded AWS, run as an operator runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from aws_patterns.storage import existing_objects
from local_aws.project import ACCOUNT

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

    from local_aws.embedded import EmbeddedAws


def replicate_existing(
    aws: EmbeddedAws, region: str, bucket: str, *, role_arn: str, reports_arn: str, failed_only: bool = False
) -> existing_objects.Progress:
    """Copy what a bucket of this Region has already; the job's end."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)
    control = session.client("s3control", endpoint_url=aws.endpoint_url)

    def to_this_machine(request: AWSPreparedRequest, **_: object) -> None:
        # The account is a part of the host's name, which resolves on AWS alone.
        request.url = request.url.replace(f"//{ACCOUNT}.", "//")

    control.meta.events.register("before-send.s3-control", to_this_machine)
    clients = existing_objects.Clients(s3=aws.clients_in(region)("s3"), s3control=control, account=ACCOUNT)
    try:
        started = existing_objects.start(
            clients, bucket, role_arn=role_arn, reports_arn=reports_arn, failed_only=failed_only
        )
        return list(existing_objects.follow(clients, started))[-1]
    finally:
        control.close()
