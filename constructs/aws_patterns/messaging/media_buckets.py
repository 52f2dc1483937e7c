"""The two buckets of a media pipeline: what people upload, and what workers make of it."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.inbox_bucket import InboxBucket
from aws_patterns.storage.data_bucket import DataBucket


class MediaBuckets(Construct):
    """A Master bucket for originals, and a Transcode bucket for what workers make of them.

    Both are private, encrypted, over TLS only, with access logs. Originals can't be made again, so the
    Master bucket keeps what is deleted or written over for a month; the Transcode bucket does not, because the workers
    can make everything in it again. Use it where each original leads to files of its own, for `Fanout` to tell of and
    a `WorkerPool` to work on. Not for a bucket that is read by the public (see ``StaticSite``).

    >>> from aws_patterns.messaging.fanout import Fanout
    >>> from aws_patterns.messaging.fanout_options import Subscriber
    >>> buckets = MediaBuckets(stack, "Media")
    >>> uploads = Fanout(stack, "Uploads", subscribers={"Renditions": Subscriber()})
    >>> uploads.add_bucket_source(buckets.master)

    Args:
        access_log_retention_days: How long records of who read and wrote what are kept, 1 to 36,500. Default 90.
        removal_policy: Of all buckets; ``DESTROY`` also empties them. Default ``RETAIN``.

    Attributes:
        master: For the originals.
        transcode: For what is made of them.
        access_logs: Holds the records; those of the Transcode bucket below ``transcode/``.
        environment: The two names, as the job ``media_renditions`` reads them.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        access_log_retention_days: int = defaults.INBOX_LOG_DAYS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        inbox = InboxBucket(
            self, "Master", access_log_retention_days=access_log_retention_days, removal_policy=removal_policy
        )
        self.master = inbox.bucket
        self.access_logs = inbox.access_logs
        self.transcode = DataBucket(
            self,
            "Transcode",
            without_versions=True,
            access_logs=self.access_logs,
            access_log_prefix="transcode/",
            removal_policy=removal_policy,
        ).bucket
        self.environment: Mapping[str, str] = {
            "MASTER_BUCKET": self.master.bucket_name,
            "TRANSCODE_BUCKET": self.transcode.bucket_name,
        }

    def grant_transcode(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let workers read originals, and write what they make; delete they may nothing.

        They may list, too: S3 tells nobody else whether an object is there.
        """
        originals, made = self.master.arn_for_objects("*"), self.transcode.arn_for_objects("*")
        granted = iam.Grant.add_to_principal(grantee=grantee, actions=["s3:GetObject"], resource_arns=[originals])
        for actions, resources in (
            (["s3:GetObject", "s3:PutObject"], [made]),
            (["s3:ListBucket"], [self.master.bucket_arn, self.transcode.bucket_arn]),
        ):
            granted = granted.combine(
                iam.Grant.add_to_principal(grantee=grantee, actions=actions, resource_arns=resources)
            )
        role = grantee.grant_principal
        if isinstance(role, Construct):
            any_object = "Of these buckets: who uploads chooses the names."
            acknowledge(role, {wildcard(self, objects): any_object for objects in (originals, made)})
        return granted
