"""Objects that S3 would not copy are refused when they are written."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

_HEADER = "s3:x-amz-server-side-encryption"


def refuse_other_encryption(bucket: s3.IBucket, key: kms.IKey | None) -> None:
    """S3 passes by, without a word, what is encrypted in another way than its rules speak of."""
    _refuse(bucket, "OtherEncryption", _HEADER, "aws:kms" if key else "AES256")
    if key is not None:
        _refuse(bucket, "OtherKey", f"{_HEADER}-aws-kms-key-id", key.key_arn)


def _refuse(bucket: s3.IBucket, sid: str, header: str, unless: str) -> None:
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid=sid,
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects("*")],
            # Whoever says nothing gets the bucket's own.
            conditions={"Null": {header: "false"}, "StringNotEquals": {header: unless}},
        )
    )
