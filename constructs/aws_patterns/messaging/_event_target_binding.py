"""Lets a rule's targets take its events, from this rule alone, and keeps what they did not take."""

from __future__ import annotations

import jsii
from aws_cdk import Annotations, Aws, interfaces
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from aws_patterns._key_permissions import let_service_use_key
from aws_patterns.messaging.event_targets import (
    BusTarget,
    EventTarget,
    FunctionTarget,
    QueueTarget,
    StateMachineTarget,
    TopicTarget,
)

EVENTBRIDGE = "events.amazonaws.com"


@jsii.implements(events.IRuleTarget)
class BoundTarget:
    """One target of one rule, as the CDK takes it.

    The CDK's own targets let any rule of any account send to an encrypted queue or to a topic; this one names the rule.
    """

    def __init__(self, scope: Construct, rule: events.IRule, target: EventTarget, undelivered: sqs.IQueue) -> None:
        self._scope = scope
        self._rule = rule
        self._target = target
        self._undelivered = undelivered

    def bind(
        self,
        rule: interfaces.aws_events.IRuleRef,  # noqa: ARG002 - the CDK's
        id: str | None = None,  # noqa: ARG002 - the CDK's
    ) -> events.RuleTargetConfig:
        """Give the rule what it may do, and what to send where."""
        _let_rule(self._scope, self._rule, self._undelivered, "sqs:SendMessage", self._undelivered.queue_arn)
        arn, role = self._let_in(self._rule)
        target = self._target
        group = target.message_group if isinstance(target, QueueTarget) else None
        return events.RuleTargetConfig(
            arn=arn,
            role=role,
            dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self._undelivered.queue_arn),
            retry_policy=events.CfnRule.RetryPolicyProperty(
                maximum_event_age_in_seconds=target.retry.maximum_age_seconds,
                maximum_retry_attempts=target.retry.attempts,
            ),
            sqs_parameters=events.CfnRule.SqsParametersProperty(message_group_id=group) if group else None,
            input=events.RuleTargetInput.from_event_path("$.detail") if target.detail_only else None,
        )

    def _let_in(self, rule: events.IRule) -> tuple[str, iam.IRole | None]:
        match self._target:
            case QueueTarget(queue=queue):
                _let_rule(self._scope, rule, queue, "sqs:SendMessage", queue.queue_arn)
                if queue.encryption_master_key:
                    let_service_use_key(self._scope, queue.encryption_master_key, EVENTBRIDGE)
                return queue.queue_arn, None
            case TopicTarget(topic=topic):
                _let_rule(self._scope, rule, topic, "sns:Publish", topic.topic_arn)
                if topic.master_key:
                    let_service_use_key(self._scope, topic.master_key, EVENTBRIDGE)
                return topic.topic_arn, None
            case FunctionTarget(function=function):
                function.add_permission(
                    f"Invoke{self._scope.node.addr}",
                    scope=self._scope,
                    principal=iam.ServicePrincipal(EVENTBRIDGE),
                    source_arn=rule.rule_arn,
                )
                return function.function_arn, None
            case StateMachineTarget(machine=machine):
                return machine.state_machine_arn, self._role("states:StartExecution", machine.state_machine_arn)
            case BusTarget(bus=bus):
                return bus.event_bus_arn, self._role("events:PutEvents", bus.event_bus_arn)

    def _role(self, action: str, arn: str) -> iam.Role:
        role = iam.Role(
            self._scope,
            "Role",
            assumed_by=iam.ServicePrincipal(
                EVENTBRIDGE, conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[arn]))
        return role


def _let_rule(scope: Construct, rule: events.IRule, receiver: sqs.IQueue | sns.ITopic, action: str, arn: str) -> None:
    added = receiver.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(EVENTBRIDGE)],
            actions=[action],
            resources=[arn],
            conditions={"ArnEquals": {"aws:SourceArn": rule.rule_arn}},
        )
    )
    if not added.statement_added:
        Annotations.of(scope).add_warning_v2(
            "aws-patterns:targetPolicy",
            f"The policy of {arn} is not part of this app: let {EVENTBRIDGE} use {action} there for {rule.rule_arn}, "
            "or its events end in the queue for undelivered ones",
        )
