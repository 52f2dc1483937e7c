"""The function by which the CDK tells S3 whom a bucket notifies."""

from __future__ import annotations

from typing import cast

from aws_cdk import CfnResource, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._defaults import LOG_RETENTION

# The CDK's own name for it, which a stack has one of.
_NOTIFICATIONS_HANDLER = "BucketNotificationsHandler050a0587b7544547bf325f094a3db834"


def acknowledge_handler(bucket: s3.Bucket) -> None:
    """Of the function that sets notifications, which is the CDK's and the same for all buckets of the stack."""
    handler = Stack.of(bucket).node.try_find_child(_NOTIFICATIONS_HANDLER)
    if handler is None:
        return
    _give_log(cast("Construct", handler))
    reason = "The CDK's own function, which sets the notifications of this stack's buckets while it is deployed."
    findings = (
        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
        "AwsSolutions-IAM5[Resource::*]",
        "AwsSolutions-L1",
        "Serverless-LambdaDLQ",
        "Serverless-LambdaTracing",
        "Serverless-LambdaDefaultMemorySize",
        "Serverless-LambdaAsyncFailureDestination",
        "Serverless-LambdaStarPermissions",
        "Serverless-LambdaLatestVersion",
    )
    acknowledge(handler, dict.fromkeys(findings, reason))


def _give_log(handler: Construct) -> None:
    """A log with an end: Lambda would make one without, which outlives the stack."""
    function = handler.node.default_child
    if not isinstance(function, CfnResource) or handler.node.try_find_child("Logs"):
        return
    log_group = logs.LogGroup(
        handler, "Logs", retention=logs.RetentionDays[LOG_RETENTION], removal_policy=RemovalPolicy.DESTROY
    )
    function.add_property_override("LoggingConfig.LogGroup", log_group.log_group_name)
