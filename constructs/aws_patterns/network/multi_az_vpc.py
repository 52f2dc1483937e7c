"""A network over two or three Availability Zones in which no zone depends on another."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import CfnResource, Fn, RemovalPolicy, Tags
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._validation import Problems
from aws_patterns.network import _defaults as defaults
from aws_patterns.network._planned_addresses import PlannedAddresses
from aws_patterns.network._zone_lookup import zones_known_as
from aws_patterns.network.cidr_plan import CidrPlan, SubnetPrefixes, Tier
from aws_patterns.network.deny_list import DenyList
from aws_patterns.network.flow_log import NetworkFlowLog
from aws_patterns.network.multi_az_vpc_options import FlowLogs, NatGateways, check_options, zone_count

_SUBNET_TYPES = {
    Tier.PUBLIC: ec2.SubnetType.PUBLIC,
    Tier.PRIVATE: ec2.SubnetType.PRIVATE_WITH_EGRESS,
    Tier.ISOLATED: ec2.SubnetType.PRIVATE_ISOLATED,
}
_IPV6_SUBNET_BITS = 64


class MultiAzVpc(Construct):
    """Three tiers of subnet in each zone, a way out for each zone, free endpoints for S3 and DynamoDB, flow logs.

    Public subnets hold what the internet calls (load balancers), private ones what calls the internet (the
    application), isolated ones what does neither (databases). Use it for whatever must outlive the loss of a zone.
    Not for one machine or one function, which need no network of their own.

    Needs no lookup: the zones are the Region's first ones, in the order in which it lists them.

    >>> MultiAzVpc(stack, "Network")
    >>> MultiAzVpc(stack, "Cheap", availability_zones=2, nat_gateways=NatGateways.SINGLE_POINT_OF_FAILURE)

    Args:
        cidr: Its addresses, /16 to /28, out of the private ranges. Default 10.0.0.0/16.
        availability_zones: How many zones, 2 or 3, or the names of so many. A third one added later moves no
            subnet. Default 3, so that the loss of one costs a third of the capacity; us-west-1 has only 2.
        subnet_prefixes: The size of the subnets of each tier. Default: sixteenths of the network, of which a
            quarter is kept free.
        must_not_overlap: Networks that this one will be connected to. Default: none.
        nat_gateways: The private subnets' way to the internet. Default: one NAT gateway in each zone.
        interface_endpoints: AWS services to be reached without the internet, such as ``ssm`` or ``ecr.api``. Each
            costs by the hour and zone. Default: none.
        flow_logs: Where records of the traffic go and for how long; ``None`` keeps none. Default: CloudWatch Logs,
            30 days.
        denied_cidrs: Networks, known to be bad, that nothing is exchanged with; up to 18 per address family.
            Default: none.
        ipv6: Whether there are IPv6 addresses as well; private subnets get an egress-only way out. Default off.
        removal_policy: Of the flow logs. Default ``RETAIN``.

    Attributes:
        vpc: The network, as everything in the CDK takes it.
        plan: Which addresses are whose, and which are free.
        public_subnets: One per zone, with a route to the internet gateway.
        private_subnets: One per zone, with a route to the zone's NAT gateway.
        isolated_subnets: One per zone, without a route out.
        gateway_endpoints: By service, ``s3`` and ``dynamodb``, for the route tables of every tier.
        interface_endpoints: By service.
        endpoint_security_group: What the interface endpoints share: HTTPS from this network. ``None`` without any.
        flow_log: With its ``log_group`` or its ``bucket``; ``None`` without.
        deny_list: With its ``network_acl``; ``None`` without denied networks.

    Raises:
        ValueError: Naming every option that can't be used, with the plan where addresses are concerned.

    Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-example-private-subnets-nat.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cidr: str = defaults.CIDR,
        availability_zones: int | Sequence[str] = defaults.AVAILABILITY_ZONES,
        subnet_prefixes: SubnetPrefixes | None = None,
        must_not_overlap: Sequence[str] = (),
        nat_gateways: NatGateways = NatGateways.PER_AZ,
        interface_endpoints: Sequence[str] = (),
        flow_logs: FlowLogs | None = FlowLogs(),  # noqa: B008 - frozen
        denied_cidrs: Sequence[str] = (),
        ipv6: bool = False,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"MultiAzVpc {self.node.path}") as problems:
            plan = check_options(
                problems,
                cidr=cidr,
                availability_zones=availability_zones,
                subnet_prefixes=subnet_prefixes,
                must_not_overlap=must_not_overlap,
                nat_gateways=nat_gateways,
                interface_endpoints=interface_endpoints,
                flow_logs=flow_logs,
                denied_cidrs=denied_cidrs,
                ipv6=ipv6,
            )
        assert plan is not None, "a network without problems has a plan"  # noqa: S101 - for the type checker
        self.plan: CidrPlan = plan
        self.vpc = self._make_vpc(availability_zones, nat_gateways, ipv6=ipv6)
        self.public_subnets: Sequence[ec2.ISubnet] = self.vpc.public_subnets
        self.private_subnets: Sequence[ec2.ISubnet] = self.vpc.private_subnets
        self.isolated_subnets: Sequence[ec2.ISubnet] = self.vpc.isolated_subnets
        self._tag_and_number_subnets(ipv6=ipv6)

        self.gateway_endpoints = {
            "s3": self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3),
            "dynamodb": self.vpc.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
        }
        self.endpoint_security_group = self._make_endpoint_security_group() if interface_endpoints else None
        self.interface_endpoints = {name: self._make_interface_endpoint(name) for name in interface_endpoints}
        self.flow_log = (
            NetworkFlowLog(self, "FlowLog", vpc=self.vpc, settings=flow_logs, removal_policy=removal_policy)
            if flow_logs
            else None
        )
        if not flow_logs:
            acknowledge(self.vpc, {"AwsSolutions-VPC7": "flow_logs=None was asked for: the traffic is not recorded."})
        # What has no way out meets nobody who is on the list.
        exposed = [*self.public_subnets, *self.private_subnets]
        self.deny_list = (
            DenyList(self, "DenyList", vpc=self.vpc, subnets=exposed, denied_cidrs=denied_cidrs, ipv6=ipv6)
            if denied_cidrs
            else None
        )

    def _make_vpc(self, availability_zones: int | Sequence[str], nat_gateways: NatGateways, *, ipv6: bool) -> ec2.Vpc:
        count = zone_count(availability_zones)
        if isinstance(availability_zones, int):
            zones = [Fn.select(zone, Fn.get_azs()) for zone in range(count)]
        else:
            zones = list(availability_zones)
        gateways = {NatGateways.PER_AZ: count, NatGateways.SINGLE_POINT_OF_FAILURE: 1, NatGateways.NONE: 0}
        with zones_known_as(zones, self):
            return ec2.Vpc(
                self,
                "Vpc",
                availability_zones=zones,
                ip_addresses=PlannedAddresses(self.plan),
                ip_protocol=ec2.IpProtocol.DUAL_STACK if ipv6 else ec2.IpProtocol.IPV4_ONLY,
                enable_dns_support=True,
                enable_dns_hostnames=True,
                nat_gateways=gateways[nat_gateways],
                restrict_default_security_group=True,
                subnet_configuration=[
                    ec2.SubnetConfiguration(
                        name=tier.title(),
                        subnet_type=kind,
                        # Load balancers and NAT gateways bring their addresses; nothing else gets one by accident.
                        map_public_ip_on_launch=False if tier is Tier.PUBLIC else None,
                    )
                    for tier, kind in _SUBNET_TYPES.items()
                ],
            )

    def _tag_and_number_subnets(self, *, ipv6: bool) -> None:
        tiers = {
            Tier.PUBLIC: self.public_subnets,
            Tier.PRIVATE: self.private_subnets,
            Tier.ISOLATED: self.isolated_subnets,
        }
        slots = len(tiers) * defaults.ZONE_SLOTS
        block = Fn.select(0, self.vpc.vpc_ipv6_cidr_blocks)
        for row, (tier, subnets) in enumerate(tiers.items()):
            for zone, subnet in enumerate(subnets):
                Tags.of(subnet).add("Tier", tier)
                resource = subnet.node.default_child
                if ipv6 and isinstance(resource, CfnResource):
                    # Numbered by slot like the IPv4 ones: the CDK counts subnets, and a zone more would move them.
                    number = row * defaults.ZONE_SLOTS + zone
                    cidrs = Fn.cidr(block, slots, str(_IPV6_SUBNET_BITS))
                    resource.add_property_override("Ipv6CidrBlock", Fn.select(number, cidrs))

    def _make_endpoint_security_group(self) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "EndpointSecurityGroup",
            vpc=self.vpc,
            description="HTTPS from this network to the AWS services that have an interface endpoint",
            allow_all_outbound=False,
        )
        # The plan's own text: a reference would say the same, and hide it from those who check the rules.
        group.add_ingress_rule(ec2.Peer.ipv4(str(self.plan.network)), ec2.Port.tcp(443), "HTTPS from this network")
        return group

    def _make_interface_endpoint(self, name: str) -> ec2.InterfaceVpcEndpoint:
        groups = [self.endpoint_security_group] if self.endpoint_security_group else None
        return self.vpc.add_interface_endpoint(
            "".join(part.title() for part in name.replace("-", ".").split(".")) + "Endpoint",
            service=ec2.InterfaceVpcEndpointAwsService(name),
            subnets=ec2.SubnetSelection(subnets=list(self.private_subnets)),
            security_groups=groups,
            open=False,
        )
