"""The types that the launcher adds: created with their attributes, and deleted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import boto3
import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.project import REGION
from local_aws.template_stacks import CreateStack
from tests.local.network_types import NETWORK_GROUPS, Group, Resources, get, ref, resource

SUBNET: Resources = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.7.0.0/16"}},
    "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.7.0.0/24"}},
}

GROUPS: Mapping[str, Group] = {
    **NETWORK_GROUPS,
    "alarms": (
        {
            "Alarm": resource(
                "CloudWatch::Alarm",
                ComparisonOperator="GreaterThanThreshold",
                EvaluationPeriods=1,
                MetricName="Errors",
                Namespace="Test",
                Period=60,
                Statistic="Sum",
                Threshold=1,
            ),
            "Composite": resource(
                "CloudWatch::CompositeAlarm", AlarmRule={"Fn::Sub": 'ALARM("${Alarm}")'}, ActionsEnabled=True
            ),
        },
        {"Arn": ("Composite", "Arn")},
    ),
    "web application firewall": (
        {
            "Addresses": resource(
                "WAFv2::IPSet", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["192.0.2.0/24"]
            ),
            "Acl": resource(
                "WAFv2::WebACL",
                Scope="REGIONAL",
                DefaultAction={"Allow": {}},
                Rules=[],
                VisibilityConfig={
                    "SampledRequestsEnabled": True,
                    "CloudWatchMetricsEnabled": True,
                    "MetricName": "m",
                },
            ),
            "Association": resource(
                "WAFv2::WebACLAssociation",
                WebACLArn=get("Acl", "Arn"),
                ResourceArn="arn:aws:apigateway:us-east-1::/restapis/abc/stages/prod",
            ),
        },
        {"Arn": ("Addresses", "Arn")},
    ),
    "health checks": (
        {
            "Check": resource(
                "Route53::HealthCheck",
                HealthCheckConfig={
                    "Type": "HTTPS",
                    "FullyQualifiedDomainName": "example.org",
                    "Port": 443,
                    "RequestInterval": 30,
                },
            )
        },
        {"Id": ("Check", "HealthCheckId")},
    ),
    "events": (
        {
            "Bus": resource("Events::EventBus", Name="orders"),
            "Archive": resource("Events::Archive", SourceArn=get("Bus", "Arn"), RetentionDays=7),
            "Connection": resource(
                "Events::Connection",
                AuthorizationType="API_KEY",
                AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}},
            ),
            "Destination": resource(
                "Events::ApiDestination",
                ConnectionArn=get("Connection", "Arn"),
                HttpMethod="POST",
                InvocationEndpoint="https://example.org/",
            ),
        },
        {"Archive": ("Archive", "Arn"), "Destination": ("Destination", "Arn")},
    ),
    "backup, trails and queries": (
        {
            "Vault": resource("Backup::BackupVault", BackupVaultName="vault"),
            "Plan": resource(
                "Backup::BackupPlan",
                BackupPlan={
                    "BackupPlanName": "daily",
                    "BackupPlanRule": [{"RuleName": "daily", "TargetBackupVault": ref("Vault")}],
                },
            ),
            "Selection": resource(
                "Backup::BackupSelection",
                BackupPlanId=ref("Plan"),
                BackupSelection={
                    "SelectionName": "all",
                    "IamRoleArn": "arn:aws:iam::000000000000:role/backup",
                    "Resources": ["*"],
                },
            ),
            "Bucket": resource("S3::Bucket"),
            "Trail": resource("CloudTrail::Trail", S3BucketName=ref("Bucket"), IsLogging=True),
            "Query": resource("Athena::NamedQuery", Database="db", QueryString="SELECT 1"),
        },
        {"Selection": ("Selection", "SelectionId"), "Trail": ("Trail", "Arn")},
    ),
    "databases and brokers": (
        {
            **SUBNET,
            "Global": resource("RDS::GlobalCluster", Engine="aurora-postgresql"),
            "Proxy": resource(
                "RDS::DBProxy",
                DBProxyName="proxy",
                EngineFamily="POSTGRESQL",
                RoleArn="arn:aws:iam::000000000000:role/proxy",
                VpcSubnetIds=[ref("Subnet")],
                Auth=[{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:us-east-1:000000000000:secret:s"}],
            ),
            "Broker": resource(
                "AmazonMQ::Broker",
                BrokerName="broker",
                EngineType="RABBITMQ",
                EngineVersion="3.13",
                HostInstanceType="mq.m5.large",
                DeploymentMode="SINGLE_INSTANCE",
                PubliclyAccessible=False,
                AutoMinorVersionUpgrade=True,
                Users=[{"Username": "admin", "Password": "correct-horse-battery"}],
            ),
        },
        {"Proxy": ("Proxy", "DBProxyArn"), "Broker": ("Broker", "Arn")},
    ),
    "compute and streams": (
        {
            "Environment": resource("Batch::ComputeEnvironment", Type="MANAGED"),
            "Queue": resource(
                "Batch::JobQueue",
                Priority=1,
                ComputeEnvironmentOrder=[{"Order": 1, "ComputeEnvironment": ref("Environment")}],
            ),
            "Definition": resource(
                "Batch::JobDefinition",
                Type="container",
                ContainerProperties={"Image": "public.ecr.aws/docker/library/busybox", "Vcpus": 1, "Memory": 128},
            ),
            "Activity": resource("StepFunctions::Activity", Name="approve"),
            "Stream": resource("Kinesis::Stream", ShardCount=1),
            "Consumer": resource("Kinesis::StreamConsumer", ConsumerName="reader", StreamARN=get("Stream", "Arn")),
        },
        {"Queue": ("Queue", "JobQueueArn"), "Activity": ("Activity", "Arn"), "Reader": ("Consumer", "ConsumerARN")},
    ),
    "containers": (
        {
            "Cluster": resource("ECS::Cluster"),
            "Providers": resource(
                "ECS::ClusterCapacityProviderAssociations",
                Cluster=ref("Cluster"),
                CapacityProviders=["FARGATE", "FARGATE_SPOT"],
                DefaultCapacityProviderStrategy=[{"CapacityProvider": "FARGATE", "Weight": 1}],
            ),
        },
        {"Cluster": ("Cluster", "Arn")},
    ),
    "people and keys": (
        {
            "Pool": resource("Cognito::UserPool"),
            "Person": resource("Cognito::UserPoolUser", UserPoolId=ref("Pool"), Username="whiskers"),
            "Group": resource("IAM::Group"),
            "User": resource("IAM::User"),
            "Key": resource("IAM::AccessKey", UserName=ref("User")),
        },
        {"Group": ("Group", "Arn"), "Secret": ("Key", "SecretAccessKey")},
    ),
}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_of_types_is_created_with_its_attributes_and_deleted(
    group: str, embedded_aws: EmbeddedAws, create_stack: CreateStack
) -> None:
    resources, attributes = GROUPS[group]
    outputs = {key: {"Value": get(*where)} for key, where in attributes.items()}

    stack = create_stack(embedded_aws, f"types-{uuid.uuid4().hex[:8]}", {"Resources": resources, "Outputs": outputs})

    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    assert all(stack.outputs()[key] for key in attributes)
    assert stack.delete() == "DELETE_COMPLETE", stack.failures()


def test_a_cluster_has_its_capacity_providers(embedded_aws: EmbeddedAws, create_stack: CreateStack) -> None:
    stack = create_stack(embedded_aws, f"types-{uuid.uuid4().hex[:8]}", {"Resources": GROUPS["containers"][0]})
    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    containers = session.client("ecs", endpoint_url=embedded_aws.endpoint_url)

    (cluster,) = containers.describe_clusters(clusters=[stack.physical_id("Cluster")])["clusters"]

    assert cluster["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    containers.close()
