"""How old the newest backup is, of that which has the oldest one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration, Names, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._alarms import Alarms
from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
from aws_patterns.disaster_recovery.backups.recovery_point_watch_options import check_recovery_point_watch

_AGE = "RecoveryPointAge"


class RecoveryPointWatch(Construct):
    """Looks into a vault four times an hour, and tells when it has nothing young enough of something.

    Use it wherever backups are counted on, most of all in the Region of the copies: jobs that failed are counted by AWS
    Backup where they ran, but nobody counts those that never began, or a vault that gets nothing any more. `BackupPlan`
    brings one for its own vault. The age is that of the data, not of the copy.

    >>> vault = BackupVault(stack, "Vault", name="orders-backups")
    >>> RecoveryPointWatch(stack, "Watch", vault=vault, tables=["orders"], source_region="us-east-1", oldest_hours=27)

    Args:
        vault: Into which it looks.
        tables: Names of tables of this account. Default: none.
        buckets: Names of buckets. Default: none.
        source_region: Where the tables are, or were. Default: the stack's own Region.
        oldest_hours: How old the newest recovery point of each may be, 1 to 960.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of the function's log. Default ``RETAIN``.

    Attributes:
        function: Looks.
        metric: The age of the newest recovery point in seconds, of that which has the oldest one.
        alarms: By id. ``RecoveryPointTooOld``: also when nothing looks, or there is none at all.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_backing_up_data_automated_backups_data.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vault: BackupVault,
        tables: Sequence[str] = (),
        buckets: Sequence[str] = (),
        source_region: str | None = None,
        oldest_hours: int,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"RecoveryPointWatch {self.node.path}") as problems:
            check_recovery_point_watch(problems, watched=len(tables) + len(buckets), oldest_hours=oldest_hours)
        stack = Stack.of(self)
        watched = [
            stack.format_arn(service="dynamodb", region=source_region, resource="table", resource_name=name)
            for name in tables
        ] + [f"arn:{Aws.PARTITION}:s3:::{name}" for name in buckets]
        dimensions = {"Vault": vault.name, "Watch": Names.unique_resource_name(self, max_length=64)}
        the_next = "A look that failed is repaired by the next one, and silence raises an alarm."
        self.function: lambda_.Function = python_function(
            self,
            "Function",
            package="recovery_point_watch",
            description="Looks how old the newest recovery points are",
            environment={
                "VAULT": vault.name,
                "WATCH": dimensions["Watch"],
                "RESOURCES": stack.to_json_string(watched),
                "POWERTOOLS_METRICS_NAMESPACE": defaults.BACKUP_METRIC_NAMESPACE,
            },
            timeout_seconds=defaults.RECOVERY_POINT_WATCH_TIMEOUT_SECONDS,
            removal_policy=removal_policy,
            no_dead_letters=the_next,
        )
        allowed = self._let_look(vault)
        every = Duration.minutes(defaults.RECOVERY_POINT_LOOK_MINUTES)
        rule = events.Rule(
            self,
            "Rule",
            description="Looks how old the newest recovery points are",
            schedule=events.Schedule.rate(every),
            targets=[targets.LambdaFunction(self.function, retry_attempts=0, max_event_age=Duration.minutes(1))],
        )
        acknowledge(rule, {"Serverless-EventBusDLQ": the_next})
        rule.node.add_dependency(allowed)
        self.metric = cloudwatch.Metric(
            namespace=defaults.BACKUP_METRIC_NAMESPACE,
            metric_name=_AGE,
            dimensions_map={**dimensions, "service": "recovery_point_watch"},
            statistic="Maximum",
            period=every,
            unit=cloudwatch.Unit.SECONDS,
        )
        alarms = Alarms(self, alarm_topic)
        alarms.add(
            "RecoveryPointTooOld",
            self.metric,
            oldest_hours * 3600,
            f"The newest recovery point of something in the vault {vault.name} is older than {oldest_hours} hours, or "
            "nobody looks: what was written since would be lost. The function's log names it. See the jobs of AWS "
            "Backup where the originals are.",
            periods=2,
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id

    def _let_look(self, vault: BackupVault) -> iam.Policy:
        role = self.function.role
        assert isinstance(role, iam.Role)  # noqa: S101 - for the type checker
        looked = iam.PolicyStatement(actions=["backup:ListRecoveryPointsByBackupVault"], resources=[vault.arn])
        return iam.Policy(self, "MayLook", roles=[role], statements=[looked])
