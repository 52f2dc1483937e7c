"""Backups deployed by the real ``cdk deploy`` to two Regions: made, copied, restored when their Region is lost, tested.

IAM is enforced: what the jobs do, their roles allow.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from local_aws.project import ACCOUNT, REGION
from tests.local.programs import eventually
from tests.local.roles import role_without

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

    from local_aws.embedded import EmbeddedAws

HERE, ELSEWHERE = REGION, "eu-west-1"
TABLE, BUCKET = "backed-up-orders", "backed-up-orders"
VAULT, COPIES = "orders-backups", "orders-copies"

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_patterns.disaster_recovery.backups.backup_plan import BackupPlan
from aws_patterns.disaster_recovery.backups.backup_plan_options import BackupCopy, BackupRule
from aws_patterns.disaster_recovery.backups.backup_roles import RestoreRole
from aws_patterns.disaster_recovery.backups.backup_vault import BackupVault
from aws_patterns.disaster_recovery.backups.recovery_point_watch import RecoveryPointWatch
from aws_patterns.disaster_recovery.backups.restore_test import RestoreTest
from aws_patterns.storage.data_bucket import DataBucket

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
gone = cdk.RemovalPolicy.DESTROY

there = cdk.Stack(app, "BackupsElsewhere", env=cdk.Environment(account=ACCOUNT, region=ELSEWHERE))
copies = BackupVault(there, "Vault", name=COPIES, removal_policy=gone)
of = {"vault": copies, "tables": [TABLE], "buckets": [BUCKET], "source_region": HERE, "removal_policy": gone}
watch = RecoveryPointWatch(there, "Watch", oldest_hours=27, **of)
test = RestoreTest(there, "RestoreTest", name="orders", written_attribute="written", **of)
restore = RestoreRole(there, "ForRestores", vault=copies, tables=["restored-*"], buckets=["restored-*"])
cdk.CfnOutput(there, "RestoreRole", value=restore.role.role_arn)
cdk.CfnOutput(there, "WatchFunction", value=watch.function.function_name)
cdk.CfnOutput(there, "Validation", value=test.function.function_name)

here = cdk.Stack(app, "Backups", env=cdk.Environment(account=ACCOUNT, region=HERE))
here.add_dependency(there)
table = dynamodb.Table(
    here,
    "Table",
    table_name=TABLE,
    partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
    sort_key=dynamodb.Attribute(name="line", type=dynamodb.AttributeType.NUMBER),
    billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
    removal_policy=gone,
)
table.add_global_secondary_index(
    index_name="by-city", partition_key=dynamodb.Attribute(name="city", type=dynamodb.AttributeType.STRING)
)
bucket = DataBucket(here, "Bucket", bucket_name=BUCKET, removal_policy=gone)
vault = BackupVault(here, "Vault", name=VAULT, removal_policy=gone)
plan = BackupPlan(
    here,
    "Plan",
    name="orders",
    vault=vault,
    tables=[table],
    buckets=[bucket.bucket],
    rules=[BackupRule(name="hourly", every_hours=1, keep_days=7)],
    copies=[BackupCopy(vault_name=COPIES, region=ELSEWHERE, keep_days=30)],
    removal_policy=gone,
)
cdk.CfnOutput(here, "BackupRole", value=plan.role.role_arn)
cdk.CfnOutput(here, "OwnWatchFunction", value=plan.watch.function.function_name)
app.synth()
"""


