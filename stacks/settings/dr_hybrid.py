"""Settings of the stack DrHybrid."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aws_patterns._names import HOSTED_ZONE_ID
from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.sample_web_app_options import check_sample_web_app
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.hybrid.hybrid_options import (
    check_hybrid_front,
    check_on_premises_copies,
    check_site_to_site_vpn,
)
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier_options import check_web_tier
from aws_patterns.network import _defaults as network_defaults
from aws_patterns.network.multi_az_vpc_options import NatGateways
from aws_patterns.network.multi_az_vpc_options import check_options as check_network
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.storage.data_bucket_options import Lifecycle, recovery_of
from stacks.settings._shared import (
    capacity_of,
    certificate_problems,
    exactly,
    renamed,
    signal_problems,
    topic_problems,
    zones_of,
)

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2

# Documentation's own: nobody answers there.
PLACEHOLDER_DOMAIN = "shop.example.org"
PLACEHOLDER_ADDRESS = "203.0.113.10"
_NETWORK = re.compile(r"\d{1,3}(\.\d{1,3}){3}/\d{1,2}", re.ASCII)

# What the parts call it, and what it is called here.
_NAMES = exactly(
    {
        "agent_arns": "datasync_agent_arns",
        "capacity.maximum": "capacity_maximum",
        "capacity.minimum": "capacity_minimum",
        "certificates": "certificate_arns",
        "cidr": "vpc_cidr",
        "every_hours": "copy_hours",
        "instances.instance_types": "instance_type",
        "path": "file_path",
        "server": "file_server",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DrHybridSettings:
    """What may be chosen about the web tier beside a data centre.

    Args:
        domain_name: By which users call both.
        hosted_zone_id: Of the public zone that the domain is in. Default: one is made, called like the domain.
        on_premises_address: Public IPv4 address of the data centre: where its side is called, and the VPN ends.
        on_premises_cidrs: Networks in the data centre, for a VPN device without BGP. Default: BGP tells.
        bgp_asn: Of the data centre.
        on_premises_weight: So many parts of the users are sent to the data centre.
        aws_weight: So many are sent to AWS; 0 sends nobody there until the data centre does not answer.
        datasync_agent_arns: DataSync agents in the data centre, which copy its files. Default: none, and no copies.
        file_server: NFS server in the data centre that they copy from.
        file_path: That it exports.
        copy_hours: How often they copy.
        availability_zones: How many zones the web tier is in, 2 or 3.
        vpc_cidr: The network's addresses; none of them in the data centre.
        nat_gateways: The instances' way to the internet: one in each zone, a single one for all, or none, with
            interface_endpoints instead.
        interface_endpoints: AWS services to be reached without the internet: at least cloudformation with
            nat_gateways none, and for Session Manager ssm and ssmmessages. Default: none.
        tls: Where encryption ends: offload (at the load balancer), bridging (encrypted again to the instances), or
            plain-http (not at all, for a trial).
        certificate_arns: ACM certificates of this Region, the default one first; needed unless tls is plain-http.
        capacity_minimum: Instances that there always are. Default: one in each zone.
        capacity_maximum: Instances that there may be. Default: twice the minimum.
        instance_type: The type of the instances.
        sample_version: Shown on the page of the sample application; another one replaces the instances.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        deletion_protection: Whether the load balancer refuses to be deleted: to be turned off before the stack is.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    domain_name: str = PLACEHOLDER_DOMAIN
    hosted_zone_id: str | None = None
    on_premises_address: str = PLACEHOLDER_ADDRESS
    on_premises_cidrs: tuple[str, ...] = ()
    bgp_asn: int = defaults.ON_PREMISES_ASN
    on_premises_weight: int = defaults.ON_PREMISES_WEIGHT
    aws_weight: int = defaults.AWS_WEIGHT
    datasync_agent_arns: tuple[str, ...] = ()
    file_server: str = "files.corp.example.org"
    file_path: str = "/export/files"
    copy_hours: int = defaults.COPY_HOURS
    availability_zones: int = network_defaults.AVAILABILITY_ZONES
    vpc_cidr: str = network_defaults.CIDR
    nat_gateways: NatGateways = NatGateways.PER_AZ
    interface_endpoints: tuple[str, ...] = ()
    tls: TlsApproach = TlsApproach.OFFLOAD
    certificate_arns: tuple[str, ...] = ()
    capacity_minimum: int | None = None
    capacity_maximum: int | None = None
    instance_type: str = compute_defaults.INSTANCE_TYPES[0]
    sample_version: str = "1"
    alarm_topic_arn: str | None = None
    deletion_protection: bool = True
    removal_policy: Literal["retain", "destroy"] = "retain"

    def placeholders(self) -> Mapping[str, str]:
        """What nobody has chosen yet, by its name."""
        known = {"domain_name": PLACEHOLDER_DOMAIN, "on_premises_address": PLACEHOLDER_ADDRESS}
        return {name: value for name, value in known.items() if getattr(self, name) == value}

    def capacity(self) -> Capacity:
        """How many instances."""
        zones = zones_of(self.availability_zones)
        return capacity_of(zones, minimum=self.capacity_minimum, maximum=self.capacity_maximum, desired=None)

    def instances(self, user_data: "ec2.UserData | None" = None) -> Instances:
        """Of which type, with what to run."""
        return Instances(instance_types=(self.instance_type,), user_data=user_data)

    def recovery(self) -> Mapping[str, RecoveryCharacteristics]:
        """What is left after a loss, of what holds data in AWS."""
        return {"Files": recovery_of(Lifecycle.READY)}

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("DrHybrid")
        check_hybrid_front(
            problems,
            domain_name=self.domain_name,
            on_premises_address=self.on_premises_address,
            on_premises_weight=self.on_premises_weight,
            aws_weight=self.aws_weight,
        )
        check_network(
            problems,
            cidr=self.vpc_cidr,
            availability_zones=self.availability_zones,
            nat_gateways=self.nat_gateways,
            interface_endpoints=self.interface_endpoints,
        )
        check_site_to_site_vpn(
            problems,
            on_premises_address=self.on_premises_address,
            on_premises_cidrs=self.on_premises_cidrs,
            vpc_cidr=self.vpc_cidr if _NETWORK.fullmatch(self.vpc_cidr) and not problems.found else None,
            bgp_asn=self.bgp_asn,
        )
        if self.datasync_agent_arns:
            check_on_premises_copies(
                problems,
                server=self.file_server,
                path=self.file_path,
                agent_arns=self.datasync_agent_arns,
                every_hours=self.copy_hours,
            )
        check_web_tier(
            problems,
            zones=zones_of(self.availability_zones),
            tls=self.tls,
            certificates=self.certificate_arns,
            instances=self.instances(),
            capacity=self.capacity(),
        )
        check_sample_web_app(problems, version=self.sample_version, version_name="sample_version")
        if self.hosted_zone_id is not None and not HOSTED_ZONE_ID.fullmatch(self.hosted_zone_id):
            problems.add(f"hosted_zone_id must look like Z0123456789ABCDEFGHIJ, got {self.hosted_zone_id!r}")
        return [
            *renamed(problems.found, _NAMES),
            *signal_problems(self.nat_gateways, self.interface_endpoints),
            *certificate_problems(self.certificate_arns),
            *topic_problems(self.alarm_topic_arn),
        ]
