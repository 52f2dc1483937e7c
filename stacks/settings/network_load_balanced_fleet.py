"""Settings of the stack NetworkLoadBalancedFleet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.sample_web_app_options import check_sample_web_app
from aws_patterns.compute.scaling_policies import ScalingPolicy
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing.network_listener_options import (
    HttpHealthCheck,
    NetworkListener,
    Targets,
    TcpListener,
    TlsListener,
)
from aws_patterns.load_balancing.network_load_balanced_fleet_options import check_options
from aws_patterns.load_balancing.stickiness import SourceIpStickiness
from aws_patterns.load_balancing.tls import TlsApproach, network_shape_of
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
    targets_of,
    topic_problems,
    zones_of,
)

if TYPE_CHECKING:
    from aws_cdk import aws_certificatemanager as acm


# What the parts call it, and what it is called here.
_NAMES = exactly(
    {
        "capacity.desired": "capacity_desired",
        "capacity.maximum": "capacity_maximum",
        "capacity.minimum": "capacity_minimum",
        "capacity.needed": "capacity_needed",
        "cidr": "vpc_cidr",
        "instances.instance_types": "instance_types",
        "listeners[0].certificates": "certificate_arns",
        "listeners[0].port": "port",
        "mixed_fleet": "spot_percentage",
        "mixed_fleet.on_demand_base": "on_demand_base",
        "mixed_fleet.spot_percentage": "spot_percentage",
        "scaling_policies.Cpu.percent": "cpu_target_percent",
        "targets.deregistration_delay_seconds": "deregistration_delay_seconds",
        "targets.stickiness": "source_ip_stickiness",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkLoadBalancedFleetSettings:
    """What may be chosen about the network load balanced fleet.

    Args:
        availability_zones: How many zones the network, the load balancer and the instances are in, 2 or 3. With 3,
            NAT gateways and load balancer take 6 Elastic IPs, one more than an account may have at first.
        vpc_cidr: The network's addresses.
        nat_gateways: The instances' way to the internet: one in each zone, a single one for all, or none, which takes
            endpoints for what new instances and Session Manager need of AWS.
        tls: Where encryption ends: offload (at the load balancer), bridging (encrypted again to the instances),
            pass-through (at the instances, whose certificate is self-signed here), or plain-http (not at all).
        port: Where clients connect. Default: 80 without encryption, 443 with.
        certificate_arns: ACM certificates of this Region, the default one first; for offload and bridging.
        internet_facing: Whether the load balancer has addresses of the internet.
        allowed_cidrs: Networks that may connect. Default: everybody; when internal, the network itself.
        elastic_ip_allocation_ids: Addresses that exist already, one for each zone, as in eipalloc-0123456789abcdef0.
            Default: new ones.
        cross_zone: Whether each zone's address serves by the instances of all zones, charged by the byte.
        preserve_client_ip: Whether instances see the clients' addresses.
        source_ip_stickiness: Whether a client's address decides which instance serves it; not where the load balancer
            ends TLS.
        deregistration_delay_seconds: How long connections may take to end when an instance goes.
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
        suspended_processes: What Auto Scaling is not to do for now. Default: nothing.
        sample_version: Shown on the page of the sample application; another one replaces the instances.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        access_log_retention_days: How long records of TLS connections are kept, the only ones that there are; empty
            keeps none.
        deletion_protection: Whether the load balancer refuses to be deleted: to be turned off before the stack is.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    availability_zones: int = defaults.NETWORK_FLEET_ZONES
    vpc_cidr: str = network_defaults.CIDR
    nat_gateways: NatGateways = NatGateways.PER_AZ
    tls: TlsApproach = TlsApproach.PASS_THROUGH
    port: int | None = None
    certificate_arns: tuple[str, ...] = ()
    internet_facing: bool = True
    allowed_cidrs: tuple[str, ...] = ()
    elastic_ip_allocation_ids: tuple[str, ...] = ()
    cross_zone: bool = False
    preserve_client_ip: bool = True
    source_ip_stickiness: bool = False
    deregistration_delay_seconds: int = defaults.NETWORK_DEREGISTRATION_DELAY_SECONDS
    capacity_minimum: int | None = None
    capacity_maximum: int | None = None
    capacity_desired: int | None = None
    capacity_needed: int | None = None
    instance_types: tuple[str, ...] = compute_defaults.INSTANCE_TYPES
    spot_percentage: int | None = None
    on_demand_base: int | None = None
    cpu_target_percent: float | None = defaults.NETWORK_CPU_PERCENT
    suspended_processes: tuple[ScalingProcess, ...] = ()
    sample_version: str = "1"
    alarm_topic_arn: str | None = None
    access_log_retention_days: int | None = defaults.ACCESS_LOG_RETENTION_DAYS
    deletion_protection: bool = True
    removal_policy: Literal["retain", "destroy"] = "retain"

    @property
    def instances_speak_tls(self) -> bool:
        """Whether the sample application serves HTTPS."""
        return self.tls in {TlsApproach.BRIDGING, TlsApproach.PASS_THROUGH}

    @property
    def interface_endpoints(self) -> Sequence[str]:
        """What instances need of AWS where they have no way to the internet: to say that they are up, and sessions."""
        return () if self.nat_gateways is not NatGateways.NONE else ("cloudformation", "ssm", "ssmmessages")

    @property
    def listener_port(self) -> int:
        """Where clients connect."""
        return network_shape_of(self.tls).listener_port if self.port is None else self.port

    @property
    def url(self) -> str:
        """Where the sample application is, but for the host's name."""
        return f"{'http' if self.tls is TlsApproach.PLAIN_HTTP else 'https'}://{{host}}:{self.listener_port}/"

    def listener(self, certificates: "Sequence[acm.ICertificate]") -> NetworkListener:
        """What clients connect to."""
        if self.tls is TlsApproach.PLAIN_HTTP:
            return TcpListener(port=self.listener_port, target_port=network_shape_of(self.tls).target_port)
        return TlsListener(port=self.listener_port, approach=self.tls, certificates=certificates)

    def targets(self) -> Targets:
        """How instances are treated."""
        return Targets(
            health_check=HttpHealthCheck(encrypted=self.instances_speak_tls),
            deregistration_delay_seconds=self.deregistration_delay_seconds,
            preserve_client_ip=self.preserve_client_ip,
            stickiness=SourceIpStickiness() if self.source_ip_stickiness else None,
        )

    def capacity(self) -> Capacity:
        """How many instances."""
        return capacity_of(
            zones_of(self.availability_zones),
            minimum=self.capacity_minimum,
            maximum=self.capacity_maximum,
            desired=self.capacity_desired,
            needed=self.capacity_needed,
        )

    def instances(self) -> Instances:
        """Of which types."""
        return Instances(instance_types=self.instance_types)

    def mixed_fleet(self) -> MixedFleet | None:
        """With which share of Spot instances."""
        return mixed_fleet_of(
            zones_of(self.availability_zones), spot_percentage=self.spot_percentage, on_demand_base=self.on_demand_base
        )

    def scaling_policies(self) -> Sequence[ScalingPolicy]:
        """When the fleet grows and shrinks."""
        return targets_of(cpu_percent=self.cpu_target_percent)

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("NetworkLoadBalancedFleet")
        check_network(
            problems, cidr=self.vpc_cidr, availability_zones=self.availability_zones, nat_gateways=self.nat_gateways
        )
        zones = [f"zone {number + 1}" for number in range(zones_of(self.availability_zones))]
        if self.tls is TlsApproach.PLAIN_HTTP and self.certificate_arns:
            problems.add(
                f"certificate_arns must be empty with tls=plain-http, got {len(self.certificate_arns)}: choose offload "
                "or bridging, or leave them out"
            )
        check_options(
            problems,
            # How many there are and which are the same is all that is looked at.
            listeners=[self.listener(cast("Sequence[acm.ICertificate]", self.certificate_arns))],
            targets=self.targets(),
            front_zones=zones,
            fleet_zones=zones,
            internet_facing=self.internet_facing,
            allowed_cidrs=self.allowed_cidrs or None,
            elastic_ip_allocation_ids=self.elastic_ip_allocation_ids,
            cross_zone=self.cross_zone,
            capacity=self.capacity(),
            instances=self.instances(),
            mixed_fleet=self.mixed_fleet(),
            scaling_policies=self.scaling_policies(),
            suspended_processes=self.suspended_processes,
            access_log_retention_days=self.access_log_retention_days,
        )
        check_sample_web_app(problems, version=self.sample_version, version_name="sample_version")
        return [
            *renamed(problems.found, _NAMES),
            *certificate_problems(self.certificate_arns),
            *topic_problems(self.alarm_topic_arn),
            *mixed_fleet_problems(spot_percentage=self.spot_percentage, on_demand_base=self.on_demand_base),
        ]
