"""Buckets of templates keep what is said of them, and replication does what rules say and AWS does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from local_aws.embedded import EmbeddedAws
    from local_aws.template_stacks import CreateStack

ELSEWHERE: Final = "eu-west-1"
ROLE = "arn:aws:iam::000000000000:role/Replication"


@pytest.fixture
def s3(embedded_aws: EmbeddedAws) -> S3Client:
    return embedded_aws.client("s3")


@pytest.fixture
def keys(embedded_aws: EmbeddedAws) -> tuple[str, str]:
    """One here, and one elsewhere."""
    made = [embedded_aws.clients_in(region)("kms").create_key() for region in ("us-east-1", ELSEWHERE)]
    return made[0]["KeyMetadata"]["Arn"], made[1]["KeyMetadata"]["Arn"]


@pytest.fixture
def destinations(embedded_aws: EmbeddedAws) -> Iterator[list[str]]:
    """Two versioned buckets, the second elsewhere."""
    names = [f"destination-{uuid4().hex}" for _ in range(2)]
    clients = [embedded_aws.client("s3"), embedded_aws.clients_in(ELSEWHERE)("s3")]
    clients[0].create_bucket(Bucket=names[0])
    clients[1].create_bucket(Bucket=names[1], CreateBucketConfiguration={"LocationConstraint": ELSEWHERE})
    for client, name in zip(clients, names, strict=True):
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield names
    for name in names:
        for version in clients[0].list_object_versions(Bucket=name).get("Versions", []):
            clients[0].delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])


def rule(destination: str, priority: int = 1, prefix: str = "", **more: Any) -> dict[str, Any]:
    of_rule: dict[str, Any] = {
        name: more.pop(name) for name in ("SourceSelectionCriteria", "DeleteMarkerReplication") if name in more
    }
    return {
        "Id": f"rule-{priority}-{destination[-4:]}",
        "Status": "Enabled",
        "Priority": priority,
        "Filter": {"Prefix": prefix},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{destination}", **more},
        **of_rule,
    }


def template(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    properties: dict[str, Any] = {"VersioningConfiguration": {"Status": "Enabled"}, **more}
    if rules:
        properties["ReplicationConfiguration"] = {"Role": ROLE, "Rules": list(rules)}
    return {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}}


def encrypted(key: str) -> dict[str, Any]:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    return {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": default}]}


def copied(s3: S3Client, bucket: str, key: str) -> bool:
    return bool(s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents"))


def test_a_bucket_of_a_template_has_its_encryption_its_lock_and_its_rules(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, s3: S3Client, keys: tuple[str, str], destinations: list[str]
) -> None:
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 7}}}
    stack = create_stack(
        embedded_aws,
        "buckets-kept",
        template(rule(destinations[0]), BucketEncryption=encrypted(keys[0]), ObjectLockConfiguration=lock),
    )
    bucket = stack.physical_id("Bucket")
    put = s3.put_object(Bucket=bucket, Key="a", Body=b"-")
    assert put["SSEKMSKeyId"] == keys[0]
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == lock
    rules = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"]
    assert [one["Destination"]["Bucket"] for one in rules] == [f"arn:aws:s3:::{destinations[0]}"]

    assert stack.update(template()) == "UPDATE_COMPLETE"
    with pytest.raises(s3.exceptions.ClientError, match="ReplicationConfigurationNotFoundError"):
        s3.get_bucket_replication(Bucket=bucket)


def test_rules_to_a_bucket_that_is_not_there_are_refused(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, s3: S3Client
) -> None:
    name = f"source-{uuid4().hex}"
    stack = create_stack(embedded_aws, "buckets-missing", template(rule("not-there"), BucketName=name))
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert any("Destination bucket must exist" in failure for failure in stack.failures())
    assert name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}


def test_each_destination_has_a_copy_by_its_rule_of_the_highest_priority(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, s3: S3Client, destinations: list[str]
) -> None:
    stack = create_stack(
        embedded_aws,
        "buckets-several",
        template(
            rule(destinations[0], 1, StorageClass="STANDARD_IA"),
            rule(destinations[0], 2, prefix="cold/", StorageClass="GLACIER_IR"),
            rule(destinations[1], 3),
        ),
    )
    bucket = stack.physical_id("Bucket")
    for key in ("a", "cold/a"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"-")
        assert s3.head_object(Bucket=bucket, Key=key)["ReplicationStatus"] == "COMPLETED"
        assert all(copied(s3, destination, key) for destination in destinations)
    assert s3.head_object(Bucket=destinations[0], Key="a")["StorageClass"] == "STANDARD_IA"
    assert s3.head_object(Bucket=destinations[0], Key="cold/a")["StorageClass"] == "GLACIER_IR"


def test_what_is_encrypted_by_kms_is_copied_only_where_a_rule_says_so(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, s3: S3Client, keys: tuple[str, str], destinations: list[str]
) -> None:
    stack = create_stack(
        embedded_aws,
        "buckets-encrypted",
        template(
            rule(destinations[0], 1),
            rule(
                destinations[1],
                2,
                EncryptionConfiguration={"ReplicaKmsKeyID": keys[1]},
                SourceSelectionCriteria={"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            ),
            BucketEncryption=encrypted(keys[0]),
        ),
    )
    s3.put_object(Bucket=stack.physical_id("Bucket"), Key="a", Body=b"-")
    assert [copied(s3, destination, "a") for destination in destinations] == [False, True]
    copy = s3.head_object(Bucket=destinations[1], Key="a")
    assert (copy["ServerSideEncryption"], copy["SSEKMSKeyId"]) == ("aws:kms", keys[1])
    version = s3.head_object(Bucket=destinations[1], Key="a", VersionId=copy["VersionId"])
    assert version["SSEKMSKeyId"] == keys[1]


def test_deletions_go_where_a_rule_says_so(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, s3: S3Client, destinations: list[str]
) -> None:
    stack = create_stack(
        embedded_aws,
        "buckets-deletions",
        template(rule(destinations[0], 1), rule(destinations[1], 2, DeleteMarkerReplication={"Status": "Enabled"})),
    )
    bucket = stack.physical_id("Bucket")
    s3.put_object(Bucket=bucket, Key="a", Body=b"-")
    s3.delete_object(Bucket=bucket, Key="a")
    assert [copied(s3, destination, "a") for destination in destinations] == [True, False]
