"""Where a cache is, where its logs go, and what stays when it stays."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import CfnResource, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from aws_patterns import _defaults as shared_defaults
from aws_patterns._validation import Problems
from aws_patterns.database._database_network import chosen_subnets

_FEWEST_ZONES = 2


def check_place(problems: Problems, vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None, *, multi_az: bool) -> None:
    """Add to ``problems`` that there is no place, that it is one zone only, or that the internet reaches it."""
    if subnets is None and not vpc.isolated_subnets:
        problems.add(
            "vpc has no isolated subnets, which a cache belongs into: add some, or name others with "
            "subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)"
        )
        return
    chosen = chosen_subnets(vpc, subnets)
    zones = len(set(chosen.availability_zones))
    if multi_az and zones < _FEWEST_ZONES:
        problems.add(
            f"subnets must be in {_FEWEST_ZONES} Availability Zones at least with CacheAvailability.MULTI_AZ, got "
            f"{zones}: name others, or say CacheAvailability.SINGLE_POINT_OF_FAILURE"
        )
    if chosen.has_public:
        problems.add("subnets must not be public, got some that are: a cache has no business with the internet")


def subnets_of(vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None) -> Sequence[ec2.ISubnet]:
    """Those that it is put into."""
    return chosen_subnets(vpc, subnets).subnets


def log_groups(scope: Construct, removal_policy: RemovalPolicy) -> tuple[logs.LogGroup, logs.LogGroup]:
    """For what the engine has to say, and for commands that took long."""
    kept = RemovalPolicy.DESTROY if removal_policy == RemovalPolicy.DESTROY else RemovalPolicy.RETAIN
    retention = logs.RetentionDays[shared_defaults.LOG_RETENTION]
    engine, slow = (
        logs.LogGroup(scope, name, retention=retention, removal_policy=kept) for name in ("EngineLog", "SlowLog")
    )
    return engine, slow


def settle_removal(
    scope: Construct, resource: CfnResource, removal_policy: RemovalPolicy, *, by_cloudformation: bool
) -> None:
    """What becomes of the cache, and of all without which it can't be, when the stack goes.

    Args:
        scope: All of this is below it.
        resource: The cache.
        removal_policy: Of the cache.
        by_cloudformation: Whether CloudFormation can have the last snapshot taken.
    """
    if removal_policy == RemovalPolicy.SNAPSHOT:
        resource.apply_removal_policy(
            RemovalPolicy.SNAPSHOT if by_cloudformation else RemovalPolicy.DESTROY,
            apply_to_update_replace_policy=True,
        )
        return
    resource.apply_removal_policy(removal_policy)
    for part in scope.node.find_all():
        if isinstance(part, CfnResource) and part.cfn_resource_type.startswith(_NEEDED):
            part.apply_removal_policy(removal_policy)


_NEEDED = ("AWS::ElastiCache::", "AWS::EC2::SecurityGroup", "AWS::SecretsManager::Secret")
