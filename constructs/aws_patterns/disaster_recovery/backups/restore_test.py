"""Restores backups again and again, compares what comes out of them, and deletes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_backup as backup
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
from aws_patterns.disaster_recovery.backups._backup_metrics import backup_metric
from aws_patterns.disaster_recovery.backups._restore_test_reading import let_compare
from aws_patterns.disaster_recovery.backups.backup_roles import RestoreRole
from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
from aws_patterns.disaster_recovery.backups.restore_test_options import check_restore_test

_SCHEDULE = f"cron(0 {defaults.RESTORE_TEST_HOUR} ? * {defaults.RESTORE_TEST_WEEKDAY} *)"
_NEXT = "What was not judged is no good test, and too long without one is an alarm."


class RestoreTest(Construct):
    """Restores the newest backup of each table and bucket in a vault under another name, and compares the contents.

    Use it in the Region of the copies: those are what is restored on the day that counts, and a backup that was never
    restored is a hope. AWS Backup's restore testing starts the jobs and deletes what they made; a function compares it
    with the originals, item by item, and says so to AWS Backup. Not a rehearsal of a failover: nothing serves from what
    is restored.

    >>> vault = BackupVault(stack, "Vault", name="orders-backups")
    >>> RestoreTest(stack, "RestoreTest", name="orders", vault=vault, tables=["orders"], source_region="us-east-1")

    The originals live on while a backup is tested. What was written since is told from what the backup lost by its
    time: objects have one, items where ``written_attribute`` names theirs. Without it only ``least_identical_percent``
    is asked for.

    Args:
        name: Of the plan: 1 to 50 letters, digits or underscores.
        vault: Whose recovery points are tested, all of them.
        tables: Names of the originals in this account; one may end in ``*``, for what is restored in this Region or in
            ``source_region``. Default: none.
        buckets: Names of the originals. Default: none.
        source_region: Where they are. Default: the stack's own Region.
        schedule: ``cron(...)`` in UTC. Default: Sundays at five.
        start_hours: Within how long of that AWS Backup begins, 1 to 168. Default 8.
        validation_hours: How long what was restored waits to be compared before it is deleted, 1 to 168. Default 4.
        window_days: How old a recovery point may be that is tested, 1 to 365. Default 30.
        compared_items: How many items or objects are read on both sides, 1 to 20,000. Default 1,000.
        least_identical_percent: Of those that don't say when they were written, 1 to 100. Default 90.
        written_attribute: Of items: when they were written last, in ISO 8601 or in seconds or milliseconds since 1970.
            Default: items don't say.
        source_keys: ARNs of customer managed keys that encrypt the originals. Default: none.
        silence_days: Without a good test for so long an alarm tells, 1 to 28. Default 8.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of the function's log. Default ``RETAIN``.

    Attributes:
        plan: The restore testing plan.
        selections: What it tests, by ``DynamoDB`` and ``S3``.
        role: Whom AWS Backup is when it restores, under names that begin with ``awsbackup-restore-test-``.
        function: Compares.
        alarms: By id. ``RestoreFails``, ``RestoreTestFails`` (the contents differ) and ``RestoreTestSilent``.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        vault: BackupVault,
        tables: Sequence[str] = (),
        buckets: Sequence[str] = (),
        source_region: str | None = None,
        schedule: str = _SCHEDULE,
        start_hours: int = defaults.RESTORE_TEST_START_HOURS,
        validation_hours: int = defaults.RESTORE_TEST_VALIDATION_HOURS,
        window_days: int = defaults.RESTORE_TEST_WINDOW_DAYS,
        compared_items: int = defaults.COMPARED_ITEMS,
        least_identical_percent: int = defaults.LEAST_IDENTICAL_PERCENT,
        written_attribute: str | None = None,
        source_keys: Sequence[str] = (),
        silence_days: int = defaults.RESTORE_TEST_SILENCE_DAYS,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"RestoreTest {self.node.path}") as problems:
            check_restore_test(
                problems,
                name=name,
                tested=len(tables) + len(buckets),
                source_region=source_region,
                schedule=schedule,
                start_hours=start_hours,
                validation_hours=validation_hours,
                window_days=window_days,
                compared_items=compared_items,
                least_identical_percent=least_identical_percent,
                written_attribute=written_attribute,
                silence_days=silence_days,
            )
        restored = [f"{defaults.RESTORE_TEST_PREFIX}*"]
        role = RestoreRole(
            self, "Role", vault=vault, tables=restored if tables else (), buckets=restored if buckets else ()
        )
        self.role = role.role
        self.plan = backup.CfnRestoreTestingPlan(
            self,
            "Plan",
            restore_testing_plan_name=name,
            schedule_expression=schedule,
            start_window_hours=start_hours,
            recovery_point_selection=backup.CfnRestoreTestingPlan.RestoreTestingRecoveryPointSelectionProperty(
                algorithm="LATEST_WITHIN_WINDOW",
                include_vaults=[vault.arn],
                recovery_point_types=["SNAPSHOT"],
                selection_window_days=window_days,
            ),
        )
        self.plan.node.add_dependency(vault)
        kinds = {"DynamoDB": tables, "S3": buckets}
        self.selections = {
            kind: self._selection(kind, role, validation_hours) for kind, tested in kinds.items() if tested
        }
        self.function: lambda_.Function = python_function(
            self,
            "Function",
            package="restore_validation",
            description="Compares what restore tests have restored with the originals",
            environment={
                "PLAN": name,
                "PLAN_ARN": self.plan.attr_restore_testing_plan_arn,
                "SOURCE_REGION": source_region or Aws.REGION,
                "COMPARED_ITEMS": str(compared_items),
                "LEAST_IDENTICAL_PERCENT": str(least_identical_percent),
                "WRITTEN_ATTRIBUTE": written_attribute or "",
                "POWERTOOLS_METRICS_NAMESPACE": defaults.BACKUP_METRIC_NAMESPACE,
            },
            timeout_seconds=defaults.RESTORE_VALIDATION_TIMEOUT_SECONDS,
            removal_policy=removal_policy,
            no_dead_letters=_NEXT,
        )
        allowed = let_compare(
            self,
            self.function,
            tables=tables,
            buckets=buckets,
            source_region=source_region,
            source_keys=source_keys,
        )
        self._let_judge(allowed)
        for rule in (self._when_restored(), self._regularly()):
            acknowledge(rule, {"Serverless-EventBusDLQ": _NEXT})
            rule.node.add_dependency(allowed)
        self.alarms: Mapping[str, cloudwatch.Alarm] = self._alarms(name, vault, silence_days, alarm_topic)

    def _selection(self, kind: str, role: RestoreRole, validation_hours: int) -> backup.CfnRestoreTestingSelection:
        selection = backup.CfnRestoreTestingSelection(
            self,
            kind,
            restore_testing_plan_name=self.plan.restore_testing_plan_name,
            restore_testing_selection_name=kind,
            protected_resource_type=kind,
            # Of the vault that the plan names: it holds copies of resources of another Region.
            protected_resource_arns=["*"],
            iam_role_arn=role.role.role_arn,
            validation_window_hours=validation_hours,
        )
        selection.node.add_dependency(self.plan, role)
        return selection

    def _let_judge(self, policy: iam.Policy) -> None:
        """None of the first three knows resources in a policy."""
        policy.add_statements(
            iam.PolicyStatement(
                actions=["backup:DescribeRestoreJob", "backup:ListRestoreJobs", "backup:PutRestoreValidationResult"],
                resources=["*"],
            ),
            iam.PolicyStatement(
                actions=["backup:GetRestoreTestingPlan"], resources=[self.plan.attr_restore_testing_plan_arn]
            ),
        )
        acknowledge(policy, {"AwsSolutions-IAM5[Resource::*]": "Restore jobs are no resources in a policy."})

    def _when_restored(self) -> events.Rule:
        return events.Rule(
            self,
            "Restored",
            description=f"What {self.node.path} has restored is there to be compared",
            event_pattern=events.EventPattern(
                source=["aws.backup"],
                detail_type=["Restore Job State Change"],
                detail={
                    "status": ["COMPLETED"],
                    "restoreTestingPlanArn": [self.plan.attr_restore_testing_plan_arn],
                },
            ),
            targets=[targets.LambdaFunction(self.function, retry_attempts=3)],
        )

    def _regularly(self) -> events.Rule:
        return events.Rule(
            self,
            "Look",
            description="Looks how long ago the last good restore test was",
            schedule=events.Schedule.rate(Duration.hours(defaults.RESTORE_TEST_LOOK_HOURS)),
            targets=[targets.LambdaFunction(self.function, retry_attempts=1)],
        )

    def _alarms(
        self, name: str, vault: BackupVault, silence_days: int, topic: sns.ITopic | None
    ) -> Mapping[str, cloudwatch.Alarm]:
        alarms = Alarms(self, topic)
        see = f"See the restore testing plan {name} in AWS Backup"
        alarms.add(
            "RestoreFails",
            backup_metric("NumberOfRestoreJobsFailed", vault.name),
            1,
            f"A backup could not be restored. {see}: the job says what was missing.",
        )
        alarms.add(
            "RestoreTestFails",
            self._metric("RestoreTestsFailed", name, Duration.minutes(5), "Sum", cloudwatch.Unit.COUNT),
            1,
            f"What was restored is not what was backed up. {see}: the job says how many items differ.",
        )
        every = Duration.hours(defaults.RESTORE_TEST_LOOK_HOURS)
        alarms.add(
            "RestoreTestSilent",
            self._metric("LastGoodRestoreTestAge", name, every, "Minimum", cloudwatch.Unit.SECONDS),
            silence_days * 86_400,
            f"No restore test was good for {silence_days} days, or nobody looks. {see}.",
            periods=2,
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        return alarms.by_id

    def _metric(
        self, metric: str, plan: str, period: Duration, statistic: str, unit: cloudwatch.Unit
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=defaults.BACKUP_METRIC_NAMESPACE,
            metric_name=metric,
            dimensions_map={"Plan": plan, "service": "restore_validation"},
            statistic=statistic,
            period=period,
            unit=unit,
        )
