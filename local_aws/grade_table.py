"""Why the types that are more than recorded are so. ``grades.py`` reads it."""

from __future__ import annotations

# Reason, and the types (without their AWS::) that it holds for.
EXECUTES: tuple[tuple[str, str], ...] = (
    (
        "kept, served and notified about; access follows bucket policies",
        """
        S3::Bucket S3::BucketPolicy
        """,
    ),
    (
        "delivers, with dead letters, ordering and deduplication",
        """
        SQS::Queue SQS::QueuePolicy
        """,
    ),
    (
        "delivers, with filters; texts land in the inbox",
        """
        SNS::Topic SNS::Subscription SNS::TopicPolicy
        """,
    ),
    (
        "reads, writes, streams and expires items",
        """
        DynamoDB::Table
        """,
    ),
    (
        "reads, writes, streams and expires items in each of its Regions; the others have a change a moment later, and "
        "the last writer wins",
        """
        DynamoDB::GlobalTable
        """,
    ),
    (
        "backs up, copies and restores tables and buckets, when it is asked to: times of rules, tests and lifecycles "
        "never come, and access policies are kept, not enforced",
        """
        Backup::BackupVault Backup::BackupPlan Backup::BackupSelection
        Backup::RestoreTestingPlan Backup::RestoreTestingSelection
        """,
    ),
    (
        "runs on this machine's Python, whatever runtime and architecture are declared",
        """
        Lambda::Function Lambda::Permission Lambda::Version Lambda::Url Lambda::EventSourceMapping
        Lambda::LayerVersion
        """,
    ),
    (
        "answers requests, with validation, authorizers and throttling",
        """
        ApiGateway::RestApi ApiGateway::Resource ApiGateway::Method ApiGateway::Model ApiGateway::Authorizer
        ApiGateway::Deployment ApiGateway::Stage ApiGateway::ApiKey ApiGateway::UsagePlan
        ApiGateway::UsagePlanKey ApiGateway::GatewayResponse ApiGateway::RequestValidator
        ApiGateway::DomainName ApiGateway::BasePathMapping ApiGatewayV2::Api ApiGatewayV2::Stage
        ApiGatewayV2::Integration ApiGatewayV2::Route ApiGatewayV2::Authorizer ApiGatewayV2::DomainName
        ApiGatewayV2::ApiMapping
        """,
    ),
    (
        "runs every kind of state; its role is not enforced",
        """
        StepFunctions::StateMachine StepFunctions::Activity
        """,
    ),
    (
        "matches, delivers, archives and replays",
        """
        Events::EventBus Events::Rule Events::Archive
        """,
    ),
    (
        "fires, in real minutes",
        """
        Scheduler::Schedule Scheduler::ScheduleGroup
        """,
    ),
    (
        "is evaluated, metric math too, and notifies",
        """
        CloudWatch::Alarm CloudWatch::CompositeAlarm
        """,
    ),
    (
        "holds what functions write",
        """
        Logs::LogGroup Logs::LogStream
        """,
    ),
    (
        "serves its origins with its headers, without caching",
        """
        CloudFront::Distribution CloudFront::OriginAccessControl CloudFront::ResponseHeadersPolicy
        CloudFront::Function
        """,
    ),
    (
        "leads requests by name that are made here where its records say, by their routing and their health; no name "
        "server listens, and no resolver keeps answers",
        """
        Route53::HostedZone Route53::RecordSet
        """,
    ),
    (
        "asks what is on this machine, every few seconds whatever interval is declared; from here alone",
        """
        Route53::HealthCheck
        """,
    ),
    (
        "signs people up and in",
        """
        Cognito::UserPool Cognito::UserPoolClient Cognito::UserPoolDomain Cognito::UserPoolGroup
        Cognito::UserPoolUser Cognito::UserPoolResourceServer
        """,
    ),
    (
        "encrypts and decrypts",
        """
        KMS::Key KMS::Alias KMS::ReplicaKey
        """,
    ),
    (
        "takes records and hands them on",
        """
        Kinesis::Stream KinesisFirehose::DeliveryStream
        """,
    ),
    (
        "keeps and gives out values",
        """
        SSM::Parameter SecretsManager::Secret
        """,
    ),
    (
        "counts as verified at once; mails land in the inbox",
        """
        SES::EmailIdentity
        """,
    ),
    (
        "routes by rules and weights, keeps sessions, checks health; reaches functions and programs on this machine",
        """
        ElasticLoadBalancingV2::LoadBalancer ElasticLoadBalancingV2::Listener
        ElasticLoadBalancingV2::ListenerRule ElasticLoadBalancingV2::TargetGroup
        """,
    ),
    (
        "keeps its instances, which are ids: replaces, holds, protects and registers them; nothing boots, but `make "
        "local` runs the project's programs on this machine in their place",
        """
        AutoScaling::AutoScalingGroup AutoScaling::LifecycleHook
        """,
    ),
    (
        "changes the capacity when its alarm goes off, once; tracking a target, again while it lasts; predictions are "
        "not made",
        """
        AutoScaling::ScalingPolicy
        """,
    ),
)

