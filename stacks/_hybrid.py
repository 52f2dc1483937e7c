"""What the hybrid's stack takes from its settings: the zone of its name, and the paths of its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_route53 as route53

from aws_patterns.disaster_recovery.hybrid.file_gateway_access import FileGatewayAccess
from aws_patterns.disaster_recovery.hybrid.on_premises_copies import OnPremisesCopies
from aws_patterns.disaster_recovery.hybrid.site_to_site_vpn import SiteToSiteVpn
from aws_patterns.storage.data_bucket import DataBucket
from stacks._parts import removal_policy

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_sns as sns

    from stacks.settings.dr_hybrid import DrHybridSettings

# Neither way of keeping files sees the objects of the other.
_GATEWAY, _COPIES = "gateway", "copies"


def warn_of_placeholders(stack: cdk.Stack, settings: DrHybridSettings) -> None:
    """Say what has to be chosen before anybody is served."""
    for name, value in settings.placeholders().items():
        warning = f"{name} is the placeholder {value}, where nobody is. Pass -c {stack.node.id}.{name}=..."
        cdk.Annotations.of(stack).add_warning_v2(f"aws-patterns:placeholder:{name}", warning)


def hosted_zone(stack: cdk.Stack, settings: DrHybridSettings) -> route53.IHostedZone | None:
    """The zone that exists already, where there is one."""
    if settings.hosted_zone_id is None:
        return None
    return route53.HostedZone.from_hosted_zone_attributes(
        stack, "HostedZone", hosted_zone_id=settings.hosted_zone_id, zone_name=settings.domain_name
    )


def make_data_paths(
    stack: cdk.Stack, settings: DrHybridSettings, *, vpc: ec2.IVpc, topic: sns.ITopic | None
) -> dict[str, str]:
    """The ways between the data centre and AWS; what a person needs of them, by name."""
    keeps = removal_policy(settings)
    vpn = SiteToSiteVpn(
        stack,
        "Vpn",
        vpc=vpc,
        on_premises_address=settings.on_premises_address,
        on_premises_cidrs=settings.on_premises_cidrs,
        bgp_asn=settings.bgp_asn,
        alarm_topic=topic,
        removal_policy=keeps,
    )
    files = DataBucket(stack, "Files", removal_policy=keeps).bucket
    gateway = FileGatewayAccess(stack, "FileGateway", bucket=files, prefix=_GATEWAY)
    told = {
        "VpnConnectionId": vpn.connection.ref,
        "FilesBucketName": files.bucket_name,
        "FileShareLocation": f"{files.bucket_arn}/{_GATEWAY}/",
        "FileShareRoleArn": gateway.role.role_arn,
    }
    if settings.datasync_agent_arns:
        copies = OnPremisesCopies(
            stack,
            "Copies",
            server=settings.file_server,
            path=settings.file_path,
            agent_arns=settings.datasync_agent_arns,
            bucket=files,
            prefix=_COPIES,
            every_hours=settings.copy_hours,
            alarm_topic=topic,
            removal_policy=keeps,
        )
        told["CopyTaskArn"] = copies.task.attr_task_arn
    return told
