"""Instances that wait at launch or at termination until somebody has done something with them."""

from __future__ import annotations

from typing import TypeGuard, cast

from aws_cdk import ArnFormat, Aws, CfnResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute.lifecycle_hook_options import (
    DefaultResult,
    LifecycleHook,
    LifecycleTransition,
    check_lifecycle_hook,
)

_TRANSITIONS = {
    LifecycleTransition.LAUNCH: "autoscaling:EC2_INSTANCE_LAUNCHING",
    LifecycleTransition.TERMINATE: "autoscaling:EC2_INSTANCE_TERMINATING",
}
_EVENTS = {
    LifecycleTransition.LAUNCH: "EC2 Instance-launch Lifecycle Action",
    LifecycleTransition.TERMINATE: "EC2 Instance-terminate Lifecycle Action",
}
# Nobody has vouched for a launched instance; a terminating one has no traffic any more and only costs.
_DEFAULT_RESULTS = {
    LifecycleTransition.LAUNCH: DefaultResult.ABANDON,
    LifecycleTransition.TERMINATE: DefaultResult.CONTINUE,
}
# EventBridge keeps trying for a minute at least.
_SHORTEST_EVENT_AGE_SECONDS = 60


class FleetLifecycleHook(Construct):
    """A lifecycle hook of one Auto Scaling group, and the way to whoever is told about instances that wait.

    Use it to register, warm up, drain or save something of instances. Not for what an instance can do by itself: a
    boot script or a shutdown unit needs nobody else.

    A launch hook is part of the group, so that it holds the very first instances too. A terminate hook is a resource
    of its own and is deleted before its group, so that no instance waits for somebody who is gone.

    >>> from aws_cdk import aws_ec2 as ec2
    >>> group = autoscaling.AutoScalingGroup(
    ...     stack,
    ...     "Fleet",
    ...     vpc=ec2.Vpc(stack, "Vpc"),
    ...     instance_type=ec2.InstanceType("t4g.micro"),
    ...     machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
    ... )
    >>> drain = LifecycleHook(transition=LifecycleTransition.TERMINATE, target=sqs.Queue(stack, "Drain"))
    >>> FleetLifecycleHook(stack, "DrainFirst", group=group, hook=drain)

    Args:
        group: Whose instances wait.
        hook: When, for how long, and who is told.
        dead_letter_queue: Keeps the events that a function could not be called with. Default: one of its own.
        alarm_topic: Told when there are such events. Default: nobody is told.
        removal_policy: Of that queue. Default ``RETAIN``.

    Attributes:
        name: Of the hook, in its group.
        rule: Calls the function; ``None`` for a topic or a queue, which Auto Scaling tells itself.
        dead_letter_queue: Keeps what the function could not be called with; ``None`` without a function.
        alarms: By their ids.

    Raises:
        ValueError: Naming everything about the hook that can't be used.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        group: autoscaling.AutoScalingGroup,
        hook: LifecycleHook,
        dead_letter_queue: sqs.IQueue | None = None,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"FleetLifecycleHook {self.node.path}") as problems:
            check_lifecycle_hook(problems, hook)
        # What tells this hook's events from those of any other: by the stack rather than by the group's name, because
        # a group with a launch hook is made after the rule that hears of its instances.
        self._metadata = f"{Aws.STACK_ID}/{self.node.addr}"
        alarms = Alarms(self, alarm_topic)
        self.alarms = alarms.by_id
        self.rule: events.Rule | None = None
        self.dead_letter_queue: sqs.IQueue | None = None
        role: iam.IRole | None = None
        if _is_function(hook.target):
            self.dead_letter_queue = dead_letter_queue or dead_letters(self, "DeadLetters", alarms, removal_policy)
            self.rule = self._make_rule(group, hook, hook.target, self.dead_letter_queue)
            self._let_complete(group, hook.target)
        else:
            role = self._make_role(cast("sns.ITopic | sqs.IQueue", hook.target))
        hold = self._hold_launches if hook.transition == LifecycleTransition.LAUNCH else self._hold_terminations
        self.name: str = hold(group, hook, role)

    def _make_rule(
        self,
        group: autoscaling.AutoScalingGroup,
        hook: LifecycleHook,
        function: lambda_.IFunction,
        dead_letter_queue: sqs.IQueue,
    ) -> events.Rule:
        detail = {"NotificationMetadata": [self._metadata]}
        if hook.transition == LifecycleTransition.TERMINATE:
            detail["AutoScalingGroupName"] = [group.auto_scaling_group_name]
        target = targets.LambdaFunction(
            function,
            dead_letter_queue=dead_letter_queue,
            # An instance that has gone on can't be helped any more.
            max_event_age=Duration.seconds(max(hook.timeout_seconds, _SHORTEST_EVENT_AGE_SECONDS)),
        )
        return events.Rule(
            self,
            "Rule",
            description=f"Instances that wait at {hook.transition}",
            event_pattern=events.EventPattern(
                source=["aws.autoscaling"], detail_type=[_EVENTS[hook.transition]], detail=detail
            ),
            targets=[target],
        )

    def _let_complete(self, group: autoscaling.AutoScalingGroup, function: lambda_.IFunction) -> None:
        """A policy of its own: in the role's, the function would wait for the group, which may wait for it."""
        if function.role is None:
            return
        arn = group_arn(group)
        policy = iam.Policy(
            self,
            "MayComplete",
            roles=[function.role],
            statements=[
                iam.PolicyStatement(
                    actions=["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"],
                    resources=[arn],
                )
            ],
        )
        acknowledge(policy, {wildcard(self, arn): "A group's ARN holds an id that CloudFormation does not tell."})

    def _make_role(self, target: sns.ITopic | sqs.IQueue) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("autoscaling.amazonaws.com"))
        if _is_queue(target):
            target.grant_send_messages(role)
        else:
            cast("sns.ITopic", target).grant_publish(role)
        return role

    def _hold_launches(self, group: autoscaling.AutoScalingGroup, hook: LifecycleHook, role: iam.IRole | None) -> str:
        resource = cast("autoscaling.CfnAutoScalingGroup", group.node.default_child)
        name = hook.name or f"{self.node.id}-{self.node.addr[-8:]}"
        specification = autoscaling.CfnAutoScalingGroup.LifecycleHookSpecificationProperty(
            lifecycle_hook_name=name,
            lifecycle_transition=_TRANSITIONS[hook.transition],
            default_result=hook.default_result or _DEFAULT_RESULTS[hook.transition],
            heartbeat_timeout=hook.timeout_seconds,
            notification_metadata=self._metadata,
            notification_target_arn=_notified(hook),
            role_arn=role.role_arn if role else None,
        )
        before = cast("list[object] | None", resource.lifecycle_hook_specification_list) or []
        resource.lifecycle_hook_specification_list = [*before, specification]  # type: ignore[list-item]  # was one
        for needed in self._listening(role):
            resource.add_resource_dependency(needed)
        return name

    def _hold_terminations(
        self, group: autoscaling.AutoScalingGroup, hook: LifecycleHook, role: iam.IRole | None
    ) -> str:
        resource = autoscaling.CfnLifecycleHook(
            self,
            "Resource",
            auto_scaling_group_name=group.auto_scaling_group_name,
            lifecycle_hook_name=hook.name,
            lifecycle_transition=_TRANSITIONS[hook.transition],
            default_result=hook.default_result or _DEFAULT_RESULTS[hook.transition],
            heartbeat_timeout=hook.timeout_seconds,
            notification_metadata=self._metadata,
            notification_target_arn=_notified(hook),
            role_arn=role.role_arn if role else None,
        )
        for needed in self._listening(role):
            resource.add_resource_dependency(needed)
        if (policy := self.node.try_find_child("MayComplete")) is not None:
            resource.node.add_dependency(policy)
        return resource.ref

    def _listening(self, role: iam.IRole | None) -> list[CfnResource]:
        """What has to be there before the first instance waits. Auto Scaling tries out the role at once."""
        parts: list[IConstruct] = [part for part in (self.rule, role) if part is not None]
        return [found for part in parts for found in part.node.find_all() if isinstance(found, CfnResource)]


