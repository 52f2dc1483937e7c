"""Where in a network a database is put."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from constructs import Construct

from aws_patterns._validation import Problems

_FEWEST_ZONES = 2


def check_network(problems: Problems, vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None) -> None:
    """Add to ``problems`` that there is no place, that it is one zone only, or that the internet reaches it."""
    if subnets is None and not vpc.isolated_subnets:
        problems.add(
            "vpc has no isolated subnets, which a database belongs into: add some, or name others with "
            "subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)"
        )
        return
    chosen = chosen_subnets(vpc, subnets)
    zones = len(set(chosen.availability_zones))
    if zones < _FEWEST_ZONES:
        problems.add(
            f"subnets must be in {_FEWEST_ZONES} Availability Zones at least, got {zones}: RDS makes no database "
            "elsewhere, not even one without a standby"
        )
    if chosen.has_public:
        problems.add("subnets must not be public, got some that are: a database has no business with the internet")


def chosen_subnets(vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None) -> ec2.SelectedSubnets:
    """Those that a database is put into: the isolated ones, unless others were asked for."""
    wanted = subnets or ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    return vpc.select_subnets(
        availability_zones=wanted.availability_zones,
        one_per_az=wanted.one_per_az,
        subnet_filters=wanted.subnet_filters,
        subnet_group_name=wanted.subnet_group_name,
        subnets=wanted.subnets,
        subnet_type=wanted.subnet_type,
    )


def database_subnets(
    scope: Construct, vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None, removal_policy: RemovalPolicy
) -> rds.SubnetGroup:
    """What RDS knows the subnets by; kept for as long as the database."""
    return rds.SubnetGroup(
        scope,
        "SubnetGroup",
        description=f"Where {scope.node.path} is",
        vpc=vpc,
        vpc_subnets=subnets or ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        removal_policy=removal_policy,
    )
