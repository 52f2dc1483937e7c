"""How each CloudFormation type appears in a diagram. A type that is not listed is a plain box."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docs.generate.graph import Category, Shape

C = Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a reader is told about a resource of some type.

    Attributes:
        label: What it is called; empty for what is not drawn by itself.
        category: Decides the colour.
        shape: The outline.
        group: The cluster in which it always stands; empty where its neighbours decide.
        gathered: One node stands for all of its type, with this plural as its title.
        part_of: The property that names what it belongs to: where it does, it is not drawn by itself and its
            wiring counts as that resource's.
        claimed_by: Types that own it by referring to it.
        contains: Stands around the resources that refer to it or to its parts.
        between: Stands between others, who need not know each other: it belongs to neither.
        public: The property path and value that make it reachable for everybody; ("", "") is always.
    """

    label: str = ""
    category: Category = Category.OTHER
    shape: Shape = Shape.BOX
    group: str = ""
    gathered: str = ""
    part_of: str = ""
    claimed_by: tuple[str, ...] = ()
    contains: bool = False
    between: bool = False
    public: tuple[str, str] | None = None


_PUBLIC = ("", "")
_STORE = Shape.STORE
ANY = ("*",)  # whatever refers to it, less what only permits

KINDS: dict[str, Kind] = {
    # Entry
    "AWS::CloudFront::Distribution": Kind(label="CloudFront", category=C.NETWORK, group="Edge", public=_PUBLIC),
    "AWS::WAFv2::WebACL": Kind(label="Web ACL", category=C.SECURITY, group="Edge"),
    "AWS::Route53::HostedZone": Kind(label="Route 53 zone", category=C.NETWORK, group="Edge"),
    "AWS::Route53::RecordSet": Kind(label="Route 53 record", category=C.NETWORK, group="Edge", public=_PUBLIC),
    "AWS::Route53::HealthCheck": Kind(label="Route 53 health check", category=C.NETWORK, group="Edge"),
    "AWS::GlobalAccelerator::Accelerator": Kind(
        label="Global Accelerator", category=C.NETWORK, group="Edge", public=_PUBLIC
    ),
    "AWS::ApiGateway::RestApi": Kind(label="REST API", category=C.INTEGRATION, group="API", public=_PUBLIC),
    "AWS::ApiGateway::Method": Kind(part_of="RestApiId"),
    "AWS::ApiGateway::Resource": Kind(part_of="RestApiId"),
    "AWS::ApiGateway::Stage": Kind(part_of="RestApiId"),
    "AWS::ApiGatewayV2::Api": Kind(label="HTTP API", category=C.INTEGRATION, group="API", public=_PUBLIC),
    "AWS::ApiGatewayV2::Integration": Kind(part_of="ApiId"),
    "AWS::ApiGatewayV2::Route": Kind(part_of="ApiId"),
    "AWS::ApiGatewayV2::Stage": Kind(part_of="ApiId"),
    "AWS::AppSync::GraphQLApi": Kind(label="GraphQL API", category=C.INTEGRATION, group="API", public=_PUBLIC),
    "AWS::Lambda::Url": Kind(part_of="TargetFunctionArn"),
    "AWS::Cognito::UserPool": Kind(label="Cognito user pool", category=C.SECURITY),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Kind(
        label="Load balancer", category=C.NETWORK, public=("Scheme", "internet-facing")
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Kind(part_of="LoadBalancerArn"),
    "AWS::ElasticLoadBalancingV2::ListenerRule": Kind(part_of="ListenerArn"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Kind(
        claimed_by=("AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule")
    ),
    # Compute
    "AWS::Lambda::Function": Kind(label="Lambda function", category=C.COMPUTE),
    "AWS::Lambda::Alias": Kind(part_of="FunctionName"),
    "AWS::Lambda::Version": Kind(part_of="FunctionName"),
    "AWS::EC2::Instance": Kind(label="EC2 instance", category=C.COMPUTE),
    "AWS::AutoScaling::AutoScalingGroup": Kind(label="Auto Scaling group", category=C.COMPUTE),
    "AWS::EC2::LaunchTemplate": Kind(claimed_by=("AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::Instance")),
    "AWS::AutoScaling::LaunchConfiguration": Kind(claimed_by=("AWS::AutoScaling::AutoScalingGroup",)),
    "AWS::IAM::InstanceProfile": Kind(claimed_by=ANY),
    "AWS::ECS::Service": Kind(label="ECS service", category=C.COMPUTE),
    "AWS::ECS::TaskDefinition": Kind(claimed_by=("AWS::ECS::Service",)),
    "AWS::ECS::Cluster": Kind(),
    "AWS::ECS::ClusterCapacityProviderAssociations": Kind(),
    "AWS::AutoScaling::ScalingPolicy": Kind(),
    "AWS::AutoScaling::ScheduledAction": Kind(part_of="AutoScalingGroupName"),
    "AWS::EC2::PlacementGroup": Kind(claimed_by=("AWS::EC2::LaunchTemplate", "AWS::AutoScaling::AutoScalingGroup")),
    "AWS::SSM::Document": Kind(label="SSM document", category=C.OPERATIONS),
    "AWS::ApplicationAutoScaling::ScalableTarget": Kind(),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Kind(),
    "AWS::IAM::Role": Kind(claimed_by=ANY),
    # Storage and data
    "AWS::S3::Bucket": Kind(label="S3 bucket", category=C.STORAGE, shape=_STORE),
    "AWS::EFS::FileSystem": Kind(label="EFS file system", category=C.STORAGE, shape=_STORE),
    "AWS::EFS::AccessPoint": Kind(part_of="FileSystemId"),
    "AWS::EFS::MountTarget": Kind(part_of="FileSystemId"),
    "AWS::DynamoDB::Table": Kind(label="DynamoDB table", category=C.DATABASE, shape=_STORE),
    "AWS::DynamoDB::GlobalTable": Kind(label="DynamoDB global table", category=C.DATABASE, shape=_STORE),
    "AWS::RDS::DBInstance": Kind(
        label="RDS database", category=C.DATABASE, shape=_STORE, part_of="DBClusterIdentifier"
    ),
    "AWS::RDS::DBCluster": Kind(label="Aurora cluster", category=C.DATABASE, shape=_STORE),
    "AWS::RDS::DBProxy": Kind(label="RDS proxy", category=C.DATABASE),
    "AWS::RDS::DBProxyEndpoint": Kind(part_of="DBProxyName"),
    "AWS::RDS::DBProxyTargetGroup": Kind(part_of="DBProxyName"),
    "AWS::ElastiCache::CacheCluster": Kind(label="ElastiCache", category=C.DATABASE, shape=_STORE),
    "AWS::ElastiCache::ReplicationGroup": Kind(label="ElastiCache", category=C.DATABASE, shape=_STORE),
    "AWS::ElastiCache::ServerlessCache": Kind(label="ElastiCache Serverless", category=C.DATABASE, shape=_STORE),
    "AWS::ElastiCache::User": Kind(claimed_by=("AWS::ElastiCache::UserGroup",)),
    "AWS::ElastiCache::UserGroup": Kind(
        claimed_by=("AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::ServerlessCache")
    ),
    "AWS::SecretsManager::Secret": Kind(label="Secret", category=C.SECURITY),
    "AWS::SecretsManager::RotationSchedule": Kind(part_of="SecretId"),
    "AWS::SecretsManager::SecretTargetAttachment": Kind(part_of="SecretId"),
    # Integration
    "AWS::StepFunctions::StateMachine": Kind(label="State machine", category=C.INTEGRATION, group="Workflow"),
    "AWS::Events::EventBus": Kind(label="Event bus", category=C.INTEGRATION, between=True),
    "AWS::Events::Rule": Kind(label="EventBridge rule", category=C.INTEGRATION),
    "AWS::Events::Archive": Kind(label="Event archive", category=C.STORAGE, shape=_STORE),
    "AWS::EventSchemas::Discoverer": Kind(label="Schema discovery", category=C.OPERATIONS),
    "AWS::Scheduler::Schedule": Kind(label="Schedule", category=C.INTEGRATION),
    "AWS::Pipes::Pipe": Kind(label="EventBridge pipe", category=C.INTEGRATION),
    "AWS::SQS::Queue": Kind(label="SQS queue", category=C.INTEGRATION, between=True),
    "AWS::SNS::Topic": Kind(label="SNS topic", category=C.INTEGRATION, between=True),
    "AWS::Kinesis::Stream": Kind(label="Kinesis stream", category=C.INTEGRATION, between=True),
    "AWS::KinesisFirehose::DeliveryStream": Kind(label="Firehose stream", category=C.INTEGRATION),
    # Operations
    "AWS::CodePipeline::Pipeline": Kind(label="Pipeline", category=C.INTEGRATION),
    "AWS::CodeBuild::Project": Kind(label="CodeBuild", category=C.OPERATIONS, gathered="build projects"),
    "AWS::CodeConnections::Connection": Kind(label="Connection to the repository", category=C.NETWORK),
    "AWS::CloudWatch::Alarm": Kind(label="CloudWatch", category=C.OPERATIONS, group="Operations", gathered="alarms"),
    "AWS::CloudWatch::CompositeAlarm": Kind(
        label="CloudWatch", category=C.OPERATIONS, group="Operations", gathered="composite alarms"
    ),
    "AWS::CloudWatch::Dashboard": Kind(
        label="CloudWatch", category=C.OPERATIONS, group="Operations", gathered="dashboards"
    ),
    "AWS::Logs::LogGroup": Kind(
        label="CloudWatch Logs", category=C.OPERATIONS, group="Operations", gathered="log groups"
    ),
    "AWS::Logs::LogStream": Kind(),
    "AWS::Logs::Delivery": Kind(),
    "AWS::Logs::DeliverySource": Kind(),
    "AWS::Logs::DeliveryDestination": Kind(),
    "AWS::Backup::BackupVault": Kind(label="Backup vault", category=C.STORAGE, shape=_STORE, group="Operations"),
    # Network
    "AWS::EC2::VPC": Kind(label="VPC", category=C.NETWORK, contains=True),
    "AWS::EC2::Subnet": Kind(part_of="VpcId"),
    "AWS::EC2::SecurityGroup": Kind(claimed_by=ANY),
    "AWS::RDS::DBSubnetGroup": Kind(part_of="SubnetIds"),
    "AWS::ElastiCache::SubnetGroup": Kind(part_of="SubnetIds"),
    "AWS::EC2::NatGateway": Kind(label="for outgoing traffic", category=C.NETWORK, gathered="NAT gateways"),
    "AWS::EC2::VPCEndpoint": Kind(label="PrivateLink", category=C.NETWORK, gathered="VPC endpoints"),
    "AWS::EC2::EIP": Kind(),
    "AWS::EC2::Route": Kind(),
    "AWS::EC2::RouteTable": Kind(),
    "AWS::EC2::InternetGateway": Kind(),
    "AWS::EC2::FlowLog": Kind(),
    "AWS::EC2::NetworkAcl": Kind(),
    # Plumbing of other resources
    "AWS::Lambda::EventSourceMapping": Kind(),
    "AWS::Lambda::EventInvokeConfig": Kind(),
    "AWS::SNS::Subscription": Kind(),
    "AWS::KMS::Key": Kind(),
    "AWS::KMS::Alias": Kind(),
    "AWS::SSM::Parameter": Kind(),
    "AWS::CertificateManager::Certificate": Kind(),
    "AWS::ApiGateway::Account": Kind(),
    "AWS::ApiGateway::Deployment": Kind(),
    "AWS::ApiGateway::GatewayResponse": Kind(),
    "AWS::ApiGateway::Model": Kind(),
    "AWS::ApiGateway::RequestValidator": Kind(),
    "AWS::CDK::Metadata": Kind(),
}

# What AWS calls the things that only say something about another resource.
_PLUMBING = re.compile(
    r"(Policy|Permission|Attachment|Association|Ingress|Egress|ParameterGroup|OptionGroup|SubnetGroup|"
    r"OriginAccessControl|OriginAccessIdentity|LayerVersion|LifecycleHook|LogDelivery|Certificate|DomainName|"
    r"BasePathMapping|ApiMapping|DomainNameConfiguration|Selection|Plan)$"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def kind_of(resource_type: str) -> Kind:
    """How a type appears, listed or not."""
    if known := KINDS.get(resource_type):
        return known
    if not resource_type.startswith("AWS::") or _PLUMBING.search(resource_type):
        return Kind()
    _, service, name = resource_type.split("::", 2)
    return Kind(label=f"{service} {' '.join(words(name)).lower()}")


def words(name: str) -> list[str]:
    """The words in a name written in one: `EmailFunction` has two, `RestAPI` too."""
    return _WORD.findall(name)
