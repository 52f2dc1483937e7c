"""CDK's Node.js custom resources, whose functions need an AWS SDK that is not installed here, done natively."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from local_aws.launcher import aws, hooks
from local_aws.launcher.hooks import Handler, Properties, Provisioned
from local_aws.launcher.values import text

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import IpPermissionTypeDef

# CloudFormation waits an hour. A function that can't answer here would hang `cdk deploy` for that long.
LONGEST_WAIT_SECONDS = 60


def auto_delete_objects() -> Handler:
    """``Custom::S3AutoDeleteObjects``: empties the bucket when it, or the whole stack, goes."""

    def update(physical_id: str, old: Properties, new: Properties, _stack: str) -> Provisioned:
        if old.get("BucketName") != new.get("BucketName"):
            _empty_bucket(text(old, "BucketName"))
        return physical_id, {}

    def delete(_physical_id: str, properties: Properties) -> None:
        _empty_bucket(text(properties, "BucketName"))

    return Handler(create=_created, update=update, delete=delete)


def restrict_default_security_group() -> Handler:
    """``Custom::VpcRestrictDefaultSG``: takes every rule out of a VPC's default security group."""

    def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        _restrict(properties)
        return _created(logical_id, properties, stack)

    def update(physical_id: str, old: Properties, new: Properties, _stack: str) -> Provisioned:
        if old.get("DefaultSecurityGroupId") != new.get("DefaultSecurityGroupId"):
            _open(old)
            _restrict(new)
        return physical_id, {}

    def delete(_physical_id: str, properties: Properties) -> None:
        _open(properties)

    return Handler(create=create, update=update, delete=delete)


def cap_waiting() -> None:
    """Let no custom resource wait longer than LONGEST_WAIT_SECONDS for its function's answer."""
    original = cast("Callable[..., Provisioned]", hooks.INVOKE_CUSTOM_RESOURCE.get())

    def invoke(
        request_type: str, logical_id: str, props: Mapping[str, object], *rest: object, **named: object
    ) -> Provisioned:
        wait = min(int(text(props, "ServiceTimeout", str(LONGEST_WAIT_SECONDS))), LONGEST_WAIT_SECONDS)
        return original(request_type, logical_id, {**props, "ServiceTimeout": wait}, *rest, **named)

    hooks.INVOKE_CUSTOM_RESOURCE.replace(invoke)


def _created(_logical_id: str, _properties: Properties, _stack: str) -> Provisioned:
    return str(uuid.uuid4()), {}


def _empty_bucket(bucket: str) -> None:
    s3 = aws.s3()
    try:
        pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket))
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            return
        raise
    for page in pages:
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def _default_rules(properties: Properties) -> tuple[str, list[IpPermissionTypeDef], list[IpPermissionTypeDef]]:
    group = text(properties, "DefaultSecurityGroupId")
    return (
        group,
        [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}],
        [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )


def _restrict(properties: Properties) -> None:
    ec2, (group, ingress, egress) = aws.ec2(), _default_rules(properties)
    with _tolerating("InvalidPermission.NotFound"):
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=egress)
    with _tolerating("InvalidPermission.NotFound"):
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=ingress)


def _open(properties: Properties) -> None:
    ec2, (group, ingress, egress) = aws.ec2(), _default_rules(properties)
    # The group may have gone with its VPC, or have been opened by hand.
    with _tolerating("InvalidPermission.Duplicate", "InvalidGroup.NotFound"):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=ingress)
    with _tolerating("InvalidPermission.Duplicate", "InvalidGroup.NotFound"):
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=egress)


@contextmanager
def _tolerating(*codes: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes:
            raise
