"""The sample workload in both Regions: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from aws_patterns.disaster_recovery.plan import RegionRole, Strategy
from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]

AWAY = "us-west-2"


def orders(role: RegionRole, strategy: Strategy, fraction: float = 1) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        import aws_cdk as cdk
        from aws_cdk import aws_sns as sns

        from aws_patterns.disaster_recovery.regional_place import RegionalPlace
        from aws_patterns.disaster_recovery.sample.regional_orders import RegionalOrders

        # A table has replicas only where its own Region is known.
        anywhere = cdk.Token.is_unresolved(stack.region)
        place = RegionalPlace(
            name="orders",
            role=role,
            strategy=Strategy.BACKUP_AND_RESTORE if anywhere else strategy,
            region="us-east-1" if anywhere else stack.region,
            other_region=AWAY,
            capacity_fraction=fraction,
            removal_policy=removal_policy,
            alarm_topic=sns.Topic(stack, "Operators", enforce_ssl=True),
        )
        return RegionalOrders().build(stack, place)

    return build


VARIANTS: Mapping[str, Build] = {
    "in the primary Region": orders(RegionRole.PRIMARY, Strategy.MULTI_SITE),
    "in the primary Region, backed up": orders(RegionRole.PRIMARY, Strategy.BACKUP_AND_RESTORE),
    "in the recovery Region, switched off": orders(RegionRole.RECOVERY, Strategy.PILOT_LIGHT, 0),
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
