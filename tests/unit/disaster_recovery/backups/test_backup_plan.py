"""What a plan backs up, when, where copies go, whom it is allowed, and what is told when it fails."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match, Template

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery.backups.backup_plan import BackupPlan
from aws_patterns.disaster_recovery.backups.backup_plan_options import (
    BackupCopy,
    BackupRule,
    check_backup_plan,
    recovery_of,
)
from aws_patterns.disaster_recovery.backups.backup_roles import BackupRole, RestoreRole
from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock
from aws_patterns.recovery import HOUR, MINUTE, Loss

HERE = cdk.Environment(account="111122223333", region="eu-west-1")
ELSEWHERE = BackupCopy(vault_name="orders-copies", region="eu-central-1")


def new_stack(env: cdk.Environment | None = HERE) -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S", env=env)


def plan(stack: cdk.Stack | None = None, **props: Any) -> Template:
    stack = stack or new_stack()
    vault = BackupVault(stack, "Vault", name="orders", lock=props.pop("lock", None))
    wanted = {"tables": [dynamodb.Table.from_table_name(stack, "Table", "orders")], "copies": [ELSEWHERE], **props}
    BackupPlan(stack, "Backups", name="orders", vault=vault, **wanted)
    return Template.from_stack(stack)


def rules(template: Template) -> list[dict[str, Any]]:
    (found,) = template.find_resources("AWS::Backup::BackupPlan").values()
    return list(found["Properties"]["BackupPlan"]["BackupPlanRule"])


def statements(template: Template, role: str) -> list[Mapping[str, Any]]:
    return [
        statement
        for name, policy in template.find_resources("AWS::IAM::Policy").items()
        if role in name
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def actions_on(found: Sequence[Mapping[str, Any]], resource: str) -> set[str]:
    """What is allowed on whatever has this in its ARN."""
    return {
        action
        for statement in found
        if resource in json.dumps(statement["Resource"])
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


class TestRules:
    def test_once_a_day_kept_for_five_weeks_and_copied(self) -> None:
        (rule,) = rules(plan())
        (copy,) = rule.pop("CopyActions")
        assert rule == {
            "RuleName": "daily",
            "TargetBackupVault": {"Fn::GetAtt": [rule["TargetBackupVault"]["Fn::GetAtt"][0], "BackupVaultName"]},
            "ScheduleExpression": "cron(0 3 ? * * *)",
            "StartWindowMinutes": 60,
            "CompletionWindowMinutes": 720,
            "Lifecycle": {"DeleteAfterDays": 35},
        }
        assert copy["Lifecycle"] == {"DeleteAfterDays": 35}
        destination = json.dumps(copy["DestinationBackupVaultArn"])
        assert ":backup:eu-central-1:111122223333:backup-vault:orders-copies" in destination

    @pytest.mark.parametrize(
        ("every", "at", "expression"),
        [
            (24, 0, "cron(0 0 ? * * *)"),
            (12, 15, "cron(0 3,15 ? * * *)"),
            (6, 1, "cron(0 1,7,13,19 ? * * *)"),
            (1, 3, f"cron(0 {','.join(map(str, range(24)))} ? * * *)"),
        ],
    )
    def test_more_often(self, every: int, at: int, expression: str) -> None:
        assert BackupRule(name="often", every_hours=every, at_hour=at).schedule == expression

    def test_cold_storage_and_copies_with_ages_of_their_own(self) -> None:
        aged = BackupRule(name="aged", cold_after_days=30, keep_days=400)
        copies = [ELSEWHERE, BackupCopy(vault_name="short", region="eu-north-1", keep_days=7)]
        (rule,) = rules(plan(rules=[aged], copies=copies))
        assert rule["Lifecycle"] == {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 400}
        assert [copy["Lifecycle"] for copy in rule["CopyActions"]] == [
            {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 400},
            {"DeleteAfterDays": 7},
        ]

    def test_another_account_gets_copies(self) -> None:
        (rule,) = rules(plan(copies=[BackupCopy(vault_name="v1", region="eu-west-1", account="444455556666")]))
        (copy,) = rule["CopyActions"]
        assert ":backup:eu-west-1:444455556666:backup-vault:v1" in json.dumps(copy["DestinationBackupVaultArn"])

    def test_only_what_is_named_is_backed_up(self) -> None:
        stack = new_stack()
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "letters")
        template = plan(stack, buckets=[bucket])
        (selection,) = template.find_resources("AWS::Backup::BackupSelection").values()
        chosen = json.dumps(selection["Properties"]["BackupSelection"]["Resources"])
        assert ":dynamodb:eu-west-1:111122223333:table/orders" in chosen
        assert ":s3:::letters" in chosen
        assert "ListOfTags" not in selection["Properties"]["BackupSelection"]

    def test_backups_of_one_region_are_warned_of(self) -> None:
        stack = new_stack()
        plan(stack, copies=())
        Annotations.from_stack(stack).has_warning(
            "/S/Backups", Match.string_like_regexp("are in the Region of what they back up and are lost with it")
        )


class TestRole:
    def test_it_backs_up_these_tables_and_copies_to_that_vault(self) -> None:
        template = plan()
        found = statements(template, "BackupsRole")
        assert actions_on(found, "table/orders") == {
            "dynamodb:DescribeTable",
            "dynamodb:ListTagsOfResource",
            "dynamodb:StartAwsBackupJob",
        }
        assert actions_on(found, "backup-vault:orders-copies") == {"backup:CopyIntoBackupVault"}
        assert "backup:CopyFromBackupVault" in actions_on(found, "backup-vault:orders")
        assert not any("s3:" in str(statement["Action"]) for statement in found)
        assert all(statement["Resource"] != "*" for statement in found)
        (role,) = [
            role for name, role in template.find_resources("AWS::IAM::Role").items() if name.startswith("BackupsRole")
        ]
        assert "ManagedPolicyArns" not in role["Properties"]
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "backup.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}} or (
            trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
        )

    def test_the_key_of_the_copies_is_known_by_its_alias(self) -> None:
        found = statements(plan(), "BackupsRole")
        used = [one for one in found if ":kms:eu-central-1:111122223333:key/*" in json.dumps(one["Resource"])]
        assert len(used) == 2
        for statement in used:
            by_alias = statement["Condition"]["ForAnyValue:StringEquals"]
            assert by_alias == {"kms:ResourceAliases": "alias/orders-copies"}
        (granted,) = [one for one in used if one["Action"] == "kms:CreateGrant"]
        assert granted["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}

    def test_a_key_that_is_given_is_named(self) -> None:
        key = "arn:aws:kms:eu-central-1:111122223333:key/1"
        copy = BackupCopy(vault_name="orders-copies", region="eu-central-1", key=key)
        assert "kms:GenerateDataKey" in actions_on(statements(plan(copies=[copy]), "BackupsRole"), key)

    def test_a_bucket_takes_more(self) -> None:
        stack = new_stack()
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "letters")
        found = statements(plan(stack, tables=(), buckets=[bucket]), "BackupsRole")
        assert "s3:GetObjectVersion" in actions_on(found, ":s3:::letters/*")
        assert "s3:PutInventoryConfiguration" in actions_on(found, ":s3:::letters")
        assert "events:PutRule" in actions_on(found, "rule/AwsBackupManagedRule*")
        assert not any("dynamodb:" in str(statement["Action"]) for statement in found)

    def test_a_restore_writes_to_new_names_only(self) -> None:
        stack = new_stack()
        vault = BackupVault(stack, "Vault", name="orders")
        made = RestoreRole(stack, "Restore", vault=vault, tables=["orders-restored-*"], buckets=["letters-restored"])
        operator = iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal())
        made.grant_pass(operator).assert_success()
        template = Template.from_stack(stack)
        found = statements(template, "RestoreRole")
        assert "dynamodb:RestoreTableFromAwsBackup" in actions_on(found, "table/orders-restored-*")
        assert "s3:CreateBucket" in actions_on(found, ":s3:::letters-restored")
        assert "s3:PutObject" in actions_on(found, ":s3:::letters-restored/*")
        (passed,) = statements(template, "Operator")
        assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "backup.amazonaws.com"}}

    def test_a_role_for_backups_that_somebody_asks_for(self) -> None:
        stack = new_stack()
        vault = BackupVault(stack, "Vault", name="orders")
        BackupRole(stack, "OnDemand", vault=vault, tables=["orders-restored-*"], copies=[ELSEWHERE])
        found = statements(Template.from_stack(stack), "OnDemand")
        assert "dynamodb:StartAwsBackupJob" in actions_on(found, "table/orders-restored-*")

    def test_keys_of_what_is_backed_up_are_used_through_their_service(self) -> None:
        stack = new_stack()
        table = dynamodb.Table(
            stack,
            "Own",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        )
        found = statements(plan(stack, tables=[table]), "BackupsRole")
        (read,) = [one for one in found if one["Action"] == ["kms:Decrypt", "kms:DescribeKey"]]
        assert "dynamodb.eu-west-1." in json.dumps(read["Condition"])


class TestAlarms:
    def test_each_way_to_fail_is_told(self) -> None:
        stack = new_stack()
        topic = sns.Topic(stack, "Operators")
        template = plan(stack, alarm_topic=topic)
        found = {
            alarm["Properties"]["MetricName"]: alarm["Properties"]
            for alarm in template.find_resources("AWS::CloudWatch::Alarm").values()
        }
        assert set(found) == {
            "NumberOfBackupJobsFailed",
            "NumberOfBackupJobsExpired",
            "NumberOfCopyJobsFailed",
            "RecoveryPointAge",
        }
        assert found["NumberOfBackupJobsFailed"]["Dimensions"] == [{"Name": "BackupVaultName", "Value": "orders"}]
        assert all(len(alarm["AlarmActions"]) == 1 for alarm in found.values())

    @pytest.mark.parametrize(("every", "late", "hours"), [(24, None, 27), (1, None, 4), (6, 1, 7)])
    def test_a_backup_that_never_began_is_told_by_its_age(self, every: int, late: int | None, hours: int) -> None:
        often = BackupRule(name="often", every_hours=every)
        more: dict[str, Any] = {} if late is None else {"late_hours": late}
        template = plan(rules=[often, BackupRule(name="daily")], **more)
        (alarm,) = template.find_resources(
            "AWS::CloudWatch::Alarm", {"Properties": {"MetricName": "RecoveryPointAge"}}
        ).values()
        assert alarm["Properties"]["Threshold"] == hours * HOUR
        assert alarm["Properties"]["TreatMissingData"] == "breaching"
        names = {one["Name"] for one in alarm["Properties"]["Dimensions"]}
        assert names == {"Vault", "Watch", "service"}


class TestRecovery:
    def test_follows_from_how_often_and_where_to(self) -> None:
        hourly = BackupRule(name="hourly", every_hours=1)
        found = recovery_of([hourly, BackupRule(name="daily")], [ELSEWHERE])
        point = found[Loss.REGION].recovery_point
        assert point is not None
        assert point.worst == HOUR + 60 * MINUTE + HOUR
        assert "eu-central-1" in found[Loss.REGION].how
        assert set(found) == set(Loss)

    def test_without_copies_a_region_takes_all(self) -> None:
        lost = recovery_of([BackupRule(name="daily")], [])[Loss.REGION]
        assert (lost.recovery_time, lost.recovery_point) == (None, None)


@pytest.mark.parametrize("env", [None, HERE])
def test_two_stand_in_one_stack_of_a_stage(env: cdk.Environment | None) -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(cdk.Stage(app, "Production"), "S", env=env)
    vault = BackupVault(stack, "Vault", name="orders")
    for name in ("First", "Second"):
        table = dynamodb.TableV2(
            stack, f"{name}Table", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        )
        BackupPlan(stack, name, name=name, vault=vault, tables=[table], copies=[ELSEWHERE])
    Template.from_stack(stack).resource_count_is("AWS::Backup::BackupPlan", 2)


class TestProblems:
    def test_all_are_told_at_once(self) -> None:
        bad = BackupRule(
            name="",
            every_hours=5,
            at_hour=24,
            start_minutes=30,
            complete_minutes=30,
            keep_days=100,
            cold_after_days=30,
        )
        same = BackupRule(name="daily")
        copies = [
            BackupCopy(vault_name="x", region="Frankfurt", account="12", key="alias/x", keep_days=0),
            BackupCopy(vault_name="orders", region="eu-west-1", cold_after_days=30),
        ]
        stack = new_stack()
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "letters")
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message below
            BackupPlan(
                stack,
                "Backups",
                name="all orders",
                vault=BackupVault(stack, "Vault", name="orders", lock=VaultLock(minimum_days=50, maximum_days=90)),
                buckets=[bucket],
                rules=[bad, same, same],
                copies=copies,
                late_hours=0,
            )
        assert str(caught.value) == (
            "BackupPlan S/Backups can't be built:\n"
            "  - name must be 1 to 50 letters, digits, dots, dashes or underscores, got 'all orders'\n"
            "  - rules[0].name must be 1 to 50 letters, digits, dots, dashes or underscores, got ''\n"
            "  - rules[0].every_hours must be one of 1, 2, 3, 4, 6, 8, 12, 24, got 5\n"
            "  - rules[0].at_hour must be between 0 and 23, got 24\n"
            "  - rules[0].start_minutes must be between 60 and 144000 minutes, got 30 minutes\n"
            "  - rules[0].complete_minutes must be between 60 and 144000 minutes, got 30 minutes\n"
            "  - rules[0].complete_minutes must be more than start_minutes, got 30 and 30\n"
            "  - rules[0].cold_after_days must be left out with buckets, whose backups never get cold: make a plan of "
            "their own for tables, got 30\n"
            "  - rules[0].keep_days must be at least 90 more than cold_after_days, got 100 and 30: cold storage is "
            "charged for 90 days\n"
            "  - rules[0].keep_days must be at most the 90 days of the vault's lock, got 100\n"
            "  - rules[1].keep_days must be at least the 50 days of the vault's lock, got 35\n"
            "  - rules[2].keep_days must be at least the 50 days of the vault's lock, got 35\n"
            "  - rules[2].name must be another than that of rules[1], got 'daily' for both\n"
            "  - copies[0].vault_name must be 2 to 50 letters, digits, dashes or underscores, got 'x'\n"
            "  - copies[0].region must be a Region's code such as eu-west-1, got 'Frankfurt'\n"
            "  - copies[0].account must be an account's number of 12 digits, got '12'\n"
            "  - copies[0].key must look like arn:aws:kms:Frankfurt:111122223333:key/..., got 'alias/x': leave it out "
            "where BackupVault made the key\n"
            "  - copies[0].keep_days must be between 1 and 36500 days, got 0 days\n"
            "  - copies[1].cold_after_days must be left out with buckets, whose backups never get cold: make a plan of "
            "their own for tables, got 30\n"
            "  - copies[1].keep_days must be at least 90 more than cold_after_days, got 35 and 30: cold storage is "
            "charged for 90 days\n"
            "  - copies[1].region must be another than the plan's own, got eu-west-1: a copy in the same Region and "
            "account is lost with the backup\n"
            "  - late_hours must be between 1 and 168 hours, got 0 hours"
        )

    def test_something_must_be_backed_up_by_some_rule(self) -> None:
        with pytest.raises(ValueError) as caught, Problems("It") as problems:  # noqa: PT011 - the message below
            check_backup_plan(problems, name="orders", tables=0, buckets=0, rules=[], copies=[ELSEWHERE] * 6)
        assert str(caught.value) == (
            "It can't be built:\n"
            "  - tables and buckets must be 1 to 500 together, got 0: a plan without them backs nothing up\n"
            "  - rules must hold at least one rule, got none: leave rules out for one backup a day\n"
            "  - copies must be 5 at most, got 6"
        )
