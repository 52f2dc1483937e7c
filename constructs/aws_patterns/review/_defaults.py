"""What the review adds to CloudFormation's schemas, each with its reason."""

from __future__ import annotations

from typing import Final

# cfn-lint ships a list of resource types that hold data; these do so, too, and are not in it.
STATEFUL: Final = frozenset(
    {
        # Recordings of events that can be replayed.
        "AWS::Events::Archive",
        "AWS::Backup::LogicallyAirGappedBackupVault",
        # Deleting it detaches the clusters; another one starts empty.
        "AWS::RDS::GlobalCluster",
        "AWS::ElastiCache::ServerlessCache",
        "AWS::MemoryDB::Cluster",
        "AWS::ECR::Repository",
        "AWS::OpenSearchServerless::Collection",
        "AWS::Timestream::Table",
        "AWS::Timestream::InfluxDBInstance",
        "AWS::MSK::Cluster",
        "AWS::AmazonMQ::Broker",
        "AWS::EKS::Cluster",
        "AWS::S3Express::DirectoryBucket",
        "AWS::S3Tables::TableBucket",
        "AWS::S3Tables::Table",
        "AWS::DSQL::Cluster",
        "AWS::Cassandra::Table",
        "AWS::DocDBElastic::Cluster",
        "AWS::RedshiftServerless::Namespace",
        # Its copy of a key: what was encrypted in that Region can't be read without it.
        "AWS::KMS::ReplicaKey",
        # Those who query by its name get another answer, or none.
        "AWS::Route53::HostedZone",
    }
)

# The schema is less sure than the documentation.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
REPLACED_WHEN_CHANGED: Final = {
    "AWS::DynamoDB::Table": frozenset({"KeySchema"}),
    "AWS::DynamoDB::GlobalTable": frozenset({"KeySchema", "LocalSecondaryIndexes"}),
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-recordset.html
    "AWS::Route53::RecordSet": frozenset({"Name"}),
}

# Changed, these fail; the schema does not say so.
REFUSED_WHEN_CHANGED: Final = {
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-volume.html
    "AWS::EC2::Volume": frozenset({"AvailabilityZone", "Encrypted", "KmsKeyId", "SnapshotId"}),
    # What is encrypted must not be lost by mistake.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
    "AWS::KMS::Key": frozenset({"KeySpec", "KeyUsage", "MultiRegion", "Origin"}),
}

# Made anew with every change, by design: nobody needs to look.
ROUTINE: Final = frozenset(
    {
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGatewayV2::Deployment",
        "AWS::ECS::TaskDefinition",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Version",
        # What they allow is compared as a whole, whatever resource says it.
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::Lambda::Permission",
    }
)

# Without an attribute DeletionPolicy, CloudFormation takes a snapshot of these; an instance of a cluster has no data.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
SNAPSHOT_BY_DEFAULT: Final = frozenset({"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"})

# One screen: longer values are cut.
VALUE_LENGTH: Final = 60

# GitHub takes 65536 characters.
COMMENT_LENGTH: Final = 60_000

# Two resources of one type, one gone and one new, are one that was renamed when this part of them is the same.
ALIKE: Final = 0.8
