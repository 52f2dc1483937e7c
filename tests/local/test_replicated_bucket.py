"""The stack deployed by the real ``cdk deploy`` to two Regions: what is copied, with which key, and what is not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pytest
from botocore.exceptions import ClientError

from aws_patterns.storage import existing_objects
from local_aws.project import REGION
from tests.local.replication_jobs import replicate_existing
from tests.local.roles import somebody_who_may

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from local_aws.embedded import EmbeddedAws

STACK, REPLICA_STACK = "ReplicatedBucket", "ReplicatedBucketReplica"
ELSEWHERE = "eu-west-1"
# Not as it ships: what is chosen must be what counts.
SETTINGS = {
    "stacks": STACK,
    "bucket_prefix": "letters",
    "replica_region": ELSEWHERE,
    "delete_markers": "true",
    "replica_class": "STANDARD_IA",
    "removal_policy": "destroy",
}


class Buckets(NamedTuple):
    """Both sides, deployed."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    @property
    def here(self) -> S3Client:
        return self.aws.client("s3")

    @property
    def there(self) -> S3Client:
        return self.aws.clients_in(ELSEWHERE)("s3")

    @property
    def originals(self) -> str:
        return self.outputs["BucketName"]

    @property
    def copies(self) -> str:
        return self.outputs["ReplicaBucketName"]

    def write(self, key: str, body: str = "-") -> None:
        self.here.put_object(Bucket=self.originals, Key=key, Body=body.encode())

    def copied(self, key: str) -> str | None:
        """What the copy says, or that there is none."""
        try:
            return self.there.get_object(Bucket=self.copies, Key=key)["Body"].read().decode()
        except self.there.exceptions.NoSuchKey:
            return None

    def status(self, key: str) -> str | None:
        return self.here.head_object(Bucket=self.originals, Key=key).get("ReplicationStatus")

    def key_arn(self, region: str, alias: str | None = None) -> str:
        """Of the key that encrypts on that side."""
        if alias:
            return self.aws.clients_in(region)("kms").describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
        rules = self.here.get_bucket_encryption(Bucket=self.originals)["ServerSideEncryptionConfiguration"]["Rules"]
        return rules[0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]


@pytest.fixture(scope="module")
def buckets(session_aws_enforcing_iam: EmbeddedAws) -> Iterator[Buckets]:
    """The stacks, where policies are enforced; destroyed afterwards with what is in them, and gone."""
    aws = session_aws_enforcing_iam
    found = Buckets(aws, aws.deploy(STACK, context=SETTINGS))
    yield found
    # The CLI destroys what depends on a stack, too: this is both.
    aws.destroy(REPLICA_STACK, context=SETTINGS)
    left = {bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]}
    assert not left & {found.originals, found.copies}


@pytest.fixture
def key() -> str:
    """Of an object that no other test knows."""
    return f"letters/{uuid.uuid4()}"


@pytest.fixture
def job(buckets: Buckets) -> Callable[..., existing_objects.Progress]:
    """Runs Batch Replication as an operator does; its end."""
    return partial(
        replicate_existing,
        buckets.aws,
        REGION,
        buckets.originals,
        role_arn=buckets.outputs["BatchRoleArn"],
        reports_arn=buckets.outputs["ReportsArn"],
    )


def test_the_two_sides_are_in_their_regions(buckets: Buckets) -> None:
    assert buckets.there.head_bucket(Bucket=buckets.copies)["BucketRegion"] == ELSEWHERE
    assert buckets.here.head_bucket(Bucket=buckets.originals)["BucketRegion"] == REGION


def test_an_object_and_each_of_its_versions_is_copied(buckets: Buckets, key: str) -> None:
    for body in ("first", "second"):
        buckets.write(key, body)
        assert buckets.copied(key) == body
    assert buckets.status(key) == "COMPLETED"
    copy = buckets.there.head_object(Bucket=buckets.copies, Key=key)
    assert (copy["ReplicationStatus"], copy["StorageClass"]) == ("REPLICA", "STANDARD_IA")
    versions = buckets.there.list_object_versions(Bucket=buckets.copies, Prefix=key)["Versions"]
    assert len(versions) == 2


def test_a_copy_is_encrypted_with_the_key_of_its_own_region(buckets: Buckets, key: str) -> None:
    buckets.write(key)
    original = buckets.here.head_object(Bucket=buckets.originals, Key=key)
    copy = buckets.there.head_object(Bucket=buckets.copies, Key=key)
    assert original["ServerSideEncryption"] == copy["ServerSideEncryption"] == "aws:kms"
    assert original["SSEKMSKeyId"] == buckets.key_arn(REGION)
    assert copy["SSEKMSKeyId"] == buckets.key_arn(ELSEWHERE, "alias/letters-replica")
    assert f":{ELSEWHERE}:" in copy["SSEKMSKeyId"]


def test_what_is_deleted_disappears_from_the_copy_and_is_kept_there(buckets: Buckets, key: str) -> None:
    buckets.write(key, "kept")
    buckets.here.delete_object(Bucket=buckets.originals, Key=key)
    assert buckets.copied(key) is None
    found = buckets.there.list_object_versions(Bucket=buckets.copies, Prefix=key)
    assert [marker["IsLatest"] for marker in found["DeleteMarkers"]] == [True]
    version = found["Versions"][0]["VersionId"]
    body = buckets.there.get_object(Bucket=buckets.copies, Key=key, VersionId=version)["Body"].read()
    assert body == b"kept"


def test_the_deletion_of_a_version_stays_on_its_side(buckets: Buckets, key: str) -> None:
    buckets.write(key, "kept")
    version = buckets.here.head_object(Bucket=buckets.originals, Key=key)["VersionId"]
    buckets.here.delete_object(Bucket=buckets.originals, Key=key, VersionId=version)
    assert buckets.copied(key) == "kept"


