"""Hands the addresses of a plan to ``ec2.Vpc``."""

from __future__ import annotations

from collections.abc import Sequence

import jsii
from aws_cdk import aws_ec2 as ec2

from aws_patterns.network.cidr_plan import CidrPlan, Tier


@jsii.implements(ec2.IIpAddresses)
class PlannedAddresses:
    """Gives each subnet its slot. The CDK's own allocation would move subnets when a zone is added."""

    def __init__(self, plan: CidrPlan) -> None:
        self._plan = plan

    def allocate_vpc_cidr(self) -> ec2.VpcIpamOptions:
        """The whole network."""
        return ec2.VpcIpamOptions(cidr_block=str(self._plan.network))

    def allocate_subnets_cidr(
        self,
        *,
        requested_subnets: Sequence[object],
        vpc_cidr: str,  # noqa: ARG002 - the interface's, a reference to what the plan knows
    ) -> ec2.SubnetIpamOptions:
        """One slot per subnet, in the order of the tiers and, within each, of the zones."""
        zones = len(requested_subnets) // len(Tier)
        return ec2.SubnetIpamOptions(
            allocated_subnets=[
                ec2.AllocatedSubnet(cidr=str(slot)) for tier in Tier for slot in self._plan.subnets(tier)[:zones]
            ]
        )
