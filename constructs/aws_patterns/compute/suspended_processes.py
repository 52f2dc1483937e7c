"""Processes of an Auto Scaling group that it leaves, for as long as a stack says so."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import CustomResource, Duration, RemovalPolicy
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute.scaling_policies import ScalingPolicy
from aws_patterns.compute.scaling_process import ScalingProcess, check_suspended


class SuspendedProcesses(Construct):
    """Suspends processes of a group after it was made, and resumes them when it is taken out of the stack.

    CloudFormation has no property for this, so a function of ours does it. Use it for a while: to look at instances
    before they are replaced, to hold scaling during a migration, to keep zones as they are. What is suspended affects
    the rest; ``ScalingProcess`` says how. Take ``LAUNCH``, ``TERMINATE`` and ``INSTANCE_REFRESH`` out *before* a
    deployment that replaces instances: it would wait for what can't happen, and fail. Look again after a
    ``RollingUpdate``, which suspends and resumes processes itself.

    What somebody suspends by hand is left alone. When the stack is deleted everything is resumed first: a group that
    may not terminate could not be deleted.

    >>> from aws_patterns.compute.instance_fleet import InstanceFleet
    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> fleet = InstanceFleet(stack, "Fleet", vpc=MultiAzVpc(stack, "Network").vpc)
    >>> SuspendedProcesses(stack, "Suspended", group=fleet.group, processes=[ScalingProcess.AZ_REBALANCE])

    Args:
        group: Whose.
        processes: Which, one at least.
        policies: The group's scaling policies: what they need is not suspended. Default: none.
        removal_policy: Of the function's log. Default ``RETAIN``.

    Attributes:
        function: Does it.
        resource: The custom resource, for what has to wait until the processes are suspended.

    Raises:
        ValueError: Naming every process that is unknown, twice there, or needed by a scaling policy.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        group: autoscaling.AutoScalingGroup,
        processes: Sequence[ScalingProcess],
        policies: Sequence[ScalingPolicy] = (),
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"SuspendedProcesses {self.node.path}") as problems:
            if not processes:
                problems.add("processes must name one at least: to suspend none leave the whole out")
            check_suspended(problems, processes, policies=policies, name="processes")
        self.function: lambda_.Function = python_function(
            self,
            "Function",
            package="fleet_suspended_processes",
            description="Suspends and resumes processes of an Auto Scaling group for CloudFormation",
            environment={},
            timeout_seconds=defaults.SUSPEND_TIMEOUT_SECONDS,
            removal_policy=removal_policy,
        )
        allowed = iam.Policy(
            self,
            "Allowed",
            statements=[
                iam.PolicyStatement(
                    actions=["autoscaling:SuspendProcesses", "autoscaling:ResumeProcesses"],
                    resources=[group.auto_scaling_group_arn],
                )
            ],
        )
        assert self.function.role is not None, "a function of ours has a role"  # noqa: S101 - for the type checker
        allowed.attach_to_role(self.function.role)
        acknowledge(
            allowed,
            {
                wildcard(
                    self, group.auto_scaling_group_arn
                ): "The group's ARN holds an id that CloudFormation does not tell; its name, which follows, is whole."
            },
        )
        self.resource = CustomResource(
            self,
            "Resource",
            resource_type="Custom::SuspendedProcesses",
            service_token=self.function.function_arn,
            service_timeout=Duration.seconds(defaults.SUSPEND_PATIENCE_SECONDS),
            properties={
                "GroupName": group.auto_scaling_group_name,
                "Processes": sorted(str(process) for process in processes),
            },
        )
        # Made after what it needs, and deleted before it: then it resumes.
        self.function.node.add_dependency(allowed)
        self.resource.node.add_dependency(self.function)
