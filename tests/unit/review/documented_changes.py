"""Changes whose effect CloudFormation's documentation tells, and the line that a review has to say about each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]

IN_PLACE = "No interruption"
INTERRUPTED = "Some interruptions"
REPLACEMENT = "Replacement"
REFUSED = "The update fails"


@dataclass(frozen=True, kw_only=True)
class Documented:
    """One property that changes.

    Attributes:
        type: Of the resource, whose page of the template reference says ``update``.
        update: What that page says after "Update requires".
        old: Properties before.
        new: Properties afterwards.
        line: Of the review.
        attributes: Beside the properties, in both templates.
    """

    type: str
    update: str
    old: Properties
    new: Properties
    line: str
    attributes: dict[str, Any] = field(default_factory=dict)


RETAINED = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def of(kind: str, update: str, old: Properties, new: Properties, line: str, **attributes: Any) -> Documented:
    return Documented(type=f"AWS::{kind}", update=update, old=old, new=new, line=line, attributes=attributes)


def key(name: str) -> Properties:
    return {"KeySchema": [{"AttributeName": name, "KeyType": "HASH"}]}


CHANGES = (
    of("S3::Bucket", REPLACEMENT, {"BucketName": "a"}, {"BucketName": "b"}, "replaced, DATA LOST (BucketName a -> b)"),
    of(
        "S3::Bucket",
        REPLACEMENT,
        {"BucketName": "a"},
        {"BucketName": "b"},
        "replaced, its data is left behind, outside the stack (BucketName a -> b)",
        **RETAINED,
    ),
    of(
        "S3::Bucket",
        REPLACEMENT,
        {},
        {"BucketName": "b"},
        "replaced, DATA LOST (BucketName = b)",
    ),
    of(
        "S3::Bucket",
        IN_PLACE,
        {"AccelerateConfiguration": {"AccelerationStatus": "Enabled"}},
        {"AccelerateConfiguration": {"AccelerationStatus": "Suspended"}},
        "changed in place (AccelerateConfiguration.AccelerationStatus Enabled -> Suspended)",
    ),
    of(
        "DynamoDB::Table",
        REPLACEMENT,
        {"TableName": "a"},
        {"TableName": "b"},
        "replaced, DATA LOST (TableName a -> b)",
    ),
    of(
        "DynamoDB::Table",
        REPLACEMENT,
        key("a"),
        key("b"),
        "replaced, DATA LOST (KeySchema[0].AttributeName a -> b)",
    ),
    of(
        "DynamoDB::Table",
        REPLACEMENT,
        {"TableName": "t", **key("a")},
        {"TableName": "t", **key("b")},
        "replaced, DATA LOST (CloudFormation refuses it while TableName stays t; KeySchema[0].AttributeName a -> b)",
    ),
    of(
        "DynamoDB::Table",
        IN_PLACE,
        {"BillingMode": "PROVISIONED"},
        {"BillingMode": "PAY_PER_REQUEST"},
        "changed in place (BillingMode PROVISIONED -> PAY_PER_REQUEST)",
    ),
    of(
        "DynamoDB::GlobalTable",
        REPLACEMENT,
        key("a"),
        key("b"),
        "replaced, DATA LOST (KeySchema[0].AttributeName a -> b)",
    ),
    of(
        "DynamoDB::GlobalTable",
        IN_PLACE,
        {"Replicas": [{"Region": "us-east-1"}]},
        {"Replicas": [{"Region": "us-east-1"}, {"Region": "us-west-2"}]},
        'changed in place (Replicas[] = {"Region": "us-west-2"})',
    ),
    of("SQS::Queue", REPLACEMENT, {}, {"FifoQueue": True}, "replaced, DATA LOST (FifoQueue = true)"),
    of("SQS::Queue", REPLACEMENT, {"QueueName": "a"}, {"QueueName": "b"}, "replaced, DATA LOST (QueueName a -> b)"),
    of(
        "SQS::Queue",
        IN_PLACE,
        {"VisibilityTimeout": 30},
        {"VisibilityTimeout": 60},
        "changed in place (VisibilityTimeout 30 -> 60)",
    ),
    of(
        "RDS::DBInstance",
        REPLACEMENT,
        {"StorageEncrypted": False},
        {"StorageEncrypted": True},
        "replaced, DATA LOST (StorageEncrypted false -> true)",
    ),
    of(
        "RDS::DBInstance",
        REPLACEMENT,
        {"DBSubnetGroupName": "a"},
        {"DBSubnetGroupName": "b"},
        "replaced, only a snapshot of its data is kept (DBSubnetGroupName a -> b)",
        UpdateReplacePolicy="Snapshot",
    ),
    of(
        "RDS::DBInstance",
        IN_PLACE,
        {"AllocatedStorage": "20"},
        {"AllocatedStorage": "40"},
        "changed in place (AllocatedStorage 20 -> 40)",
    ),
    of(
        "RDS::DBInstance",
        INTERRUPTED,
        {"MultiAZ": True},
        {"MultiAZ": False},
        "may be replaced, its data may be lost (MultiAZ true -> false)",
    ),
    of(
        "RDS::DBInstance",
        INTERRUPTED,
        {"DBInstanceClass": "db.t4g.micro"},
        {"DBInstanceClass": "db.t4g.small"},
        "changed in place (DBInstanceClass db.t4g.micro -> db.t4g.small)",
    ),
    of(
        "RDS::DBCluster",
        REPLACEMENT,
        {"DatabaseName": "a"},
        {"DatabaseName": "b"},
        "replaced, DATA LOST (DatabaseName a -> b)",
    ),
    of(
        "RDS::DBCluster",
        INTERRUPTED,
        {"EngineVersion": "16.4"},
        {"EngineVersion": "16.6"},
        "changed in place (EngineVersion 16.4 -> 16.6)",
    ),
    of(
        "RDS::GlobalCluster",
        REPLACEMENT,
        {"StorageEncrypted": False},
        {"StorageEncrypted": True},
        "replaced, DATA LOST (StorageEncrypted false -> true)",
    ),
    of("EFS::FileSystem", REPLACEMENT, {}, {"Encrypted": True}, "replaced, DATA LOST (Encrypted = true)"),
    of(
        "EFS::FileSystem",
        IN_PLACE,
        {"ThroughputMode": "bursting"},
        {"ThroughputMode": "elastic"},
        "changed in place (ThroughputMode bursting -> elastic)",
    ),
    of(
        "ElastiCache::ReplicationGroup",
        REPLACEMENT,
        {"Port": 6379},
        {"Port": 6380},
        "replaced, DATA LOST (Port 6379 -> 6380)",
    ),
    of(
        "ElastiCache::ReplicationGroup",
        IN_PLACE,
        {"CacheNodeType": "cache.t4g.micro"},
        {"CacheNodeType": "cache.t4g.small"},
        "changed in place (CacheNodeType cache.t4g.micro -> cache.t4g.small)",
    ),
    of("Kinesis::Stream", REPLACEMENT, {"Name": "a"}, {"Name": "b"}, "replaced, DATA LOST (Name a -> b)"),
    of(
        "Kinesis::Stream",
        IN_PLACE,
        {"ShardCount": 1},
        {"ShardCount": 2},
        "changed in place (ShardCount 1 -> 2)",
    ),
    of(
        "KMS::Key",
        REFUSED,
        {"KeySpec": "SYMMETRIC_DEFAULT"},
        {"KeySpec": "RSA_2048"},
        "refused (KeySpec SYMMETRIC_DEFAULT -> RSA_2048)",
    ),
    of("KMS::Key", IN_PLACE, {"Description": "a"}, {"Description": "b"}, "changed in place (Description a -> b)"),
    of(
        "EC2::Volume",
        REFUSED,
        {"AvailabilityZone": "us-east-1a"},
        {"AvailabilityZone": "us-east-1b"},
        "refused (AvailabilityZone us-east-1a -> us-east-1b)",
    ),
    of("EC2::Volume", IN_PLACE, {"Size": 10}, {"Size": 20}, "changed in place (Size 10 -> 20)"),
    of(
        "SecretsManager::Secret",
        REPLACEMENT,
        {"Name": "a"},
        {"Name": "b"},
        "replaced, DATA LOST (Name a -> b)",
    ),
    of(
        "Backup::BackupVault",
        REPLACEMENT,
        {"EncryptionKeyArn": "a"},
        {"EncryptionKeyArn": "b"},
        "replaced, DATA LOST (EncryptionKeyArn a -> b)",
    ),
    of(
        "Logs::LogGroup",
        REPLACEMENT,
        {"LogGroupName": "a"},
        {"LogGroupName": "b"},
        "replaced, DATA LOST (LogGroupName a -> b)",
    ),
    of(
        "ECR::Repository",
        REPLACEMENT,
        {"EncryptionConfiguration": {"EncryptionType": "AES256"}},
        {"EncryptionConfiguration": {"EncryptionType": "KMS"}},
        "replaced, DATA LOST (EncryptionConfiguration.EncryptionType AES256 -> KMS)",
    ),
    of(
        "Lambda::Function",
        REPLACEMENT,
        {"FunctionName": "a"},
        {"FunctionName": "b"},
        "replaced (FunctionName a -> b)",
    ),
    of(
        "Lambda::Function",
        IN_PLACE,
        {"MemorySize": 128},
        {"MemorySize": 256},
        "changed in place (MemorySize 128 -> 256)",
    ),
    of(
        "Lambda::EventSourceMapping",
        REPLACEMENT,
        {"StartingPosition": "LATEST"},
        {"StartingPosition": "TRIM_HORIZON"},
        "replaced (StartingPosition LATEST -> TRIM_HORIZON)",
    ),
    of("EC2::Instance", REPLACEMENT, {"ImageId": "ami-1"}, {"ImageId": "ami-2"}, "replaced (ImageId ami-1 -> ami-2)"),
    of(
        "EC2::Instance",
        INTERRUPTED,
        {"InstanceType": "t4g.micro"},
        {"InstanceType": "t4g.small"},
        "may be replaced (InstanceType t4g.micro -> t4g.small)",
    ),
    of(
        "EC2::Subnet",
        REPLACEMENT,
        {"CidrBlock": "10.0.0.0/24"},
        {"CidrBlock": "10.0.1.0/24"},
        "replaced (CidrBlock 10.0.0.0/24 -> 10.0.1.0/24)",
    ),
    of(
        "EC2::VPC",
        REPLACEMENT,
        {"CidrBlock": "10.0.0.0/16"},
        {"CidrBlock": "10.1.0.0/16"},
        "replaced (CidrBlock 10.0.0.0/16 -> 10.1.0.0/16)",
    ),
    of(
        "EC2::SecurityGroup",
        REPLACEMENT,
        {"GroupDescription": "a"},
        {"GroupDescription": "b"},
        "replaced (GroupDescription a -> b)",
    ),
    of(
        "ElasticLoadBalancingV2::TargetGroup",
        REPLACEMENT,
        {"Port": 80},
        {"Port": 8080},
        "replaced (Port 80 -> 8080)",
    ),
    of(
        "ElasticLoadBalancingV2::LoadBalancer",
        REPLACEMENT,
        {"Scheme": "internet-facing"},
        {"Scheme": "internal"},
        "replaced (Scheme internet-facing -> internal)",
    ),
    of("IAM::Role", REPLACEMENT, {"Path": "/a/"}, {"Path": "/b/"}, "replaced (Path /a/ -> /b/)"),
    of("SNS::Topic", REPLACEMENT, {}, {"FifoTopic": True}, "replaced (FifoTopic = true)"),
    of(
        "StepFunctions::StateMachine",
        REPLACEMENT,
        {"StateMachineType": "STANDARD"},
        {"StateMachineType": "EXPRESS"},
        "replaced (StateMachineType STANDARD -> EXPRESS)",
    ),
    of("Route53::RecordSet", REPLACEMENT, {"Name": "a."}, {"Name": "b."}, "replaced (Name a. -> b.)"),
    of("Route53::RecordSet", IN_PLACE, {"TTL": "60"}, {"TTL": "30"}, "changed in place (TTL 60 -> 30)"),
    of("SSM::Parameter", REPLACEMENT, {"Name": "a"}, {"Name": "b"}, "replaced (Name a -> b)"),
    of(
        "WAFv2::WebACL",
        REPLACEMENT,
        {"Scope": "REGIONAL"},
        {"Scope": "CLOUDFRONT"},
        "replaced (Scope REGIONAL -> CLOUDFRONT)",
    ),
    of(
        "AutoScaling::AutoScalingGroup",
        IN_PLACE,
        {"LaunchTemplate": {"Version": "1"}},
        {"LaunchTemplate": {"Version": "2"}},
        "changed in place (LaunchTemplate.Version 1 -> 2)",
    ),
    of(
        "AutoScaling::AutoScalingGroup",
        INTERRUPTED,
        {"VPCZoneIdentifier": ["a"]},
        {"VPCZoneIdentifier": ["b"]},
        "changed in place (VPCZoneIdentifier[] a -> b)",
    ),
    # By the page about UpdatePolicy.
    of(
        "AutoScaling::AutoScalingGroup",
        INTERRUPTED,
        {"VPCZoneIdentifier": ["a"]},
        {"VPCZoneIdentifier": ["b"]},
        "replaced (VPCZoneIdentifier[] a -> b)",
        UpdatePolicy={"AutoScalingReplacingUpdate": {"WillReplace": True}},
    ),
)
