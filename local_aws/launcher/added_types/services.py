"""Types of the other services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from local_aws.launcher import aws, hooks
from local_aws.launcher.added_types.row import Call, Row, by_id, by_properties
from local_aws.launcher.values import flag, mapping, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_aws.launcher.added_types.shapes import Arguments
    from local_aws.launcher.hooks import Properties


def _ip_set(reference: str, properties: Properties) -> Arguments:
    """WAF changes a set only for somebody who read it: the lock token comes from that."""
    name, identifier, scope = reference.split("|")
    get = cast("Callable[..., Mapping[str, object]]", getattr(aws.client("wafv2"), "get_ip_set"))  # noqa: B009 # no stubs
    token = get(Name=name, Id=identifier, Scope=scope)["LockToken"]
    kept = {key: properties[key] for key in ("Addresses", "Description") if key in properties}
    return {"Name": name, "Id": identifier, "Scope": scope, "LockToken": token, **kept}


def _replica_key(properties: Properties) -> Properties:
    primary = text(properties, "PrimaryKeyArn")
    return {
        **properties,
        "KeyId": primary.rsplit("/", 1)[-1],
        "ReplicaRegion": hooks.region(),
        "Policy": json.dumps(properties.get("KeyPolicy")),
    }


def _trail(properties: Properties) -> Properties:
    return {**properties, "Name": properties.get("TrailName")}


def _archive(properties: Properties) -> Properties:
    return {**properties, "EventSourceArn": properties.get("SourceArn")}


def _batch(kind: str) -> Row:
    """The emulator's Batch deletes nothing: what was made stays until the server ends."""
    member = kind[0].lower() + kind[1:]
    return Row(
        service="batch",
        create=f"{'Register' if kind == 'JobDefinition' else 'Create'}{kind}",
        reference=f"{member}Arn",
        attributes={f"{kind}Arn": f"{member}Arn"},
        name=f"{kind}Name",
        delete=None,
    )


