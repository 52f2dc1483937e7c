"""Settings of the stack BlueGreenWebTier."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.sample_web_app_options import check_sample_web_app
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.application_front_options import AccessLogs, check_front
from aws_patterns.load_balancing.stickiness import DurationStickiness
from aws_patterns.load_balancing.tls import TlsApproach, check_tls
from aws_patterns.load_balancing.weighted_fleets_options import Colour, FleetVersion, check_weighted_fleets
from aws_patterns.network import _defaults as network_defaults
from aws_patterns.network.multi_az_vpc_options import NatGateways
from aws_patterns.network.multi_az_vpc_options import check_options as check_network
from stacks.settings._shared import (
    capacity_of,
    certificate_problems,
    mixed_fleet_of,
    mixed_fleet_problems,
    renamed,
    signal_problems,
    targets_of,
    topic_problems,
    zones_of,
)

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2


# What the parts call it, and what it is called here. What both colours share is one setting.
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        r"(blue|green)\.capacity\.(\w+)": r"\1_capacity_\2",
        r"(blue|green)\.slow_to_take_over": r"\1_slow_to_take_over",
        r"(blue|green)\.instances\.instance_types": "instance_types",
        r"(blue|green)\.mixed_fleet\.on_demand_base": "on_demand_base",
        r"(blue|green)\.mixed_fleet(\.spot_percentage)?": "spot_percentage",
        r"(blue|green)\.scaling_policies\.Cpu\.percent": "cpu_target_percent",
        r"(blue|green)\.scaling_policies\.Requests\.requests_per_minute": "requests_per_target",
        r"\bcolour_stickiness(\.seconds)?": "colour_sticky_seconds",
        r"\bstickiness(\.seconds)?": "sticky_seconds",
        r"^access_logs\.retention_days": "access_log_retention_days",
        r"^certificates\b": "certificate_arns",
        r"^cidr\b": "vpc_cidr",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class BlueGreenWebTierSettings:
    """What may be chosen about the blue/green web tier.

    Args:
        green_percent: Share of the traffic that green gets, 0 to 100; blue gets the rest. To be changed by itself,
            after the deployment that changed a version.
        blue_sample_version: Shown on blue's page of the sample application; another one replaces blue's instances.
        green_sample_version: The same of green.
        blue_capacity_minimum: Instances that blue always has, with traffic or without. Default: one in each zone.
        blue_capacity_maximum: Instances that it may have. Default: twice the minimum.
        blue_capacity_desired: Instances to run after each deployment, whatever scaling has made of it. Default: as
            they are.
        blue_slow_to_take_over: Whether blue may have none while green has all the traffic: cheaper, and the way back
            takes a deployment.
        green_capacity_minimum: Instances that green always has. Default: one in each zone.
        green_capacity_maximum: Instances that it may have. Default: twice the minimum.
        green_capacity_desired: Instances to run after each deployment. Default: as they are.
        green_slow_to_take_over: Whether green may have none while blue has all the traffic.
        colour_sticky_seconds: For how long a visitor comes back to the colour met first, whatever green_percent has
            become meanwhile. Default: not at all.
        sticky_seconds: For how long a visitor comes back to the same instance; needs colour_sticky_seconds. Default:
            not at all.
        availability_zones: How many zones the network, the load balancer and the instances are in, 2 or 3.
        vpc_cidr: The network's addresses.
        nat_gateways: The instances' way to the internet: one in each zone, a single one for all, or none, with
            interface_endpoints instead.
        interface_endpoints: AWS services to be reached without the internet: at least cloudformation with
            nat_gateways none, and for Session Manager ssm and ssmmessages. Default: none.
        ipv6: Whether network and load balancer have IPv6 addresses as well.
        tls: Where encryption ends: offload (at the load balancer), bridging (encrypted again to the instances), or
            plain-http (not at all, for a trial).
        certificate_arns: ACM certificates of this Region, the default one first; needed unless tls is plain-http.
        internet_facing: Whether the internet may reach the load balancer.
        allowed_cidrs: Networks that may reach it. Default: everybody.
        web_acl_arn: Regional web ACL of AWS WAF that judges requests first. Default: none.
        instance_types: Types of one architecture, the preferred first; several with spot_percentage only.
        spot_percentage: Share of Spot instances beyond on_demand_base; needs several instance_types. Default:
            On-Demand instances of one type.
        on_demand_base: Instances of each colour that are never Spot. Default: one for each zone.
        cpu_target_percent: Processor time that a fleet is kept at by growing and shrinking; empty turns it off.
        requests_per_target: Requests in a minute that an instance is to get, likewise. Default: not considered.
        slow_start_seconds: In which a new instance gets its full share of requests.
        deregistration_delay_seconds: How long requests may take to end when an instance goes.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        access_log_retention_days: How long the load balancer's log is kept; empty keeps none.
        deletion_protection: Whether the load balancer refuses to be deleted: to be turned off before the stack is.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    green_percent: int = 0
    blue_sample_version: str = "1"
    green_sample_version: str = "2"
    blue_capacity_minimum: int | None = None
    blue_capacity_maximum: int | None = None
    blue_capacity_desired: int | None = None
    blue_slow_to_take_over: bool = False
    green_capacity_minimum: int | None = None
    green_capacity_maximum: int | None = None
    green_capacity_desired: int | None = None
    green_slow_to_take_over: bool = False
    colour_sticky_seconds: int | None = None
    sticky_seconds: int | None = None
    availability_zones: int = network_defaults.AVAILABILITY_ZONES
    vpc_cidr: str = network_defaults.CIDR
    nat_gateways: NatGateways = NatGateways.PER_AZ
    interface_endpoints: tuple[str, ...] = ()
    ipv6: bool = False
    tls: TlsApproach = TlsApproach.OFFLOAD
    certificate_arns: tuple[str, ...] = ()
    internet_facing: bool = True
    allowed_cidrs: tuple[str, ...] = ()
    web_acl_arn: str | None = None
    instance_types: tuple[str, ...] = compute_defaults.INSTANCE_TYPES
    spot_percentage: int | None = None
    on_demand_base: int | None = None
    cpu_target_percent: float | None = defaults.TIER_CPU_PERCENT
    requests_per_target: float | None = None
    slow_start_seconds: int = defaults.SLOW_START_SECONDS
    deregistration_delay_seconds: int = defaults.DEREGISTRATION_DELAY_SECONDS
    alarm_topic_arn: str | None = None
    access_log_retention_days: int | None = defaults.ACCESS_LOG_RETENTION_DAYS
    deletion_protection: bool = True
    removal_policy: Literal["retain", "destroy"] = "retain"

    @property
    def instances_speak_tls(self) -> bool:
        """Whether the sample application serves HTTPS."""
        return self.tls is TlsApproach.BRIDGING

    def version(self, colour: Colour, user_data: "ec2.UserData | None" = None) -> FleetVersion:
        """A colour's fleet, and what its instances run."""
        blue = colour is Colour.BLUE
        minimum = self.blue_capacity_minimum if blue else self.green_capacity_minimum
        maximum = self.blue_capacity_maximum if blue else self.green_capacity_maximum
        zones = zones_of(self.availability_zones)
        return FleetVersion(
            instances=Instances(instance_types=self.instance_types, user_data=user_data),
            capacity=capacity_of(
                zones,
                minimum=minimum,
                maximum=maximum,
                desired=self.blue_capacity_desired if blue else self.green_capacity_desired,
            ),
            mixed_fleet=mixed_fleet_of(zones, spot_percentage=self.spot_percentage, on_demand_base=self.on_demand_base),
            scaling_policies=targets_of(
                cpu_percent=self.cpu_target_percent, requests_per_minute=self.requests_per_target
            ),
            slow_to_take_over=self.blue_slow_to_take_over if blue else self.green_slow_to_take_over,
        )

    def colour_stickiness(self) -> DurationStickiness | None:
        """Whether visitors come back to their colour."""
        return None if self.colour_sticky_seconds is None else DurationStickiness(self.colour_sticky_seconds)

    def stickiness(self) -> DurationStickiness | None:
        """Whether visitors come back to their instance."""
        return None if self.sticky_seconds is None else DurationStickiness(self.sticky_seconds)

    def access_logs(self) -> AccessLogs | None:
        """For how long the load balancer's log is kept."""
        days = self.access_log_retention_days
        return None if days is None else AccessLogs(retention_days=days)

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("BlueGreenWebTier")
        check_network(
            problems,
            cidr=self.vpc_cidr,
            availability_zones=self.availability_zones,
            nat_gateways=self.nat_gateways,
            interface_endpoints=self.interface_endpoints,
            ipv6=self.ipv6,
        )
        check_tls(problems, approach=self.tls, certificates=self.certificate_arns)
        check_front(
            problems,
            allowed_cidrs=self.allowed_cidrs or None,
            ipv6=self.ipv6,
            web_acl_arn=self.web_acl_arn,
            access_logs=self.access_logs(),
        )
        check_weighted_fleets(
            problems,
            zones=zones_of(self.availability_zones),
            blue=self.version(Colour.BLUE),
            green=self.version(Colour.GREEN),
            green_percent=self.green_percent,
            colour_stickiness=self.colour_stickiness(),
            stickiness=self.stickiness(),
            slow_start_seconds=self.slow_start_seconds,
            deregistration_delay_seconds=self.deregistration_delay_seconds,
        )
        for colour, version in ((Colour.BLUE, self.blue_sample_version), (Colour.GREEN, self.green_sample_version)):
            check_sample_web_app(problems, version=version, version_name=f"{colour}_sample_version")
        return [
            # What the colours share was found twice.
            *renamed(problems.found, _NAMES),
            *signal_problems(self.nat_gateways, self.interface_endpoints),
            *certificate_problems(self.certificate_arns),
            *topic_problems(self.alarm_topic_arn),
            *mixed_fleet_problems(spot_percentage=self.spot_percentage, on_demand_base=self.on_demand_base),
        ]
