"""Instances behind a Network Load Balancer: for whatever is not HTTP, for static addresses, for very many flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute._fleet_zones import selected_subnets, zones_of
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.fleet_scaling import FleetScaling
from aws_patterns.compute.health import FleetHealth
from aws_patterns.compute.instance_fleet import InstanceFleet
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.placement import Placement
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_policies import ScalingPolicy
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.compute.suspended_processes import SuspendedProcesses
from aws_patterns.compute.termination_policies import TerminationPolicy
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._certificates import check_made
from aws_patterns.load_balancing._network_target_group import instance_target_group
from aws_patterns.load_balancing.network_flow_alarms import NetworkFlowAlarms
from aws_patterns.load_balancing.network_front import TOO_LARGE_IPV4, NetworkFront, ports_of, zones_of_front
from aws_patterns.load_balancing.network_listener_options import (
    ListenerShape,
    NetworkListener,
    Targets,
)
from aws_patterns.load_balancing.network_load_balanced_fleet_options import (
    NETWORK_FLEET_HEALTH,
    NETWORK_FLEET_SCALING,
    OWN_ZONES,
    check_options,
    health_url,
    own_rollback_alarms,
    reached_ports,
    shapes_of,
    tls_to_targets,
)
from aws_patterns.load_balancing.network_monitoring import NetworkMonitoring
from aws_patterns.network.multi_az_vpc import MultiAzVpc

_INSIDE = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, one_per_az=True)


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class NetworkLoadBalancedFleet(Construct):
    """A fleet over several zones behind a Network Load Balancer that has one static address in each of them.

    Use it for what is not HTTP (databases, brokers, DNS, logs, games), where clients must know addresses, where
    instances must see the clients', or hold the certificate themselves. HTTP is better served by `WebTier`, which
    routes by content and retries; to give that one static addresses there is `StaticIpFront`.

    Instances accept nothing but what comes through the load balancer, and that from ``allowed_cidrs`` alone; both is
    so whether or not they see the clients' addresses. With these, an instance can't reach itself through its own load
    balancer.

    >>> from aws_patterns.load_balancing.network_listener_options import TcpListener, TlsListener
    >>> NetworkLoadBalancedFleet(stack, "Broker", listeners=[TcpListener(port=1883)])
    >>> from aws_cdk import aws_certificatemanager as acm
    >>> certificate = acm.Certificate.from_certificate_arn(
    ...     stack, "Certificate", "arn:aws:acm:eu-west-1:111122223333:certificate/0-1"
    ... )
    >>> NetworkLoadBalancedFleet(
    ...     stack, "Secured", listeners=[TlsListener(port=8883, target_port=1883, certificates=[certificate])]
    ... )

    Args:
        listeners: What clients connect to: `TcpListener`, `TlsListener`, `UdpListener`, `TcpUdpListener`.
        targets: How the load balancer treats instances: health check, draining, clients' addresses, proxy protocol,
            stickiness. A listener may say otherwise.
        vpc: The network. Default: one of its own, over two zones, so that its Elastic IPs and those of its NAT
            gateways stay within an account's quota of five.
        subnets: Where the instances are. Default: the private subnets with a way out.
        front_subnets: Where the load balancer is, one subnet in each of the same zones. Default: the public ones, or,
            when internal, those of the instances.
        internet_facing: Whether it has addresses of the internet. Default: yes.
        allowed_cidrs: Networks that may connect. Default: everybody; when internal, this network.
        elastic_ip_allocation_ids: Addresses that exist already, one for each zone. Default: new ones.
        ipv6: Whether the load balancer has IPv6 addresses as well. Default off.
        cross_zone: Whether each zone's address serves by the instances of all zones: evens out an uneven fleet, is
            charged by the byte, and takes part in the troubles of other zones. Default off.
        capacity: How many instances. Default: one in each zone, twice as many at most.
        instances: What they are made of, and what they run at their first boot.
        mixed_fleet: How several types and Spot capacity are mixed. Default: one type, On-Demand.
        placement: How near to each other. Default: as EC2 sees fit, which is apart.
        scaling_policies: When the fleet grows and shrinks. Default: so that processors are busy half of the time.
        suspended_processes: What Auto Scaling leaves for now. Default: nothing.
        termination_policies: Which go first when the fleet shrinks. Default: the outdated ones.
        warm_up_seconds: How long a new instance's readings don't count for scaling. Default 120 s.
        start_seconds: How long an instance may take to be up. Default 300 s.
        health: When an instance is replaced. Default: when its health check fails, or EC2 says that it is broken.
        update: How a new version replaces the instances. Default ``InstanceRefresh()``.
        rollback_alarms: That a new version is taken back for, besides those of its own. Default: none.
        deletion_protection: Whether the load balancer can't be deleted until this is turned off. Default on.
        access_log_retention_days: How long records of TLS connections are kept, the only ones that a load balancer of
            this kind makes; ``None`` keeps none. Default 30.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of what was recorded: access logs, functions' logs, a network's own. Default ``RETAIN``.

    Attributes:
        network: A network of its own; ``None`` when one was given.
        vpc: The network.
        front: The load balancer with its addresses and its security group.
        load_balancer: The load balancer, as the CDK knows it.
        fleet: The instances.
        scaling: The scaling policies.
        target_groups: By the listener's port.
        listeners: By port.
        monitoring: Alarms and dashboard.
        connections: Who may reach the instances past the load balancer, and whom they may reach.
        grant_principal: The instances' role, for ``grant`` methods.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-load-balancer-asg.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        listeners: Sequence[NetworkListener],
        targets: Targets = Targets(),  # noqa: B008 - frozen
        vpc: ec2.IVpc | None = None,
        subnets: ec2.SubnetSelection | None = None,
        front_subnets: ec2.SubnetSelection | None = None,
        internet_facing: bool = True,
        allowed_cidrs: Sequence[str] | None = None,
        elastic_ip_allocation_ids: Sequence[str] = (),
        ipv6: bool = False,
        cross_zone: bool = False,
        capacity: Capacity | None = None,
        instances: Instances = Instances(),  # noqa: B008 - frozen
        mixed_fleet: MixedFleet | None = None,
        placement: Placement | None = None,
        scaling_policies: Sequence[ScalingPolicy] = NETWORK_FLEET_SCALING,
        suspended_processes: Sequence[ScalingProcess] = (),
        termination_policies: Sequence[TerminationPolicy] = (TerminationPolicy.DEFAULT,),
        warm_up_seconds: int = compute_defaults.WARM_UP_SECONDS,
        start_seconds: int = compute_defaults.START_SECONDS,
        health: FleetHealth = NETWORK_FLEET_HEALTH,
        update: InstanceRefresh | RollingUpdate = InstanceRefresh(),  # noqa: B008 - frozen
        rollback_alarms: Sequence[cloudwatch.IAlarm] = (),
        deletion_protection: bool = True,
        access_log_retention_days: int | None = defaults.ACCESS_LOG_RETENTION_DAYS,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        if front_subnets is None and not internet_facing:
            front_subnets = subnets or _INSIDE
        shapes = shapes_of(listeners, targets)
        # Auto Scaling looks at alarms during an instance refresh alone.
        watched = isinstance(update, InstanceRefresh)
        with Problems(f"NetworkLoadBalancedFleet {self.node.path}") as problems:
            check_options(
                problems,
                listeners=listeners,
                targets=targets,
                front_zones=zones_of_front(vpc, front_subnets, public=internet_facing) if vpc else OWN_ZONES,
                fleet_zones=zones_of(selected_subnets(vpc, subnets)) if vpc else OWN_ZONES,
                internet_facing=internet_facing,
                allowed_cidrs=allowed_cidrs,
                elastic_ip_allocation_ids=elastic_ip_allocation_ids,
                ipv6=ipv6,
                access_log_retention_days=access_log_retention_days,
                cross_zone=cross_zone,
                capacity=capacity,
                instances=instances,
                mixed_fleet=mixed_fleet,
                placement=placement,
                scaling_policies=scaling_policies,
                suspended_processes=suspended_processes,
                termination_policies=termination_policies,
                warm_up_seconds=warm_up_seconds,
                start_seconds=start_seconds,
                health=health,
                update=update,
                rollback_alarms=len(rollback_alarms) + (own_rollback_alarms(shapes) if watched else 0),
            )
            for position, listener in enumerate(listeners or ()):
                made = getattr(listener, "certificates", ())
                check_made(problems, made, name=f"listeners[{position}].certificates")
        self.network: MultiAzVpc | None = None
        if vpc is None:
            zones = defaults.NETWORK_FLEET_ZONES
            self.network = MultiAzVpc(
                self, "Network", availability_zones=zones, ipv6=ipv6, removal_policy=removal_policy
            )
            vpc = self.network.vpc
        self.vpc: ec2.IVpc = vpc
        self.front = NetworkFront(
            self,
            "Front",
            vpc=self.vpc,
            subnets=front_subnets,
            internet_facing=internet_facing,
            allowed_cidrs=allowed_cidrs,
            elastic_ip_allocation_ids=elastic_ip_allocation_ids,
            ipv6=ipv6,
            cross_zone=cross_zone,
            deletion_protection=deletion_protection,
            access_log_retention_days=access_log_retention_days,
            removal_policy=removal_policy,
        )
        self.load_balancer = self.front.load_balancer
        self.target_groups: Mapping[int, elbv2.NetworkTargetGroup] = {
            shape.port: instance_target_group(self, f"TargetGroup{shape.port}", vpc=self.vpc, shape=shape)
            for shape in shapes
        }
        self.listeners: Mapping[int, elbv2.NetworkListener] = {
            listener.port: self.front.listen(listener, self.target_groups[listener.port]) for listener in listeners
        }
        flow_alarms = NetworkFlowAlarms(
            self, "FlowAlarms", load_balancer=self.load_balancer, tls_to_targets=tls_to_targets(shapes)
        )
        self.fleet = InstanceFleet(
            self,
            "Fleet",
            vpc=self.vpc,
            subnets=subnets,
            capacity=capacity,
            instances=instances,
            mixed_fleet=mixed_fleet,
            placement=placement,
            termination_policies=termination_policies,
            warm_up_seconds=warm_up_seconds,
            start_seconds=start_seconds,
            health=health,
            update=update,
            rollback_alarms=[*rollback_alarms, *(flow_alarms.for_rollback if watched else ())],
            health_url=health_url(shapes),
        )
        self._attach(shapes)
        self.scaling = FleetScaling(
            self,
            "Scaling",
            group=self.fleet.group,
            policies=scaling_policies,
            capacity=self.fleet.capacity,
            warm_up_seconds=warm_up_seconds,
        )
        if suspended_processes:
            SuspendedProcesses(
                self,
                "Suspended",
                group=self.fleet.group,
                processes=suspended_processes,
                policies=scaling_policies,
                removal_policy=removal_policy,
            )
        self.monitoring = NetworkMonitoring(
            self,
            "Monitoring",
            load_balancer=self.load_balancer,
            flow_alarms=flow_alarms,
            target_groups={f"Port{port}": group for port, group in self.target_groups.items()},
            zones=self.front.zones,
            group=self.fleet.group,
            empty_zones=self.fleet.capacity.fewer_than_zones,
            alarm_topic=alarm_topic,
        )

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the instances past the load balancer, and whom they may reach."""
        return self.fleet.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The instances' role, for ``grant`` methods."""
        return self.fleet.role

    def _attach(self, shapes: Sequence[ListenerShape]) -> None:
        for shape in shapes:
            self.fleet.group.attach_to_network_target_group(self.target_groups[shape.port])
            # Until there is a listener nobody asks an instance how it is.
            self.fleet.group.node.add_dependency(self.listeners[shape.port])
        ports = {port.to_string(): port for each in reached_ports(shapes) for port in ports_of(*each)}
        for port in ports.values():
            self.fleet.connections.allow_from(self.front, port, "Its load balancer")
        too_large = ec2.Port.icmp_type_and_code(*TOO_LARGE_IPV4)
        self.fleet.connections.allow_from(self.front, too_large, "Packets that were too large on the way")
