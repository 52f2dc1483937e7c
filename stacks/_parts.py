"""What several stacks take from their settings in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns.load_balancing.tls import TlsApproach

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs

    from aws_patterns.messaging.work_queue import WorkQueue
    from aws_patterns.network.multi_az_vpc import MultiAzVpc
    from aws_patterns.network.multi_az_vpc_options import NatGateways


class _DataSettings(Protocol):
    @property
    def removal_policy(self) -> Literal["retain", "destroy"]: ...


class _NetworkSettings(_DataSettings, Protocol):
    @property
    def vpc_cidr(self) -> str: ...
    @property
    def availability_zones(self) -> int: ...
    @property
    def nat_gateways(self) -> NatGateways: ...
    @property
    def interface_endpoints(self) -> Sequence[str]: ...


def removal_policy(settings: _DataSettings) -> cdk.RemovalPolicy:
    """Whether what holds data outlives the stack."""
    return cdk.RemovalPolicy[settings.removal_policy.upper()]


def network(
    stack: cdk.Stack, settings: _NetworkSettings, *, ipv6: bool = False, holds_data: bool = False
) -> MultiAzVpc:
    """The network that a stack has to itself.

    Args:
        stack: The stack.
        settings: Its settings.
        ipv6: Whether it has IPv6 as well.
        holds_data: Whether something in it outlives the stack, by the settings: then it and its subnets do, too. They
            cost nothing; without them the deletion of the stack would end with an error.
    """
    from aws_patterns.network.multi_az_vpc import MultiAzVpc  # noqa: PLC0415 - loads EC2; most stacks need none

    made = MultiAzVpc(
        stack,
        "Network",
        cidr=settings.vpc_cidr,
        availability_zones=settings.availability_zones,
        nat_gateways=settings.nat_gateways,
        interface_endpoints=settings.interface_endpoints,
        ipv6=ipv6,
        removal_policy=removal_policy(settings),
    )
    if holds_data and settings.removal_policy == "retain":
        cdk.RemovalPolicies.of(made).retain(apply_to_resource_types=["AWS::EC2::VPC", "AWS::EC2::Subnet"])
    return made


def in_further_region(stack: cdk.Stack, suffix: str, region: str, *, description: str) -> cdk.Stack:
    """The part of a stack that is in another Region: a stack beside it, called like it with the suffix.

    ``cdk deploy`` of the stack brings it, and deploys it first. What both must know of each other are names and
    settings: references to another Region would be exports, which can't be changed when that Region is lost.
    """
    beside = stack.node.scope
    assert isinstance(beside, Construct)  # noqa: S101 - a stack of this project is in an app
    account = None if cdk.Token.is_unresolved(stack.account) else stack.account
    further = cdk.Stack(
        beside,
        f"{stack.node.id}{suffix}",
        env=cdk.Environment(account=account, region=region),
        stack_name=f"{stack.stack_name}{suffix}",
        description=description,
    )
    stack.add_stack_dependency(further)
    return further


def outputs(stack: cdk.Stack, values: Mapping[str, str | None]) -> None:
    """What a person needs next, by name; what there is not is left out."""
    for name, value in values.items():
        if value:
            cdk.CfnOutput(stack, name, value=value)


def queue_outputs(queues: Mapping[str, WorkQueue], undelivered: Mapping[str, sqs.IQueue]) -> dict[str, str]:
    """Where messages are read, and where they are when that failed."""
    return {
        **{f"{name}QueueUrl": work.queue.queue_url for name, work in queues.items()},
        **{f"{name}DeadLetterQueueUrl": work.dead_letter_queue.queue_url for name, work in queues.items()},
        **{f"{name}UndeliveredQueueUrl": queue.queue_url for name, queue in undelivered.items()},
    }


def alarm_topic(stack: cdk.Stack, arn: str | None) -> sns.ITopic | None:
    """The topic that is told about alarms, where there is one."""
    return sns.Topic.from_topic_arn(stack, "AlarmTopic", arn) if arn else None


def encryption_key(stack: cdk.Stack, arn: str | None) -> kms.IKey | None:
    """The customer managed key that exists already, where there is one."""
    return kms.Key.from_key_arn(stack, "EncryptionKey", arn) if arn else None


def certificates(stack: cdk.Stack, arns: Sequence[str]) -> list[acm.ICertificate]:
    """Certificates that exist already."""
    return [acm.Certificate.from_certificate_arn(stack, f"Certificate{n}", arn) for n, arn in enumerate(arns, 1)]


def warn_of_plain_http(stack: cdk.Stack, tls: TlsApproach) -> None:
    """Say what is given up to be deployed without a certificate."""
    if tls is TlsApproach.PLAIN_HTTP:
        name = stack.node.id
        warning = (
            "tls is plain-http: whoever is on the way reads and changes what is sent. "
            f"Pass -c {name}.tls=offload -c {name}.certificate_arns=<a certificate in this Region>"
        )
        cdk.Annotations.of(stack).add_warning_v2("aws-patterns:plainHttp", warning)