API_BACKED: tuple[tuple[str, str], ...] = (
    (
        "kept; enforced for functions and for programs in the place of instances, and only where IAM enforcement is "
        "on, as in the tests",
        """
        IAM::Role IAM::Policy IAM::ManagedPolicy IAM::User IAM::Group IAM::InstanceProfile IAM::AccessKey
        """,
    ),
    (
        "described by the API; carries no traffic",
        """
        EC2::CustomerGateway EC2::DHCPOptions EC2::EIP EC2::EIPAssociation EC2::EgressOnlyInternetGateway
        EC2::FlowLog EC2::InternetGateway EC2::NatGateway EC2::NetworkAcl EC2::NetworkAclEntry
        EC2::NetworkInterface EC2::PlacementGroup EC2::PrefixList EC2::Route EC2::RouteTable
        EC2::SecurityGroup EC2::SecurityGroupEgress EC2::SecurityGroupIngress EC2::Subnet
        EC2::SubnetNetworkAclAssociation EC2::SubnetRouteTableAssociation EC2::VPC
        EC2::VPCDHCPOptionsAssociation EC2::VPCEndpoint EC2::VPCGatewayAttachment EC2::VPCPeeringConnection
        EC2::VPNConnection EC2::VPNGateway
        """,
    ),
    (
        "has an id; nothing boots",
        """
        AutoScaling::LaunchConfiguration EC2::Instance EC2::LaunchTemplate EC2::Volume EC2::VolumeAttachment
        """,
    ),
    (
        "kept; its time never comes",
        """
        AutoScaling::ScheduledAction
        """,
    ),
    (
        "kept, and its function tried or called when it is made or changed; RotateSecret calls the function, its time "
        "never comes",
        """
        SecretsManager::RotationSchedule
        """,
    ),
    (
        "kept; TLS is not spoken here",
        """
        ElasticLoadBalancingV2::ListenerCertificate
        """,
    ),
    (
        "an alias's weights do not split traffic; success destinations are not called",
        """
        Lambda::Alias Lambda::EventInvokeConfig
        """,
    ),
    (
        "kept; filters nothing",
        """
        WAFv2::IPSet WAFv2::WebACL WAFv2::WebACLAssociation
        """,
    ),
    (
        "kept; no engine listens, but where it is PostgreSQL, `make local` runs one on this machine in its place",
        """
        RDS::DBCluster RDS::DBInstance
        """,
    ),
    (
        "kept; no engine listens, but where it has one shard, `make local` runs Redis on this machine in its place",
        """
        ElastiCache::ReplicationGroup ElastiCache::User ElastiCache::UserGroup
        """,
    ),
    (
        "kept; no engine listens",
        """
        AmazonMQ::Broker DocDB::DBCluster DocDB::DBClusterParameterGroup DocDB::DBInstance
        DocDB::DBSubnetGroup ElastiCache::CacheCluster ElastiCache::ParameterGroup ElastiCache::SubnetGroup
        OpenSearchService::Domain RDS::DBClusterParameterGroup
        RDS::DBParameterGroup RDS::DBProxy RDS::DBSubnetGroup RDS::GlobalCluster
        """,
    ),
    (
        "kept; no container starts",
        """
        Batch::ComputeEnvironment Batch::JobDefinition Batch::JobQueue ECR::Repository EKS::Addon EKS::Cluster
        EKS::Nodegroup
        """,
    ),
    (
        "kept; no container starts, though the API says that tasks run",
        """
        ECS::Cluster ECS::ClusterCapacityProviderAssociations ECS::Service ECS::TaskDefinition
        """,
    ),
    (
        "kept; most pipes do not run",
        """
        Pipes::Pipe
        """,
    ),
    (
        "kept and described by its API; nothing here has tried what it does",
        """
        ApiGateway::Account ApiGateway::DocumentationPart ApiGateway::DocumentationVersion
        AppConfig::Application AppConfig::ConfigurationProfile AppConfig::Deployment
        AppConfig::DeploymentStrategy AppConfig::Environment AppConfig::HostedConfigurationVersion
        AppSync::ApiKey AppSync::DataSource AppSync::FunctionConfiguration AppSync::GraphQLApi
        AppSync::GraphQLSchema AppSync::Resolver Athena::NamedQuery Athena::WorkGroup
        CertificateManager::Certificate CloudFront::CachePolicy
        CloudFront::CloudFrontOriginAccessIdentity CloudFront::KeyValueStore CloudFront::OriginRequestPolicy
        CloudTrail::Trail CloudWatch::Dashboard CodeBuild::Project
        Cognito::IdentityPool Cognito::IdentityPoolPrincipalTag Cognito::IdentityPoolRoleAttachment
        EFS::AccessPoint EFS::FileSystem EFS::MountTarget Events::ApiDestination Events::Connection
        Glue::Connection Glue::Crawler Glue::Database Glue::Job Glue::Partition Glue::Table Glue::Trigger
        IoT::CACertificate IoT::Certificate IoT::DomainConfiguration IoT::JobTemplate IoT::Policy
        IoT::PolicyPrincipalAttachment IoT::ProvisioningTemplate IoT::Thing IoT::ThingGroup
        IoT::ThingPrincipalAttachment IoT::ThingType IoT::TopicRule Kinesis::StreamConsumer
        KinesisAnalyticsV2::Application KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption
        Lambda::LayerVersionPermission Location::Tracker Logs::MetricFilter Logs::ResourcePolicy
        Logs::SubscriptionFilter S3::AccessPoint S3::MultiRegionAccessPoint S3ObjectLambda::AccessPoint
        S3ObjectLambda::AccessPointPolicy S3Tables::Namespace S3Tables::Table S3Tables::TableBucket
        SES::ConfigurationSet SES::ConfigurationSetEventDestination SecretsManager::SecretTargetAttachment
        ServiceDiscovery::HttpNamespace ServiceDiscovery::Instance ServiceDiscovery::PrivateDnsNamespace
        ServiceDiscovery::PublicDnsNamespace ServiceDiscovery::Service Signer::ProfilePermission
        Signer::SigningProfile
        """,
    ),
)
