"""What a restore test restores, when, under which names, what compares it, and what is told when it is bad."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
from aws_patterns.disaster_recovery.backups.recovery_point_watch import RecoveryPointWatch
from aws_patterns.disaster_recovery.backups.restore_test import RestoreTest

HERE = cdk.Environment(account="111122223333", region="eu-central-1")


def new_stack(env: cdk.Environment | None = HERE) -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S", env=env)


def made(**props: Any) -> Template:
    stack = new_stack()
    vault = BackupVault(stack, "Vault", name="copies")
    wanted = {"name": "orders", "tables": ["orders"], "source_region": "eu-west-1", **props}
    RestoreTest(stack, "Test", vault=vault, **wanted)
    return Template.from_stack(stack)


def only(template: Template, kind: str) -> Mapping[str, Any]:
    (found,) = template.find_resources(kind).values()
    return dict(found["Properties"])


def allowed(template: Template, policy: str) -> dict[str, str]:
    """The resources of each action."""
    return {
        action: json.dumps(statement["Resource"])
        for name, found in template.find_resources("AWS::IAM::Policy").items()
        if policy in name
        for statement in found["Properties"]["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def test_the_newest_of_this_vault_is_restored_once_a_week() -> None:
    template = made()
    plan = only(template, "AWS::Backup::RestoreTestingPlan")
    assert (plan["RestoreTestingPlanName"], plan["ScheduleExpression"]) == ("orders", "cron(0 5 ? * SUN *)")
    chosen = plan["RecoveryPointSelection"]
    assert (chosen["Algorithm"], chosen["SelectionWindowDays"]) == ("LATEST_WITHIN_WINDOW", 30)
    assert ":backup:eu-central-1:111122223333:backup-vault:copies" in json.dumps(chosen["IncludeVaults"])
    selection = only(template, "AWS::Backup::RestoreTestingSelection")
    assert (selection["ProtectedResourceType"], selection["ValidationWindowHours"]) == ("DynamoDB", 4)


def test_each_kind_has_a_selection() -> None:
    found = made(buckets=["letters"]).find_resources("AWS::Backup::RestoreTestingSelection").values()
    assert sorted(one["Properties"]["ProtectedResourceType"] for one in found) == ["DynamoDB", "S3"]


def test_a_restore_writes_to_names_of_tests_only() -> None:
    found = allowed(made(buckets=["letters"]), "TestRole")
    for action in ("dynamodb:RestoreTableFromAwsBackup", "dynamodb:PutItem"):
        assert "table/awsbackup-restore-test-*" in found[action]
        assert "table/orders" not in found[action]
    assert ":s3:::awsbackup-restore-test-*" in found["s3:CreateBucket"]


def test_the_function_reads_both_sides_and_writes_to_none() -> None:
    found = allowed(made(buckets=["letters"], source_keys=["arn:aws:kms:eu-west-1:1:key/1"]), "TestMayCompare")
    assert set(found) == {
        *("dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:Scan", "s3:ListBucket", "s3:GetObject"),
        *("backup:DescribeRestoreJob", "backup:ListRestoreJobs", "backup:PutRestoreValidationResult"),
        *("backup:GetRestoreTestingPlan", "kms:Decrypt"),
    }
    assert ":dynamodb:eu-west-1:111122223333:table/orders" in found["dynamodb:Scan"]
    assert ":dynamodb:eu-central-1:111122223333:table/awsbackup-restore-test-*" in found["dynamodb:Scan"]
    assert ":s3:::letters/*" in found["s3:GetObject"]


def test_tables_that_were_restored_are_read_in_both_regions() -> None:
    found = allowed(made(tables=["orders", "orders-restored-*"]), "TestMayCompare")
    for region in ("eu-west-1", "eu-central-1"):
        assert f":dynamodb:{region}:111122223333:table/orders-restored-*" in found["dynamodb:Scan"]
    assert ':dynamodb:eu-central-1:111122223333:table/orders"' not in found["dynamodb:Scan"]


def test_it_is_called_for_this_plans_jobs_that_are_done() -> None:
    rules = made().find_resources("AWS::Events::Rule").values()
    (pattern,) = [rule["Properties"]["EventPattern"] for rule in rules if "EventPattern" in rule["Properties"]]
    assert pattern["detail-type"] == ["Restore Job State Change"]
    assert pattern["detail"]["status"] == ["COMPLETED"]
    assert pattern["detail"]["restoreTestingPlanArn"][0]["Fn::GetAtt"][1] == "RestoreTestingPlanArn"


def test_failure_difference_and_silence_are_told() -> None:
    found = {
        one["Properties"]["MetricName"]: one["Properties"]
        for one in made(silence_days=14).find_resources("AWS::CloudWatch::Alarm").values()
    }
    assert set(found) == {"NumberOfRestoreJobsFailed", "RestoreTestsFailed", "LastGoodRestoreTestAge"}
    silent = found["LastGoodRestoreTestAge"]
    assert (silent["Threshold"], silent["TreatMissingData"]) == (14 * 86_400, "breaching")
    assert {one["Name"]: one["Value"] for one in silent["Dimensions"]} == {
        "Plan": "orders",
        "service": "restore_validation",
    }


def test_the_watch_looks_for_originals_of_another_region() -> None:
    stack = new_stack()
    vault = BackupVault(stack, "Vault", name="copies")
    RecoveryPointWatch(
        stack,
        "Watch",
        vault=vault,
        tables=["orders"],
        buckets=["letters"],
        source_region="eu-west-1",
        oldest_hours=5,
    )
    template = Template.from_stack(stack)
    (function,) = template.find_resources("AWS::Lambda::Function").values()
    environment = function["Properties"]["Environment"]["Variables"]
    assert ":dynamodb:eu-west-1:111122223333:table/orders" in json.dumps(environment["RESOURCES"])
    assert ":s3:::letters" in json.dumps(environment["RESOURCES"])
    (alarm,) = template.find_resources("AWS::CloudWatch::Alarm").values()
    assert alarm["Properties"]["Threshold"] == 5 * 3600
    watched = {one["Name"]: one["Value"] for one in alarm["Properties"]["Dimensions"]}
    assert watched["Watch"] == environment["WATCH"], "the metric that the function publishes"
    assert set(allowed(template, "WatchMayLook")) == {"backup:ListRecoveryPointsByBackupVault"}


@pytest.mark.parametrize("env", [None, HERE])
def test_two_stand_in_one_stack_of_a_stage(env: cdk.Environment | None) -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(cdk.Stage(app, "Production"), "S", env=env)
    vault = BackupVault(stack, "Vault", name="copies")
    for name in ("First", "Second"):
        RestoreTest(stack, name, name=name, vault=vault, tables=[name.lower()])
        RecoveryPointWatch(stack, f"{name}Watch", vault=vault, tables=[name.lower()], oldest_hours=27)
    Template.from_stack(stack).resource_count_is("AWS::Backup::RestoreTestingPlan", 2)


class TestProblems:
    def test_all_are_told_at_once(self) -> None:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message below
            made(
                name="all-orders",
                tables=(),
                source_region="Ireland",
                schedule="rate(7 days)",
                start_hours=0,
                validation_hours=169,
                window_days=366,
                compared_items=0,
                least_identical_percent=101,
                written_attribute="",
                silence_days=29,
            )
        assert str(caught.value) == (
            "RestoreTest S/Test can't be built:\n"
            "  - name must be 1 to 50 letters, digits or underscores, got 'all-orders'\n"
            "  - tables or buckets must name what is restored, got none\n"
            "  - source_region must be a Region's code such as eu-west-1, got 'Ireland'\n"
            "  - schedule must look like cron(0 5 ? * SUN *), in UTC, got 'rate(7 days)'\n"
            "  - start_hours must be between 1 and 168 hours, got 0 hours\n"
            "  - validation_hours must be between 1 and 168 hours, got 169 hours\n"
            "  - window_days must be between 1 and 365 days, got 366 days\n"
            "  - compared_items must be between 1 and 20000, got 0\n"
            "  - least_identical_percent must be between 1 and 100 %, got 101 %\n"
            "  - silence_days must be between 1 and 28 days, got 29 days\n"
            "  - written_attribute must be the name of an attribute, 1 to 255 characters, got ''"
        )

    def test_something_must_be_watched(self) -> None:
        stack = new_stack()
        vault = BackupVault(stack, "Vault", name="copies")
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message below
            RecoveryPointWatch(stack, "Watch", vault=vault, oldest_hours=961)
        assert str(caught.value) == (
            "RecoveryPointWatch S/Watch can't be built:\n"
            "  - tables or buckets must name what has recovery points, got none\n"
            "  - oldest_hours must be between 1 and 960 hours, got 961 hours"
        )
