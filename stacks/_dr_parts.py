"""What the four strategies of disaster recovery have in common as stacks: the workload, and what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import aws_cdk as cdk

from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.disaster_recovery.sample.regional_orders import RegionalOrders
from stacks._parts import alarm_topic, in_further_region, outputs, removal_policy
from stacks.settings._dr_shared import RECOVERY, DrSettings

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock
    from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
    from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
    from aws_patterns.disaster_recovery.regional_deployment import RegionalDeployment
    from aws_patterns.disaster_recovery.regional_place import RegionalDomain
    from aws_patterns.disaster_recovery.strategy_options import Rehearsals
    from aws_patterns.disaster_recovery.workload import RegionalWorkload


class Wired(TypedDict):
    """What every strategy is told."""

    primary: Construct
    recovery: Construct
    name: str
    workload: RegionalWorkload
    objective: RecoveryObjective
    design: RecoveryDesign
    domain: RegionalDomain | None
    rehearsals: Rehearsals
    vault_lock: VaultLock | None
    alarm_topic: sns.ITopic | None
    recovery_alarm_topic: sns.ITopic | None
    removal_policy: cdk.RemovalPolicy


def home(settings: DrSettings, env: cdk.Environment | None) -> cdk.Environment:
    """Where the primary Region's stack is: names are made of its Region, so that it must be known."""
    given = env or cdk.Environment()
    return cdk.Environment(account=given.account, region=settings.home(given.region))


def wired(stack: cdk.Stack, settings: DrSettings) -> Wired:
    """What a strategy is told, by the settings; makes the stack of the recovery Region."""
    beside = in_further_region(
        stack, RECOVERY, settings.recovery_region, description="Where orders are served when the other Region is lost"
    )
    return Wired(
        primary=stack,
        recovery=beside,
        name=settings.workload_name,
        workload=RegionalOrders(full_concurrency=settings.concurrency),
        objective=settings.objective(),
        design=settings.design(),
        domain=settings.domain(),
        rehearsals=settings.rehearsals(),
        vault_lock=settings.vault_lock(),
        alarm_topic=alarm_topic(stack, settings.alarm_topic_arn),
        recovery_alarm_topic=alarm_topic(beside, settings.recovery_alarm_topic_arn),
        removal_policy=removal_policy(settings),
    )


def tell(stack: cdk.Stack, deployment: RegionalDeployment) -> None:
    """Outputs: where both Regions are called, and what a person needs on the day."""
    plan = deployment.plan
    # With backups there is nothing to call before the day.
    waits = plan.strategy is Strategy.BACKUP_AND_RESTORE
    outputs(stack, {"PrimaryUrl": deployment.primary.endpoint_url})
    outputs(
        cdk.Stack.of(deployment.state),
        {
            "ServiceUrl": plan.service_url or deployment.switch.url,
            "SwitchUrl": deployment.switch.url,
            "RecoveryUrl": None if waits else deployment.recovery.endpoint_url,
            "StateTableName": deployment.state.table_name,
            "RecoveryRegionNeeds": "; ".join(need.what for need in deployment.needs),
        },
    )
