"""Where in a network a fleet is."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2

# Where instances are that nobody else has to reach, and that have to reach others.
PRIVATE = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


def selected_subnets(vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None) -> ec2.SelectedSubnets:
    """The chosen subnets of a network. Default: the private ones with a way out."""
    chosen = subnets or PRIVATE
    return vpc.select_subnets(
        availability_zones=chosen.availability_zones,
        one_per_az=chosen.one_per_az,
        subnet_filters=chosen.subnet_filters,
        subnet_group_name=chosen.subnet_group_name,
        subnet_type=chosen.subnet_type,
        subnets=chosen.subnets,
    )


def zones_of(subnets: ec2.SelectedSubnets) -> Sequence[str]:
    """Their zones, each once, by name or as tokens."""
    return list(dict.fromkeys(subnets.availability_zones))