SERVICE_TYPES: Mapping[str, Row] = {
    # The emulator knows this type, but makes no validator for it.
    "AWS::ApiGateway::RequestValidator": Row(
        service="apigateway",
        create="CreateRequestValidator",
        reference="id",
        attributes={"RequestValidatorId": "id"},
        name="Name",
        delete=Call(
            operation="DeleteRequestValidator",
            arguments=by_properties("RestApiId", RequestValidatorId="requestValidatorId"),
        ),
        gone=frozenset({"NotFoundException"}),
    ),
    "AWS::CloudWatch::CompositeAlarm": Row(
        service="cloudwatch",
        create="PutCompositeAlarm",
        reference="=AlarmName",
        attributes={"Arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"},
        name="AlarmName",
        delete=Call(operation="DeleteAlarms", arguments=lambda alarm, _properties: {"AlarmNames": [alarm]}),
        update="create",
    ),
    "AWS::WAFv2::IPSet": Row(
        service="wafv2",
        create="CreateIPSet",
        reference="=Name|Summary.Id|=Scope",
        attributes={"Arn": "Summary.ARN", "Id": "Summary.Id"},
        name="Name",
        delete=Call(operation="DeleteIPSet", arguments=_ip_set),
        gone=frozenset({"WAFNonexistentItemException"}),
        update=Call(operation="UpdateIPSet", arguments=_ip_set),
    ),
    "AWS::WAFv2::WebACLAssociation": Row(
        service="wafv2",
        create="AssociateWebACL",
        reference="=ResourceArn|=WebACLArn",
        delete=Call(operation="DisassociateWebACL", arguments=by_properties("ResourceArn")),
        gone=frozenset({"WAFNonexistentItemException"}),
    ),
    "AWS::ECS::ClusterCapacityProviderAssociations": Row(
        service="ecs",
        create="PutClusterCapacityProviders",
        reference="=cluster",
        delete=Call(
            operation="PutClusterCapacityProviders",
            arguments=lambda cluster, _properties: {
                "cluster": cluster,
                "capacityProviders": [],
                "defaultCapacityProviderStrategy": [],
            },
        ),
        gone=frozenset({"ClusterNotFoundException"}),
        update="create",
    ),
    "AWS::Route53::HealthCheck": Row(
        service="route53",
        create="CreateHealthCheck",
        reference="HealthCheck.Id",
        attributes={"HealthCheckId": "HealthCheck.Id"},
        delete=Call(operation="DeleteHealthCheck", arguments=by_id("HealthCheckId")),
        gone=frozenset({"NoSuchHealthCheck"}),
        update=Call(
            operation="UpdateHealthCheck",
            arguments=lambda check, properties: {
                **mapping(properties.get("HealthCheckConfig")),
                "HealthCheckId": check,
            },
        ),
    ),
    "AWS::Events::Archive": Row(
        service="events",
        create="CreateArchive",
        reference="=ArchiveName",
        attributes={"Arn": "ArchiveArn", "ArchiveName": "=ArchiveName"},
        prepare=_archive,
        name="ArchiveName",
        delete=Call(operation="DeleteArchive", arguments=by_id("ArchiveName")),
        gone=frozenset({"ResourceNotFoundException"}),
        update=Call(
            operation="UpdateArchive",
            arguments=by_properties("Description", "EventPattern", "RetentionDays", id="ArchiveName"),
        ),
    ),
    "AWS::Events::Connection": Row(
        service="events",
        create="CreateConnection",
        reference="=Name",
        attributes={
            "Arn": "ConnectionArn",
            "SecretArn": "arn:aws:secretsmanager:{region}:{account}:secret:events!connection/{id}",
        },
        name="Name",
        delete=Call(operation="DeleteConnection", arguments=by_id("Name")),
        gone=frozenset({"ResourceNotFoundException"}),
        update=Call(
            operation="UpdateConnection",
            arguments=by_properties("AuthorizationType", "AuthParameters", "Description", id="Name"),
        ),
    ),
    "AWS::Events::ApiDestination": Row(
        service="events",
        create="CreateApiDestination",
        reference="=Name",
        attributes={"Arn": "ApiDestinationArn", "ArnForPolicy": "ApiDestinationArn"},
        name="Name",
        delete=Call(operation="DeleteApiDestination", arguments=by_id("Name")),
        gone=frozenset({"ResourceNotFoundException"}),
        update=Call(
            operation="UpdateApiDestination",
            arguments=by_properties(
                *("ConnectionArn", "Description", "HttpMethod", "InvocationEndpoint"),
                *("InvocationRateLimitPerSecond",),
                id="Name",
            ),
        ),
    ),
    "AWS::Backup::BackupSelection": Row(
        service="backup",
        create="CreateBackupSelection",
        reference="SelectionId",
        attributes={"SelectionId": "SelectionId", "Id": "SelectionId", "BackupPlanId": "=BackupPlanId"},
        delete=Call(operation="DeleteBackupSelection", arguments=by_properties("BackupPlanId", id="SelectionId")),
    ),
    "AWS::RDS::GlobalCluster": Row(
        service="rds",
        create="CreateGlobalCluster",
        reference="GlobalCluster.GlobalClusterIdentifier",
        name="GlobalClusterIdentifier",
        delete=Call(operation="DeleteGlobalCluster", arguments=by_id("GlobalClusterIdentifier")),
    ),
    "AWS::RDS::DBProxy": Row(
        service="rds",
        create="CreateDBProxy",
        reference="DBProxy.DBProxyName",
        attributes={"DBProxyArn": "DBProxy.DBProxyArn", "Endpoint": "DBProxy.Endpoint"},
        name="DBProxyName",
        delete=Call(operation="DeleteDBProxy", arguments=by_id("DBProxyName")),
    ),
    "AWS::KMS::ReplicaKey": Row(
        service="kms",
        create="ReplicateKey",
        reference="ReplicaKeyMetadata.KeyId",
        attributes={"KeyId": "ReplicaKeyMetadata.KeyId", "Arn": "ReplicaKeyMetadata.Arn"},
        prepare=_replica_key,
        # The primary is what is replicated, where it is.
        created_from=lambda properties: text(properties, "PrimaryKeyArn").split(":")[3],
        delete=Call(operation="ScheduleKeyDeletion", arguments=by_id("KeyId")),
    ),
    "AWS::CloudTrail::Trail": Row(
        service="cloudtrail",
        create="CreateTrail",
        reference="Name",
        attributes={"Arn": "TrailARN"},
        prepare=_trail,
        name="TrailName",
        then=(
            Call(
                operation="StartLogging",
                arguments=by_id("Name"),
                when=lambda properties: flag(properties, "IsLogging", default=False),
            ),
        ),
        delete=Call(operation="DeleteTrail", arguments=by_id("Name")),
    ),
    "AWS::AmazonMQ::Broker": Row(
        service="mq",
        create="CreateBroker",
        reference="BrokerId",
        attributes={"Arn": "BrokerArn"},
        delete=Call(operation="DeleteBroker", arguments=by_id("BrokerId")),
    ),
    "AWS::Batch::ComputeEnvironment": _batch("ComputeEnvironment"),
    "AWS::Batch::JobQueue": _batch("JobQueue"),
    "AWS::Batch::JobDefinition": _batch("JobDefinition"),
    "AWS::StepFunctions::Activity": Row(
        service="stepfunctions",
        create="CreateActivity",
        reference="activityArn",
        attributes={"Arn": "activityArn", "Name": "=name"},
        name="Name",
        delete=Call(operation="DeleteActivity", arguments=by_id("activityArn")),
    ),
    "AWS::Kinesis::StreamConsumer": Row(
        service="kinesis",
        create="RegisterStreamConsumer",
        reference="Consumer.ConsumerARN",
        attributes={"ConsumerARN": "Consumer.ConsumerARN", "ConsumerName": "=ConsumerName"},
        delete=Call(operation="DeregisterStreamConsumer", arguments=by_id("ConsumerARN")),
    ),
    "AWS::Athena::NamedQuery": Row(
        service="athena",
        create="CreateNamedQuery",
        reference="NamedQueryId",
        attributes={"NamedQueryId": "NamedQueryId"},
        name="Name",
        delete=Call(operation="DeleteNamedQuery", arguments=by_id("NamedQueryId")),
    ),
    "AWS::Cognito::UserPoolUser": Row(
        service="cognito-idp",
        create="AdminCreateUser",
        reference="User.Username",
        delete=Call(operation="AdminDeleteUser", arguments=by_properties("UserPoolId", id="Username")),
        gone=frozenset({"UserNotFoundException", "ResourceNotFoundException"}),
    ),
    "AWS::EKS::Addon": Row(
        service="eks",
        create="CreateAddon",
        reference="addon.addonName",
        attributes={"Arn": "addon.addonArn"},
        delete=Call(
            operation="DeleteAddon",
            arguments=lambda addon, properties: {"addonName": addon, "clusterName": properties["ClusterName"]},
        ),
    ),
    "AWS::IAM::Group": Row(
        service="iam",
        create="CreateGroup",
        reference="Group.GroupName",
        attributes={"Arn": "Group.Arn"},
        name="GroupName",
        delete=Call(operation="DeleteGroup", arguments=by_id("GroupName")),
    ),
    "AWS::IAM::AccessKey": Row(
        service="iam",
        create="CreateAccessKey",
        reference="AccessKey.AccessKeyId",
        attributes={"SecretAccessKey": "AccessKey.SecretAccessKey"},
        delete=Call(operation="DeleteAccessKey", arguments=by_properties("UserName", id="AccessKeyId")),
    ),
}
