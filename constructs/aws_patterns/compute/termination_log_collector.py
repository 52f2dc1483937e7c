"""Logs that outlive their instance: collected after it was taken out of service, before it is terminated."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._alarms import Alarms
from aws_patterns._log_bucket import log_bucket
from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute._log_collection import KEY_PARAMETER, KEY_PATTERN, collection_script
from aws_patterns.compute.lifecycle_hook_options import (
    LifecycleHook,
    LifecycleTransition,
    TerminationLogs,
    check_termination_logs,
)
from aws_patterns.compute.lifecycle_hooks import FleetLifecycleHook, dead_letters

_PACKAGE = "fleet_termination_logs"

# A cold start, sending the command, and what the function keeps for completing the hook.
_MARGIN_SECONDS = 45
_MINUTES_5 = 5


class TerminationLogCollector(Construct):
    """A terminate hook, and a function that lets the instance send its logs to a bucket before it goes.

    Use it for groups whose instances come and go and whose logs are wanted afterwards. Not instead of sending logs
    continuously (the CloudWatch agent does): an instance that is dead already can't send anything.

    The instance is let go whatever happens: when it has no agent, when the script fails or takes too long, when the
    event comes twice. When the function itself is lost, the hook's own timeout lets it go three minutes later. The
    instance packs and sends the files itself, by a script that is fixed at deployment: the function may start that
    script and nothing else. It needs the Systems Manager agent, the AWS CLI and GNU tar, as in Amazon Linux 2023, and a
    role that lets the agent work (``AmazonSSMManagedInstanceCore``).

    >>> from aws_cdk import aws_ec2 as ec2
    >>> group = autoscaling.AutoScalingGroup(
    ...     stack,
    ...     "Fleet",
    ...     vpc=ec2.Vpc(stack, "Vpc"),
    ...     instance_type=ec2.InstanceType("t4g.micro"),
    ...     machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
    ...     ssm_session_permissions=True,
    ... )
    >>> TerminationLogCollector(stack, "LastLogs", group=group, role=group.role, paths=["/var/log/nginx"])

    Args:
        group: Whose instances they are.
        role: Of the instances; is allowed to write below the group's prefix of the bucket.
        paths: Absolute paths of files and folders; what is not there is left out. Default: ``/var/log``.
        retention_days: How long the archives are kept. Default 30.
        timeout_seconds: How long collecting may take, 30 to 840. Default 120, a Spot instance's last minutes.
        removal_policy: Of the bucket, with its archives, and of the function's log. Default ``RETAIN``.
        alarm_topic: Told when logs were not collected. Default: nobody is told.

    Attributes:
        bucket: Holds ``<group>/<instance>/<time>.tar.gz``.
        function: Starts the script, watches it, lets the instance go.
        document: The script, as a Systems Manager document.
        hook: The terminate hook and its rule.
        dead_letter_queue: Keeps the events that the function was not called for, or failed for.
        alarms: By their ids.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/tutorial-lifecycle-hook-lambda.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        group: autoscaling.AutoScalingGroup,
        role: iam.IRole,
        paths: Sequence[str] = defaults.TERMINATION_LOG_PATHS,
        retention_days: int = defaults.TERMINATION_LOG_RETENTION_DAYS,
        timeout_seconds: int = defaults.TERMINATION_LOG_TIMEOUT_SECONDS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        logs = TerminationLogs(paths=paths, retention_days=retention_days, timeout_seconds=timeout_seconds)
        with Problems(f"TerminationLogCollector {self.node.path}") as problems:
            check_termination_logs(problems, logs, name="")
        self._group_name = group.auto_scaling_group_name
        self.bucket = self._make_bucket(retention_days, removal_policy)
        self._let_store(role)
        self.document = self._make_document(logs)

        alarms = Alarms(self, alarm_topic)
        self.dead_letter_queue = dead_letters(self, "DeadLetters", alarms, removal_policy)
        self.function = python_function(
            self,
            "Function",
            package=_PACKAGE,
            description="Collects the logs of instances that are about to be terminated",
            environment={
                "DOCUMENT": self.document.ref,
                "TIMEOUT_SECONDS": str(timeout_seconds),
                "HEARTBEAT_SECONDS": str(defaults.TERMINATION_HOOK_HEARTBEAT_SECONDS),
                "POWERTOOLS_METRICS_NAMESPACE": defaults.FLEET_METRIC_NAMESPACE,
            },
            timeout_seconds=timeout_seconds + _MARGIN_SECONDS,
            removal_policy=removal_policy,
            dead_letter_queue=self.dead_letter_queue,
        )
        # An event is worth nothing any more when the instance has gone on.
        self.function.configure_async_invoke(
            max_event_age=Duration.seconds(defaults.TERMINATION_HOOK_HEARTBEAT_SECONDS), retry_attempts=2
        )
        acknowledge(
            self.function,
            {"Serverless-LambdaAsyncFailureDestination": "What it failed for goes to its dead-letter queue."},
        )
        allowed = self._let_command()
        self.hook = FleetLifecycleHook(
            self,
            "Hook",
            group=group,
            hook=LifecycleHook(
                transition=LifecycleTransition.TERMINATE,
                target=self.function,
                timeout_seconds=defaults.TERMINATION_HOOK_HEARTBEAT_SECONDS,
            ),
            dead_letter_queue=self.dead_letter_queue,
        )
        self.hook.node.add_dependency(allowed)
        self._watch(alarms)
        self.alarms = alarms.by_id

    def _make_bucket(self, retention_days: int, removal_policy: RemovalPolicy) -> s3.Bucket:
        bucket = log_bucket(self, "Logs", retention_days=retention_days, removal_policy=removal_policy)
        # An archive is sent in parts; those of an instance that ended meanwhile would stay, unseen and paid for.
        bucket.add_lifecycle_rule(abort_incomplete_multipart_upload_after=Duration.days(1))
        return bucket

    def _let_store(self, role: iam.IRole) -> None:
        """A policy of its own: in the role's, the group would wait for a policy that names the group."""
        prefix = self.bucket.arn_for_objects(f"{self._group_name}/*")
        policy = iam.Policy(
            self,
            "InstancesMayStore",
            roles=[role],
            statements=[iam.PolicyStatement(actions=["s3:PutObject"], resources=[prefix])],
        )
        acknowledge(policy, {wildcard(self, prefix): "One object for each of the group's instances, all its own."})

    def _make_document(self, logs: TerminationLogs) -> ssm.CfnDocument:
        script = collection_script(
            paths=logs.paths, prefix=f"s3://{self.bucket.bucket_name}/{self._group_name}", region=Aws.REGION
        )
        return ssm.CfnDocument(
            self,
            "Document",
            document_type="Command",
            document_format="JSON",
            target_type="/AWS::EC2::Instance",
            content={
                "schemaVersion": "2.2",
                "description": "Packs the logs of an instance and stores them in a bucket",
                "parameters": {
                    KEY_PARAMETER: {
                        "type": "String",
                        "description": "Name of the archive, below the group's prefix",
                        "allowedPattern": KEY_PATTERN,
                    }
                },
                "mainSteps": [
                    {
                        "action": "aws:runShellScript",
                        "name": "collect",
                        "inputs": {"timeoutSeconds": str(logs.timeout_seconds), "runCommand": script},
                    }
                ],
            },
        )

    def _let_command(self) -> iam.Policy:
        stack = Stack.of(self)
        document = stack.format_arn(service="ssm", resource="document", resource_name=self.document.ref)
        instances = stack.format_arn(service="ec2", resource="instance", resource_name="*")
        statements = [
            iam.PolicyStatement(actions=["ssm:SendCommand"], resources=[document]),
            iam.PolicyStatement(
                actions=["ssm:SendCommand"],
                resources=[instances],
                conditions={"StringEquals": {"ssm:resourceTag/aws:autoscaling:groupName": self._group_name}},
            ),
            iam.PolicyStatement(actions=["ssm:GetCommandInvocation"], resources=["*"]),
        ]
        policy = iam.Policy(self, "FunctionMayCommand", roles=[_role_of(self.function)], statements=statements)
        acknowledge(
            policy,
            {
                wildcard(self, instances): "The group's instances, by the tag that Auto Scaling gives them.",
                "AwsSolutions-IAM5[Resource::*]": "ssm:GetCommandInvocation takes no resource in a policy.",
            },
        )
        return policy

    def _watch(self, alarms: Alarms) -> None:
        period = Duration.minutes(_MINUTES_5)
        alarms.add(
            "LogsNotCollected",
            cloudwatch.Metric(
                namespace=defaults.FLEET_METRIC_NAMESPACE,
                metric_name="LogsNotCollected",
                dimensions_map={"service": _PACKAGE, "AutoScalingGroupName": self._group_name},
                statistic="Sum",
                period=period,
            ),
            1,
            "An instance was terminated without its logs. The function's log says why.",
        )
        alarms.add(
            "FunctionErrors",
            self.function.metric_errors(statistic="Sum", period=period),
            1,
            "The function that collects logs failed. See its log.",
        )


def _role_of(function: lambda_.Function) -> iam.IRole:
    assert function.role is not None, "a function made here has its own role"  # noqa: S101 - for the type checker
    return function.role
