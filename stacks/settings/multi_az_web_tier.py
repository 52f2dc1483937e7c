"""Settings of the stack MultiAzWebTier."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.custom_health_options import CustomHealth
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.lifecycle_hook_options import TerminationLogs
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.sample_web_app_options import check_sample_web_app
from aws_patterns.compute.scaling_policies import ScalingPolicy, ScheduledScaling
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.application_front_options import AccessLogs
from aws_patterns.load_balancing.stickiness import DurationStickiness
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier_options import check_web_tier
from aws_patterns.network import _defaults as network_defaults
from aws_patterns.network.multi_az_vpc_options import NatGateways
from aws_patterns.network.multi_az_vpc_options import check_options as check_network
from stacks.settings._shared import (
    capacity_of,
    certificate_problems,
    exactly,
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


_MORNING, _EVENING = "PeakBegins", "PeakEnds"

# What the parts call it, and what it is called here.
_NAMES = exactly(
    {
        "access_logs.retention_days": "access_log_retention_days",
        "capacity.desired": "capacity_desired",
        "capacity.maximum": "capacity_maximum",
        "capacity.minimum": "capacity_minimum",
        "capacity.needed": "capacity_needed",
        "certificates": "certificate_arns",
        "cidr": "vpc_cidr",
        "instances.instance_types": "instance_types",
        "mixed_fleet": "spot_percentage",
        "mixed_fleet.on_demand_base": "on_demand_base",
        "mixed_fleet.spot_percentage": "spot_percentage",
        "scaling_policies.Cpu.percent": "cpu_target_percent",
        "scaling_policies.Requests.requests_per_minute": "requests_per_target",
        f"scaling_policies.{_MORNING}": "peak_minimum",
        f"scaling_policies.{_MORNING}.recurrence": "peak_begins",
        f"scaling_policies.{_MORNING}.time_zone": "peak_time_zone",
        f"scaling_policies.{_EVENING}.recurrence": "peak_ends",
        f"scaling_policies.{_EVENING}.time_zone": "peak_time_zone",
        "stickiness.seconds": "sticky_seconds",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class MultiAzWebTierSettings:
    """What may be chosen about the web tier.

    Args:
        availability_zones: How many zones the network, the load balancer and the instances are in, 2 or 3.
        vpc_cidr: The network's addresses.
        nat_gateways: The instances' way to the internet: one in each zone, a single one for all, or none, with
            interface_endpoints instead.
        interface_endpoints: AWS services to be reached without the internet: at least cloudformation with
            nat_gateways none, and for Session Manager ssm and ssmmessages. Default: none.
        tls: Where encryption ends: offload (at the load balancer), bridging (encrypted again to the instances), or
            plain-http (not at all, for a trial).
        certificate_arns: ACM certificates of this Region, the default one first; needed unless tls is plain-http.
        internet_facing: Whether the internet may reach the load balancer.
        ipv6: Whether network and load balancer have IPv6 addresses as well.
        allowed_cidrs: Networks that may reach it. Default: everybody.
        web_acl_arn: Regional web ACL of AWS WAF that judges requests first. Default: none.
        capacity_minimum: Instances that there always are. Default: one in each zone.
        capacity_maximum: Instances that there may be. Default: twice the minimum.
        capacity_desired: Instances to run after each deployment, whatever scaling has made of it. Default: as they are.
        capacity_needed: Instances that carry the load: says when the loss of a zone would leave fewer. Default:
            unknown.
        instance_types: Types of one architecture, the preferred first; several with spot_percentage only.
        spot_percentage: Share of Spot instances beyond on_demand_base; needs several instance_types. Default:
            On-Demand instances of one type.
        on_demand_base: Instances that are never Spot. Default: one for each zone.
        cpu_target_percent: Processor time that the fleet is kept at by growing and shrinking; empty turns it off.
        requests_per_target: Requests in a minute that an instance is to get, likewise. Default: not considered.
        peak_minimum: Minimum from peak_begins to peak_ends. Default: no peak.
        peak_begins: When, as a cron expression such as 45 7 * * 1-5.
        peak_ends: When the usual minimum is back.
        peak_time_zone: Of the two.
        suspended_processes: What Auto Scaling is not to do for now. Default: nothing.
        sticky_seconds: For how long a client comes back to the same instance. Default: not at all.
        slow_start_seconds: In which a new instance gets its full share of requests.
        deregistration_delay_seconds: How long requests may take to end when an instance goes.
        log_collection: Whether an instance's logs are kept in a bucket when it goes.
        custom_health_check: Whether a function in the network asks the instances as well.
        sample_version: Shown on the page of the sample application; another one replaces the instances.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        access_log_retention_days: How long the load balancer's log is kept; empty keeps none.
        deletion_protection: Whether the load balancer refuses to be deleted: to be turned off before the stack is.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    availability_zones: int = network_defaults.AVAILABILITY_ZONES
    vpc_cidr: str = network_defaults.CIDR
    nat_gateways: NatGateways = NatGateways.PER_AZ
    interface_endpoints: tuple[str, ...] = ()
    tls: TlsApproach = TlsApproach.OFFLOAD
    certificate_arns: tuple[str, ...] = ()
    internet_facing: bool = True
    ipv6: bool = False
    allowed_cidrs: tuple[str, ...] = ()
    web_acl_arn: str | None = None
    capacity_minimum: int | None = None
    capacity_maximum: int | None = None
    capacity_desired: int | None = None
    capacity_needed: int | None = None
    instance_types: tuple[str, ...] = compute_defaults.INSTANCE_TYPES
    spot_percentage: int | None = None
    on_demand_base: int | None = None
    cpu_target_percent: float | None = defaults.TIER_CPU_PERCENT
    requests_per_target: float | None = None
    peak_minimum: int | None = None
    peak_begins: str | None = None
    peak_ends: str | None = None
    peak_time_zone: str = "UTC"
    suspended_processes: tuple[ScalingProcess, ...] = ()
    sticky_seconds: int | None = None
    slow_start_seconds: int = defaults.SLOW_START_SECONDS
    deregistration_delay_seconds: int = defaults.DEREGISTRATION_DELAY_SECONDS
    log_collection: bool = False
    custom_health_check: bool = False
    sample_version: str = "1"
    alarm_topic_arn: str | None = None
    access_log_retention_days: int | None = defaults.ACCESS_LOG_RETENTION_DAYS
    deletion_protection: bool = True
    removal_policy: Literal["retain", "destroy"] = "retain"

    def capacity(self) -> Capacity:
        """How many instances."""
        return capacity_of(
            zones_of(self.availability_zones),
            minimum=self.capacity_minimum,
            maximum=self.capacity_maximum,
            desired=self.capacity_desired,
            needed=self.capacity_needed,
        )

    def instances(self, user_data: "ec2.UserData | None" = None) -> Instances:
        """Of which types, with what to run."""
        return Instances(instance_types=self.instance_types, user_data=user_data)

    def mixed_fleet(self) -> MixedFleet | None:
        """With which share of Spot instances."""
        return mixed_fleet_of(
            zones_of(self.availability_zones), spot_percentage=self.spot_percentage, on_demand_base=self.on_demand_base
        )

    def scaling_policies(self) -> Sequence[ScalingPolicy]:
        """When the fleet grows and shrinks."""
        policies: list[ScalingPolicy] = [
            *targets_of(cpu_percent=self.cpu_target_percent, requests_per_minute=self.requests_per_target)
        ]
        if self.peak_minimum is not None and self.peak_begins and self.peak_ends:
            peak = (
                (_MORNING, self.peak_begins, self.peak_minimum),
                (_EVENING, self.peak_ends, self.capacity().minimum),
            )
            policies += [
                ScheduledScaling(name=name, recurrence=when, minimum=minimum, time_zone=self.peak_time_zone)
                for name, when, minimum in peak
            ]
        return policies

    def stickiness(self) -> DurationStickiness | None:
        """Whether clients come back to their instance."""
        return None if self.sticky_seconds is None else DurationStickiness(self.sticky_seconds)

    def access_logs(self) -> AccessLogs | None:
        """For how long the load balancer's log is kept."""
        return (
            None
            if self.access_log_retention_days is None
            else AccessLogs(retention_days=self.access_log_retention_days)
        )

    def termination_logs(self) -> TerminationLogs | None:
        """Whether instances leave their logs."""
        return TerminationLogs() if self.log_collection else None

    def custom_health(self) -> CustomHealth | None:
        """Whether instances are asked by a function too."""
        return CustomHealth() if self.custom_health_check else None

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("MultiAzWebTier")
        check_network(
            problems,
            cidr=self.vpc_cidr,
            availability_zones=self.availability_zones,
            nat_gateways=self.nat_gateways,
            interface_endpoints=self.interface_endpoints,
            ipv6=self.ipv6,
        )
        check_web_tier(
            problems,
            zones=zones_of(self.availability_zones),
            tls=self.tls,
            certificates=self.certificate_arns,
            ipv6=self.ipv6,
            allowed_cidrs=self.allowed_cidrs or None,
            web_acl_arn=self.web_acl_arn,
            stickiness=self.stickiness(),
            access_logs=self.access_logs(),
            instances=self.instances(),
            capacity=self.capacity(),
            mixed_fleet=self.mixed_fleet(),
            scaling_policies=self.scaling_policies(),
            suspended_processes=self.suspended_processes,
            slow_start_seconds=self.slow_start_seconds,
            deregistration_delay_seconds=self.deregistration_delay_seconds,
        )
        check_sample_web_app(problems, version=self.sample_version, version_name="sample_version")
        return [
            *renamed(problems.found, _NAMES),
            *signal_problems(self.nat_gateways, self.interface_endpoints),
            *self._peak_problems(),
            *certificate_problems(self.certificate_arns),
            *topic_problems(self.alarm_topic_arn),
            *mixed_fleet_problems(spot_percentage=self.spot_percentage, on_demand_base=self.on_demand_base),
        ]

    def _peak_problems(self) -> list[str]:
        parts = {"peak_minimum": self.peak_minimum, "peak_begins": self.peak_begins, "peak_ends": self.peak_ends}
        given = [name for name, value in parts.items() if value is not None]
        return [
            f"{name} is missing: {given[0]} was given, and a peak needs {', '.join(parts)}"
            for name in parts
            if given and name not in given
        ]
