"""Inbox: a bucket that others put files into, for somebody to be told."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from constructs import Construct

from aws_patterns._log_bucket import log_bucket
from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.inbox_bucket_options import check_inbox_bucket
from aws_patterns.storage.data_bucket import DataBucket


class InboxBucket(Construct):
    """A private bucket for files that come in, as a source of events: ``fanout.add_bucket_source(inbox.bucket)``.

    Encrypted, over TLS only, with access logs. Versioned: a file that is sent again under the same name does not undo
    the one that nobody has read yet, whose version id is in the message that told of it. Not for files that people
    download, and not for uploads by people who have no credentials of AWS.

    >>> from aws_patterns.messaging.fanout import Fanout
    >>> inbox = InboxBucket(stack, "Inbox", retention_days=90)
    >>> Fanout(stack, "Files").add_bucket_source(inbox.bucket, prefix="orders/", suffix=".csv")

    Args:
        retention_days: How long files are kept, 1 to 36,500. Default: for ever.
        access_log_retention_days: How long records of who read and wrote what are kept, 1 to 36,500. Default 90.
        removal_policy: Of the files and the records; ``DESTROY`` also empties the buckets. Default ``RETAIN``.

    Attributes:
        bucket: Holds the files, and what they were before for 30 days.
        access_logs: Holds the records.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        retention_days: int | None = None,
        access_log_retention_days: int = defaults.INBOX_LOG_DAYS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"InboxBucket {self.node.path}") as problems:
            check_inbox_bucket(
                problems, retention_days=retention_days, access_log_retention_days=access_log_retention_days
            )
        self.access_logs = log_bucket(
            self, "AccessLogs", retention_days=access_log_retention_days, removal_policy=removal_policy
        )
        self.bucket = DataBucket(
            self,
            "Bucket",
            retention_days=retention_days,
            earlier_version_days=defaults.INBOX_EARLIER_VERSION_DAYS,
            access_logs=self.access_logs,
            removal_policy=removal_policy,
        ).bucket
