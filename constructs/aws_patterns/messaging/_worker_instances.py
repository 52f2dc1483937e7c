"""Workers on instances: what they are told at boot, and how they are let finish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import jsii
from aws_cdk import IStableStringProducer, Lazy, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns.compute._boot_script import environment_commands, without_shebang
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instance_fleet import InstanceFleet
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.lifecycle_hooks import group_arn
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._worker_metrics import PERIOD
from aws_patterns.messaging.worker_pool_options import InstanceWorkers, WorkerPlan

ENVIRONMENT_FILE = "/etc/worker-pool.env"

# Known before the group is there, so that instances can be told: of this group only.
HOOK_NAME = "WorkerPool"


@jsii.implements(IStableStringProducer)
class _Boot:
    """The pool's variables first, then what the user had to say, with all that was added to it by then."""

    def __init__(self, commands: list[str], given: ec2.UserData | None) -> None:
        self._commands = commands
        self._given = given

    def produce(self) -> str:
        given = without_shebang(self._given.render()).strip("\n") if self._given else ""
        return "\n".join([*self._commands, *([given] if given else [])])


def instance_environment(environment: Mapping[str, str], scope: Construct) -> dict[str, str]:
    """What the worker program on an instance has to know."""
    return {
        **environment,
        "HOST": "ec2",
        "SCALE_IN_PROTECTION": "yes",
        "TERMINATION_HOOK": HOOK_NAME,
        # Where tasks and functions are told the Region, an instance is not.
        "AWS_DEFAULT_REGION": Stack.of(scope).region,
    }


def make_fleet(
    scope: Construct,
    workers: InstanceWorkers,
    plan: WorkerPlan,
    *,
    vpc: ec2.IVpc,
    subnets: ec2.SubnetSelection | None,
    environment: Mapping[str, str],
) -> InstanceFleet:
    """The instances, which begin with the pool's variables in a file."""
    boot = _Boot(environment_commands(ENVIRONMENT_FILE, environment), workers.instances.user_data)
    fleet = InstanceFleet(
        scope,
        "Fleet",
        vpc=vpc,
        subnets=subnets,
        capacity=Capacity(minimum=plan.minimum, maximum=plan.maximum, fewer_than_zones=True),
        instances=replace(workers.instances, user_data=ec2.UserData.custom(Lazy.string(boot))),
        mixed_fleet=workers.mixed_fleet,
        warm_up_seconds=workers.warm_up_seconds,
        update=workers.update,
        health_url=workers.health_url,
        trust_new_instances=workers.trust_new_instances,
        down_with_its_zone=workers.down_with_its_zone,
    )
    resource = fleet.group.node.default_child
    if isinstance(workers.update, InstanceRefresh) and isinstance(resource, autoscaling.CfnAutoScalingGroup):
        # Busy workers are protected from scale-in, and in a busy pool somebody always is. An update that waited for
        # them would fail after an hour; the hook lets each finish before it is replaced.
        resource.add_override(
            "UpdatePolicy.AutoScalingInstanceRefresh.Preferences.ScaleInProtectedInstances", "Refresh"
        )
    return fleet


def let_finish(scope: Construct, fleet: InstanceFleet, plan: WorkerPlan) -> None:
    """Let busy workers be spared from scale-in, and everybody finish before the end, whatever it comes from."""
    arn = group_arn(fleet.group)
    # Of its own: in the role's, instances would wait for the group that they belong to.
    policy = iam.Policy(
        scope,
        "MayFinish",
        roles=[fleet.role],
        statements=[
            iam.PolicyStatement(
                actions=[
                    "autoscaling:SetInstanceProtection",
                    "autoscaling:CompleteLifecycleAction",
                    "autoscaling:RecordLifecycleActionHeartbeat",
                ],
                resources=[arn],
            ),
            iam.PolicyStatement(actions=["autoscaling:DescribeAutoScalingInstances"], resources=["*"]),
        ],
    )
    acknowledge(
        policy,
        {
            wildcard(scope, arn): "A group's ARN holds an id that CloudFormation does not tell.",
            "AwsSolutions-IAM5[Resource::*]": "An instance asks for its own group's name; the call takes no resource.",
        },
    )
    hook = autoscaling.CfnLifecycleHook(
        scope,
        "Finish",
        auto_scaling_group_name=fleet.group.auto_scaling_group_name,
        lifecycle_hook_name=HOOK_NAME,
        lifecycle_transition="autoscaling:EC2_INSTANCE_TERMINATING",
        default_result="CONTINUE",
        heartbeat_timeout=plan.grace_seconds + defaults.HOOK_MARGIN_SECONDS,
    )
    hook.node.add_dependency(policy)


def instances_in_service(fleet: InstanceFleet) -> cloudwatch.Metric:
    """How many instances there are that have booted and do not end."""
    return cloudwatch.Metric(
        namespace="AWS/AutoScaling",
        metric_name="GroupInServiceInstances",
        dimensions_map={"AutoScalingGroupName": fleet.group.auto_scaling_group_name},
        statistic="Average",
        period=PERIOD,
        label="in service",
    )
