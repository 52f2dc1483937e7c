"""Topic archive: what was published, in a bucket, for as long as somebody may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._alarms import Alarms
from aws_patterns._defaults import LOG_RETENTION
from aws_patterns._key_permissions import let_service_use_key
from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._undelivered import undelivered_queue
from aws_patterns.messaging.fanout_options import FilterPolicy
from aws_patterns.messaging.topic_archive_options import Buffer, check_topic_archive

_DAY = "!{timestamp:yyyy/MM/dd}/"
_STREAM = "S3"
_MULTIPART_DAYS = 7
_PERIOD_MINUTES = 5
_HALF_WIDTH = 12


class TopicArchive(Construct):
    """Every message of a topic, written to a bucket through Amazon Data Firehose: compressed, a folder for each day.

    Use it to prove later what was published, and to ask questions about it (Athena reads it). Not to give messages to
    consumers again: that is what the archive of an ``EventBackbone``, or of a FIFO topic, does. A FIFO topic can't be
    archived in this way.

    A message is kept in SNS's envelope, with its attributes, time and id. What SNS can't give to Firehose is kept for
    14 days in a queue; what Firehose can't write, it tries again for a day, and an alarm tells after half an hour.

    >>> topic = sns.Topic(stack, "Orders", enforce_ssl=True)
    >>> TopicArchive(stack, "Archive", topic=topic)

    Args:
        topic: A standard one.
        filter_policy: Which messages are kept. Default: all.
        retention_days: How long, 1 to 36,500. Default 366.
        prefix: Of the objects' keys, before the day in UTC. Default ``messages/``.
        buffer: How much is gathered for one object. Default: five minutes or 5 MiB.
        encryption_key: Customer managed key of bucket, stream and queue. An imported key must itself allow SNS to use
            it. Default: keys that the services own.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of the bucket, the queue and the log; ``DESTROY`` also empties the bucket. Default ``RETAIN``.

    Attributes:
        bucket: Holds the messages. What Firehose could not make sense of is below ``errors/``.
        delivery_stream: Takes them there.
        subscription: Gives it the topic's messages.
        undelivered: What SNS could not give to Firehose.
        log_group: Why Firehose could not write.
        alarms: By id. ``Undelivered``: SNS could not reach Firehose. ``Late``: Firehose has not written for half an
            hour.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-firehose-as-subscriber.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topic: sns.ITopic,
        filter_policy: FilterPolicy | None = None,
        retention_days: int = defaults.ARCHIVE_RETENTION_DAYS,
        prefix: str = "messages/",
        buffer: Buffer = Buffer(),  # noqa: B008 - frozen
        encryption_key: kms.IKey | None = None,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"TopicArchive {self.node.path}") as problems:
            check_topic_archive(
                problems,
                fifo=topic.fifo,
                prefix=prefix,
                filter_policy=filter_policy,
                retention_days=retention_days,
                buffer=buffer,
            )
        self.bucket = self._make_bucket(retention_days, encryption_key, removal_policy)
        self.log_group = logs.LogGroup(
            self, "Log", retention=logs.RetentionDays[LOG_RETENTION], removal_policy=removal_policy
        )
        self.delivery_stream = self._make_stream(prefix, buffer, encryption_key)
        self.undelivered = undelivered_queue(self, "Undelivered", key=encryption_key, removal_policy=removal_policy)
        self.undelivered.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.undelivered.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": topic.topic_arn}},
            )
        )
        if encryption_key:
            let_service_use_key(self, encryption_key, "sns.amazonaws.com")
        self.subscription = self._subscribe(topic, filter_policy)
        self.alarms: Mapping[str, cloudwatch.Alarm] = self._watch(alarm_topic)

    def graphs(self, title: str) -> Sequence[cloudwatch.IWidget]:
        """Two widgets of half a dashboard's width: how much is written, and how late."""

        def graph(what: str, name: str, statistic: str) -> cloudwatch.GraphWidget:
            metric = self._metric(name, statistic)
            return cloudwatch.GraphWidget(title=f"{title}: {what}", width=_HALF_WIDTH, left=[metric])

        return [
            graph("messages written", "DeliveryToS3.Records", "Sum"),
            graph("age of the oldest not written, s", "DeliveryToS3.DataFreshness", "Maximum"),
        ]

    def _make_bucket(self, days: int, key: kms.IKey | None, removal_policy: RemovalPolicy) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(days),
                    abort_incomplete_multipart_upload_after=Duration.days(_MULTIPART_DAYS),
                )
            ],
            removal_policy=removal_policy,
            auto_delete_objects=removal_policy == RemovalPolicy.DESTROY or None,
        )
        acknowledge(bucket, {"AwsSolutions-S1": "It is a log itself: written by AWS, read by few."})
        return bucket

    def _make_stream(self, prefix: str, buffer: Buffer, key: kms.IKey | None) -> firehose.CfnDeliveryStream:
        stream_log = logs.LogStream(self, "LogStream", log_group=self.log_group, log_stream_name=_STREAM)
        role = iam.Role(self, "FirehoseRole", assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"))
        allowed = self._let_write(role, key)
        stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=(
                firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                    key_type="CUSTOMER_MANAGED_CMK" if key else "AWS_OWNED_CMK", key_arn=key.key_arn if key else None
                )
            ),
            extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=self.bucket.bucket_arn,
                role_arn=role.role_arn,
                prefix=f"{prefix}{_DAY}",
                error_output_prefix=f"errors/!{{firehose:error-output-type}}/{_DAY}",
                compression_format="GZIP",
                buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                    interval_in_seconds=buffer.seconds, size_in_m_bs=Size.mebibytes(buffer.mebibytes).to_mebibytes()
                ),
                cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                    enabled=True,
                    log_group_name=self.log_group.log_group_name,
                    log_stream_name=stream_log.log_stream_name,
                ),
            ),
        )
        # Firehose tries what it may do when it is made.
        stream.node.add_dependency(allowed)
        return stream

    def _let_write(self, role: iam.Role, key: kms.IKey | None) -> iam.Policy:
        objects = self.bucket.arn_for_objects("*")
        statements = [
            iam.PolicyStatement(
                actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], resources=[objects]
            ),
            iam.PolicyStatement(
                actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                resources=[self.bucket.bucket_arn],
            ),
            iam.PolicyStatement(actions=["logs:PutLogEvents"], resources=[self.log_group.log_group_arn]),
        ]
        policy = iam.Policy(self, "FirehoseMayWrite", roles=[role], statements=statements)
        if key:
            policy.add_statements(
                iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn])
            )
        acknowledge(
            policy,
            {
                wildcard(self, objects): "Firehose chooses the objects' names, in this bucket of its own.",
                wildcard(self, self.log_group.log_group_arn): "The streams of this one log group.",
            },
        )
        return policy

    def _subscribe(self, topic: sns.ITopic, policy: FilterPolicy | None) -> sns.CfnSubscription:
        role = iam.Role(self, "SnsRole", assumed_by=iam.ServicePrincipal("sns.amazonaws.com"))
        allowed = iam.Policy(
            self,
            "SnsMayPut",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=[
                        "firehose:DescribeDeliveryStream",
                        "firehose:ListTagsForDeliveryStream",
                        "firehose:PutRecord",
                        "firehose:PutRecordBatch",
                    ],
                    resources=[self.delivery_stream.attr_arn],
                )
            ],
        )
        subscription = sns.CfnSubscription(
            self,
            "Subscription",
            topic_arn=topic.topic_arn,
            protocol="firehose",
            endpoint=self.delivery_stream.attr_arn,
            subscription_role_arn=role.role_arn,
            raw_message_delivery=False,
            filter_policy=policy.to_json() if policy else None,
            filter_policy_scope=policy.scope if policy else None,
            redrive_policy={"deadLetterTargetArn": self.undelivered.queue_arn},
        )
        subscription.node.add_dependency(allowed, self.undelivered)
        return subscription

    def _metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/Firehose",
            metric_name=name,
            dimensions_map={"DeliveryStreamName": self.delivery_stream.ref},
            statistic=statistic,
            period=Duration.minutes(_PERIOD_MINUTES),
        )

    def _watch(self, topic: sns.ITopic | None) -> Mapping[str, cloudwatch.Alarm]:
        alarms = Alarms(Construct(self, "Alarms"), topic)
        alarms.add(
            "Undelivered",
            self.undelivered.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            1,
            f"SNS could not give messages to the archive; they are in {self.undelivered.queue_name}. Their attributes "
            "say why; mend it, then put them into the delivery stream.",
        )
        alarms.add(
            "Late",
            self._metric("DeliveryToS3.DataFreshness", "Maximum"),
            defaults.ARCHIVE_LATE_SECONDS,
            f"Messages wait to be archived for longer than they should, and are lost after a day. "
            f"{self.log_group.log_group_name} says why.",
        )
        return alarms.by_id
