"""The queue of a pool of workers: its own, or one that was given."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._validation import is_token
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.work_queue import WorkQueue
from aws_patterns.messaging.worker_pool_options import FunctionWorkers, WorkerPlan, Workers


def make_queue(
    scope: Construct, workers: Workers, plan: WorkerPlan, alarm_topic: sns.ITopic | None, removal_policy: RemovalPolicy
) -> WorkQueue:
    """A queue with what followed for it."""
    return WorkQueue(
        scope,
        "Work",
        visibility_timeout_seconds=plan.visibility_timeout_seconds,
        retention_seconds=plan.retention_seconds,
        processing_seconds=None if isinstance(workers, FunctionWorkers) else plan.processing_seconds,
        patience=plan.patience,
        alarm_topic=alarm_topic,
        removal_policy=removal_policy,
    )


def visibility_of(queue: sqs.IQueue | None) -> int | None:
    """For how long a queue hides messages, where that is known here."""
    resource = queue.node.default_child if isinstance(queue, sqs.Queue) else None
    if not isinstance(resource, sqs.CfnQueue):
        return None
    seconds = resource.visibility_timeout
    if seconds is None:
        return defaults.VISIBILITY_TIMEOUT_SECONDS
    return None if is_token(seconds) else int(seconds)


def let_consume(queue: sqs.IQueue, role: iam.IRole) -> None:
    """Let workers take messages, and put what they refuse to the dead letters themselves, with the reason."""
    queue.grant_consume_messages(role)
    if isinstance(queue, sqs.Queue) and queue.dead_letter_queue:
        queue.dead_letter_queue.queue.grant_send_messages(role)
    if queue.encryption_master_key is not None:
        as_granted = "As the CDK grants sending: the actions of one key, in all their forms."
        acknowledge(
            role,
            {f"AwsSolutions-IAM5[Action::kms:{action}*]": as_granted for action in ("GenerateDataKey", "ReEncrypt")},
        )
