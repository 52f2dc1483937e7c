"""Networks that nothing is exchanged with, turned away at the border of the subnets."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns.network import _defaults as defaults

_BOTH_WAYS = {"In": ec2.TrafficDirection.INGRESS, "Out": ec2.TrafficDirection.EGRESS}


class DenyList(Construct):
    """A network ACL that denies some networks and lets everything else pass to the security groups.

    An ACL knows no connections: a network is denied on its way in and on its way out, and the rest is let through
    in both directions on every port, the ephemeral ports of answers (1024 to 65535) among them.

    >>> vpc = ec2.Vpc(stack, "Vpc")
    >>> DenyList(stack, "DenyList", vpc=vpc, subnets=vpc.public_subnets, denied_cidrs=["192.0.2.0/24"], ipv6=False)

    Args:
        vpc: The network.
        subnets: Which of its subnets are guarded.
        denied_cidrs: The bad networks, IPv4 or IPv6.
        ipv6: Whether IPv6 traffic is to be let through.

    Attributes:
        network_acl: Holds the rules: the denials at 100, 200 and so on, in the order given.

    Source: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        denied_cidrs: Sequence[str],
        ipv6: bool,
    ) -> None:
        super().__init__(scope, id)
        self.network_acl = ec2.NetworkAcl(self, "Acl", vpc=vpc)
        self._entries: list[ec2.NetworkAclEntry] = []
        # Named by number, not by network: when the list changes, a rule takes another network and none its number.
        for position, cidr in enumerate(denied_cidrs, 1):
            number = position * defaults.DENY_RULE_STEP
            self._add(f"Deny{number}", _peer(cidr), number, ec2.Action.DENY)
        self._add("AllowOthers", ec2.AclCidr.any_ipv4(), defaults.ALLOW_RULE_NUMBER, ec2.Action.ALLOW)
        if ipv6:
            number = defaults.ALLOW_RULE_NUMBER + defaults.DENY_RULE_STEP
            self._add("AllowOthersIpv6", ec2.AclCidr.any_ipv6(), number, ec2.Action.ALLOW)
        for position, subnet in enumerate(subnets):
            association = ec2.CfnSubnetNetworkAclAssociation(
                self,
                f"Association{position}",
                network_acl_id=self.network_acl.network_acl_id,
                subnet_id=subnet.subnet_id,
            )
            # An ACL without rules denies everything: a subnet in use moves to it when it is complete.
            association.node.add_dependency(*self._entries)
        acknowledge(
            self.network_acl,
            {"AwsSolutions-VPC3": "Turns away what a security group can't deny; it allows nothing that one forbids."},
        )

    def _add(self, id: str, peer: ec2.AclCidr, number: int, action: ec2.Action) -> None:
        for name, direction in _BOTH_WAYS.items():
            entry = self.network_acl.add_entry(
                f"{id}{name}",
                cidr=peer,
                rule_number=number,
                traffic=ec2.AclTraffic.all_traffic(),
                direction=direction,
                rule_action=action,
            )
            self._entries.append(entry)


def _peer(cidr: str) -> ec2.AclCidr:
    return ec2.AclCidr.ipv4(cidr) if ip_network(cidr).version == 4 else ec2.AclCidr.ipv6(cidr)  # noqa: PLR2004 - IPv4
