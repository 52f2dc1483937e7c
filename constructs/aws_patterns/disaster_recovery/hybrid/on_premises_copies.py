"""Files of a data centre, copied into a bucket as they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_datasync as datasync
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._defaults import LOG_RETENTION
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.hybrid._bucket_role import bucket_role
from aws_patterns.disaster_recovery.hybrid.hybrid_options import check_on_premises_copies

_BUCKET = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
_OBJECTS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionTagging",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:PutObjectTagging",
)


class OnPremisesCopies(Construct):
    """A DataSync task that compares a folder of an NFS server with a bucket and copies what differs, at fixed times.

    What is deleted on premises stays in the bucket: nobody deletes both by mistake. Use it for files that AWS shall
    serve when the data centre is lost; what changed since the last run is then lost with it. Not for databases that are
    in use, and not for files that both sides write (AWS: a file gateway, see ``FileGatewayAccess``).

    >>> OnPremisesCopies(
    ...     stack,
    ...     "Copies",
    ...     server="files.corp.example.org",
    ...     path="/export/files",
    ...     agent_arns=["arn:aws:datasync:eu-west-1:111122223333:agent/agent-0123456789abcdef0"],
    ...     bucket=s3.Bucket(stack, "Files"),
    ... )

    Args:
        server: Name or address of the NFS server, as the agent knows it.
        agent_arns: Of the DataSync agents beside it, which a person deploys and activates there.
        bucket: Holds the copies; encrypted with keys that S3 owns, else let ``role`` use the key.
        path: That the server exports. Default ``/``.
        prefix: Of the keys of the copies, without a slash at its ends. Default: none.
        every_hours: How often it copies, 1 to 24. Default 1.
        alarm_topic: Told when nothing is copied. Default: alarms tell nobody.
        removal_policy: Of its log. Default ``RETAIN``.

    Attributes:
        task: The task.
        role: Writes the copies.
        alarms: ``Late``: nothing has been compared for three times as long as it should take.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/datasync/latest/userguide/create-nfs-location.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        server: str,
        agent_arns: Sequence[str],
        bucket: s3.IBucket,
        path: str = "/",
        prefix: str = "",
        every_hours: int = defaults.COPY_HOURS,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"OnPremisesCopies {self.node.path}") as problems:
            check_on_premises_copies(problems, server=server, path=path, agent_arns=agent_arns, every_hours=every_hours)
        self.role, allowed = bucket_role(
            self, service="datasync.amazonaws.com", bucket=bucket, of_bucket=_BUCKET, of_objects=_OBJECTS, prefix=prefix
        )
        source = datasync.CfnLocationNFS(
            self,
            "Source",
            server_hostname=server,
            subdirectory=path,
            on_prem_config=datasync.CfnLocationNFS.OnPremConfigProperty(agent_arns=list(agent_arns)),
            mount_options=datasync.CfnLocationNFS.MountOptionsProperty(version="AUTOMATIC"),
        )
        destination = datasync.CfnLocationS3(
            self,
            "Destination",
            s3_bucket_arn=bucket.bucket_arn,
            s3_config=datasync.CfnLocationS3.S3ConfigProperty(bucket_access_role_arn=self.role.role_arn),
            subdirectory=f"/{prefix}",
        )
        # DataSync tries the role when it is told of the bucket.
        destination.node.add_dependency(allowed)
        log, written = self._log(removal_policy)
        self.task = datasync.CfnTask(
            self,
            "Task",
            source_location_arn=source.attr_location_arn,
            destination_location_arn=destination.attr_location_arn,
            cloud_watch_log_group_arn=log.log_group_arn,
            schedule=datasync.CfnTask.TaskScheduleProperty(schedule_expression=_schedule(every_hours)),
            options=datasync.CfnTask.OptionsProperty(
                log_level="BASIC",
                overwrite_mode="ALWAYS",
                preserve_deleted_files="PRESERVE",
                transfer_mode="CHANGED",
                verify_mode="ONLY_FILES_TRANSFERRED",
            ),
        )
        self.task.node.add_dependency(written)
        self.alarms: Mapping[str, cloudwatch.Alarm] = self._alarms(every_hours, alarm_topic)

    def _log(self, removal_policy: RemovalPolicy) -> tuple[logs.LogGroup, logs.ResourcePolicy]:
        log = logs.LogGroup(self, "Log", retention=logs.RetentionDays[LOG_RETENTION], removal_policy=removal_policy)
        tasks = Stack.of(self).format_arn(service="datasync", resource="task", resource_name="*")
        may_write = iam.PolicyStatement(
            principals=[iam.ServicePrincipal("datasync.amazonaws.com")],
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[log.log_group_arn],
            conditions={
                "ArnLike": {"aws:SourceArn": tasks},
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            },
        )
        return log, logs.ResourcePolicy(self, "LogPolicy", policy_statements=[may_write])

    def _alarms(self, every_hours: int, topic: sns.ITopic | None) -> Mapping[str, cloudwatch.Alarm]:
        alarms = Alarms(self, topic)
        alarms.add(
            "Late",
            cloudwatch.Metric(
                namespace="AWS/DataSync",
                metric_name="FilesPreparedSource",
                dimensions_map={"TaskId": self._task_id()},
                statistic="SampleCount",
                period=Duration.hours(every_hours),
            ),
            1,
            "Nothing was compared with the data centre for a while: see the task's executions, the agent, the VPN.",
            periods=defaults.LATE_COPIES,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        return alarms.by_id

    def _task_id(self) -> str:
        """The last part of ``arn:aws:datasync:region:account:task/task-0123``."""
        return Fn.select(1, Fn.split("/", self.task.attr_task_arn))


def _schedule(every_hours: int) -> str:
    return f"rate({every_hours} hour{'' if every_hours == 1 else 's'})"
