"""The queue for what a service could not deliver."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns.messaging import _defaults as defaults


def undelivered_queue(
    scope: Construct, id: str, *, fifo: bool = False, key: kms.IKey | None, removal_policy: RemovalPolicy
) -> sqs.Queue:
    """Keeps what could not be delivered for 14 days. No queue may use it for its own dead letters."""
    queue = sqs.Queue(
        scope,
        id,
        fifo=True if fifo else None,
        retention_period=Duration.seconds(defaults.DEAD_LETTER_RETENTION_SECONDS),
        receive_message_wait_time=Duration.seconds(defaults.RECEIVE_WAIT_SECONDS),
        encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=key,
        enforce_ssl=True,
        redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
        removal_policy=removal_policy,
    )
    purpose = "Holds what could not be delivered: watched by an alarm, and looked at by a person."
    acknowledge(queue, {"AwsSolutions-SQS3": purpose, "Serverless-SQSRedrivePolicy": purpose})
    return queue
