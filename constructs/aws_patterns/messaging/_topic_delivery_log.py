"""Where SNS records what became of messages: in log groups whose names it chooses, made here for their retention."""

from __future__ import annotations

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._defaults import LOG_RETENTION
from aws_patterns.messaging.fanout_options import DeliveryLog


class TopicDeliveryLog(Construct):
    """Delivery status logging of a topic's queues: failures, and as much of the rest as asked for.

    Args:
        topic: Whose deliveries are recorded.
        log: How much.
        removal_policy: Of what was recorded.

    Attributes:
        failures: Holds what could not be delivered, and why.
        successes: Holds what was delivered.
        role: SNS writes with it, to these two only.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
    """

    def __init__(
        self, scope: Construct, id: str, *, topic: sns.Topic, log: DeliveryLog, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("sns.amazonaws.com"))
        topic.add_logging_config(
            protocol=sns.LoggingProtocol.SQS,
            failure_feedback_role=self.role,
            success_feedback_role=self.role if log.success_percent else None,
            success_feedback_sample_rate=log.success_percent or None,
        )
        name = f"sns/{Aws.REGION}/{Aws.ACCOUNT_ID}/{topic.topic_name}"
        retention = logs.RetentionDays[LOG_RETENTION]
        self.successes = logs.LogGroup(
            self, "Successes", log_group_name=name, retention=retention, removal_policy=removal_policy
        )
        self.failures = logs.LogGroup(
            self, "Failures", log_group_name=f"{name}/Failure", retention=retention, removal_policy=removal_policy
        )
        groups = [self.successes.log_group_arn, self.failures.log_group_arn]
        # Not in the role: the topic names the role, and the log groups are named after the topic.
        policy = iam.Policy(
            self,
            "SnsMayWrite",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(
                    actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], resources=groups
                )
            ],
        )
        acknowledge(policy, {wildcard(self, arn): "The streams of this one log group." for arn in groups})
