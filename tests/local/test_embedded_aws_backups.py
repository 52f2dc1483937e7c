"""AWS Backup in the embedded AWS, as its API and its CloudFormation types have it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from local_aws.project import ACCOUNT, REGION
from tests.local.programs import eventually

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

    from local_aws.embedded import EmbeddedAws
    from local_aws.template_stacks import CreateStack

ROLE = f"arn:aws:iam::{ACCOUNT}:role/backups"


@pytest.fixture
def backup(embedded_aws: EmbeddedAws) -> BackupClient:
    return embedded_aws.client("backup")


@pytest.fixture
def name() -> str:
    """Of what no other test knows."""
    return f"backed-{uuid.uuid4().hex[:12]}"


def table(aws: EmbeddedAws, name: str) -> str:
    made = aws.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 3, "WriteCapacityUnits": 2},
    )
    aws.client("dynamodb").put_item(TableName=name, Item={"id": {"S": "1"}, "raw": {"B": b"\x00\xff"}})
    return made["TableDescription"]["TableArn"]


def backed_up(backup: BackupClient, vault: str, resource: str, **more: Any) -> Mapping[str, Any]:
    job = backup.start_backup_job(BackupVaultName=vault, ResourceArn=resource, IamRoleArn=ROLE, **more)["BackupJobId"]
    return ended(backup, job)


def ended(backup: BackupClient, job: str) -> Mapping[str, Any]:
    def now() -> Mapping[str, Any]:
        return backup.describe_backup_job(BackupJobId=job)

    eventually(lambda: now()["State"] in {"COMPLETED", "FAILED"}, "end of the backup")
    return now()


def test_a_backup_keeps_what_was_there_when_it_was_made(
    embedded_aws: EmbeddedAws, backup: BackupClient, name: str
) -> None:
    backup.create_backup_vault(BackupVaultName=name)
    arn = table(embedded_aws, name)
    point = backed_up(backup, name, arn)["RecoveryPointArn"]
    dynamodb = embedded_aws.client("dynamodb")
    dynamodb.delete_table(TableName=name)
    told = backup.get_recovery_point_restore_metadata(BackupVaultName=name, RecoveryPointArn=point)
    assert told["RestoreMetadata"]["originalTableName"] == name
    metadata = {**told["RestoreMetadata"], "targetTableName": f"{name}-again"}
    job = backup.start_restore_job(RecoveryPointArn=point, Metadata=metadata, IamRoleArn=ROLE)["RestoreJobId"]
    eventually(lambda: backup.describe_restore_job(RestoreJobId=job)["Status"] == "COMPLETED", "restored table")
    (item,) = dynamodb.scan(TableName=f"{name}-again")["Items"]
    assert item == {"id": {"S": "1"}, "raw": {"B": b"\x00\xff"}}
    throughput = dynamodb.describe_table(TableName=f"{name}-again")["Table"]["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (3, 2)
    (listed,) = backup.list_recovery_points_by_backup_vault(BackupVaultName=name)["RecoveryPoints"]
    assert listed["LastRestoreTime"]


@pytest.mark.parametrize(
    ("metadata", "reason"), [({}, "lack targetTableName"), ({"targetTableName": "own"}, "ResourceInUseException")]
)
def test_a_restore_that_can_not_be_fails(
    embedded_aws: EmbeddedAws, backup: BackupClient, name: str, metadata: dict[str, str], reason: str
) -> None:
    backup.create_backup_vault(BackupVaultName=name)
    point = backed_up(backup, name, table(embedded_aws, name))["RecoveryPointArn"]
    wanted = dict.fromkeys(metadata, name)
    job = backup.start_restore_job(RecoveryPointArn=point, Metadata=wanted, IamRoleArn=ROLE)["RestoreJobId"]
    eventually(lambda: backup.describe_restore_job(RestoreJobId=job)["Status"] == "FAILED", "failed restore")
    assert reason in backup.describe_restore_job(RestoreJobId=job)["StatusMessage"]


def test_what_is_not_there_or_has_no_versions_is_not_backed_up(
    embedded_aws: EmbeddedAws, backup: BackupClient, name: str
) -> None:
    backup.create_backup_vault(BackupVaultName=name)
    gone = backed_up(backup, name, f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
    assert (gone["State"], "ResourceNotFoundException" in gone["StatusMessage"]) == ("FAILED", True)
    embedded_aws.client("s3").create_bucket(Bucket=name)
    plain = backed_up(backup, name, f"arn:aws:s3:::{name}")
    assert plain["StatusMessage"] == f"Versioning must be enabled on the bucket {name} to back it up."
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName=name)["RecoveryPoints"] == []


def test_a_locked_vault_takes_and_gives_only_what_its_lock_allows(
    embedded_aws: EmbeddedAws, backup: BackupClient, name: str
) -> None:
    backup.create_backup_vault(BackupVaultName=name)
    backup.put_backup_vault_lock_configuration(BackupVaultName=name, MinRetentionDays=7, MaxRetentionDays=30)
    arn = table(embedded_aws, name)
    for days in (6, 31):
        refused = backed_up(backup, name, arn, Lifecycle={"DeleteAfterDays": days})
        assert f"Retention {days} is not between 7 and 30 days" in refused["StatusMessage"]
    point = backed_up(backup, name, arn, Lifecycle={"DeleteAfterDays": 7})["RecoveryPointArn"]
    with pytest.raises(backup.exceptions.InvalidRequestException, match="is locked"):
        backup.delete_recovery_point(BackupVaultName=name, RecoveryPointArn=point)
    backup.delete_backup_vault_lock_configuration(BackupVaultName=name)
    backup.delete_recovery_point(BackupVaultName=name, RecoveryPointArn=point)
    backup.delete_backup_vault(BackupVaultName=name)


def test_a_verdict_is_for_tests_and_can_not_be_changed(
    embedded_aws: EmbeddedAws, backup: BackupClient, name: str
) -> None:
    backup.create_backup_vault(BackupVaultName=name)
    point = backed_up(backup, name, table(embedded_aws, name))["RecoveryPointArn"]
    asked = {"targetTableName": f"{name}-again"}
    plain = backup.start_restore_job(RecoveryPointArn=point, Metadata=asked, IamRoleArn=ROLE)["RestoreJobId"]
    with pytest.raises(backup.exceptions.InvalidRequestException, match="not started by a restore testing plan"):
        backup.put_restore_validation_result(RestoreJobId=plain, ValidationStatus="SUCCESSFUL")

    plan = name.replace("-", "_")
    vault_arn = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:{name}"
    backup.create_restore_testing_plan(
        RestoreTestingPlan={
            "RestoreTestingPlanName": plan,
            "ScheduleExpression": "cron(0 5 ? * SUN *)",
            "RecoveryPointSelection": {
                "Algorithm": "LATEST_WITHIN_WINDOW",
                "IncludeVaults": [vault_arn],
                "RecoveryPointTypes": ["SNAPSHOT"],
            },
        }
    )
    backup.create_restore_testing_selection(
        RestoreTestingPlanName=plan,
        RestoreTestingSelection={
            "RestoreTestingSelectionName": "tables",
            "ProtectedResourceType": "DynamoDB",
            "ProtectedResourceArns": ["*"],
            "IamRoleArn": ROLE,
        },
    )
    (job,) = embedded_aws.run_restore_test(plan)
    eventually(lambda: backup.describe_restore_job(RestoreJobId=job)["Status"] == "COMPLETED", "restored table")
    created = backup.describe_restore_job(RestoreJobId=job)["CreatedResourceArn"]
    assert ":table/awsbackup-restore-test-" in created
    backup.put_restore_validation_result(RestoreJobId=job, ValidationStatus="VALIDATING")
    backup.put_restore_validation_result(RestoreJobId=job, ValidationStatus="FAILED", ValidationStatusMessage="no")
    with pytest.raises(backup.exceptions.InvalidRequestException, match="is there already"):
        backup.put_restore_validation_result(RestoreJobId=job, ValidationStatus="SUCCESSFUL")
    eventually(
        lambda: backup.describe_restore_job(RestoreJobId=job).get("DeletionStatus") == "SUCCESSFUL", "deleted table"
    )
    with pytest.raises(backup.exceptions.InvalidRequestException, match="still has selections"):
        backup.delete_restore_testing_plan(RestoreTestingPlanName=plan)


def test_runs_name_what_there_is(embedded_aws: EmbeddedAws) -> None:
    with pytest.raises(ValueError, match="there is no backup plan 'nothing' in us-east-1"):
        embedded_aws.run_backup_plan("nothing")
    with pytest.raises(ValueError, match="there is no restore testing plan 'nothing' in eu-west-1"):
        embedded_aws.run_restore_test("nothing", region="eu-west-1")


def test_templates_keep_what_they_say(
    embedded_aws: EmbeddedAws, backup: BackupClient, create_stack: CreateStack, name: str
) -> None:
    table(embedded_aws, name)
    plan = name.replace("-", "_")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*"}]}

    def template(days: int, hour: int) -> Mapping[str, object]:
        return {
            "Resources": {
                "Vault": {
                    "Type": "AWS::Backup::BackupVault",
                    "Properties": {
                        "BackupVaultName": name,
                        "AccessPolicy": policy,
                        "LockConfiguration": {"MinRetentionDays": days},
                    },
                },
                "Plan": {
                    "Type": "AWS::Backup::BackupPlan",
                    "Properties": {
                        "BackupPlan": {
                            "BackupPlanName": name,
                            "BackupPlanRule": [
                                {
                                    "RuleName": "daily",
                                    "TargetBackupVault": {"Ref": "Vault"},
                                    "Lifecycle": {"DeleteAfterDays": 35},
                                }
                            ],
                        }
                    },
                },
                "Selection": {
                    "Type": "AWS::Backup::BackupSelection",
                    "Properties": {
                        "BackupPlanId": {"Ref": "Plan"},
                        "BackupSelection": {
                            "SelectionName": "some",
                            "IamRoleArn": ROLE,
                            "Resources": [f"arn:aws:dynamodb:*:*:table/{name}*"],
                        },
                    },
                },
                "Test": {
                    "Type": "AWS::Backup::RestoreTestingPlan",
                    "Properties": {
                        "RestoreTestingPlanName": plan,
                        "ScheduleExpression": f"cron(0 {hour} ? * SUN *)",
                        "RecoveryPointSelection": {
                            "Algorithm": "LATEST_WITHIN_WINDOW",
                            "IncludeVaults": [{"Fn::GetAtt": ["Vault", "BackupVaultArn"]}],
                            "RecoveryPointTypes": ["SNAPSHOT"],
                        },
                    },
                },
                "Tables": {
                    "Type": "AWS::Backup::RestoreTestingSelection",
                    "DependsOn": "Test",
                    "Properties": {
                        "RestoreTestingPlanName": plan,
                        "RestoreTestingSelectionName": "tables",
                        "ProtectedResourceType": "DynamoDB",
                        "ProtectedResourceArns": ["*"],
                        "IamRoleArn": ROLE,
                        "ValidationWindowHours": hour,
                    },
                },
            },
            "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Test", "RestoreTestingPlanArn"]}}},
        }

    stack = create_stack(embedded_aws, name, template(7, 5))
    assert stack.failures() == []
    assert stack.outputs()["Arn"].endswith(f":restore-testing-plan:{plan}")
    assert json.loads(backup.get_backup_vault_access_policy(BackupVaultName=name)["Policy"]) == policy
    assert backup.describe_backup_vault(BackupVaultName=name)["MinRetentionDays"] == 7

    assert stack.update(template(8, 6)) == "UPDATE_COMPLETE"
    assert backup.describe_backup_vault(BackupVaultName=name)["MinRetentionDays"] == 8
    found = backup.get_restore_testing_plan(RestoreTestingPlanName=plan)["RestoreTestingPlan"]
    assert found["ScheduleExpression"] == "cron(0 6 ? * SUN *)"
    selected = backup.get_restore_testing_selection(RestoreTestingPlanName=plan, RestoreTestingSelectionName="tables")[
        "RestoreTestingSelection"
    ]
    assert selected["ValidationWindowHours"] == 6

    (job,) = embedded_aws.run_backup_plan(name)
    assert ended(backup, job)["State"] == "COMPLETED"
    assert stack.delete() == "DELETE_FAILED"
    assert any("contains recovery points" in failure for failure in stack.failures())
    backup.delete_backup_vault_lock_configuration(BackupVaultName=name)
    for point in backup.list_recovery_points_by_backup_vault(BackupVaultName=name)["RecoveryPoints"]:
        backup.delete_recovery_point(BackupVaultName=name, RecoveryPointArn=point["RecoveryPointArn"])
    assert stack.delete() == "DELETE_COMPLETE"
