"""A Network Load Balancer at addresses that stay: what stands in front of a fleet, or of another load balancer."""

from __future__ import annotations

from collections.abc import Sequence

import jsii
from aws_cdk import Duration, RemovalPolicy, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._validation import Problems
from aws_patterns.compute._fleet_zones import selected_subnets
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._network_access_logs import keep_access_logs
from aws_patterns.load_balancing.network_front_options import ANY_IPV4, ANY_IPV6, check_front, is_ipv6
from aws_patterns.load_balancing.network_listener_options import (
    NetworkListener,
    NetworkProtocol,
    Targets,
    TcpListener,
    TlsListener,
    shape_of_listener,
)

_TRANSPORTS = {
    NetworkProtocol.TCP: (ec2.Port.tcp,),
    NetworkProtocol.TLS: (ec2.Port.tcp,),
    NetworkProtocol.UDP: (ec2.Port.udp,),
    NetworkProtocol.TCP_UDP: (ec2.Port.tcp, ec2.Port.udp),
}
# "Fragmentation needed" and its like in IPv6: without them, connections over a narrow link hang after the greeting.
TOO_LARGE_IPV4 = (3, 4)
_TOO_LARGE_IPV6 = (2, 0)


@jsii.implements(ec2.IConnectable)
class NetworkFront(Construct):
    """A Network Load Balancer with one static address per zone, a security group of its own, and no listener yet.

    A part of ``NetworkLoadBalancedFleet`` and ``StaticIpFront``; by itself for targets of another kind. Each zone's
    node serves from its own zone alone: a zone in trouble takes nothing along, and nothing is paid for crossing.

    >>> vpc = ec2.Vpc(stack, "Vpc")
    >>> front = NetworkFront(stack, "Front", vpc=vpc)

    Args:
        vpc: The network.
        subnets: Where it stands, one subnet in each zone. Default: the public ones, or, when internal, those in
            which the network puts applications.
        internet_facing: Whether it has addresses of the internet. Default: yes.
        allowed_cidrs: Networks that may connect. Empty: nobody, until ``connections`` lets somebody in. Default:
            everybody; when internal, this network.
        elastic_ip_allocation_ids: Addresses that exist already, one for each subnet, for instance because clients
            have put them into their firewalls. Default: new ones, which go when this goes.
        ipv6: Whether it has IPv6 addresses as well; the subnets must have them. Default off.
        cross_zone: Whether each zone's node serves from all zones: evens out an uneven fleet, is charged by the
            byte, and takes part in the troubles of other zones. Default off.
        deletion_protection: Whether it can't be deleted until this is turned off. Default on.
        access_log_retention_days: How long records of TLS connections are kept, the only ones that it makes; ``None``
            keeps none. Default 30.
        removal_policy: Of these records. Default ``RETAIN``.

    Attributes:
        load_balancer: The load balancer.
        security_group: Who may reach it, and whom it may reach.
        connections: The same, for other constructs.
        subnets: Where it stands.
        zones: The names of these subnets' zones.
        elastic_ips: Its own addresses; empty when they came from outside, or when it is internal.
        access_log_bucket: Holds the access logs; ``None`` before the first TLS listener, and without logs.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None = None,
        internet_facing: bool = True,
        allowed_cidrs: Sequence[str] | None = None,
        elastic_ip_allocation_ids: Sequence[str] = (),
        ipv6: bool = False,
        cross_zone: bool = False,
        deletion_protection: bool = True,
        access_log_retention_days: int | None = defaults.ACCESS_LOG_RETENTION_DAYS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        self.subnets: Sequence[ec2.ISubnet] = chosen_subnets(vpc, subnets, public=internet_facing)
        with Problems(f"NetworkFront {self.node.path}") as problems:
            check_front(
                problems,
                shapes=(),
                zones=zones_of_front(vpc, subnets, public=internet_facing),
                internet_facing=internet_facing,
                allowed_cidrs=allowed_cidrs,
                elastic_ip_allocation_ids=elastic_ip_allocation_ids,
                ipv6=ipv6,
                access_log_retention_days=access_log_retention_days,
            )
        self.zones: Sequence[str] = [subnet.availability_zone for subnet in self.subnets]
        self._log_days = access_log_retention_days
        self._removal_policy = removal_policy
        self._cidrs = self._admitted(vpc, allowed_cidrs, internet_facing=internet_facing, ipv6=ipv6)
        self.access_log_bucket: s3.Bucket | None = None
        self.security_group = self._make_security_group(vpc)
        self.elastic_ips = self._make_elastic_ips() if internet_facing and not elastic_ip_allocation_ids else []
        allocations = [address.attr_allocation_id for address in self.elastic_ips] or list(elastic_ip_allocation_ids)
        self.load_balancer = self._make_load_balancer(
            vpc,
            allocations,
            internet_facing=internet_facing,
            ipv6=ipv6,
            cross_zone=cross_zone,
            keep=deletion_protection,
        )

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach it, and whom it may reach."""
        return self.security_group.connections

    @property
    def static_addresses(self) -> Sequence[str]:
        """Its own addresses, for outputs and for clients' firewalls."""
        return [address.attr_public_ip for address in self.elastic_ips]

    def listen(self, listener: NetworkListener, target_group: elbv2.NetworkTargetGroup) -> elbv2.NetworkListener:
        """Pass what comes to a port on to a target group, from whom ``allowed_cidrs`` names."""
        shape = shape_of_listener(listener, Targets())
        for port in ports_of(shape.protocol, shape.port):
            self._admit(port)
        tls = listener if isinstance(listener, TlsListener) else None
        idle_seconds = listener.idle_timeout_seconds if isinstance(listener, TcpListener) else None
        made = self.load_balancer.add_listener(
            # By port: one that changes its protocol stays itself, where another could not have the port yet.
            f"Listener{shape.port}",
            port=shape.port,
            protocol=elbv2.Protocol[shape.protocol],
            certificates=list(tls.certificates) if tls and tls.certificates else None,
            alpn_policy=elbv2.AlpnPolicy[tls.alpn_policy.name] if tls and tls.alpn_policy else None,
            default_target_groups=[target_group],
            tcp_idle_timeout=Duration.seconds(idle_seconds) if idle_seconds is not None else None,
        )
        if shape.ends_tls:
            resource = made.node.default_child
            assert isinstance(resource, elbv2.CfnListener)  # noqa: S101 - for the type checker
            resource.ssl_policy = defaults.TLS_POLICY
            self._keep_access_logs()
        return made

    def _admitted(
        self, vpc: ec2.IVpc, cidrs: Sequence[str] | None, *, internet_facing: bool, ipv6: bool
    ) -> Sequence[str]:
        if cidrs is not None:
            return cidrs
        if not internet_facing:
            return [vpc.vpc_cidr_block]
        return [ANY_IPV4, ANY_IPV6] if ipv6 else [ANY_IPV4]

    def _make_security_group(self, vpc: ec2.IVpc) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Clients of a Network Load Balancer, and the targets that it may reach",
            allow_all_outbound=False,
        )
        for cidr in self._cidrs:
            kind, code = _TOO_LARGE_IPV6 if is_ipv6(cidr) else TOO_LARGE_IPV4
            protocol = ec2.Protocol.ICMPV6 if is_ipv6(cidr) else ec2.Protocol.ICMP
            too_large = ec2.Port(
                protocol=protocol, from_port=kind, to_port=code, string_representation="packets too large"
            )
            group.add_ingress_rule(_peer(cidr), too_large, "Packets of ours that are too large on the way")
        acknowledge(group, {"AwsSolutions-EC23": "It serves whom allowed_cidrs names, by default everybody."})
        return group

    def _admit(self, port: ec2.Port) -> None:
        for cidr in self._cidrs:
            self.security_group.add_ingress_rule(_peer(cidr), port, f"Clients on port {port.to_string()}")

    def _make_elastic_ips(self) -> list[ec2.CfnEIP]:
        addresses = []
        for number, _ in enumerate(self.subnets, start=1):
            address = ec2.CfnEIP(self, f"Address{number}", domain="vpc")
            Tags.of(address).add("Name", f"{self.node.path}/{number}")
            addresses.append(address)
        return addresses

    def _make_load_balancer(
        self,
        vpc: ec2.IVpc,
        allocations: Sequence[str],
        *,
        internet_facing: bool,
        ipv6: bool,
        cross_zone: bool,
        keep: bool,
    ) -> elbv2.NetworkLoadBalancer:
        chosen = ec2.SubnetSelection(subnets=list(self.subnets))
        mappings = [
            elbv2.SubnetMapping(subnet=subnet, allocation_id=allocation)
            for subnet, allocation in zip(self.subnets, allocations, strict=bool(allocations))
        ]
        load_balancer = elbv2.NetworkLoadBalancer(
            self,
            "Resource",
            vpc=vpc,
            vpc_subnets=None if mappings else chosen,
            subnet_mappings=mappings or None,
            internet_facing=internet_facing,
            security_groups=[self.security_group],
            ip_address_type=elbv2.IpAddressType.DUAL_STACK if ipv6 else elbv2.IpAddressType.IPV4,
            cross_zone_enabled=cross_zone,
            deletion_protection=keep,
            # Lets an operator take a zone in trouble out of service at once; costs nothing until then.
            zonal_shift=True,
        )
        if internet_facing:
            # The CDK looks for the way to the internet among private subnets once there are mappings.
            # The load balancer alone: whatever else is made below it follows it anyway.
            resource = load_balancer.node.default_child
            assert resource is not None, "a load balancer is a resource"  # noqa: S101 - for the type checker
            resource.node.add_dependency(
                vpc.select_subnets(subnets=list(self.subnets)).internet_connectivity_established
            )
        acknowledge(
            load_balancer,
            {"AwsSolutions-ELB2": "Logs TLS connections, the only ones it has logs of; flow logs tell of the others."},
        )
        return load_balancer

    def _keep_access_logs(self) -> None:
        if self._log_days is not None and self.access_log_bucket is None:
            self.access_log_bucket = keep_access_logs(
                self,
                "AccessLogs",
                load_balancer=self.load_balancer,
                retention_days=self._log_days,
                removal_policy=self._removal_policy,
            )


def chosen_subnets(vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None, *, public: bool) -> Sequence[ec2.ISubnet]:
    """Of a network; by default one in each zone, those that are ``public`` or those for applications."""
    if subnets is None and public and not vpc.public_subnets:
        return []
    if subnets is None:
        kind = ec2.SubnetType.PUBLIC if public else None
        return vpc.select_subnets(subnet_type=kind, one_per_az=True).subnets
    return selected_subnets(vpc, subnets).subnets


def zones_of_front(vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None, *, public: bool) -> Sequence[str]:
    """Of the subnets that a load balancer would stand in, one each."""
    return [subnet.availability_zone for subnet in chosen_subnets(vpc, subnets, public=public)]


def ports_of(protocol: NetworkProtocol, port: int) -> Sequence[ec2.Port]:
    """A port as security groups know it, of each transport that the protocol uses."""
    return [transport(port) for transport in _TRANSPORTS[protocol]]


def _peer(cidr: str) -> ec2.IPeer:
    return ec2.Peer.ipv6(cidr) if is_ipv6(cidr) else ec2.Peer.ipv4(cidr)
