"""Teaches the emulator's CloudFormation the types it lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from local_aws.hosts import localize
from local_aws.launcher import (
    bucket_deployment,
    custom_resources,
    function_concurrency,
    hooks,
    secret_references,
    secret_rotations,
)
from local_aws.launcher.added_types import ADDED_TYPES
from local_aws.launcher.backups import types as backup_types
from local_aws.launcher.balancing import types as balancing_types
from local_aws.launcher.buckets import configuration as bucket_types
from local_aws.launcher.data_servers import types as data_types
from local_aws.launcher.extended import extended
from local_aws.launcher.hooks import Handler, Properties, Provisioned
from local_aws.launcher.recorded import HandlersWithFallback
from local_aws.launcher.scaling import types as scaling_types
from local_aws.launcher.tables import types as table_types
from local_aws.launcher.values import flag, text

_SECURE_UPGRADE = "upgrade-insecure-requests"


def install(port: int) -> None:
    """Add the types; wrap those that need a little more than the emulator gives; record everything else."""
    handlers = HandlersWithFallback(hooks.resource_handlers())
    native: dict[str, Handler] = {
        "Custom::CDKBucketDeployment": bucket_deployment.handler(port),
        "Custom::S3AutoDeleteObjects": custom_resources.auto_delete_objects(),
        "Custom::VpcRestrictDefaultSG": custom_resources.restrict_default_security_group(),
        "AWS::SecretsManager::RotationSchedule": secret_rotations.schedule(),
    }
    added = {name: row.handler() for name, row in ADDED_TYPES.items()}
    wrapped = {
        "AWS::ApiGateway::Method": _with_request_validator(handlers["AWS::ApiGateway::Method"]),
        "AWS::SNS::Topic": _with_topic_attributes(handlers["AWS::SNS::Topic"]),
        "AWS::SecretsManager::Secret": secret_references.handler(handlers["AWS::SecretsManager::Secret"]),
        "AWS::EC2::VPC": _with_vpc_attributes(handlers["AWS::EC2::VPC"]),
        "AWS::CloudFront::ResponseHeadersPolicy": _with_local_hosts(
            handlers["AWS::CloudFront::ResponseHeadersPolicy"], port
        ),
    }
    handlers.update({**native, **added, **wrapped, **balancing_types.handlers(handlers)})
    handlers.update(scaling_types.handlers(handlers))
    handlers.update(table_types.handlers(handlers))
    handlers.update(function_concurrency.handlers(handlers))
    led = {**data_types.handlers(handlers), **bucket_types.handlers(handlers), **backup_types.handlers(handlers)}
    handlers.update(led)
    hooks.HANDLERS.replace(handlers)
    hooks.CHANGE_SET_HANDLERS.replace(handlers)

    blocking = cast("Callable[[str], bool]", hooks.RUNS_ON_WORKER_THREAD.get())
    hooks.RUNS_ON_WORKER_THREAD.replace(lambda name: name in added or name in led or blocking(name))
    custom_resources.cap_waiting()


def _with_request_validator(original: Handler) -> Handler:
    """The emulator's CloudFormation forgets which validator a method has."""

    def remember(provisioned: Provisioned, properties: Properties, _before: Properties) -> Provisioned:
        resources = cast("dict[str, dict[str, dict[str, dict[str, dict[str, object]]]]]", hooks.REST_RESOURCES.get())
        resource = resources[text(properties, "RestApiId")][text(properties, "ResourceId")]
        method = resource["resourceMethods"][text(properties, "HttpMethod")]
        method["requestValidatorId"] = properties.get("RequestValidatorId")
        return provisioned

    return extended(original, remember)


def _with_topic_attributes(original: Handler) -> Handler:
    """The emulator's CloudFormation forgets that a topic is FIFO, and how it is encrypted."""
    flags = ("FifoTopic", "ContentBasedDeduplication")

    def remember(provisioned: Provisioned, properties: Properties, _before: Properties) -> Provisioned:
        attributes = cast("dict[str, object]", hooks.store(hooks.TOPICS)[provisioned[0]]["attributes"])
        attributes.update({name: "true" for name in flags if flag(properties, name, default=False)})
        texts = ("KmsMasterKeyId", "FifoThroughputScope")
        attributes.update({name: text(properties, name) for name in texts if properties.get(name)})
        return provisioned

    return extended(original, remember)


def _with_vpc_attributes(original: Handler) -> Handler:
    """The emulator's VPC lacks the attributes that CDK's endpoints and dual-stack subnets read."""

    def extend(provisioned: Provisioned, properties: Properties, _before: Properties) -> Provisioned:
        physical_id, attributes = provisioned
        # Stable per VPC, in the documentation prefix: nothing here routes it.
        ipv6 = f"2001:db8:{physical_id[-4:]}:{physical_id[-6:-4]}00::/56"
        return physical_id, {
            **attributes,
            "CidrBlock": text(properties, "CidrBlock", "10.0.0.0/16"),
            "CidrBlockAssociations": [f"vpc-cidr-assoc-{physical_id.removeprefix('vpc-')}"],
            "Ipv6CidrBlocks": [ipv6],
        }

    return extended(original, extend)


def _with_local_hosts(original: Handler, port: int) -> Handler:
    """A content security policy must allow the local host names, or the page can't reach its API."""

    def local(value: object) -> object:
        if isinstance(value, dict):
            return {key: local(item) for key, item in value.items()}
        if isinstance(value, list):
            return [local(item) for item in value]
        return _local_policy(value, port) if isinstance(value, str) else value

    def localized(properties: Properties) -> Properties:
        return {key: local(value) for key, value in properties.items()}

    return extended(original, lambda provisioned, _properties, _before: provisioned, before=localized)


def _local_policy(policy: str, port: int) -> str:
    directives = [part for part in policy.split(";") if part.strip() != _SECURE_UPGRADE]
    return localize(";".join(directives), port)