def add_lifecycle_hook(
    group: autoscaling.AutoScalingGroup,
    id: str,
    hook: LifecycleHook,
    *,
    alarm_topic: sns.ITopic | None = None,
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
) -> FleetLifecycleHook:
    """Let a group's instances wait for somebody; the hook becomes a part of the group's construct."""
    return FleetLifecycleHook(group, id, group=group, hook=hook, alarm_topic=alarm_topic, removal_policy=removal_policy)


def dead_letters(scope: Construct, id: str, alarms: Alarms, removal_policy: RemovalPolicy) -> sqs.Queue:
    """A queue for the events that a function could not be called with, or failed for; not empty is an alarm."""
    queue = sqs.Queue(
        scope,
        id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(defaults.FLEET_DEAD_LETTER_RETENTION_DAYS),
        removal_policy=removal_policy,
    )
    its_purpose = "It is a dead-letter queue itself: nothing is consumed from it that could fail again."
    acknowledge(queue, {"AwsSolutions-SQS3": its_purpose, "Serverless-SQSRedrivePolicy": its_purpose})
    alarms.add(
        f"{id}Kept",
        queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=Duration.minutes(1)),
        1,
        "A function was not called for an instance that waited, or failed for it. The event is in the queue.",
    )
    return queue


def group_arn(group: autoscaling.IAutoScalingGroup) -> str:
    """The group's ARN as far as CloudFormation knows it: without the id that Auto Scaling gave it."""
    return Stack.of(group).format_arn(
        service="autoscaling",
        resource="autoScalingGroup",
        resource_name=f"*:autoScalingGroupName/{group.auto_scaling_group_name}",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _notified(hook: LifecycleHook) -> str | None:
    """Whom Auto Scaling tells itself."""
    if _is_function(hook.target):
        return None
    if _is_queue(hook.target):
        return hook.target.queue_arn
    return cast("sns.ITopic", hook.target).topic_arn


# What comes out of the CDK's own lookups (`from_..._arn`) is known by its members only.
def _is_function(target: object) -> TypeGuard[lambda_.IFunction]:
    return hasattr(target, "function_arn")


def _is_queue(target: object) -> TypeGuard[sqs.IQueue]:
    return hasattr(target, "queue_arn")
