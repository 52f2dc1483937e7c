"""Lets a bucket of this account publish its events to a topic."""

from __future__ import annotations

import jsii
from aws_cdk import Aws, interfaces
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct


@jsii.implements(s3.IBucketNotificationDestination)
class TopicDestination:
    """A topic, as a bucket's events go to it.

    The CDK's own lets the bucket publish whoever owns it; a bucket's name is free for anybody once it is deleted.
    """

    def __init__(self, topic: sns.Topic) -> None:
        self._topic = topic

    def bind(self, scope: Construct, bucket: interfaces.aws_s3.IBucketRef) -> s3.BucketNotificationDestinationConfig:  # noqa: ARG002 - the CDK's
        """Let this bucket publish, and have S3 try it only then."""
        added = self._topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self._topic.topic_arn],
                conditions={
                    "ArnLike": {"aws:SourceArn": bucket.bucket_ref.bucket_arn},
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                },
            )
        )
        return s3.BucketNotificationDestinationConfig(
            arn=self._topic.topic_arn,
            type=s3.BucketNotificationDestinationType.TOPIC,
            dependencies=[added.policy_dependable] if added.policy_dependable else None,
        )