def test_nothing_comes_back_from_the_copy(buckets: Buckets, key: str) -> None:
    buckets.there.put_object(Bucket=buckets.copies, Key=key, Body=b"written there")
    with pytest.raises(ClientError, match="404"):
        buckets.here.head_object(Bucket=buckets.originals, Key=key)


def test_what_was_there_before_the_rules_is_copied_by_a_job(
    buckets: Buckets, key: str, job: Callable[..., existing_objects.Progress]
) -> None:
    rules = buckets.here.get_bucket_replication(Bucket=buckets.originals)["ReplicationConfiguration"]
    buckets.here.delete_bucket_replication(Bucket=buckets.originals)
    with pytest.raises(existing_objects.ReplicateError, match="has no replication rules"):
        job()
    buckets.write(key, "early")
    buckets.here.put_bucket_replication(Bucket=buckets.originals, ReplicationConfiguration=rules)
    assert (buckets.copied(key), buckets.status(key)) == (None, None)
    assert job(failed_only=True).total == 0
    done = job()
    assert (done.status, done.succeeded, done.failed) == ("Complete", 1, 0)
    assert (buckets.copied(key), buckets.status(key)) == ("early", "COMPLETED")
    assert job().total == 0


@pytest.mark.parametrize("action", ["kms:Encrypt", "kms:Decrypt", "s3:ReplicateObject"])
def test_the_role_is_allowed_no_more_than_it_needs(
    buckets: Buckets, key: str, action: str, job: Callable[..., existing_objects.Progress]
) -> None:
    """Without any one of these nothing is copied, and S3 says so; with it again, what failed is."""
    with without(buckets, action):
        buckets.write(key, "late")
        assert (buckets.copied(key), buckets.status(key)) == (None, "FAILED")
    assert job(failed_only=True).succeeded == 1
    assert buckets.copied(key) == "late"


class without:  # noqa: N801 - reads as what it does
    """The role of replication without one action, for a while."""

    def __init__(self, buckets: Buckets, action: str) -> None:
        self._iam, self._action = buckets.aws.client("iam"), action
        rules = buckets.here.get_bucket_replication(Bucket=buckets.originals)["ReplicationConfiguration"]
        self._role = rules["Role"].rpartition("/")[2]
        (self._policy,) = self._iam.list_role_policies(RoleName=self._role)["PolicyNames"]

    def __enter__(self) -> None:
        found = self._iam.get_role_policy(RoleName=self._role, PolicyName=self._policy)["PolicyDocument"]
        self._before = json.dumps(found)
        self._put(self._before.replace(f'"{self._action}"', '"s3:ListBucket"'))

    def __exit__(self, *_: object) -> None:
        self._put(self._before)

    def _put(self, document: str) -> None:
        self._iam.put_role_policy(RoleName=self._role, PolicyName=self._policy, PolicyDocument=document)


def test_an_object_that_could_not_be_copied_is_refused(buckets: Buckets, key: str) -> None:
    objects = f"arn:aws:s3:::{buckets.originals}/*"
    with somebody_who_may(buckets.aws, {"s3:PutObject": objects}) as session:
        s3 = session.client("s3", endpoint_url=buckets.aws.endpoint_url)
        s3.put_object(Bucket=buckets.originals, Key=key, Body=b"-")
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=buckets.originals, Key=key, Body=b"-", ServerSideEncryption="AES256")
        s3.close()
    assert buckets.copied(key) == "-"


def test_the_side_with_the_copies_is_told_when_they_are_late(buckets: Buckets) -> None:
    """S3 publishes how late they are where the copies are, and what failed where the originals are."""
    found = {
        region: {
            alarm["MetricName"]
            for alarm in buckets.aws.clients_in(region)("cloudwatch").describe_alarms()["MetricAlarms"]
            if alarm.get("Namespace") == "AWS/S3"
        }
        for region in (REGION, ELSEWHERE)
    }
    assert found == {REGION: {"OperationsFailedReplication"}, ELSEWHERE: {"ReplicationLatency"}}


def test_as_shipped_everything_outlives_the_stacks(session_aws: EmbeddedAws) -> None:
    """``cdk destroy`` takes neither originals nor copies, nor the keys without which nobody could read them."""
    aws, kept = session_aws, {"stacks": STACK, "bucket_prefix": "kept", "replica_region": ELSEWHERE}
    found = Buckets(aws, aws.deploy(STACK, context=kept))
    names = {
        resource["PhysicalResourceId"]
        for stack, region in ((STACK, REGION), (REPLICA_STACK, ELSEWHERE))
        for resource in aws.clients_in(region)("cloudformation").describe_stack_resources(StackName=stack)[
            "StackResources"
        ]
        if resource["ResourceType"] == "AWS::S3::Bucket"
    }
    assert len(names) == 4, "of objects, and of the records of both sides"
    found.write("a", "kept")
    keys = {REGION: found.key_arn(REGION), ELSEWHERE: found.key_arn(ELSEWHERE, "alias/kept-replica")}
    aws.destroy(REPLICA_STACK, context=kept)
    stacks = aws.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert STACK not in {stack["StackName"] for stack in stacks}
    assert found.here.get_object(Bucket=found.originals, Key="a")["Body"].read() == b"kept"
    assert found.copied("a") == "kept"
    for region, key in keys.items():
        assert aws.clients_in(region)("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert names <= {bucket["Name"] for bucket in found.here.list_buckets()["Buckets"]}
    for bucket in names:
        for version in found.here.list_object_versions(Bucket=bucket).get("Versions", []):
            found.here.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        found.here.delete_bucket(Bucket=bucket)
