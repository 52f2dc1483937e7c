"""What a file gateway on premises needs in AWS to keep its files in a bucket."""

from __future__ import annotations

from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns.disaster_recovery.hybrid._bucket_role import bucket_role

_BUCKET = (
    "s3:GetAccelerateConfiguration",
    "s3:GetBucketLocation",
    "s3:GetBucketVersioning",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
)
_OBJECTS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectVersion",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:PutObjectAcl",
)


class FileGatewayAccess(Construct):
    """The role with which a file gateway (AWS Storage Gateway) keeps in a bucket what users on premises see as files.

    The gateway itself is a machine in the data centre, and CloudFormation knows neither it nor its file shares: a
    person activates it, and makes a share with this role::

        aws storagegateway create-nfs-file-share --gateway-arn ... --role ... --location-arn ... \\
            --object-acl bucket-owner-full-control --client-list 192.168.0.0/16 --client-token shop

    When the data centre is lost, the files are objects of the bucket, and another gateway shows them as files again.
    Use it where users on premises work with the files. For one-way copies see ``OnPremisesCopies``.

    >>> FileGatewayAccess(stack, "Gateway", bucket=s3.Bucket(stack, "Files"))

    Args:
        bucket: Holds the files; encrypted with keys that S3 owns, else let ``role`` use the key.
        prefix: Of the keys of the files, without slashes at its ends. Default: none.

    Attributes:
        role: For the file share.

    Source: https://docs.aws.amazon.com/filegateway/latest/files3/grant-access-s3.html
    """

    def __init__(self, scope: Construct, id: str, *, bucket: s3.IBucket, prefix: str = "") -> None:
        super().__init__(scope, id)
        self.role, _ = bucket_role(
            self,
            service="storagegateway.amazonaws.com",
            bucket=bucket,
            of_bucket=_BUCKET,
            of_objects=_OBJECTS,
            prefix=prefix,
        )
