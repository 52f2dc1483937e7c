"""A health check of one's own: a function that asks the instances themselves and has the dead ones replaced."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._alarms import Alarms
from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute.custom_health_options import CustomHealth, check_custom_health, check_port
from aws_patterns.compute.lifecycle_hooks import group_arn

_PACKAGE = "fleet_health_check"

# A function asks 64 instances at the same time; so many rounds have room in its time. Besides them: a cold start, the
# calls of AWS, and what the function keeps for marking.
_ROUNDS = 4
_PAUSE_SECONDS = 1
_MARGIN_SECONDS = 30

# As many checks in a row that nothing was heard of mean that the check is gone.
_SILENT_CHECKS = 3


class CustomHealthCheck(Construct):
    """A function in the network that probes each instance of a group, and marks those unhealthy that don't answer.

    Use it for what neither EC2's status checks nor a load balancer's see: a deeper page, a port that is not balanced,
    a group without a load balancer. Not where the load balancer asks the same already: turn its health check on for
    the group instead.

    An instance is asked several times in one check and is unhealthy only when it never answers well; new ones are left
    alone for the group's grace period. When more of the fleet fails than instances do by themselves, none is marked and
    an alarm is raised: replacing all of them would not mend what they share. A group of one instance therefore needs
    ``maximum_unhealthy_percent=100``. The function reaches AWS through the subnets' way out, or through interface
    endpoints for Auto Scaling and EC2.

    >>> vpc = ec2.Vpc(stack, "Vpc")
    >>> group = autoscaling.AutoScalingGroup(
    ...     stack,
    ...     "Fleet",
    ...     vpc=vpc,
    ...     instance_type=ec2.InstanceType("t4g.micro"),
    ...     machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
    ... )
    >>> CustomHealthCheck(stack, "Health", group=group, vpc=vpc, instances=group, port=8080)

    Args:
        group: Whose instances are probed.
        vpc: The network that they are in.
        instances: Whose security groups let the probes in, usually the group itself.
        port: Where the instances listen.
        path: What is asked for; answers from 200 to 399 are healthy. Default ``/health``.
        tls: Whether to ask over TLS. The certificate is not verified: it is for a name, and an instance has none.
            Default: plain HTTP.
        interval_minutes: Time between two checks, 1 to 60. Default 1.
        attempts: How often an instance is asked in one check, 1 to 10. Default 3.
        attempt_timeout_seconds: How long one attempt waits, 1 to 10. Default 2.
        maximum_unhealthy_percent: The largest part of the fleet that is marked, 1 to 100. Default 50.
        subnets: Where the function works. Default: private subnets with a way out.
        removal_policy: Of the function's log. Default ``RETAIN``.
        alarm_topic: Told when too many fail, and when the check fails or is silent. Default: nobody is told.

    Attributes:
        function: Does the check.
        security_group: The function's own.
        rule: Calls it.
        alarms: By their ids.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/set-up-a-custom-health-check.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        group: autoscaling.IAutoScalingGroup,
        vpc: ec2.IVpc,
        instances: ec2.IConnectable,
        port: int,
        path: str = defaults.HEALTH_PATH,
        tls: bool = False,
        interval_minutes: int = defaults.HEALTH_INTERVAL_MINUTES,
        attempts: int = defaults.HEALTH_ATTEMPTS,
        attempt_timeout_seconds: int = defaults.HEALTH_ATTEMPT_TIMEOUT_SECONDS,
        maximum_unhealthy_percent: int = defaults.HEALTH_MAXIMUM_UNHEALTHY_PERCENT,
        subnets: ec2.SubnetSelection | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        health = CustomHealth(
            path=path,
            interval_minutes=interval_minutes,
            attempts=attempts,
            attempt_timeout_seconds=attempt_timeout_seconds,
            maximum_unhealthy_percent=maximum_unhealthy_percent,
        )
        with Problems(f"CustomHealthCheck {self.node.path}") as problems:
            check_port(problems, port)
            check_custom_health(problems, health, name="")
        self._group_name = group.auto_scaling_group_name
        the_next = "A check that failed is repaired by the next one, and two in a row, or silence, raise an alarm."
        self.security_group = self._make_security_group(vpc, instances, port)
        self.function = python_function(
            self,
            "Function",
            package=_PACKAGE,
            description="Probes the instances of a fleet and marks those unhealthy that don't answer",
            environment={
                "GROUP": self._group_name,
                "PORT": str(port),
                "HEALTH_PATH": path,
                "TLS": str(tls).lower(),
                "ATTEMPTS": str(attempts),
                "ATTEMPT_TIMEOUT_SECONDS": str(attempt_timeout_seconds),
                "MAXIMUM_UNHEALTHY_PERCENT": str(maximum_unhealthy_percent),
                "POWERTOOLS_METRICS_NAMESPACE": defaults.FLEET_METRIC_NAMESPACE,
            },
            timeout_seconds=_ROUNDS * attempts * (attempt_timeout_seconds + _PAUSE_SECONDS) + _MARGIN_SECONDS,
            removal_policy=removal_policy,
            no_dead_letters=the_next,
            vpc=vpc,
            vpc_subnets=subnets or ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[self.security_group],
        )
        self.function.configure_async_invoke(max_event_age=Duration.minutes(1), retry_attempts=0)
        acknowledge(self.function, {"Serverless-LambdaAsyncFailureDestination": the_next})
        allowed = self._let_judge(group)
        self.rule = events.Rule(
            self,
            "Rule",
            description="Checks the instances of a fleet",
            schedule=events.Schedule.rate(Duration.minutes(interval_minutes)),
            targets=[targets.LambdaFunction(self.function, retry_attempts=0, max_event_age=Duration.minutes(1))],
        )
        acknowledge(self.rule, {"Serverless-EventBusDLQ": the_next})
        self.rule.node.add_dependency(allowed)
        self.alarms = self._watch(Duration.minutes(interval_minutes), alarm_topic)

    def _make_security_group(self, vpc: ec2.IVpc, instances: ec2.IConnectable, port: int) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="The health check of a fleet: to its instances and to AWS",
            allow_all_outbound=False,
        )
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "The APIs of Auto Scaling and EC2")
        group.connections.allow_to(instances, ec2.Port.tcp(port), "Health check")
        return group

    def _let_judge(self, group: autoscaling.IAutoScalingGroup) -> iam.Policy:
        arn = group_arn(group)
        policy = iam.Policy(
            self,
            "FunctionMayJudge",
            roles=[_role_of(self.function)],
            statements=[
                iam.PolicyStatement(actions=["autoscaling:SetInstanceHealth"], resources=[arn]),
                iam.PolicyStatement(
                    actions=["autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances"], resources=["*"]
                ),
            ],
        )
        acknowledge(
            policy,
            {
                wildcard(self, arn): "A group's ARN holds an id that CloudFormation does not tell.",
                "AwsSolutions-IAM5[Resource::*]": "What describes groups and instances takes no resource in a policy.",
            },
        )
        return policy

    def _watch(self, interval: Duration, topic: sns.ITopic | None) -> dict[str, cloudwatch.Alarm]:
        alarms = Alarms(self, topic)
        alarms.add(
            "ReplacementsHeldBack",
            self._metric("ReplacementsHeldBack", "Sum", interval),
            1,
            "So many instances fail their health check at once that none is replaced. Look at what they share, and at "
            "the check itself.",
        )
        alarms.add(
            "CheckErrors",
            self.function.metric_errors(statistic="Sum", period=interval),
            1,
            "The health check itself failed. See its log.",
            periods=2,
        )
        alarms.add(
            "CheckSilent",
            self._metric("InstancesChecked", "SampleCount", interval),
            0,
            "The health check does not run: dead instances are not replaced.",
            periods=_SILENT_CHECKS,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        return alarms.by_id

    def _metric(self, name: str, statistic: str, period: Duration) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=defaults.FLEET_METRIC_NAMESPACE,
            metric_name=name,
            dimensions_map={"service": _PACKAGE, "AutoScalingGroupName": self._group_name},
            statistic=statistic,
            period=period,
        )


def _role_of(function: lambda_.Function) -> iam.IRole:
    assert function.role is not None, "a function made here has its own role"  # noqa: S101 - for the type checker
    return function.role