class Backups(NamedTuple):
    """Both sides, deployed."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    @property
    def here(self) -> BackupClient:
        return self.aws.client("backup")

    @property
    def there(self) -> BackupClient:
        return self.aws.clients_in(ELSEWHERE)("backup")

    def put(self, id: str, *, written: float = 1_000_000, **more: str) -> None:
        item: dict[str, Any] = {"id": {"S": id}, "line": {"N": "1"}, "written": {"N": str(written)}}
        tags: dict[str, Any] = {"tags": {"SS": ["b", "a"]}, "deep": {"M": {"price": {"N": "1.50"}}}}
        texts = {name: {"S": value} for name, value in more.items()}
        self.aws.client("dynamodb").put_item(TableName=TABLE, Item={**item, **tags, **texts})

    def back_up(self) -> None:
        """Run the plan, and wait until what it makes is in the other Region."""
        copied = {job["CopyJobId"] for job in self.here.list_copy_jobs()["CopyJobs"]}
        started = self.aws.run_backup_plan("orders")
        assert len(started) == 2

        def new() -> list[Any]:
            return [job for job in self.here.list_copy_jobs()["CopyJobs"] if job["CopyJobId"] not in copied]

        def is_over() -> bool:
            return len(new()) == 2 and all(job["State"] in {"COMPLETED", "FAILED"} for job in new())

        eventually(is_over, "copies of what was backed up")
        assert {(job["State"], job.get("StatusMessage")) for job in new()} == {("COMPLETED", None)}

    def copy_of(self, resource: str) -> str:
        """The latest recovery point of a resource, in the other Region."""
        found = self.there.list_recovery_points_by_backup_vault(BackupVaultName=COPIES, ByResourceArn=resource)
        return found["RecoveryPoints"][-1]["RecoveryPointArn"]

    def restore(self, resource: str, metadata: Mapping[str, str], role: str | None = None) -> Mapping[str, Any]:
        """Restore it in the other Region, and wait for the end."""
        job = self.there.start_restore_job(
            RecoveryPointArn=self.copy_of(resource),
            Metadata=metadata,
            IamRoleArn=role or self.outputs["RestoreRole"],
        )["RestoreJobId"]
        return self.ended_restore(job)

    def ended_restore(self, job: str) -> Mapping[str, Any]:
        def now() -> Mapping[str, Any]:
            return self.there.describe_restore_job(RestoreJobId=job)

        eventually(lambda: now()["Status"] in {"COMPLETED", "FAILED"}, "end of the restore")
        return now()

    def judged(self, job: str) -> Mapping[str, Any]:
        """A job of a restore test, once its contents were compared and what it made is deleted."""
        eventually(
            lambda: self.there.describe_restore_job(RestoreJobId=job).get("DeletionStatus") in {"SUCCESSFUL", "FAILED"},
            "end of the restore test",
        )
        return self.there.describe_restore_job(RestoreJobId=job)

    def call(self, function: str, region: str, event: Mapping[str, object] | None = None) -> Mapping[str, Any]:
        answer = self.aws.clients_in(region)("lambda").invoke(
            FunctionName=function, Payload=json.dumps(event or {}).encode()
        )
        said: Mapping[str, Any] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, said
        return said

    def items(self, region: str, table: str) -> list[Mapping[str, Any]]:
        found = self.aws.clients_in(region)("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
        return sorted(found, key=lambda item: str(item["id"]))

    def objects(self, region: str, bucket: str) -> dict[str, tuple[bytes, str, Mapping[str, str]]]:
        s3 = self.aws.clients_in(region)("s3")
        keys = [str(one["Key"]) for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        got = {key: s3.get_object(Bucket=bucket, Key=key) for key in keys}
        return {key: (one["Body"].read(), one["ContentType"], one["Metadata"]) for key, one in got.items()}


TABLE_ARN = f"arn:aws:dynamodb:{HERE}:{ACCOUNT}:table/{TABLE}"
BUCKET_ARN = f"arn:aws:s3:::{BUCKET}"


@pytest.fixture(scope="module")
def deployed(
    session_aws_enforcing_iam: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory, project: Path
) -> Iterator[Backups]:
    """The stacks; destroyed afterwards with all that is in their vaults."""
    aws, folder = session_aws_enforcing_iam, tmp_path_factory.mktemp("backups")
    names = {name: globals()[name] for name in ("HERE", "ELSEWHERE", "TABLE", "BUCKET", "VAULT", "COPIES", "ACCOUNT")}
    told = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    text = APP.replace("LIBRARY", repr(str(project / "constructs")))
    (folder / "app.py").write_text(told + text)
    app = shlex.join([sys.executable, "app.py"])
    outputs = aws.deploy("BackupsElsewhere", "Backups", app=app, folder=folder, regions=[ELSEWHERE])
    found = Backups(aws, outputs)
    for number in range(3):
        found.put(f"order-{number}", city="Bern")
        aws.client("s3").put_object(
            Bucket=BUCKET, Key=f"letters/{number}", Body=f"letter {number}".encode(), Metadata={"to": "Ann"}
        )
    found.back_up()
    yield found
    aws.destroy("Backups", "BackupsElsewhere", app=app, folder=folder)
    for client, vault in ((found.here, VAULT), (found.there, COPIES)):
        assert vault not in {one["BackupVaultName"] for one in client.list_backup_vaults()["BackupVaultList"]}
    assert found.there.list_restore_testing_plans()["RestoreTestingPlans"] == []


@pytest.fixture
def backups(deployed: Backups) -> Iterator[Backups]:
    yield deployed
    deployed.aws.reconnect()
    deployed.aws.clear_faults()


def test_a_rule_backs_up_and_copies_to_the_other_region(backups: Backups) -> None:
    own = backups.here.list_recovery_points_by_backup_vault(BackupVaultName=VAULT)["RecoveryPoints"]
    copies = backups.there.list_recovery_points_by_backup_vault(BackupVaultName=COPIES)["RecoveryPoints"]
    assert {point["ResourceArn"] for point in own} == {point["ResourceArn"] for point in copies}
    assert {point["ResourceArn"] for point in own} == {TABLE_ARN, BUCKET_ARN}
    assert {point["Lifecycle"]["DeleteAfterDays"] for point in own} == {7}
    assert {point["Lifecycle"]["DeleteAfterDays"] for point in copies} == {30}
    assert {point["CreatedBy"]["BackupRuleName"] for point in own if "BackupRuleName" in point["CreatedBy"]}
    keys = {point["EncryptionKeyArn"].split(":")[3] for point in copies}
    assert keys == {ELSEWHERE}, "copies are encrypted with the key of their Region"


def test_what_is_lost_with_its_region_comes_back_in_the_other(backups: Backups) -> None:
    wanted, letters = backups.items(HERE, TABLE), backups.objects(HERE, BUCKET)
    backups.aws.lose(HERE)
    restored = backups.restore(TABLE_ARN, {"targetTableName": "restored-orders"})
    assert restored["Status"] == "COMPLETED", restored
    assert restored["CreatedResourceArn"] == f"arn:aws:dynamodb:{ELSEWHERE}:{ACCOUNT}:table/restored-orders"
    assert backups.items(ELSEWHERE, "restored-orders") == wanted
    described = backups.aws.clients_in(ELSEWHERE)("dynamodb").describe_table(TableName="restored-orders")["Table"]
    assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["by-city"]

    metadata = {"DestinationBucketName": "restored-letters", "NewBucket": "true", "Encrypted": "false"}
    assert backups.restore(BUCKET_ARN, metadata)["Status"] == "COMPLETED"
    assert backups.objects(ELSEWHERE, "restored-letters") == letters
    _delete(backups, table="restored-orders", bucket="restored-letters")


def test_a_restore_needs_the_role_for_that_name(backups: Backups) -> None:
    job = backups.restore(TABLE_ARN, {"targetTableName": "somebody-elses"})
    assert job["Status"] == "FAILED"
    assert "is not authorized to perform: dynamodb:RestoreTableFromAwsBackup" in job["StatusMessage"]
    assert "somebody-elses" not in backups.aws.clients_in(ELSEWHERE)("dynamodb").list_tables()["TableNames"]


@pytest.mark.parametrize(
    ("action", "kind"), [("dynamodb:StartAwsBackupJob", "DynamoDB"), ("s3:GetObjectVersion", "S3")]
)
def test_a_backup_that_its_role_does_not_allow_fails_and_says_why(backups: Backups, action: str, kind: str) -> None:
    role = backups.outputs["BackupRole"].rpartition("/")[2]
    with role_without(backups.aws, role, action):
        jobs = backups.aws.run_backup_plan("orders", rule="hourly")
        eventually(lambda: all(_ended(backups, job) for job in jobs), "end of the backups")
    said = [backups.here.describe_backup_job(BackupJobId=job) for job in jobs]
    (failed,) = [job for job in said if job["State"] == "FAILED"]
    assert failed["ResourceType"] == kind
    assert f"is not authorized to perform: {action}" in failed["StatusMessage"]
    alarms = backups.aws.client("cloudwatch")
    eventually(
        lambda: any(
            alarm["MetricName"] == "NumberOfBackupJobsFailed" and alarm["StateValue"] == "ALARM"
            for alarm in alarms.describe_alarms()["MetricAlarms"]
        ),
        "alarm of a failed backup",
    )


def test_a_copy_into_a_lost_region_fails(backups: Backups) -> None:
    (point, *_) = backups.here.list_recovery_points_by_backup_vault(BackupVaultName=VAULT, ByResourceArn=TABLE_ARN)[
        "RecoveryPoints"
    ]
    backups.aws.lose(ELSEWHERE)
    job = backups.here.start_copy_job(
        RecoveryPointArn=point["RecoveryPointArn"],
        SourceBackupVaultName=VAULT,
        DestinationBackupVaultArn=f"arn:aws:backup:{ELSEWHERE}:{ACCOUNT}:backup-vault:{COPIES}",
        IamRoleArn=backups.outputs["BackupRole"],
    )["CopyJobId"]
    eventually(lambda: backups.here.describe_copy_job(CopyJobId=job)["CopyJob"]["State"] == "FAILED", "failed copy")


class TestRestoreTest:
    def test_what_was_restored_is_compared_told_and_deleted(self, backups: Backups) -> None:
        backups.put("order-1", city="Basel", written=time.time() + 600)
        for job in backups.aws.run_restore_test("orders", region=ELSEWHERE):
            ended = backups.judged(job)
            assert (ended["ValidationStatus"], ended["DeletionStatus"]) == ("SUCCESSFUL", "SUCCESSFUL"), ended
            assert "identical" in ended["ValidationStatusMessage"]
            assert _exists(backups, ended) is False
        assert backups.call(backups.outputs["Validation"], ELSEWHERE)["lastGoodSeconds"] < 60

    def test_a_backup_that_differs_is_told(self, backups: Backups) -> None:
        """As the backup would differ if it had spoiled an item: the original says that it is older than that."""
        backups.put("order-2", city="Genf")
        try:
            jobs = [backups.judged(job) for job in backups.aws.run_restore_test("orders", region=ELSEWHERE)]
        finally:
            backups.put("order-2", city="Bern")
        verdicts = {job["ResourceType"]: (job["ValidationStatus"], job["ValidationStatusMessage"]) for job in jobs}
        assert verdicts["S3"][0] == "SUCCESSFUL"
        assert verdicts["DynamoDB"][0] == "FAILED"
        assert "1 spoiled" in verdicts["DynamoDB"][1]

    def test_originals_that_are_out_of_reach_make_no_good_test(self, backups: Backups) -> None:
        backups.aws.lose(HERE)
        jobs = backups.aws.run_restore_test("orders", region=ELSEWHERE)
        for job in jobs:
            assert backups.ended_restore(job)["Status"] == "COMPLETED"
            assert backups.there.describe_restore_job(RestoreJobId=job).get("ValidationStatus") != "SUCCESSFUL"


def test_the_watch_tells_how_old_the_newest_copies_are(backups: Backups) -> None:
    found = backups.call(backups.outputs["WatchFunction"], ELSEWHERE)
    assert found["missing"] == []
    assert set(found["seconds"]) == {TABLE_ARN, BUCKET_ARN}
    assert all(0 <= age < 600 for age in found["seconds"].values())
    assert backups.call(backups.outputs["OwnWatchFunction"], HERE)["missing"] == []


def test_a_vault_that_holds_something_is_not_deleted(backups: Backups) -> None:
    refused: Callable[..., object] = backups.here.delete_backup_vault
    with pytest.raises(backups.here.exceptions.InvalidRequestException, match="contains recovery points"):
        refused(BackupVaultName=VAULT)
    policy = json.loads(backups.here.get_backup_vault_access_policy(BackupVaultName=VAULT)["Policy"])
    (denied,) = policy["Statement"]
    assert (denied["Effect"], denied["Principal"]["AWS"]) == ("Deny", "*")


def _ended(backups: Backups, job: str) -> bool:
    return backups.here.describe_backup_job(BackupJobId=job)["State"] in {"COMPLETED", "FAILED"}


def _exists(backups: Backups, job: Mapping[str, Any]) -> bool:
    name = job["CreatedResourceArn"].rpartition(":")[2].rpartition("/")[2]
    clients = backups.aws.clients_in(ELSEWHERE)
    if job["ResourceType"] == "DynamoDB":
        return name in clients("dynamodb").list_tables()["TableNames"]
    return name in {bucket["Name"] for bucket in clients("s3").list_buckets()["Buckets"]}


def _delete(backups: Backups, *, table: str, bucket: str) -> None:
    clients = backups.aws.clients_in(ELSEWHERE)
    clients("dynamodb").delete_table(TableName=table)
    s3 = clients("s3")
    for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=bucket)
