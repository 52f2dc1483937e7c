"""Backups of tables and buckets at their times, each copied to where its Region's loss does not reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Annotations, Duration, RemovalPolicy, Stack, Token
from aws_cdk import aws_backup as backup
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.backups._backup_metrics import backup_metric
from aws_patterns.disaster_recovery.backups._recovery_points import vault_arn
from aws_patterns.disaster_recovery.backups.backup_plan_options import (
    DAILY,
    BackupCopy,
    BackupRule,
    check_backup_plan,
    recovery_of,
)
from aws_patterns.disaster_recovery.backups.backup_roles import BackupRole
from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
from aws_patterns.disaster_recovery.backups.recovery_point_watch import RecoveryPointWatch
from aws_patterns.recovery import RecoveryCharacteristics


class BackupPlan(Construct):
    """Backs tables and buckets up at fixed times, copies each backup to other Regions, and tells when that fails.

    Use it for data that must come back after it was deleted, spoiled or lost with its Region, where some hours of it
    may be missing. Not where only minutes may: a global table or a replicated bucket has the changes elsewhere in
    seconds, the unwanted ones too, so have both. Each copy needs a `BackupVault` there, deployed first.

    >>> table = dynamodb.TableV2(stack, "Orders", partition_key={"name": "id", "type": dynamodb.AttributeType.STRING})
    >>> vault = BackupVault(stack, "Vault", name="orders-backups")
    >>> elsewhere = BackupCopy(vault_name="orders-backups", region="eu-west-1")
    >>> BackupPlan(stack, "Backups", name="orders", vault=vault, tables=[table], copies=[elsewhere])

    Args:
        name: Of the plan.
        vault: Where the backups are kept, in this Region.
        tables: What is backed up. Default: none.
        buckets: What is backed up; with versions, or AWS Backup refuses. Default: none.
        rules: When, and for how long they are kept. Default: once a day, for 35 days.
        copies: Vaults that get a copy of each backup, 5 at most. Default: none, and a warning says so.
        late_hours: By how many hours a recovery point may be late before an alarm tells, 1 to 168. Default 3: the
            window in which a backup begins, and the time that it takes.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of logs. Default ``RETAIN``.

    Attributes:
        plan: The plan, as everything in the CDK takes it.
        role: Whom AWS Backup is when it backs up and copies.
        watch: Looks how old the newest recovery points are.
        alarms: By id. ``BackupFails``, ``BackupExpires`` (not begun, or not ended, in its window), ``CopyFails``, and
            those of ``watch``.
        recovery: What follows from the loss of something, for what is backed up.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/about-backup-plans.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        vault: BackupVault,
        tables: Sequence[dynamodb.ITable | dynamodb.ITableV2] = (),
        buckets: Sequence[s3.IBucket] = (),
        rules: Sequence[BackupRule] = (DAILY,),
        copies: Sequence[BackupCopy] = (),
        late_hours: int = defaults.BACKUP_LATE_HOURS,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        region = Stack.of(self).region
        with Problems(f"BackupPlan {self.node.path}") as problems:
            check_backup_plan(
                problems,
                name=name,
                tables=len(tables),
                buckets=len(buckets),
                rules=rules,
                copies=copies,
                lock=vault.lock,
                own_region=None if Token.is_unresolved(region) else region,
            )
            problems.between("late_hours", late_hours, 1, defaults.LONGEST_LATE_HOURS, " hours")
        if not copies:
            Annotations.of(self).add_warning_v2(
                "aws-patterns:backupsOfOneRegion",
                f"The backups of {self.node.path} are in the Region of what they back up and are lost with it: name a "
                "vault of another one in copies",
            )
        keys = [table.encryption_key for table in tables] + [bucket.encryption_key for bucket in buckets]
        self._role = BackupRole(
            self,
            "Role",
            vault=vault,
            tables=[table.table_name for table in tables],
            buckets=[bucket.bucket_name for bucket in buckets],
            copies=copies,
            encryption_keys=[key for key in keys if key is not None],
        )
        self.role = self._role.role
        destinations = [self._destination(copy, place) for place, copy in enumerate(copies)]
        self.plan = backup.BackupPlan(
            self,
            "Plan",
            backup_plan_name=name,
            backup_plan_rules=[self._rule(rule, vault, copies, destinations) for rule in rules],
        )
        selection = backup.BackupSelection(
            self,
            "Selection",
            backup_plan=self.plan,
            resources=[
                backup.BackupResource.from_arn(arn)
                for arn in (*(table.table_arn for table in tables), *(bucket.bucket_arn for bucket in buckets))
            ],
            role=self.role,
            # What they would allow holds for every table and bucket of the account.
            disable_default_backup_policy=True,
        )
        selection.node.add_dependency(self._role)
        self.watch = RecoveryPointWatch(
            self,
            "Watch",
            vault=vault,
            tables=[table.table_name for table in tables],
            buckets=[bucket.bucket_name for bucket in buckets],
            oldest_hours=min(rule.every_hours for rule in rules) + late_hours,
            alarm_topic=alarm_topic,
            removal_policy=removal_policy,
        )
        self.alarms: Mapping[str, cloudwatch.Alarm] = {**self._alarms(vault, alarm_topic), **self.watch.alarms}
        self.recovery: RecoveryCharacteristics = recovery_of(rules, copies)

    def grant_pass_role(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody start backups and copies of these tables and buckets besides the plan's."""
        return self._role.grant_pass(grantee)

    def _destination(self, copy: BackupCopy, place: int) -> backup.IBackupVault:
        arn = vault_arn(self, copy.vault_name, region=copy.region, account=copy.account)
        return backup.BackupVault.from_backup_vault_arn(self, f"Destination{place}", arn)

    def _rule(
        self,
        rule: BackupRule,
        vault: BackupVault,
        copies: Sequence[BackupCopy],
        destinations: Sequence[backup.IBackupVault],
    ) -> backup.BackupPlanRule:
        return backup.BackupPlanRule(
            rule_name=rule.name,
            backup_vault=vault.vault,
            schedule_expression=events.Schedule.expression(rule.schedule),
            start_window=Duration.minutes(rule.start_minutes),
            completion_window=Duration.minutes(rule.complete_minutes),
            delete_after=Duration.days(rule.keep_days),
            move_to_cold_storage_after=_days(rule.cold_after_days),
            copy_actions=[
                _copied(copy, rule, destination) for copy, destination in zip(copies, destinations, strict=True)
            ],
        )

    def _alarms(self, vault: BackupVault, topic: sns.ITopic | None) -> Mapping[str, cloudwatch.Alarm]:
        alarms = Alarms(self, topic)
        see = f"See the jobs of the vault {vault.name} in AWS Backup: each says what was missing."
        for id, metric, what in (
            ("BackupFails", "NumberOfBackupJobsFailed", "A backup failed: the last good one gets older."),
            ("BackupExpires", "NumberOfBackupJobsExpired", "A backup did not begin, or did not end, in its window."),
            ("CopyFails", "NumberOfCopyJobsFailed", "A backup was not copied: the loss of this Region would take it."),
        ):
            alarms.add(id, backup_metric(metric, vault.name), 1, f"{what} {see}")
        return alarms.by_id


def _copied(copy: BackupCopy, rule: BackupRule, destination: backup.IBackupVault) -> backup.BackupPlanCopyActionProps:
    keep, cold = copy.kept(rule)
    return backup.BackupPlanCopyActionProps(
        destination_backup_vault=destination,
        delete_after=Duration.days(keep),
        move_to_cold_storage_after=_days(cold),
    )


def _days(days: int | None) -> Duration | None:
    return None if days is None else Duration.days(days)
